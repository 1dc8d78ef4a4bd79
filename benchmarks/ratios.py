"""HOW does the gateway compare, all in one run? ``uv run python -m benchmarks.ratios [--data FOLDER] [--growth FOLDER]``.

One fresh gateway, one PostgreSQL; every round, in turn: new policies, COPY of the rows they became, the services,
new policies again, the same unchanged, single pushes by 1 and 16 clients, ``SELECT 1``, the ORM service's single pushes,
single pushes beside bulk pushes. Then memory; then the aggregates of a folder that ``benchmarks.generator`` has filled
(``--data``); then growth (``--growth``). The last line is one JSON object of all ratios.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import aggregates, comparison, growth, memory, singles
from benchmarks.figures import Figures, finish
from benchmarks.installation import Gateway, Service, database, runner

# What the table shows: name, above, below.
ROWS = (
    ("new over COPY, commit per 1,000", "new", "COPY, commit per 1,000"),
    ("new over COPY, one stream", "new", "COPY, one stream"),
    ("new over SQLAlchemy Core in bulk", "new", "Core bulk"),
    ("new over ORM, commit per batch", "new", "ORM per batch"),
    ("new over ORM, the same with one look at what is stored", "new", "ORM per batch, one look"),
    ("new over ORM, commit per record", "new", "ORM per record"),
    ("unchanged over new", "unchanged", "new"),
    (
        "single pushes of 16 over ORM per record of 16",
        "16 clients records/s",
        "ORM per record, 16 clients records/s",
    ),
    ("single push p50 over SELECT 1 p50, idle", "1 clients p50", "SELECT 1 p50"),
    ("single push p99 beside bulk over idle p99", "beside bulk, 4 clients p99", "1 clients p99"),
)


async def run(gateway: Gateway, records: int, rounds: int) -> tuple[Figures, dict[str, tuple[float, float]]]:
    """The rounds on one gateway, then its memory."""
    figures = Figures()
    with ExitStack() as stack:
        compared = comparison.Comparison(gateway, stack)
        await compared.open()
        theirs = await database(gateway.database_url, "bench_orm_single")
        orm = stack.enter_context(Service(gateway, "orm", theirs))
        one = stack.enter_context(Service(gateway, "select_one", theirs, pool=3))
        single = singles.Singles(gateway, orm, one)
        await compared.warm()
        await singles.round_(single, 64, (1, 16), Figures())
        for number in range(rounds):
            await compared.round(records, figures)
            await singles.round_(single, max(200, records // 10), (1, 16), figures)
            print(f"round {number + 1} of {rounds} done", flush=True)
        await compared.close()
    print(table(figures), flush=True)
    return figures, await memory.run(gateway, records)


def table(figures: Figures) -> str:
    lines = [figures.table(""), ""]
    for name, above, below in ROWS:
        lines.append(f"{name:>55}  {figures.ratio(above, below):9,.3f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=8_000, help="policies a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--data", type=Path, help="a folder filled by benchmarks.generator, for the aggregates"
    )
    parser.add_argument(
        "--growth", type=Path, help="a folder for growth's three gateways, filled when they are not"
    )
    given = parser.parse_args()
    ratios: dict[str, object] = {}
    with (
        tempfile.TemporaryDirectory(prefix="ajx-bench-") as folder,
        Gateway(Path(folder) / "data") as gateway,
        runner() as loop,
    ):
        figures, peaks = loop.run(run(gateway, given.records, given.rounds))
    ratios |= comparison.ratios_of(figures) | singles.ratios_of(figures) | memory.ratios_of(peaks)
    if given.data is not None:
        with Gateway(given.data) as gateway, runner() as loop:
            found = loop.run(aggregates.run(gateway, 20, given.rounds))
        print(aggregates.printed(found))
        ratios |= aggregates.ratios_of(found)
    if given.growth is not None:
        grown = growth.measured(given.growth, growth.SIZES, given.records, given.rounds)
        print(grown.table("records/s"))
        ratios |= growth.ratios_of(grown, growth.SIZES)
    finish({"bench": "ratios", **ratios})


if __name__ == "__main__":
    main()
