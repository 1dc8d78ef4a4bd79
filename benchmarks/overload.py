"""WHAT becomes of the gateway when five times too much comes? ``uv run python -m benchmarks.overload``.

First its peak: as many clients as it takes to keep all processes busy push batches, each as soon as the last one was
answered, while a regulator asks for sums four times a second. Then the storm: batches arrive at five times the peak's
rate, each on its own time and on a connection of its own, whether earlier ones were answered or not; the regulator asks
on. A refused batch is not repeated. Every acknowledged record must be stored at the end, and no other. Reported are
what was done in the storm relative to the peak, how soon refusals came, the memory of the server processes, how soon
after the storm a push is answered as before it, and the regulator's p99.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from benchmarks import policies
from benchmarks.figures import finish, percentile
from benchmarks.installation import Gateway, connect, runner
from benchmarks.policies import Policies
from benchmarks.wire import Answer, Wire, request, serving

REGULATOR = "city"
_SUMS = "/v1/oversight/aggregates?measures=policies,premium&by=insurer&period=2026"
_EVERY = 0.25
MILLI = 1_000


@dataclass
class Phase:
    """What was seen while something went on."""

    seconds: float = 0.0
    records: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    refusals: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    queries: list[float] = field(default_factory=list)
    broken: int = 0
    memory: int = 0

    def see(self, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        if answer.status == 200:
            self.records += answer.counts()["created"]
            self.answers.append(answer.seconds)
        elif answer.status in (429, 503):
            if b"retry-after:" not in answer.head.lower():
                raise SystemExit(f"a refusal without Retry-After: {answer.head!r}")
            self.refusals.append(answer.seconds)
        else:
            raise SystemExit(f"HTTP {answer.status}: {answer.body[:500]!r}")

    @property
    def rate(self) -> float:
        return self.records / self.seconds

    def told(self, name: str) -> str:
        refused = f"{percentile(self.refusals, 0.99) * MILLI:.0f} ms" if self.refusals else "–"
        answered = f"{percentile(self.answers, 0.5) * MILLI:.0f} ms" if self.answers else "–"
        return (
            f"{name:>10}: {self.rate:8,.0f} records/s, answers {dict(self.statuses)}, p50 of pushes {answered},"
            f" p99 of refusals {refused}, p99 of queries {percentile(self.queries, 0.99) * MILLI:.0f} ms"
            f" ({len(self.queries)}), largest process {self.memory} MiB, broken {self.broken}"
        )


class Overload:
    """The clients of one run."""

    def __init__(self, gateway: Gateway, batch: int) -> None:
        self._gateway = gateway
        self._batch = batch
        self._supply = Policies("OVER")
        self._numbers = count()
        self._prepared: list[bytes] = []
        host, port = gateway.base_url.removeprefix("http://").rsplit(":", 1)
        self._place = host, int(port)
        self._processes = serving(gateway.pid, int(port))

    async def prepare(self, requests: int) -> None:
        """So many pushes as bytes, made before any clock starts."""
        media = "application/json" if self._batch == 1 else "application/x-ndjson"
        for body in policies.ndjson(self._supply.take(requests * self._batch), self._batch):
            self._prepared.append(await self._gateway.push(body.rstrip(), f"o-{next(self._numbers)}", media))

    async def peak(self, clients: int, seconds: float) -> Phase:
        """Pushes one after the other on so many connections."""
        phase = Phase()
        async with self._gateway.wires(clients) as wires:
            until = time.perf_counter() + seconds

            async def client(wire: Wire) -> None:
                while time.perf_counter() < until and self._prepared:
                    phase.see(await wire.ask(self._prepared.pop()))

            await self._while(phase, [client(wire) for wire in wires])
        return phase

    async def storm(self, rate: float, seconds: float) -> Phase:
        """``rate`` pushes a second, come what may."""
        phase, arrived = Phase(), []
        begun = time.perf_counter()

        async def arrivals() -> None:
            for number in range(int(rate * seconds)):
                await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
                arrived.append(asyncio.create_task(self._once(self._prepared.pop(), phase)))
            await asyncio.gather(*arrived)

        await self._while(phase, [arrivals()])
        return phase

    async def _once(self, raw: bytes, phase: Phase) -> None:
        try:
            wire = await Wire.open(*self._place)
            try:
                phase.see(await asyncio.wait_for(wire.ask(raw), 120))
            finally:
                wire.close()
        except OSError:
            phase.broken += 1

    async def quiet(self, seconds: float) -> Phase:
        """Nobody but the regulator."""
        phase = Phase()
        await self._while(phase, [asyncio.sleep(seconds)])
        return phase

    async def recovery(self, usual: float) -> float:
        """Seconds until a push is answered within twice the usual time."""
        begun = time.perf_counter()
        async with self._gateway.wires(1) as wires:
            while time.perf_counter() < begun + 60:
                answer = await wires[0].ask(self._prepared.pop())
                if answer.status == 200 and answer.seconds <= 2 * usual:
                    break
        return time.perf_counter() - begun

    async def _while(self, phase: Phase, work: list[object]) -> None:
        stop = asyncio.Event()
        watching = [
            asyncio.create_task(self._ask_on(phase, stop)),
            asyncio.create_task(self._weigh(phase, stop)),
        ]
        begun = time.perf_counter()
        await asyncio.gather(*work)  # type: ignore[call-overload]
        phase.seconds = time.perf_counter() - begun
        stop.set()
        await asyncio.gather(*watching)

    async def _ask_on(self, phase: Phase, stop: asyncio.Event) -> None:
        """A regulator on every process, in turn: a question each quarter of a second."""
        raw = request("GET", _SUMS, await self._gateway.token(REGULATOR))
        async with self._gateway.wires(len(self._processes)) as wires:
            for number in count():
                if stop.is_set():
                    return
                answer = await wires[number % len(wires)].ask(raw)
                if answer.status != 200:
                    raise SystemExit(f"a regulator was answered {answer.status}")
                phase.queries.append(answer.seconds)
                await asyncio.sleep(_EVERY)

    async def _weigh(self, phase: Phase, stop: asyncio.Event) -> None:
        while not stop.is_set():
            phase.memory = max(phase.memory, *map(resident, self._processes))
            await asyncio.sleep(0.1)


def resident(pid: int) -> int:
    """MiB of memory that a process holds."""
    said = Path(f"/proc/{pid}/status").read_text()
    return int(said.split("VmRSS:")[1].split()[0]) // 1024


async def run(folder: Path, batch: int, seconds: float, times: float) -> None:
    with Gateway(folder) as gateway:
        gateway.register(REGULATOR, "--role", "regulator", "--territory", "4406")
        overload = Overload(gateway, batch)
        await overload.prepare(8)
        await overload.peak(4, seconds / 4)  # to warm it up, and to know how much to prepare
        await overload.prepare(20_000 // batch)
        first = await overload.peak(4, seconds / 2)
        await overload.prepare(int((1.2 * times * seconds + 3 * seconds) * first.rate / batch) + 50)
        quiet = await overload.quiet(seconds / 2)
        peak = await overload.peak(4, seconds)
        storm = await overload.storm(times * peak.rate / batch, seconds)
        usual = percentile(peak.answers, 0.5)
        recovered = await overload.recovery(usual)
        after = await overload.peak(4, seconds / 2)
        for name, phase in (("quiet", quiet), ("peak", peak), ("storm", storm), ("after", after)):
            print(phase.told(name))
        await verify(gateway)
        finish(
            {
                "batch": batch,
                "offered_over_peak": times,
                "goodput_over_peak": round(storm.rate / peak.rate, 3),
                "goodput_after_over_peak": round(after.rate / peak.rate, 3),
                "refused_share": round(len(storm.refusals) / sum(storm.statuses.values()), 3),
                "refusal_p50_ms": round(percentile(storm.refusals, 0.5) * MILLI, 1)
                if storm.refusals
                else None,
                "refusal_p99_ms": round(percentile(storm.refusals, 0.99) * MILLI, 1)
                if storm.refusals
                else None,
                "connections_broken": storm.broken,
                "memory_peak_mib": peak.memory,
                "memory_storm_over_peak": round(storm.memory / peak.memory, 3),
                "recovery_seconds": round(recovered, 2),
                "query_p99_storm_over_peak": round(
                    percentile(storm.queries, 0.99) / percentile(peak.queries, 0.99), 2
                ),
                "query_p99_storm_over_quiet": round(
                    percentile(storm.queries, 0.99) / percentile(quiet.queries, 0.99), 2
                ),
            }
        )


async def verify(gateway: Gateway) -> None:
    """Every filing that was acknowledged created its records, and there are no others."""
    connection = await connect(gateway.database_url)
    try:
        stored, told = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM policy), (SELECT sum(created) FROM filing)"
        )
    finally:
        await connection.close()
    if stored != told:
        raise SystemExit(f"{stored} records are stored, {told} were acknowledged")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=200, help="policies a push; 1: single ones")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the peak and of the storm")
    parser.add_argument("--times", type=float, default=5.0, help="the storm relative to the peak")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ajx-overload-") as made, runner() as loop:
        loop.run(run(Path(made) / "data", given.batch, given.seconds, given.times))
