"""DOES a push slow down as the records grow? ``uv run python -m benchmarks.growth [--data FOLDER]``.

One gateway per size, all three running on this machine at once: filled with 0.1, 1 and 5 million generated policies, their
history and three clock rows each. Every round pushes new policies and then the same unchanged to each of them in turn,
four clients, batches of 1,000. ``--data`` keeps the filled folders for the next time (about 2.5 GB a million).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import generator, policies
from benchmarks.figures import Figures, finish
from benchmarks.installation import Gateway, connect, runner
from benchmarks.policies import BATCH, Policies
from benchmarks.push import Pusher

SIZES = (100_000, 1_000_000, 5_000_000)


async def _held(gateway: Gateway) -> int:
    connection = await connect(gateway.database_url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM policy"))
    finally:
        await connection.close()


async def run(gateways: dict[int, Gateway], records: int, rounds: int) -> Figures:
    figures = Figures()
    supplies, pushers = {}, {}
    for size, gateway in gateways.items():
        print(f"{size:>11,}", await generator.fill(gateway, size, clocks=True))
        # A kept folder holds the policies of earlier runs.
        held = await _held(gateway)
        supplies[size] = Policies(f"GROWTH-{held}", held % 1_000_000)
        pushers[size] = Pusher(gateway, f"growth-{held}")
        await pushers[size].new(supplies[size].take(4 * BATCH))
    for number in range(rounds):
        order = list(gateways)[number % len(gateways) :] + list(gateways)[: number % len(gateways)]
        for size in order:
            made = supplies[size].take(records)
            figures.add(f"new at {size:,}", await pushers[size].new(made))
            turned = policies.ndjson(policies.turned(made), otherwise=True)
            figures.add(f"unchanged at {size:,}", await pushers[size].push(turned, {"unchanged": records}))
    return figures


def ratios_of(figures: Figures, sizes: Sequence[int]) -> dict[str, object]:
    first = f"{min(sizes):,}"
    return {
        f"{what}_at_{size}_over_{min(sizes)}": figures.ratio(f"{what} at {size:,}", f"{what} at {first}")
        for what in ("new", "unchanged")
        for size in sizes
        if size != min(sizes)
    }


def measured(folder: Path, sizes: Sequence[int], records: int, rounds: int) -> Figures:
    """All sizes side by side, each in a folder of its own."""
    with ExitStack() as stack:
        gateways = {size: stack.enter_context(Gateway(folder / str(size))) for size in sizes}
        with runner() as loop:
            return loop.run(run(gateways, records, rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="a folder for the three gateways, kept; a temporary one otherwise"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="stored policies")
    parser.add_argument("--records", type=int, default=8_000, help="policies a round and size")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ajx-bench-") as folder:
        figures = measured(given.data or Path(folder), given.sizes, given.records, given.rounds)
    print(figures.table("records/s"))
    finish({"bench": "growth", **ratios_of(figures, given.sizes)})


if __name__ == "__main__":
    main()
