"""The gateway's rooms behind a synchronous face: state machines are not coroutines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import uvloop

from ajx_gateway import standard
from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import Caller, SigningKey, system_scope
from ajx_gateway.intake import documents, inbox, records, submit, voiding
from ajx_gateway.intake.desk import Answer, Desk
from ajx_gateway.intake.rebuilding import rebuild
from ajx_gateway.oversight import standing
from ajx_gateway.oversight.aggregates import aggregates_for
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import folding
from ajx_gateway.store.database import Store
from ajx_gateway.store.shadow import Difference

T = TypeVar("T")
AUDITOR = Caller("auditor", "auditor", "审计（虚构）")
REGULATORS = {
    "34": Caller("suzhou-city", "regulator", "宿州（虚构）", territory="3413"),
    "44": Caller("foshan-city", "regulator", "佛山（虚构）", territory="4406"),
}


class River:
    """One desk on one database, with an event loop of its own."""

    def __init__(self, database_url: str) -> None:
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self.calendar = Calendar.load(None)
        self.desk = self.run(self._opened(database_url))

    async def _opened(self, database_url: str) -> Desk:
        store = Store(database_url, data_key=b"k" * 32, pool_size=4, pool_timeout=30)
        return Desk(store=store, key=SigningKey.generate(), calendar=self.calendar, issuer="https://ajx.test")

    def close(self) -> None:
        self.run(self.desk.store.close())
        self._runner.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    # --- the insurers' door ----------------------------------------------------------------------------------

    def push(
        self, caller: Caller, kind: str, body: bytes, *, key: str, now: datetime, **options: Any
    ) -> Answer:
        return self.run(
            submit.submit(
                self.desk, caller, standard.KINDS[kind], body,
                media="json", key=key, version=standard.CURRENT, now=now, **options,
            )
        )  # fmt: skip

    def void(
        self, caller: Caller, kind: str, record_key: str, body: bytes, *, key: str, now: datetime
    ) -> Answer:
        return self.run(
            voiding.void(
                self.desk,
                caller,
                standard.KINDS[kind],
                record_key,
                body,
                key=key,
                version=standard.CURRENT,
                now=now,
            )
        )

    def document(self, caller: Caller, policy_no: str, body: bytes, *, key: str, now: datetime) -> Answer:
        return self.run(
            documents.file_document(
                self.desk, caller, policy_no, body, media_type="application/pdf", key=key, now=now
            )
        )

    def fetch(
        self, caller: Caller, kind: str, key: str, *, as_of: datetime | None, now: datetime
    ) -> dict[str, Any]:
        return self.run(records.fetch(self.desk, caller, standard.KINDS[kind], key, as_of=as_of, now=now))

    def history(self, caller: Caller, kind: str, key: str) -> list[dict[str, Any]]:
        return self.run(records.history(self.desk, caller, standard.KINDS[kind], key))

    def deadlines(self, caller: Caller, now: datetime) -> list[dict[str, Any]]:
        found = self.run(
            inbox.deadlines(self.desk.store, caller, states=(), clock=None, after=None, limit=1000, now=now)
        )
        items: list[dict[str, Any]] = found["items"]
        return items

    def ask_excuse(self, caller: Caller, clock_id: UUID, reason: str, *, now: datetime) -> dict[str, Any]:
        return self.run(
            inbox.request_excuse(
                self.desk, caller, clock_id, reason_code="force_majeure", reason=reason, evidence=[], now=now
            )
        )

    def shelves(self, insurer: str, keys: Mapping[str, Sequence[str]]) -> list[tuple[Any, ...]]:
        """Everything stored under these keys: (kind, key, current?, revised_at, version, recorded_at, voided, hash)."""
        return self.run(
            self._shelves({kind: [record_id(insurer, kind, key) for key in keys[kind]] for kind in keys})
        )

    async def _shelves(self, ids: Mapping[str, Sequence[UUID]]) -> list[tuple[Any, ...]]:
        columns = "key, {current}, revised_at, version, recorded_at, voided, content_hash"
        parts = [
            f"SELECT '{kind}', {columns.format(current=current)} FROM {table} WHERE record_id = ANY(${place}::uuid[])"
            for place, kind in enumerate(ids, start=1)
            for table, current in ((kind, "true"), (f"{kind}_history", "false"))
        ]
        async with self.desk.store.reading(system_scope("compare with the reference")) as tx:
            return [tuple(row) for row in await tx.fetch(" UNION ALL ".join(parts), *ids.values())]

    # --- the regulators' door --------------------------------------------------------------------------------

    def decide(self, place: str, excuse_id: UUID, decision: Any, *, now: datetime) -> dict[str, Any]:
        """By one regulator or, where the law asks for two, by a second one of the same place."""
        regulator = REGULATORS[place]
        second = replace(regulator, name=f"{regulator.name}-second")
        said = self.run(standing.decide(self.desk.store, regulator, excuse_id, decision, "属实", now=now))
        if said["excuse"]["awaiting_second"]:
            said = self.run(standing.decide(self.desk.store, second, excuse_id, decision, "属实", now=now))
        return said

    def figures(self, given: dict[str, str], *, as_of: datetime | None, now: datetime) -> dict[str, Any]:
        return self.run(aggregates_for(self.desk.store, AUDITOR, given, as_of=as_of, now=now))

    def fold(self, portion: int) -> int:
        return self.run(folding.fold(self.desk.store, portion=portion))

    def differences(self) -> list[Difference]:
        return self.run(rebuild(self.desk.store, self.calendar))


def said(answer: Answer) -> dict[str, Any]:
    """The answer's body as it was sent."""
    found: dict[str, Any] = json.loads(answer.body)
    return found
