"""HOW many records a second does the gateway take over HTTP? ``uv run python -m benchmarks.push``.

A fresh gateway on a temporary folder, two server processes, four clients on connections of their own, batches of 1,000
policies of about 2.4 KB. Every round pushes, one after the other: new policies; the same changed; the same unchanged
(members in another order, other spaces); new ones of which every second is refused; new ones in requests of 10,000 lines,
the most the interface allows; new ones under gzip and under zstd. Bodies are made before the clock starts, answers are
read after it stopped; every status and count and, at the end, the stored rows and sums are asserted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from benchmarks import policies
from benchmarks.figures import Figures, finish
from benchmarks.installation import Gateway, connect, on_a_fresh_gateway
from benchmarks.policies import BATCH, Document, Policies
from benchmarks.wire import Storm, storm

CLIENTS = 4
LARGEST = 10_000
NAMES = ("new", "changed", "unchanged", "half_faulty", "stream_10000", "gzip", "zstd")


class Pusher:
    """Four clients that push prepared bodies and check what they are answered."""

    def __init__(self, gateway: Gateway, label: str = "key") -> None:
        self._gateway = gateway
        self._label = label
        self._pushed = 0
        self.accepted = 0
        self.premium = Decimal(0)

    async def push(
        self,
        bodies: Sequence[bytes],
        expected: Mapping[str, int],
        *,
        media: str = "application/x-ndjson",
        **headers: str,
    ) -> float:
        """Records a second; the counts of all answers together must be as expected."""
        done = await self.storm(bodies, media=media, **headers)
        found = dict.fromkeys(("created", "updated", "unchanged", "stale", "rejected"), 0)
        for answer in done.answers:
            for name, count in answer.counts().items():
                found[name] += count
        if found != {**dict.fromkeys(found, 0), **expected}:
            raise SystemExit(f"counted {found}, expected {expected}")
        return sum(expected.values()) / done.seconds

    async def storm(
        self, bodies: Sequence[bytes], *, media: str = "application/x-ndjson", **headers: str
    ) -> Storm:
        requests = []
        for body in bodies:
            self._pushed += 1
            requests.append(await self._gateway.push(body, f"{self._label}-{self._pushed}", media, **headers))
        async with self._gateway.wires(CLIENTS) as wires:
            return (await storm(wires, requests)).demand()

    async def new(self, made: Sequence[Document], *, size: int = BATCH, coding: str | None = None) -> float:
        """New policies, plainly or under a Content-Encoding."""
        bodies = policies.ndjson(made, size)
        self.remember(made)
        if coding is None:
            return await self.push(bodies, {"created": len(made)})
        packed = policies.packed(bodies, coding)
        return await self.push(packed, {"created": len(made)}, content_encoding=coding)

    def remember(self, made: Sequence[Document]) -> None:
        """What must be found in the tables at the end."""
        self.accepted += len(made)
        self.premium += sum((Decimal(document["premium"]["received"]) for document in made), Decimal(0))


async def round_(pusher: Pusher, supply: Policies, records: int, figures: Figures) -> None:
    """Every way to push, once."""
    made = supply.take(records)
    figures.add("new", await pusher.new(made))
    changed = policies.changed(made)
    figures.add("changed", await pusher.push(policies.ndjson(changed), {"updated": records}))
    turned = policies.ndjson(policies.turned(changed), otherwise=True)
    figures.add("unchanged", await pusher.push(turned, {"unchanged": records}))
    mixed = supply.take(records)
    pusher.remember(mixed[::2])
    half = {"created": len(mixed[::2]), "rejected": len(mixed[1::2])}
    figures.add("half_faulty", await pusher.push(policies.ndjson(policies.half_faulty(mixed)), half))
    figures.add("stream_10000", await pusher.new(supply.take(2 * LARGEST), size=LARGEST))
    for coding in ("gzip", "zstd"):
        figures.add(coding, await pusher.new(supply.take(records), coding=coding))


async def check(gateway: Gateway, pusher: Pusher) -> None:
    """The tables hold what was acknowledged, no more and no less."""
    database = await connect(gateway.database_url)
    try:
        found = await database.fetchrow(
            "SELECT count(*) AS held, sum(premium_received) AS premium FROM policy"
        )
    finally:
        await database.close()
    if (found["held"], found["premium"]) != (pusher.accepted, pusher.premium):
        raise SystemExit(f"stored {dict(found)}, acknowledged {pusher.accepted} with {pusher.premium}")


async def run(gateway: Gateway, records: int, rounds: int) -> Figures:
    figures = Figures()
    supply = Policies("PUSH")
    pusher = Pusher(gateway)
    await pusher.new(supply.take(4 * BATCH))
    for _ in range(rounds):
        await round_(pusher, supply, records, figures)
    await check(gateway, pusher)
    return figures


def main() -> None:
    figures = on_a_fresh_gateway(__doc__, run, records=8_000, rounds=3, what="policies a round and way")
    print(figures.table("records/s"))
    ratios: dict[str, object] = {f"{name}_over_new": figures.ratio(name, "new") for name in NAMES[1:]}
    finish({"bench": "push", **ratios, "new_records_per_second": round(figures.median("new"))})


if __name__ == "__main__":
    main()
