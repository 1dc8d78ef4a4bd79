"""HOW does a push compare with COPY and with what one would write instead? ``uv run python -m benchmarks.comparison``.

Every round: the gateway takes new policies over HTTP (four clients, batches of 1,000); the rows it stored are copied into
a database with the same tables and indexes, once with a commit per 1,000 and once as one stream; services (SQLAlchemy Core
in bulk; the ORM with a commit per record, the same with a commit per batch, and that with one look at what is stored) take
as many new policies over HTTP from four clients, the slow ones fewer; the gateway gets new ones once more, and those again
unchanged. All databases lie in the same PostgreSQL and hold the same tables and indexes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import ExitStack

import asyncpg

from benchmarks import copying, policies
from benchmarks.figures import Figures, finish
from benchmarks.installation import Gateway, Service, connect, database, on_a_fresh_gateway
from benchmarks.policies import BATCH, Document, Policies
from benchmarks.push import CLIENTS, Pusher
from benchmarks.wire import request, storm

# The slow ones get a part of the records: a rate is a rate.
SERVICES = {
    "Core bulk": ("core", "/policies", 1),
    "ORM per batch": ("orm", "/policies", 2),
    "ORM per batch, one look": ("orm", "/policies/together", 2),
    "ORM per record": ("orm", "/policies/each", 4),
}


class Comparison:
    """The gateway, its rows to copy, and the services, all in one cluster."""

    def __init__(self, gateway: Gateway, stack: ExitStack) -> None:
        self._gateway = gateway
        self._stack = stack
        self._supply = {
            name: Policies(name.replace(",", "").replace(" ", "-")) for name in ("new", *SERVICES)
        }
        self._services: dict[str, Service] = {}
        self._pusher = Pusher(gateway)

    async def open(self) -> None:
        url = self._gateway.database_url
        self._own = await connect(url)
        self._copy = await connect(await database(url, "bench_copy"))
        self._stream = await connect(await database(url, "bench_stream"))
        # One service for all ways of the ORM: the server has few connections to give.
        for app in dict.fromkeys(app for app, _, _ in SERVICES.values()):
            theirs = await database(url, f"bench_{app}")
            self._services[app] = self._stack.enter_context(Service(self._gateway, app, theirs))

    async def close(self) -> None:
        for connection in (self._own, self._copy, self._stream):
            await connection.close()

    async def new(self, records: int) -> tuple[float, list[uuid.UUID], list[Document]]:
        """New policies to the gateway: records a second, the filings that hold them, and the policies."""
        await self._gateway.rest()
        made = self._supply["new"].take(records)
        done = await self._pusher.storm(policies.ndjson(made))
        if sum(answer.counts()["created"] for answer in done.answers) != records:
            raise SystemExit("not every new policy was stored")
        filings = [uuid.UUID(answer.json()["filing"]) for answer in done.answers]
        return records / done.seconds, filings, made

    async def unchanged(self, made: Sequence[Document]) -> float:
        """The same policies again, written otherwise: records a second."""
        await self._gateway.rest()
        bodies = policies.ndjson(policies.turned(made), otherwise=True)
        return await self._pusher.push(bodies, {"unchanged": len(made)})

    async def service(self, name: str, records: int) -> float:
        """New policies to a service: records a second."""
        await self._gateway.rest()
        token = await self._gateway.token()
        app, path, _ = SERVICES[name]
        requests = [
            request("POST", path, token, body, content_type="application/json")
            for body in policies.arrays(self._supply[name].take(records), min(BATCH, records // CLIENTS))
        ]
        async with self._services[app].wires(CLIENTS) as wires:
            done = (await storm(wires, requests)).demand()
        if sum(answer.counts()["created"] for answer in done.answers) != records:
            raise SystemExit(f"{name}: not every new policy was stored")
        return records / done.seconds

    async def warm(self) -> None:
        """Everybody's first requests, which import, connect and prepare."""
        await self.new(2 * BATCH)
        for name in SERVICES:
            await self.service(name, 200)

    async def round(self, records: int, figures: Figures) -> None:
        """The gateway before and after the others, so that a drift of the machine's speed cancels."""
        first, filings, _ = await self.new(records)
        stored = await copying.stored(self._own, filings)
        if stored.policies != records:
            raise SystemExit(f"{stored.policies} policies read back, not {records}")
        await self._gateway.rest()
        figures.add("COPY, commit per 1,000", await copying.copy(self._copy, stored))
        figures.add("COPY, one stream", await copying.copy(self._stream, stored, batch=None))
        for name, (_, _, part) in SERVICES.items():
            figures.add(name, await self.service(name, max(CLIENTS, records // part)))
        second, _, made = await self.new(records)
        figures.add("new", 2 / (1 / first + 1 / second))
        figures.add("unchanged", await self.unchanged(made))


async def run(gateway: Gateway, records: int, rounds: int) -> Figures:
    figures = Figures()
    with ExitStack() as stack:
        comparison = Comparison(gateway, stack)
        await comparison.open()
        await comparison.warm()
        for _ in range(rounds):
            await comparison.round(records, figures)
        await comparison.close()
    await _counted(gateway.database_url)
    return figures


async def _counted(url: str) -> None:
    """Current and past states agree: every policy was stored once."""
    connection: asyncpg.Connection = await connect(url)
    try:
        held, kept = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM policy), (SELECT count(*) FROM policy_history WHERE version = 1)"
        )
    finally:
        await connection.close()
    if held != kept:
        raise SystemExit(f"{held} policies, {kept} first versions")


def ratios_of(figures: Figures) -> dict[str, object]:
    return {
        "new_over_copy": figures.ratio("new", "COPY, commit per 1,000"),
        "new_over_copy_one_stream": figures.ratio("new", "COPY, one stream"),
        "new_over_core_bulk": figures.ratio("new", "Core bulk"),
        "new_over_orm_per_batch": figures.ratio("new", "ORM per batch"),
        "new_over_orm_per_batch_one_look": figures.ratio("new", "ORM per batch, one look"),
        "new_over_orm_per_record": figures.ratio("new", "ORM per record"),
        "unchanged_over_new": figures.ratio("unchanged", "new"),
    }


def main() -> None:
    figures = on_a_fresh_gateway(__doc__, run, records=8_000, rounds=3, what="policies a round")
    print(figures.table("records/s"))
    finish({"bench": "comparison", **ratios_of(figures)})


if __name__ == "__main__":
    main()
