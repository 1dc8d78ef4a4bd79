"""HOW soon is a regulator's question answered? ``uv run python -m benchmarks.aggregates --data FOLDER``.

Asks the standard questions over HTTP as a provincial regulator on a folder that ``benchmarks.generator`` has filled (or
fills now: ``--policies``): a year by district, month, insurer, industry, sector, each also compared with the year before,
and the distinct enterprises. Beside each question stand a plain GROUP BY of the same sums on the same tables (asyncpg, no
access control, one connection) and the authenticated ``SELECT 1`` route. Rounds alternate; then all of it once more while
two clients push batches of 1,000. The totals of both ways must be equal.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from urllib.parse import quote

import asyncpg

from benchmarks import generator, policies
from benchmarks.figures import Figures, finish, percentile
from benchmarks.installation import Gateway, Service, connect, database, runner
from benchmarks.policies import BATCH, Policies
from benchmarks.wire import Answer, request, storm, storming

REGULATOR, TERRITORY, YEAR = "regulator", "44", 2024
SUMS = "policies,premium,insured_persons,sum_insured"
MILLI = 1_000
# Seconds a question may take in a round: slow answers are asked for less often.
BUDGET = 4.0
_SPAN = f"NOT voided AND division ^@ '{TERRITORY}' AND signed_on >= '{YEAR}-01-01' AND signed_on < '{YEAR + 1}-01-01'"
_SUMMED = "count(*) AS policies, sum(premium_received - premium_refunded) AS premium, sum(insured_count) AS insured_persons"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question over HTTP and as plain SQL over one year; ``measures`` are compared in total."""

    name: str
    query: str
    sql: str

    @property
    def path(self) -> str:
        return f"/v1/oversight/aggregates?{self.query}"


def _of_a_year(name: str, by: str = "", key: str = "1", table: str = "policy") -> tuple[Asked, Asked]:
    """The sums of one year by a dimension, and the same beside those of the year before."""
    query = f"measures={SUMS}&period={YEAR}{by and f'&by={by}'}"
    sql = f"SELECT {key} AS key, {_SUMMED} FROM {table} WHERE {_SPAN} GROUP BY 1"
    return Asked(name, query, sql), Asked(f"{name}, yoy", f"{query}&compare=yoy", sql)


QUESTIONS = (
    *_of_a_year("total"),
    *_of_a_year("by district", "district", "left(division, 6)"),
    *_of_a_year("by month", "month", "to_char(signed_on, 'YYYY-MM')"),
    *_of_a_year("by insurer", "insurer", "insurer"),
    *_of_a_year("by industry", "industry", "left(industry, 3)"),
    *_of_a_year(
        "by sector",
        "sector",
        "tag",
        "policy LEFT JOIN LATERAL unnest(sector_tags) AS tag ON true",
    ),
    Asked(
        "by district and month",
        f"measures={SUMS}&by=district,month&period={YEAR}",
        f"SELECT left(division, 6) || to_char(signed_on, 'MM') AS key, {_SUMMED} FROM policy WHERE {_SPAN} GROUP BY 1",
    ),
    Asked(
        "distinct enterprises",
        f"measures=enterprises&period={YEAR}",
        f'SELECT 1 AS key, count(DISTINCT enterprise_uscc COLLATE "C") AS enterprises FROM policy WHERE {_SPAN}',
    ),
    Asked(
        "distinct enterprises by district",
        f"measures=enterprises&by=district&period={YEAR}",
        f'SELECT left(division, 6) AS key, count(DISTINCT enterprise_uscc COLLATE "C") AS enterprises FROM policy'
        f" WHERE {_SPAN} GROUP BY 1",
    ),
)


class Asking:
    """The regulator, the plain SQL beside it, and the pushes behind it."""

    def __init__(self, gateway: Gateway, one: Service, plain: asyncpg.Connection) -> None:
        self._gateway = gateway
        self._one = one
        self._plain = plain
        self._numbers = count()

    async def ask(self, asked: Asked, times: int) -> list[float]:
        """Seconds of each answer; every answer is a 200 with the same total unless pushes run beside."""
        token = await self._gateway.token(REGULATOR)
        async with self._gateway.wires(1) as wires:
            questions = [request("GET", quote(asked.path, "/?&=,"), token)] * times
            done = (await storm(wires, questions, budget=BUDGET)).demand()
        self._last = done.answers[-1]
        return done.latencies

    async def sql(self, asked: Asked, times: int) -> list[float]:
        """Seconds of each plain statement."""
        found = []
        until = time.perf_counter() + BUDGET
        for number in range(times):
            if number and time.perf_counter() > until:
                break
            begun = time.perf_counter()
            self._rows = await self._plain.fetch(asked.sql)
            found.append(time.perf_counter() - begun)
        return found

    async def one(self, times: int) -> list[float]:
        token = await self._gateway.token(REGULATOR)
        async with self._one.wires(1) as wires:
            return (await storm(wires, [request("GET", "/one", token)] * times)).demand().latencies

    def demand_equal(self, asked: Asked) -> None:
        """The answer's groups are those of the plain statement, to the cent."""
        answer = self._last.json()
        groups = answer["groups"] or [{"keys": {}, **answer["total"]}]
        for measure in ("policies", "premium", "insured_persons", "enterprises"):
            if measure not in groups[0]["values"]:
                continue
            theirs = sorted(
                Decimal(g["values"][measure])
                for g in groups
                if Decimal(g["values"]["policies" if "policies" in g["values"] else measure])
            )
            ours = sorted(Decimal(row[measure]) for row in self._rows)
            if theirs != ours:
                raise SystemExit(f"{asked.name}: {measure} is {sum(theirs)} over HTTP, {sum(ours)} by SQL")

    @asynccontextmanager
    async def pushing(self) -> AsyncIterator[list[Answer]]:
        """Two insurers' clients push new batches without pause."""
        supply = Policies(f"BESIDE{time.time_ns()}", 2_000_000)
        bodies = policies.ndjson(supply.take(40 * BATCH))
        token = await self._gateway.token()

        def bulk() -> bytes:
            number = next(self._numbers)
            key = f"beside-{time.time_ns()}-{number}"
            body = bodies[number % len(bodies)]
            return request(
                "POST", "/v1/policies", token, body, content_type="application/x-ndjson", idempotency_key=key
            )

        async with self._gateway.wires(2) as wires, storming(wires, bulk) as answers:
            yield answers
        for answer in answers:
            if answer.status != 200 or answer.counts()["rejected"]:
                raise SystemExit(f"a push beside was answered {answer.status}: {answer.body[:300]!r}")


