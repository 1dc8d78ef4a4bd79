"""WHAT is done beside the requests? The worker's errands, each at its own pace; run as a module by `ajx`."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from ajx_gateway.cli.garbage import watch_garbage
from ajx_gateway.cli.leaving import stop_when_orphaned
from ajx_gateway.deadlines import Calendar
from ajx_gateway.errors import GatewayError
from ajx_gateway.oversight import case_judging, report_schedule
from ajx_gateway.settings import Settings, read_data_key
from ajx_gateway.store import attached_folding, breaches, clock_sums, cover_folding, folding
from ajx_gateway.store.database import Store

log = logging.getLogger("ajx_gateway.worker")

# Of the records that wait to be judged again, so many portions before new filings are looked at.
_PORTIONS: Final = 40


@dataclass(frozen=True, slots=True)
class Errand:
    """Something done again and again; it may be done twice or by two workers without harm."""

    name: str
    seconds: float
    run: Callable[[Store, datetime], Awaitable[None]]


async def announce_breaches(store: Store, now: datetime) -> None:
    await breaches.announce(store, now=now)


async def collect_findings(store: Store, now: datetime) -> None:
    await case_judging.collect(store, now, portions=_PORTIONS)


class FoldSums:
    """Folds what pushes have added to the sums; remembers how much it left."""

    def __init__(self) -> None:
        self._left = 0

    async def __call__(self, store: Store, _now: datetime) -> None:
        self._left = await folding.fold_in_time(store, self._left)


async def fold_clocks(store: Store, _now: datetime) -> None:
    await clock_sums.fold_some(store)


async def fold_covers(store: Store, _now: datetime) -> None:
    await cover_folding.fold_some(store)


class FoldAttached:
    """Folds what pushes have noted; who waits for a policy is looked at for a twentieth of the time."""

    def __init__(self) -> None:
        self._looks_at = 0.0

    async def __call__(self, store: Store, _now: datetime) -> None:
        begun = monotonic()
        looks = begun >= self._looks_at
        await attached_folding.fold(store, arrivals=looks)
        if looks:
            self._looks_at = begun + 20 * (monotonic() - begun)


async def make_reports(store: Store, now: datetime) -> None:
    await report_schedule.make_due(store, Calendar.load(Settings().calendar_file), now)


ERRANDS: Final = (
    Errand("announce_breaches", 60.0, announce_breaches),
    Errand("fold_sums", 1.0, FoldSums()),
    Errand("collect_findings", 5.0, collect_findings),
    Errand("fold_clocks", 2.0, fold_clocks),
    Errand("fold_covers", 1.0, fold_covers),
    Errand("fold_attached", 1.0, FoldAttached()),
    Errand("make_reports", 600.0, make_reports),
)


async def work(settings: Settings) -> None:
    """Until SIGTERM; an errand under way is finished first."""
    if settings.database_url is None:
        raise ValueError("a worker needs AJX_DATABASE_URL")
    stop = asyncio.Event()
    for asked in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(asked, stop.set)
    url = settings.database_url.get_secret_value()
    store = Store(url, data_key=read_data_key(settings), pool_size=len(ERRANDS))
    garbage = asyncio.create_task(watch_garbage())
    try:
        await asyncio.gather(*(_again_and_again(errand, store, stop) for errand in ERRANDS))
    finally:
        garbage.cancel()
        await store.close()


async def _again_and_again(errand: Errand, store: Store, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await errand.run(store, datetime.now(UTC))
        except GatewayError as fault:
            # The database is away: it will be there again, and so will the errand.
            log.warning("%s: %s", errand.name, fault.detail)
        except Exception:
            # One faulty errand must not end the others.
            log.exception("%s failed", errand.name)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), errand.seconds)


def main() -> int:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stop_when_orphaned()
    asyncio.run(work(Settings()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
