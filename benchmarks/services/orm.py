"""HOW do most teams write it first? FastAPI and the SQLAlchemy ORM: a commit per record, or one per batch.

The ways are routes: ``/policies/each``; ``/policies``, the same with one commit; and ``/policies/together``, which also looks
once for all that is stored.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from ajx_gateway.standard.v1.policy import Policy
from ajx_gateway.store.tables import HISTORY, RECORDS
from benchmarks.services.shared import caller, policies, rows, service

app: FastAPI = service()
Caller = Annotated[str, Depends(caller)]
Received = Annotated[list[Policy], Depends(policies)]


class Base(DeclarativeBase):
    """The mapped classes stand on the gateway's own tables."""


class CurrentPolicy(Base):
    __table__ = RECORDS["policy"]


class PastPolicy(Base):
    __table__ = HISTORY["policy"]


def _kept(session: AsyncSession, stored: Any, row: dict[str, Any], counts: dict[str, int]) -> None:
    """Add or change one policy and remember the new state in the history."""
    if stored is None:
        session.add(CurrentPolicy(**row))
        counts["created"] += 1
    elif row["revised_at"] > stored.revised_at:
        row["version"] = stored.version + 1
        for name, value in row.items():
            setattr(stored, name, value)
        counts["updated"] += 1
    else:
        counts["unchanged"] += 1
        return
    session.add(PastPolicy(**row))


@app.post("/policies/each")
async def each(request: Request, _: Caller, received: Received) -> dict[str, Any]:
    """One commit per record."""
    return await _one_by_one(request, received, commit_each=True)


@app.post("/policies")
async def batch(request: Request, _: Caller, received: Received) -> dict[str, Any]:
    """The same with one commit."""
    return await _one_by_one(request, received, commit_each=False)


async def _one_by_one(request: Request, received: list[Policy], *, commit_each: bool) -> dict[str, Any]:
    counts = {"created": 0, "updated": 0, "unchanged": 0}
    async with AsyncSession(request.app.state.engine, expire_on_commit=False) as session:
        for row in rows(received):
            stored = await session.get(CurrentPolicy, row["record_id"])
            _kept(session, stored, row, counts)
            if commit_each:
                await session.commit()
        await session.commit()
    return {"counts": counts}


@app.post("/policies/together")
async def together(request: Request, _: Caller, received: Received) -> dict[str, Any]:
    """One look at what is stored, one commit."""
    counts = {"created": 0, "updated": 0, "unchanged": 0}
    made = rows(received)
    async with AsyncSession(request.app.state.engine, expire_on_commit=False) as session:
        wanted = [row["record_id"] for row in made]
        found = await session.scalars(
            select(CurrentPolicy).where(RECORDS["policy"].c.record_id.in_(wanted)).with_for_update()
        )
        stored = {policy.record_id: policy for policy in found}  # type: ignore[attr-defined]
        for row in made:
            _kept(session, stored.get(row["record_id"]), row, counts)
        await session.commit()
    return {"counts": counts}