async def round_(asking: Asking, times: int, figures: Figures, *, check: bool) -> None:
    """Every question, its plain SQL and SELECT 1, in turn."""
    for asked in QUESTIONS:
        found = await asking.ask(asked, times)
        beside = await asking.sql(asked, max(1, times // 5))
        if check:
            asking.demand_equal(asked)
        one = await asking.one(max(20, times))
        figures.add(f"{asked.name} p50", percentile(found, 0.5) * MILLI)
        figures.add(f"{asked.name} p99", percentile(found, 0.99) * MILLI)
        figures.add(f"{asked.name} GROUP BY p50", percentile(beside, 0.5) * MILLI)
        figures.add(f"{asked.name} SELECT 1 p50", percentile(one, 0.5) * MILLI)


async def run(gateway: Gateway, times: int, rounds: int) -> dict[str, Figures]:
    """Figures in quiet and beside pushes."""
    gateway.register(REGULATOR, "--role", "regulator", "--territory", TERRITORY)
    quiet, beside = Figures(), Figures()
    other = await database(gateway.database_url, "bench_select_one")
    plain = await connect(gateway.database_url)
    await plain.execute("SET jit = off")
    try:
        with Service(gateway, "select_one", other, pool=3) as one:
            asking = Asking(gateway, one, plain)
            await round_(asking, 5, Figures(), check=True)
            for _ in range(rounds):
                await round_(asking, times, quiet, check=True)
            async with asking.pushing() as answers:
                begun, before = time.perf_counter(), len(answers)
                await round_(asking, times, beside, check=False)
                rate = (len(answers) - before) * BATCH / (time.perf_counter() - begun)
            beside.add("pushed beside, records/s", rate)
            # Once all is quiet again both ways agree on everything, the pushes included.
            await round_(asking, 2, Figures(), check=True)
    finally:
        await plain.close()
    return {"quiet": quiet, "beside pushes": beside}


def ratios_of(found: dict[str, Figures]) -> dict[str, object]:
    ratios: dict[str, object] = {}
    for when, figures in found.items():
        for asked in QUESTIONS:
            ratios[f"{asked.name}, {when}"] = {
                "p50_ms": round(figures.median(f"{asked.name} p50"), 2),
                "p99_ms": round(figures.median(f"{asked.name} p99"), 2),
                "over_select_1": figures.ratio(f"{asked.name} p50", f"{asked.name} SELECT 1 p50"),
                "over_group_by": figures.ratio(f"{asked.name} p50", f"{asked.name} GROUP BY p50"),
            }
    return ratios


def printed(found: dict[str, Figures]) -> str:
    lines = [f"{'ms':>34} | p50 | p99 | GROUP BY p50 | SELECT 1 p50"]
    for when, figures in found.items():
        for asked in QUESTIONS:
            names = ("p50", "p99", "GROUP BY p50", "SELECT 1 p50")
            values = " | ".join(f"{figures.median(f'{asked.name} {name}'):9,.2f}" for name in names)
            lines.append(f"{asked.name:>34} | {values} | {when}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="a folder filled by benchmarks.generator; a temporary one otherwise"
    )
    parser.add_argument("--policies", type=int, default=0, help="fill up to so many generated policies first")
    parser.add_argument("--times", type=int, default=20, help="answers a question and round")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="ajx-bench-") as folder,
        Gateway(given.data or Path(folder) / "data") as gateway,
        runner() as loop,
    ):
        if given.policies or not given.data:
            print(json.dumps(loop.run(generator.fill(gateway, given.policies or 1_000_000))))
        found = loop.run(run(gateway, given.times, given.rounds))
    print(printed(found))
    finish({"bench": "aggregates", **ratios_of(found)})


if __name__ == "__main__":
    main()
