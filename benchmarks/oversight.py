"""HOW soon are a province's, a city's, a district's and a town's questions answered? ``uv run python -m benchmarks.oversight``.

On a folder of a million policies with clocks, 300,000 services, 20,000 cancellations and a roster of 150,000 entries (filled by
``benchmarks.generator`` and ``benchmarks.prevention`` when it is not) four regulators ask over HTTP for aggregates,
coverage and timeliness. First alone; then while policies are pushed at half of the peak that was measured just before,
half of them in 南海, half in 宿州, where their clocks begin. Before and after the pushes every answer must be equal to plain SQL
over the rows, group by group. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks import generator, policies, prevention
from benchmarks.figures import Figures, finish, percentile
from benchmarks.installation import Gateway, connect, runner
from benchmarks.policies import Document, Policies
from benchmarks.questions import QUESTIONS, TERRITORIES, Asked, recomputed
from benchmarks.wire import Answer, Wire, request, storm

MILLI = 1_000
BATCH, CLIENTS = 200, 4
TARGET_MS = 200
# Seconds a question may take in a round: slow answers are asked for less often.
BUDGET = 4.0
_KINDS = ("aggregates", "coverage", "timeliness")


def pushed(made: Sequence[Document]) -> list[Document]:
    """The policies as they are signed in the year that is asked for; every second one lies in 宿州."""
    told = []
    for number, document in enumerate(made):
        days = {"signed_on": "2025-07-01", "effective_on": "2025-07-02", "expires_on": "2026-07-01"}
        enterprise = document["enterprise"] | ({"division": "341302001"} if number % 2 else {})
        told.append({**document, **days, "enterprise": enterprise})
    return told


class Pushes:
    """Batches of policies, as fast as they are taken or at a rate."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._supply = Policies(f"OVERSIGHT{time.time_ns()}-")
        self._numbers = count()
        self.answers: list[Answer] = []

    async def _bodies(self, batches: int) -> list[bytes]:
        bodies = policies.ndjson(pushed(self._supply.take(batches * BATCH)), BATCH)
        return [await self._gateway.push(body, f"oversight-{time.time_ns()}") for body in bodies]

    async def peak(self, seconds: float) -> float:
        """Records a second when every client pushes its next batch as soon as the last one was answered."""
        bodies = await self._bodies(round(40 * seconds))
        async with self._gateway.wires(CLIENTS) as wires:
            begun = time.perf_counter()
            done = await storm(wires, bodies, budget=seconds)
            spent = time.perf_counter() - begun
        self._keep(done.answers)
        return len(done.answers) * BATCH / spent

    def _keep(self, answers: Sequence[Answer]) -> None:
        for answer in answers:
            if answer.status != 200 or answer.counts()["created"] != BATCH:
                raise SystemExit(f"a push was answered {answer.status}: {answer.body[:300]!r}")
        self.answers += answers

    @asynccontextmanager
    async def at(self, rate: float) -> AsyncIterator[None]:
        """So many records a second while the block runs, a batch at each instant of a fixed grid."""
        stop, bodies = asyncio.Event(), await self._bodies(round(rate / BATCH * 30))
        async with self._gateway.wires(CLIENTS) as wires:
            running = asyncio.create_task(self._offer(wires, bodies, BATCH / rate, stop))
            try:
                yield
            finally:
                stop.set()
                await running

    async def _offer(
        self, wires: Sequence[Wire], bodies: list[bytes], apart: float, stop: asyncio.Event
    ) -> None:
        """Late batches are caught up with; a wire carries one at a time."""
        free: asyncio.Queue[Wire] = asyncio.Queue()
        for wire in wires:
            free.put_nowait(wire)
        under_way: set[asyncio.Task[None]] = set()
        begun = time.perf_counter()
        for number in count():
            while not bodies:
                bodies += await self._bodies(10)
            await asyncio.sleep(max(0.0, begun + number * apart - time.perf_counter()))
            if stop.is_set():
                break
            wire = await free.get()
            task = asyncio.create_task(self._one(wire, bodies.pop(), free))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)

    async def _one(self, wire: Wire, raw: bytes, free: asyncio.Queue[Wire]) -> None:
        self._keep([await wire.ask(raw)])
        free.put_nowait(wire)


class Regulators:
    """Four regulators, and the plain SQL beside them."""

    def __init__(self, gateway: Gateway, plain: asyncpg.Connection, questions: Sequence[Asked]) -> None:
        self._gateway = gateway
        self._plain = plain
        self._questions = questions
        for name, territory in TERRITORIES.items():
            gateway.register(f"oversight-{name}", "--role", "regulator", "--territory", territory)

    async def ask(self, who: str, asked: Asked, times: int) -> list[Answer]:
        """As many answers as the budget allows, all of them 200; the connection changes its process every time."""
        token = await self._gateway.token(f"oversight-{who}")
        async with self._gateway.wires(1) as wires:
            return (
                (await storm(wires, [request("GET", asked.path, token)] * times, budget=BUDGET))
                .demand()
                .answers
            )

    async def round(self, times: int, figures: Figures, when: str) -> None:
        """Every question of everybody."""
        for asked in self._questions:
            for who in TERRITORIES:
                seconds = [answer.seconds for answer in await self.ask(who, asked, times)]
                for share in (0.5, 0.95):
                    figures.add(_name(asked, who, when, share), percentile(seconds, share) * MILLI)

    async def check(self) -> int:
        """Nothing may run beside: every answer is what the rows say; how many groups were compared."""
        compared = 0
        for asked in self._questions:
            for who, territory in TERRITORIES.items():
                answer = (await self.ask(who, asked, 1))[0].json()
                now = datetime.fromisoformat(answer["as_of"])
                rows = await self._plain.fetch(asked.sql.format(territory=territory, now=now.isoformat()))
                theirs, ours = asked.answered(answer), recomputed(asked, [dict(row) for row in rows])
                if theirs != ours:
                    raise SystemExit(f"{asked.name}, {who}: {_difference(theirs, ours)}")
                compared += len(ours)
        return compared


