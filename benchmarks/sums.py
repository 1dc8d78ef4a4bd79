"""WHAT do exact sums cost a push? ``uv run python -m benchmarks.sums``.

Two gateways of the same code on this machine, each with a PostgreSQL of its own; one of them appends no sums to what it
stores (``benchmarks/unsummed``). Both take new policies over HTTP from four clients in turn, in batches of 50, 200 and
1,000, each round in another order. Beside the rate stands the CPU time of everything that belongs to a gateway, which
other guests of the machine disturb less. At the end one has the sums of all it holds, the other none.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.figures import Figures, finish
from benchmarks.installation import Gateway, connect, runner
from benchmarks.policies import BATCH, Policies
from benchmarks.push import Pusher
from benchmarks.wire import descendants

SIZES = (50, 200, BATCH)
WITH, WITHOUT = "with sums", "without"
_UNSUMMED = {"PYTHONPATH": str(Path(__file__).parent / "unsummed")}


def _cpu(gateway: Gateway) -> float:
    """Seconds of CPU that the gateway's processes and its database's have used so far."""
    ticks = 0
    for pid in descendants(gateway.pid):
        try:
            # After the name, which may hold anything: the 14th and 15th field of the line.
            told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        ticks += int(told[11]) + int(told[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def _summed(gateway: Gateway) -> tuple[int, int]:
    """Policies held, and policies that were told to the sums."""
    connection = await connect(gateway.database_url)
    try:
        row = await connection.fetchrow(
            "SELECT (SELECT count(*) FROM policy) AS held, (SELECT coalesce(sum(sign), 0) FROM policy_delta)"
            " + (SELECT coalesce(sum(policies), 0) FROM enterprise_month) AS told"
        )
        return int(row["held"]), int(row["told"])
    finally:
        await connection.close()


async def run(gateways: Mapping[str, Gateway], records: int, rounds: int) -> Figures:
    figures = Figures()
    supplies = {name: Policies(f"SUMS-{number}") for number, name in enumerate(gateways)}
    pushers = {name: Pusher(gateway) for name, gateway in gateways.items()}
    for name in gateways:
        await pushers[name].new(supplies[name].take(4 * BATCH))
    for number in range(rounds):
        for size in SIZES:
            for name in sorted(gateways, reverse=bool(number % 2)):
                await gateways[name].rest()
                made, before = supplies[name].take(records), _cpu(gateways[name])
                figures.add(f"{size}, {name}, records/s", await pushers[name].new(made, size=size))
                spent = (_cpu(gateways[name]) - before) / records
                figures.add(f"{size}, {name}, µs of CPU a record", spent * 1e6)
    for name, gateway in gateways.items():
        held, told = await _summed(gateway)
        if told != (held if name == WITH else 0):
            raise SystemExit(f"{name}: {held} policies, {told} in the sums")
    return figures


def ratios_of(figures: Figures) -> dict[str, object]:
    found: dict[str, object] = {}
    for size in SIZES:
        rate = figures.ratio(f"{size}, {WITH}, records/s", f"{size}, {WITHOUT}, records/s")
        cpu = figures.ratio(f"{size}, {WITH}, µs of CPU a record", f"{size}, {WITHOUT}, µs of CPU a record")
        found[f"rate_with_sums_over_without_{size}"] = rate
        found[f"cpu_with_sums_over_without_{size}"] = cpu
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=4_000, help="policies a round, size and gateway")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="ajx-bench-") as folder,
        Gateway(Path(folder) / "with") as summed,
        Gateway(Path(folder) / "without", environment=_UNSUMMED) as plain,
        runner() as loop,
    ):
        figures = loop.run(run({WITH: summed, WITHOUT: plain}, given.records, given.rounds))
    print(figures.table(""))
    finish({"bench": "sums", **ratios_of(figures)})


if __name__ == "__main__":
    main()
