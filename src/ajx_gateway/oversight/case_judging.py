"""IS what was warned about still so? Records are judged again as everything stands, a bounded number at a time.

The rules are those of this release, the law that of the record's place and day, the instant of arrival that of the
stored state: so judging again what did not change finds the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from ajx_gateway import rules, standard
from ajx_gateway.identity import system_scope
from ajx_gateway.oversight import case_collecting
from ajx_gateway.oversight.case_collecting import Judged
from ajx_gateway.rules import Known
from ajx_gateway.standard import Item
from ajx_gateway.store import case_again, filings
from ajx_gateway.store import case_collecting as shelf
from ajx_gateway.store.case_again import Again, Lying
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.references import references

# Records judged in one transaction: a fraction of a second.
_PORTION: Final = 300


async def collect(store: Store, now: datetime, *, portions: int | None = None) -> int:
    """Read all that was filed and not read yet, then judge again whom it concerns; how many filings that were.

    Twice, or by two workers, is once. At most ``portions`` times ``_PORTION`` records are judged: the others wait.
    """
    async with store.reading(system_scope("find who filed")) as tx:
        insurers = await shelf.insurers(tx)
    filed = 0
    for insurer in insurers:
        while taken := await case_collecting.collect_some(store, insurer, now):
            filed += taken
    judged = 0
    while (portions is None or judged < portions) and await judge_some(store, now):
        judged += 1
    return filed


async def judge_some(store: Store, now: datetime) -> int:
    """One portion of the records that wait, in one transaction that also takes them out; how many they were."""
    async with store.pushing(system_scope("judge again")) as tx:
        if not await shelf.ours(tx):
            return 0
        taken = await case_again.take(tx, _PORTION, now)
        for insurer, kind, some in _grouped(taken):
            await _judge(tx, insurer, kind, some, now)
        return len(taken)


def _grouped(taken: Sequence[Again]) -> Iterator[tuple[str, str, list[UUID]]]:
    def whose(one: Again) -> tuple[str, str]:
        return one.insurer, one.kind

    for (insurer, kind), some in groupby(sorted(taken, key=whose), whose):
        yield insurer, kind, [one.record_id for one in some]


async def _judge(tx: Transaction, insurer: str, kind: str, record_ids: Sequence[UUID], now: datetime) -> None:
    lying = await case_again.lying(tx, kind, record_ids)
    # What was withdrawn shows nothing any more.
    found = {one.record_id: Judged(kind, one.key, one.version, ()) for one in lying if one.voided}
    standing = [one for one in lying if not one.voided]
    items = await _items(tx, kind, standing)
    if items:
        readable = [(item.key, item.record) for _, item in items if item.key is not None]
        known = await references(tx, kind, readable, insurer=insurer, now=now)
        for recorded_at, together in groupby(items, lambda pair: pair[0].recorded_at):
            found |= _judged(kind, list(together), replace(known, received_at=recorded_at))
    await case_collecting.compare(tx, insurer, found, None, now)


def _judged(kind: str, items: Sequence[tuple[Lying, Item]], known: Known) -> dict[UUID, Judged]:
    """What records that were received at one instant show."""
    found = {}
    for (one, _), verdict in zip(items, rules.judge(kind, [item for _, item in items], known), strict=True):
        # What today's rules would refuse was accepted once: its findings stay as they are.
        if verdict.accepted:
            warnings = case_collecting.followed(verdict.findings)
            found[one.record_id] = Judged(kind, one.key, one.version, warnings)
    return found


async def _items(tx: Transaction, kind: str, standing: Sequence[Lying]) -> list[tuple[Lying, Item]]:
    """The records as they were filed, read under the version of the standard they were filed under."""
    raw = await filings.items(tx, [one.place for one in standing])
    found: list[tuple[Lying, Item]] = []
    for version in sorted({one.standard for one in standing}):
        some = [one for one in standing if one.standard == version]
        body = b"[" + b",".join(raw[one.place] for one in some) + b"]"
        read = standard.read(standard.KINDS[kind], version, body, "json")
        found += [(one, item) for one, item in zip(some, read, strict=True) if item.record is not None]
    return sorted(found, key=lambda pair: pair[0].recorded_at)