def _difference(theirs: Mapping[Any, Any], ours: Mapping[Any, Any]) -> str:
    key = next(key for key in {**theirs, **ours} if theirs.get(key) != ours.get(key))
    return f"{key} is {theirs.get(key)} over HTTP, {ours.get(key)} by SQL"


def _name(asked: Asked, who: str, when: str, share: float) -> str:
    return f"{asked.name}, {who}, {when} p{share * 100:.0f}"


async def quiet(plain: asyncpg.Connection) -> None:
    """Until the worker has folded what the pushes told."""
    until = time.monotonic() + 300
    while await plain.fetchval(
        "SELECT (SELECT count(*) FROM policy_delta) + (SELECT count(*) FROM clock_delta)"
        " + (SELECT count(*) FROM cover_change) + (SELECT count(*) FROM attached_change)"
    ):
        if time.monotonic() > until:
            raise SystemExit("the worker does not fold")
        await asyncio.sleep(1)


async def run(
    gateway: Gateway, questions: Sequence[Asked], times: int, rounds: int, seconds: float
) -> tuple[Figures, dict[str, Any]]:
    figures, plain = Figures(), await connect(gateway.database_url)
    try:
        await plain.execute("SET jit = off; SET work_mem = '256MB'")
        regulators, pushes = Regulators(gateway, plain, questions), Pushes(gateway)
        before = await regulators.check()
        await pushes.peak(seconds / 4)  # to warm it up
        peak = await pushes.peak(seconds)
        for _ in range(rounds):
            await quiet(plain)
            await regulators.round(times, figures, "alone")
            begun, answered = time.perf_counter(), len(pushes.answers)
            async with pushes.at(peak / 2):
                await regulators.round(times, figures, "beside pushes")
            figures.add("pushed", (len(pushes.answers) - answered) * BATCH / (time.perf_counter() - begun))
        after = await regulators.check()
    finally:
        await plain.close()
    told = {"peak": round(peak), "pushed": round(figures.median("pushed")), "compared": [before, after]}
    return figures, told


def printed(figures: Figures, questions: Sequence[Asked]) -> str:
    lines = [f"{'ms':>60} |     p50 |     p95 | beside: p50 |     p95"]
    for asked in questions:
        for who in TERRITORIES:
            values = [
                figures.median(_name(asked, who, when, share))
                for when in ("alone", "beside pushes")
                for share in (0.5, 0.95)
            ]
            mark = "  over" if values[-1] > TARGET_MS else ""
            cells = " | ".join(f"{value:7,.1f}" for value in values)
            lines.append(f"{asked.name + ', ' + who:>60} | {cells}{mark}")
    return "\n".join(lines)


def worst(figures: Figures, questions: Sequence[Asked]) -> dict[str, Any]:
    """Of each kind of question the highest p95, and how many are above the target."""
    told: dict[str, Any] = {}
    for when in ("alone", "beside pushes"):
        for kind in _KINDS:
            p95 = [
                figures.median(_name(asked, who, when, 0.95))
                for asked in questions
                for who in TERRITORIES
                if asked.name.startswith(kind)
            ]
            if not p95:
                continue
            over = sum(value > TARGET_MS for value in p95)
            told[f"{kind}, {when}"] = {
                "worst_p95_ms": round(max(p95), 1),
                "over_target": over,
                "of": len(p95),
            }
    return told


async def filled(gateway: Gateway, size: int) -> None:
    connection = await connect(gateway.database_url)
    try:
        print(json.dumps(await generator.fill(gateway, size, clocks=True)), flush=True)
        print(json.dumps(await prevention.furnish(connection, gateway.database_url, size)), flush=True)
    finally:
        await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder that is filled once; a temporary one otherwise")
    parser.add_argument("--policies", type=int, default=1_000_000, help="fill up to so many first")
    parser.add_argument("--times", type=int, default=20, help="answers a question and round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20.0, help="of the pushes whose peak is measured")
    parser.add_argument("--only", default="", help="only questions whose name begins so, e.g. timeliness")
    given = parser.parse_args()
    questions = [asked for asked in QUESTIONS if asked.name.startswith(given.only)]
    with (
        tempfile.TemporaryDirectory(prefix="ajx-bench-") as folder,
        Gateway(given.data or Path(folder) / "data") as gateway,
        runner() as loop,
    ):
        loop.run(filled(gateway, given.policies))
        figures, told = loop.run(run(gateway, questions, given.times, given.rounds, given.seconds))
    print(printed(figures, questions))
    finish({"bench": "oversight", "policies": given.policies, **told, **worst(figures, questions)})


if __name__ == "__main__":
    main()
