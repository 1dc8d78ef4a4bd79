"""WHAT does any authenticated answer cost at least? The token check, a connection from the pool, ``SELECT 1``."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, FastAPI, Request
from sqlalchemy import text

from benchmarks.services.shared import caller, service

app: FastAPI = service()
_ONE = text("SELECT 1")


@app.get("/one")
async def one(request: Request, _: Annotated[str, Depends(caller)]) -> dict[str, int]:
    async with request.app.state.engine.connect() as connection:
        return {"one": (await connection.execute(_ONE)).scalar_one()}
