"""HOW MUCH memory do the gateway and its database take? ``uv run python -m benchmarks.memory``.

Peaks of every phase, as the kernel keeps them (VmHWM, set back before each phase): at rest, under batches of 1,000 from
four clients, under requests of 10,000 lines, and under one and four bodies of 64 MiB at once, as lines and as one JSON
array. A server process's figure is its resident memory; the database's is the sum of its processes' proportional shares
(Pss), which counts the shared buffers once.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import policies
from benchmarks.figures import finish
from benchmarks.installation import Gateway, runner
from benchmarks.policies import Document, Policies
from benchmarks.push import LARGEST, Pusher
from benchmarks.wire import Answer, descendants, serving

FULL = 64 * 1024 * 1024
_VALUE = 480
_MIB = 1024.0


class Meter:
    """Peaks of the server processes and of the database since the last time it was set back, in MiB."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._port = int(gateway.base_url.rsplit(":", 1)[1])
        self._database = 0.0

    def servers(self) -> list[int]:
        return serving(self._gateway.pid, self._port)

    def set_back(self) -> None:
        for pid in self.servers():
            Path(f"/proc/{pid}/clear_refs").write_text("5")
        self._database = 0.0

    def look(self) -> None:
        """The database has no mark of its peak: it is looked at now and then."""
        self._database = max(self._database, sum(map(_share, self._postgres())))

    def peaks(self) -> tuple[float, float]:
        """(the largest server process, the database)."""
        self.look()
        return max(_field(pid, "status", "VmHWM") for pid in self.servers()), self._database

    def _postgres(self) -> list[int]:
        found = []
        for pid in descendants(self._gateway.pid):
            try:
                if Path(f"/proc/{pid}/comm").read_text().strip() == "postgres":
                    found.append(pid)
            except OSError:
                continue
        return found


def _field(pid: int, file: str, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / _MIB for line in lines if line.startswith(f"{name}:")), 0.0)


def _share(pid: int) -> float:
    return _field(pid, "smaps_rollup", "Pss")


def padded(made: Sequence[Document]) -> bytes:
    """One NDJSON body of almost exactly 64 MiB: the policies with the sender's own ``ext_`` members."""
    plain = sum(len(policies.line(document)) + 1 for document in made)
    room = (FULL - plain) // len(made)
    members = max(0, room // (_VALUE + len(',"ext_pad_00":""')))
    extra = {f"ext_pad_{number:02}": "x" * _VALUE for number in range(members)}
    body = b"".join(policies.line({**document, **extra}) + b"\n" for document in made)
    if not FULL * 0.9 < len(body) <= FULL:
        raise SystemExit(f"a body of {len(body)} bytes is not what is wanted")
    return body


def array(lines: bytes) -> bytes:
    """The same records as one JSON array, as large."""
    return b"[" + lines[:-1].replace(b"\n", b",") + b"]"


async def _beside(meter: Meter, work: asyncio.Task[None]) -> None:
    while not work.done():
        await asyncio.sleep(0.25)
        meter.look()


class Phases:
    """What is done to the gateway while its memory is watched."""

    def __init__(self, gateway: Gateway, records: int) -> None:
        self._gateway = gateway
        self._records = records
        self._supply = Policies("MEMORY", 3_000_000)
        self._pusher = Pusher(gateway, "memory")
        self.refused = 0

    async def rest(self) -> None:
        await asyncio.sleep(2)

    async def batches(self) -> None:
        await self._pusher.new(self._supply.take(self._records))

    async def streams(self) -> None:
        await self._pusher.new(self._supply.take(2 * LARGEST), size=LARGEST)

    async def full(self, clients: int, media: str) -> None:
        """So many bodies of 64 MiB at once, each on a connection of its own."""
        raws = []
        for number in range(clients):
            body = padded(self._supply.take(LARGEST))
            body = array(body) if media == "application/json" else body
            raws.append(await self._gateway.push(body, f"full-{media}-{clients}-{number}", media))
        for answer, refused in await asyncio.gather(*map(self._insisted, raws)):
            self.refused += refused
            if answer.status != 200 or answer.counts()["created"] != LARGEST:
                raise SystemExit(f"a body of 64 MiB was answered {answer.status}: {answer.body[:300]!r}")

    async def _insisted(self, raw: bytes) -> tuple[Answer, int]:
        """The answer to a request, sent again while the gateway asks for patience; and how often it did."""
        refused = 0
        while True:
            # A body that was refused unread leaves its connection unusable: every attempt gets a fresh one.
            async with self._gateway.wires(1) as wires:
                try:
                    answer = await wires[0].ask(raw)
                except OSError:
                    answer = None
            if answer is not None and answer.status not in (429, 503):
                return answer, refused
            if answer is not None and b"retry-after:" not in answer.head.lower():
                raise SystemExit("a refusal without Retry-After")
            refused += 1
            await asyncio.sleep(0.5)


async def run(
    gateway: Gateway, records: int, clients: Sequence[int] = (1, 4)
) -> dict[str, tuple[float, float]]:
    """(server process, database) in MiB by phase."""
    meter, phases = Meter(gateway), Phases(gateway, records)
    found: dict[str, tuple[float, float]] = {}

    async def watched(name: str, work: asyncio.Task[None]) -> None:
        await asyncio.gather(work, _beside(meter, work))
        found[name] = meter.peaks()
        print(
            f"{name:>26}: largest server process {found[name][0]:7,.0f} MiB, database {found[name][1]:7,.0f} MiB"
        )

    for name, work in (
        ("at rest", phases.rest),
        ("batches of 1,000", phases.batches),
        ("requests of 10,000", phases.streams),
    ):
        meter.set_back()
        await watched(name, asyncio.create_task(work()))
    for number in clients:
        for name, media in (("lines", "application/x-ndjson"), ("array", "application/json")):
            meter.set_back()
            await watched(
                f"64 MiB of {name}, {number} at once", asyncio.create_task(phases.full(number, media))
            )
    print(f"refused for a moment: {phases.refused}")
    return found


def ratios_of(found: dict[str, tuple[float, float]]) -> dict[str, object]:
    return {
        f"memory_mib, {name}": {"server": round(server), "database": round(database)}
        for name, (server, database) in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000, help="policies in batches of 1,000")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="ajx-bench-") as folder,
        Gateway(Path(folder) / "data") as gateway,
        runner() as loop,
    ):
        found = loop.run(run(gateway, given.records))
    finish({"bench": "memory", **ratios_of(found)})


if __name__ == "__main__":
    main()
