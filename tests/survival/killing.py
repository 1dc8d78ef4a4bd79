"""WHO kills what, and what is left afterwards? The killers, and the comparison of the state with the ledger."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ajx_gateway.deadlines import Calendar
from ajx_gateway.intake.rebuilding import rebuild

from .arena import Arena
from .ledger import Ledger
from .storming import Client, Insurer, ask_all_again

PATIENCE_SECONDS = 60.0


@dataclass
class Killings:
    """How often something was killed, and how often a request was under way at that moment."""

    workers: int = 0
    postgres: int = 0
    interrupted: int = 0
    recoveries: list[float] = field(default_factory=list)


async def storm(
    arena: Arena, ledger: Ledger, *, worker_kills: int, postgres_kills: int, say: Any = None
) -> Killings:
    """Clients push while two killers go about; all of them stop when enough was killed."""
    done, stop = Killings(), asyncio.Event()
    clients = [Client(arena, caller.name, ledger) for caller in arena.callers]
    insurers = [Insurer(n, str(caller.insurer), ledger) for n, caller in enumerate(arena.callers)]
    supervisor = asyncio.create_task(arena.supervise())
    pushing = [
        asyncio.create_task(client.storm(insurer, stop))
        for client, insurer in zip(clients, insurers, strict=True)
    ]
    killers = [
        asyncio.create_task(_kill_workers(arena, ledger, clients, done, worker_kills, say)),
        asyncio.create_task(_kill_postgres(arena, ledger, clients, done, postgres_kills, say)),
    ]
    try:
        await asyncio.gather(*killers)
        stop.set()
        await asyncio.gather(*pushing)
    finally:
        for task in (*killers, *pushing, supervisor):
            task.cancel()
        await asyncio.gather(*killers, *pushing, supervisor, return_exceptions=True)
    return done


async def _kill_workers(
    arena: Arena, ledger: Ledger, clients: list[Client], done: Killings, wanted: int, say: Any
) -> None:
    chance = random.Random(25)
    while done.workers < wanted:
        await asyncio.sleep(chance.uniform(0.0, 0.3))
        victims = arena.workers()
        if not victims or not any(client.in_flight for client in clients):
            continue
        before = ledger.seen["acknowledged"]
        arena.kill_worker(chance.choice(victims))
        done.workers += 1
        done.interrupted += 1
        _progress(done, ledger, say)
        await _more_than(before, ledger)


async def _kill_postgres(
    arena: Arena, ledger: Ledger, clients: list[Client], done: Killings, wanted: int, say: Any
) -> None:
    chance = random.Random(50)
    while done.postgres < wanted:
        await asyncio.sleep(chance.uniform(0.0, 0.3))
        if not any(client.in_flight for client in clients):
            continue
        before, began = ledger.seen["acknowledged"], time.monotonic()
        if not arena.kill_postgres():
            continue
        done.postgres += 1
        done.interrupted += 1
        _progress(done, ledger, say)
        await _more_than(before + len(clients), ledger)
        done.recoveries.append(time.monotonic() - began)


def _progress(done: Killings, ledger: Ledger, say: Any) -> None:
    if say is not None and (done.workers + done.postgres) % 50 == 0:
        say(f"killed: {done.workers} workers, {done.postgres} PostgreSQL; {dict(ledger.seen)}")


async def _more_than(before: int, ledger: Ledger) -> None:
    """Until more was acknowledged: what is killed must come back, and the next kill hits living work."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while ledger.seen["acknowledged"] <= before:
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing was acknowledged for {PATIENCE_SECONDS:.0f} s after a kill")
        await asyncio.sleep(0.01)


_STATE = """
SELECT (SELECT count(*) FROM policy WHERE insurer = $1) AS policies,
    (SELECT sum(version) FROM policy WHERE insurer = $1) AS versions,
    (SELECT count(*) FROM policy WHERE insurer = $1 AND voided) AS voided,
    (SELECT sum(premium_received) FROM policy WHERE insurer = $1) AS premium,
    (SELECT count(*) FROM claim WHERE insurer = $1) AS claims,
    (SELECT count(*) FROM document WHERE insurer = $1) AS documents,
    (SELECT count(*) FROM filing WHERE insurer = $1) AS filings,
    (SELECT count(*) FROM event WHERE insurer = $1) AS events
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the ledger and the state have to say about each other; all of it must be nothing."""

    lost: int
    duplicated: int
    other_sums: list[str]
    differences: list[Any]
    faults: list[str]


async def verdict(arena: Arena, ledger: Ledger, *, replays: int = 100_000) -> Verdict:
    """Every acknowledgement is there once, retries get the same bytes, sums agree, and a rebuild finds nothing."""
    store = arena.store()
    try:
        async with store.engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            # Before anything is sent again: a retry would file once more what was lost.
            lost, duplicated = await _missing(raw, ledger)
            await ask_all_again(arena, ledger, most=replays)
            other = [fault for insurer in ledger.states for fault in await _other_sums(raw, ledger, insurer)]
        differences = await rebuild(store, Calendar.load(None))
    finally:
        await store.close()
    return Verdict(lost, duplicated, other, differences, ledger.faults)


async def _missing(raw: Any, ledger: Ledger) -> tuple[int, int]:
    """(acknowledged filings that are not there, keys that stand for more than one filing)."""
    rows = await raw.fetch("SELECT insurer, idempotency_key, filing_id::text FROM filing")
    keys = [(insurer, key) for insurer, key, _ in rows]
    stored = {tuple(row) for row in rows}
    told = {(one.request.insurer, one.request.key, one.filing) for one in ledger.acknowledged}
    return len(told - stored), len(keys) - len(set(keys))


async def _other_sums(raw: Any, ledger: Ledger, insurer: str) -> list[str]:
    found, wanted = dict(await raw.fetchrow(_STATE, insurer)), ledger.state(insurer).as_row()
    return [
        f"{insurer}: {name} is {found[name]}, ledger says {want}"
        for name, want in wanted.items()
        if found[name] != want
    ]


def report(done: Killings, ledger: Ledger, judged: Verdict, seconds: float) -> str:
    """The counters, as they are printed."""
    recoveries = sorted(done.recoveries)
    middle = recoveries[len(recoveries) // 2] if recoveries else 0.0
    lines = [
        f"kill -9: {done.workers} server processes, {done.postgres} PostgreSQL, in {seconds:.0f} s;"
        f" {done.interrupted} with requests under way",
        f"PostgreSQL back with new acknowledgements: median {middle:.2f} s, longest {max(recoveries, default=0):.2f} s",
        *(f"{name}: {number}" for name, number in sorted(ledger.seen.items())),
        f"acknowledged and lost: {judged.lost}",
        f"stored twice: {judged.duplicated}",
        f"sums that differ from the ledger: {len(judged.other_sums)} {judged.other_sums[:5]}",
        f"differences found by a rebuild: {len(judged.differences)} {judged.differences[:3]}",
        f"answers that no client may see, or other than before: {len(judged.faults)} {judged.faults[:5]}",
    ]
    return "\n".join(lines)


def ledger_in(folder: Path) -> Ledger:
    return Ledger(folder / "ledger.ndjson")
