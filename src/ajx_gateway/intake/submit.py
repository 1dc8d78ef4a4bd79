"""HOW does a push become record, clocks, events and receipt? The river: every stage in order, each passed once."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from ajx_gateway import errors, identity, rules, standard
from ajx_gateway.events import Event
from ajx_gateway.identity import Caller
from ajx_gateway.intake import consequences, receipt
from ajx_gateway.intake.desk import Answer, Desk
from ajx_gateway.intake.keyed import Again, Request, Undone, once
from ajx_gateway.intake.receipt import ItemResult
from ajx_gateway.rules import Judged
from ajx_gateway.standard import Finding, Item, Kind
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import outbox, records
from ajx_gateway.store.clocks import Standing
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.filings import Filing
from ajx_gateway.store.records import Outcome
from ajx_gateway.store.references import references
from ajx_gateway.store.upserts import Incoming

Media = Literal["json", "ndjson"]
T = TypeVar("T")

# Bodies above this are read and judged off the event loop, so that others' requests go on.
_LARGE = 128 * 1024


@dataclass(frozen=True, slots=True)
class Push:
    """One push on its way down the river."""

    desk: Desk
    kind: Kind
    filing: Filing
    items: Sequence[Item]
    dry_run: bool
    atomic: bool
    only_key: str | None = None
    if_match: str | None = None


async def submit(
    desk: Desk,
    caller: Caller,
    kind: Kind,
    body: bytes,
    *,
    media: Media,
    key: str,
    version: str,
    now: datetime,
    dry_run: bool = False,
    atomic: bool = False,
    only_key: str | None = None,
    if_match: str | None = None,
) -> Answer:
    """Judge and store one push; the answer exists only once the commit has happened.

    ``errors.Malformed``/``TooLarge`` for a body that cannot be read as items at all, ``KeyReused``, ``InFlight``,
    ``PreconditionFailed``; whatever is wrong with a single record is a finding of its item.
    """
    insurer = insurer_of(caller)
    door = f"push {kind.name} {only_key or ''} {version} dry={dry_run} atomic={atomic}"
    request = Request(insurer, key, door, body)
    items = await _off_loop(body, standard.read, kind, version, body, media)
    filing = Filing(
        filing_id=uuid.uuid4(),
        insurer=insurer,
        idempotency_key=key,
        kind=kind.name,
        op="push",
        record_key=only_key,
        body=body,
        media=media,
        fingerprint=request.fingerprint,
        standard=version,
        rules=rules.RULESET,
        received_at=now,
        spans=[(item.start, item.end) for item in items],
    )
    push = Push(desk, kind, filing, items, dry_run, atomic, only_key, if_match)
    return await once(desk, identity.scope_of(caller), request, lambda tx: _river(tx, push))


async def _river(tx: Transaction, push: Push) -> Answer:
    kind, filing = push.kind.name, push.filing
    if push.only_key is not None:
        await _must_match(tx, push)
    readable = [(item.key, item.record) for item in push.items if item.key and item.record is not None]
    known = await references(tx, kind, readable, insurer=filing.insurer, now=filing.received_at)
    judged = await _off_loop(filing.body, rules.judge, kind, push.items, known)
    refused = push.atomic and not all(one.accepted for one in judged)
    accepted = [] if refused else [incoming(kind, filing.insurer, one.item) for one in judged if one.accepted]
    outcomes = await records.replace(
        tx, kind, filing.insurer, accepted, filing_id=filing.filing_id, now=filing.received_at
    )
    lost = {index for index, outcome in outcomes.items() if outcome.result == "conflict"}
    if lost:
        if push.atomic:
            raise Again
        judged = [rules.conflicted(one) if one.item.index in lost else one for one in judged]
        outcomes = {index: outcome for index, outcome in outcomes.items() if index not in lost}
    facts = await consequences.settle(
        tx, push.desk.calendar, kind, filing.insurer, push.items, outcomes, now=filing.received_at
    )
    standings = await consequences.standings(tx, filing.insurer, facts, now=filing.received_at)
    results = [_result(one, outcomes, standings.get(one.item.index, ()), refused) for one in judged]
    composed = receipt.compose(
        push.desk, filing, results, status=422 if refused else 200, dry_run=push.dry_run
    )
    if push.dry_run:
        raise Undone(composed[0])
    await outbox.add(tx, [_told(filing, composed[1], composed[2])])
    return await receipt.keep(tx, filing, composed)


async def _off_loop(body: bytes, work: Callable[..., T], *arguments: Any) -> T:
    if len(body) < _LARGE:
        return work(*arguments)
    return await asyncio.to_thread(work, *arguments)


def insurer_of(caller: Caller) -> str:
    """The insurer this caller files for; everybody else is shown out."""
    if caller.insurer is None:
        raise errors.Forbidden("只有保险机构身份可以报送数据；请使用保险机构的身份凭证。")
    return caller.insurer


async def _must_match(tx: Transaction, push: Push) -> None:
    """PUT: the body is the record of the path, and the version the sender saw is still the stored one."""
    if len(push.items) != 1 or push.items[0].key not in {None, push.only_key}:
        raise errors.Unprocessable(f"请求体须为一条记录，且其 {push.kind.key} 与路径中的业务号一致。")
    if push.if_match is None:
        return
    identity_ = record_id(push.filing.insurer, push.kind.name, push.only_key or "")
    stored = await records.current(tx, push.kind.name, identity_, lock=True)
    tag = None if stored is None else f'"{stored.version}"'
    wanted = [part.strip() for part in push.if_match.split(",")]
    if tag is None or (tag not in wanted and "*" not in wanted):
        raise errors.PreconditionFailed("记录的当前版本与 If-Match 不符：请先读取最新版本，再决定是否覆盖。")


def incoming(kind: str, insurer: str, item: Item) -> Incoming:
    """An accepted item on its way into the store."""
    if item.key is None or item.record is None:
        raise AssertionError("an accepted item has a key and a record")
    return Incoming(
        index=item.index,
        record_id=record_id(insurer, kind, item.key),
        key=item.key,
        revised_at=item.record.revised_at,
        content_hash=item.content_hash,
        record=item.record,
    )


_WITHDRAWN = Finding(
    rule="batch.atomic",
    severity="error",
    pointer="",
    expected="同批全部记录通过校验",
    actual="同批有记录未通过",
    message="本条记录本身无误，但同批其他记录有误，按整批提交（atomic）要求全部未入库；请修正有误记录后整批重报。",
    clause="网关接口规范",
)


def _result(
    one: Judged, outcomes: Mapping[int, Outcome], deadlines: Sequence[Standing], refused: bool
) -> ItemResult:
    item, outcome = one.item, outcomes.get(one.item.index)
    if outcome is not None:
        return ItemResult(
            item.index, item.key, outcome.result, outcome.version, one.findings, False, deadlines, one.count
        )
    withdrawn = refused and one.accepted
    findings = (*one.findings, _WITHDRAWN) if withdrawn else one.findings
    return ItemResult(item.index, item.key, "rejected", None, findings, withdrawn, (), one.count + withdrawn)


def _told(filing: Filing, verdict: str, counts: Mapping[str, int]) -> Event:
    payload = {"filing": str(filing.filing_id), "kind": filing.kind, "counts": dict(counts)}
    return Event(f"filing.{verdict}", filing.insurer, payload, filing.received_at)
