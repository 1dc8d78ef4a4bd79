"""HOW does a competent team write a bulk push? FastAPI and SQLAlchemy Core: one upsert, one insert into the history."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert

from ajx_gateway.standard.v1.policy import Policy
from ajx_gateway.store.tables import HISTORY, RECORDS
from benchmarks.services.shared import caller, policies, rows, service

app: FastAPI = service()
_current, _history = RECORDS["policy"], HISTORY["policy"]

_new = upsert(_current)
_UPSERT = _new.on_conflict_do_update(
    index_elements=[_current.c.record_id],
    set_={
        **{
            column.name: _new.excluded[column.name]
            for column in _current.c
            if column.name not in {"record_id", "insurer", "key", "version"}
        },
        "version": _current.c.version + 1,
    },
    where=_new.excluded.revised_at > _current.c.revised_at,
).returning(_current.c.record_id, _current.c.version)
_KEEP = insert(_history)


@app.post("/policies")
async def push(
    request: Request,
    _: Annotated[str, Depends(caller)],
    received: Annotated[list[Policy], Depends(policies)],
) -> dict[str, Any]:
    """``insertmanyvalues`` for the upsert with RETURNING, a pipelined executemany for the history; one commit."""
    made = rows(received)
    async with request.app.state.engine.begin() as connection:
        written = {found.record_id: found.version for found in await connection.execute(_UPSERT, made)}
        kept = [{**row, "version": written[row["record_id"]]} for row in made if row["record_id"] in written]
        if kept:
            await connection.execute(_KEEP, kept)
    created = sum(version == 1 for version in written.values())
    return {
        "counts": {
            "created": created,
            "updated": len(written) - created,
            "unchanged": len(made) - len(written),
        }
    }
