"""HOW soon is a single policy answered, and how many a second? ``uv run python -m benchmarks.singles``.

One policy a request over 1, 16 and 64 connections: rate, p50 and p99. The idle p50 of one client stands beside an
authenticated route that only asks PostgreSQL ``SELECT 1``, the rate of 16 clients beside the same route's and beside the
same service in FastAPI and the SQLAlchemy ORM (a commit per record). Then the p99 of single pushes while four other
clients push batches of 1,000 without pause. Rounds alternate between all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from benchmarks import policies
from benchmarks.figures import Figures, finish, percentile
from benchmarks.installation import Gateway, Service, database, on_a_fresh_gateway
from benchmarks.policies import BATCH, Policies
from benchmarks.wire import Storm, request, storm, storming

CLIENTS = (1, 16, 64)
MILLI = 1_000


class Singles:
    """Single pushes to the gateway and to the services beside it."""

    def __init__(self, gateway: Gateway, orm: Service, one: Service) -> None:
        self._gateway = gateway
        self._orm = orm
        self._one = one
        self._supply = Policies("ONE")
        self._theirs = Policies("ORM")
        self._numbers = count()

    async def push(self, clients: int, records: int, *, rested: bool = True) -> Storm:
        """New policies, one a request."""
        if rested:
            await self._gateway.rest()
        bodies = [policies.line(document) for document in self._supply.take(records)]
        requests = [
            await self._gateway.push(body, f"single-{next(self._numbers)}", "application/json")
            for body in bodies
        ]
        async with self._gateway.wires(clients) as wires:
            done = (await storm(wires, requests)).demand()
        if any(answer.counts()["created"] != 1 for answer in done.answers):
            raise SystemExit("a single policy was not stored")
        return done

    async def push_orm(self, records: int, clients: int = 16) -> Storm:
        """The same to the ORM service, a commit per record."""
        await self._gateway.rest()
        token = await self._gateway.token()
        requests = [
            request("POST", "/policies/each", token, body, content_type="application/json")
            for body in policies.arrays(self._theirs.take(records), 1)
        ]
        async with self._orm.wires(clients) as wires:
            done = (await storm(wires, requests)).demand()
        if any(answer.counts()["created"] != 1 for answer in done.answers):
            raise SystemExit("a single policy was not stored by the ORM service")
        return done

    async def ask_one(self, times: int, clients: int = 1) -> Storm:
        await self._gateway.rest()
        asked = request("GET", "/one", await self._gateway.token())
        async with self._one.wires(clients) as wires:
            done = (await storm(wires, [asked] * times)).demand()
        if any(answer.body != b'{"one":1}' for answer in done.answers):
            raise SystemExit("SELECT 1 was answered otherwise")
        return done

    async def under_bulk(self, records: int, clients: int = 4) -> tuple[Storm, float]:
        """Single pushes while the bulk clients push without pause, and the bulk's own records a second."""
        await self._gateway.rest()
        token = await self._gateway.token()
        bodies = policies.ndjson(self._supply.take(100 * BATCH // 4), BATCH)

        def bulk() -> bytes:
            # The same bodies again under new keys when they run out: unchanged then, and no less work to read.
            number = next(self._numbers)
            body = bodies[number % len(bodies)]
            headers = {"content_type": "application/x-ndjson", "idempotency_key": f"bulk-{number}"}
            return request("POST", "/v1/policies", token, body, **headers)

        async with self._gateway.wires(4) as wires, storming(wires, bulk) as answers:
            begun = len(answers)
            done = await self.push(clients, records, rested=False)
            rate = (len(answers) - begun) * BATCH / done.seconds
        for answer in answers:
            counts = answer.counts()
            if answer.status != 200 or counts["created"] + counts["unchanged"] != BATCH:
                raise SystemExit(f"a bulk push beside was answered {answer.status} {counts}")
        return done, rate


async def round_(singles: Singles, records: int, clients: Sequence[int], figures: Figures) -> None:
    """Everything once; latencies in milliseconds."""
    figures.add("SELECT 1 p50", percentile((await singles.ask_one(records)).latencies, 0.5) * MILLI)
    for number in clients:
        done = await singles.push(number, max(records, 20 * number))
        _noted(figures, f"{number} clients", done)
    _noted(figures, "SELECT 1, 16 clients", await singles.ask_one(2 * records, 16))
    _noted(figures, "ORM per record, 16 clients", await singles.push_orm(records))
    beside, bulk = await singles.under_bulk(records)
    _noted(figures, "beside bulk, 4 clients", beside)
    figures.add("bulk beside singles records/s", bulk)


def _noted(figures: Figures, name: str, done: Storm) -> None:
    figures.add(f"{name} records/s", len(done.answers) / done.seconds)
    figures.add(f"{name} p50", percentile(done.latencies, 0.5) * MILLI)
    figures.add(f"{name} p99", percentile(done.latencies, 0.99) * MILLI)


def ratios_of(figures: Figures) -> dict[str, object]:
    found: dict[str, object] = {
        "single_16_over_orm_per_record": figures.ratio(
            "16 clients records/s", "ORM per record, 16 clients records/s"
        ),
        "single_16_over_select_1_of_16": figures.ratio(
            "16 clients records/s", "SELECT 1, 16 clients records/s"
        ),
        "single_p50_over_select_1": figures.ratio("1 clients p50", "SELECT 1 p50"),
        "single_p50_idle_ms": round(figures.median("1 clients p50"), 2),
        "single_p99_beside_bulk_ms": round(figures.median("beside bulk, 4 clients p99"), 1),
        "single_p99_beside_bulk_over_idle": figures.ratio("beside bulk, 4 clients p99", "1 clients p99"),
    }
    return found


async def run(gateway: Gateway, records: int, rounds: int, clients: Sequence[int] = CLIENTS) -> Figures:
    figures = Figures()
    orm_url = await database(gateway.database_url, "bench_orm_single")
    with Service(gateway, "orm", orm_url) as orm, Service(gateway, "select_one", orm_url, pool=3) as one:
        singles = Singles(gateway, orm, one)
        await round_(singles, 64, clients, Figures())
        for _ in range(rounds):
            await round_(singles, records, clients, figures)
    return figures


def main() -> None:
    figures = on_a_fresh_gateway(
        __doc__, run, records=1_000, rounds=5, what="single pushes a round and number of clients"
    )
    print(figures.table("(records/s or ms)"))
    finish({"bench": "singles", **ratios_of(figures)})


if __name__ == "__main__":
    main()
