"""HOW does a push become record, clocks, events and receipt? The river: every stage in order, each passed once."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Literal, NamedTuple

from ajx_gateway import errors, identity, rules, standard
from ajx_gateway.events import Event
from ajx_gateway.identity import Caller, Scope
from ajx_gateway.intake import consequences, receipt
from ajx_gateway.intake.consequences import Dating
from ajx_gateway.intake.desk import Answer, Desk, off_loop
from ajx_gateway.intake.keyed import Again, Request, Undone, once, once_together
from ajx_gateway.intake.receipt import Composed, ItemResult
from ajx_gateway.rules import Judged, Known
from ajx_gateway.standard import Finding, Item, Kind
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import clocks, records
from ajx_gateway.store.clocks import Standing
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.filings import Filing, digest
from ajx_gateway.store.records import Outcome
from ajx_gateway.store.references import Asked, asked
from ajx_gateway.store.together import Question, Rows
from ajx_gateway.store.upserts import Incoming

Media = Literal["json", "ndjson"]


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

    @property
    def request(self) -> Request:
        filing = self.filing
        return Request(filing.insurer, filing.idempotency_key, self._door, filing.body_sha256)

    @property
    def _door(self) -> str:
        return door(self.kind, self.filing.standard, self.only_key, self.dry_run, self.atomic)

    @property
    def sociable(self) -> bool:
        """Whether it may share a commit: one record that asks for nothing but to be stored."""
        return len(self.items) == 1 and not (self.dry_run or self.only_key or self.if_match)


def door(kind: Kind, version: str, only_key: str | None, dry_run: bool, atomic: bool) -> str:
    """What makes two requests under one key the same, besides the body."""
    return f"push {kind.name} {only_key or ''} {version} dry={dry_run} atomic={atomic}"


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
    items, body_sha256 = await off_loop(len(body), _read, kind, version, body, media)
    named = door(kind, version, only_key, dry_run, atomic)
    filing = Filing(
        filing_id=uuid.uuid4(),
        insurer=insurer,
        idempotency_key=key,
        kind=kind.name,
        op="push",
        record_key=only_key,
        body=body,
        body_sha256=body_sha256,
        media=media,
        fingerprint=Request(insurer, key, named, body_sha256).fingerprint,
        standard=version,
        rules=rules.RULESET,
        received_at=now,
        spans=[(item.start, item.end) for item in items],
    )
    push = Push(desk, kind, filing, items, dry_run, atomic, only_key, if_match)
    scope = identity.scope_of(caller)
    if not push.sociable:
        return await _alone(scope, push)
    # Requests of one insurer at about the same instant may share a transaction; whose clock is set otherwise may not.
    group, second = (scope, kind.name, version), now.replace(microsecond=0)
    names = frozenset({("key", key), ("record", items[0].key)})
    shared: Answer = await desk.pushes.join(group, push, names, partial(_together, scope), apart=second)
    return shared


def _read(kind: Kind, version: str, body: bytes, media: Media) -> tuple[list[Item], bytes]:
    return standard.read(kind, version, body, media), digest(body)


async def _alone(scope: Scope, push: Push) -> Answer:
    what = await _asked([push])

    async def work(tx: Transaction, answers: Sequence[Rows]) -> Answer:
        return (await _river(tx, [push], what, answers))[0]

    return await once(push.desk, scope, push.request, work, beside=_questions(what))


async def _asked(pushes: Sequence[Push]) -> Asked:
    readable = [
        (item.key, item.record)
        for push in pushes
        for item in push.items
        if item.key and item.record is not None
    ]
    return await asked(pushes[0].kind.name, readable, pushes[0].filing.insurer)


def _questions(what: Asked) -> list[Question]:
    return [clocks.outages_kept(), *what.questions]


async def _together(scope: Scope, pushes: Sequence[Push]) -> Sequence[Answer]:
    """Several pushes of one record each in one transaction, all at the instant the first of them arrived."""
    if len(pushes) == 1:
        return [await _alone(scope, pushes[0])]
    now = min(push.filing.received_at for push in pushes)
    stamped = [replace(push, filing=replace(push.filing, received_at=now)) for push in pushes]

    what = await _asked(stamped)

    async def work(tx: Transaction, answers: Sequence[Rows], numbers: Sequence[int]) -> Sequence[Answer]:
        return await _river(tx, [stamped[number] for number in numbers], what, answers)

    requests = [push.request for push in pushes]
    return await once_together(pushes[0].desk, scope, requests, work, beside=_questions(what))


async def _river(
    tx: Transaction, pushes: Sequence[Push], what: Asked, answers: Sequence[Rows]
) -> list[Answer]:
    """Pushes of one kind, insurer and instant: their items flow as one, each answered with its own."""
    first, size = pushes[0], sum(len(push.filing.body) for push in pushes)
    desk, kind, insurer, now = first.desk, first.kind.name, first.filing.insurer, first.filing.received_at
    if first.only_key is not None:
        await _must_match(tx, first)
    owners = [push for push in pushes for _ in push.items]
    items = [item for push in pushes for item in push.items]
    outages, *facts = answers
    known = await what.known(tx, facts, now=now)
    judged, refused, outcomes, changing = await off_loop(size, _weighed, first, owners, items, known)
    outcomes |= await records.replace(tx, kind, insurer, changing, now=now)
    lost = {at for at, outcome in outcomes.items() if outcome.result == "conflict"}
    if lost:
        if first.atomic:
            raise Again
        judged = [rules.conflicted(one) if at in lost else one for at, one in enumerate(judged)]
        outcomes = {at: outcome for at, outcome in outcomes.items() if at not in lost}
    stored = {at: item for at, item in enumerate(items) if at in outcomes}
    dated = Dating(desk.calendar, clocks.as_outages(outages))
    standings = await consequences.settle(tx, dated, kind, insurer, stored, outcomes, now=now)
    if not first.dry_run:
        await _mark_clean(tx, kind, judged, outcomes, known)
    composed = await off_loop(size, _composed, pushes, judged, outcomes, standings, refused)
    if first.dry_run:
        raise Undone(composed[0].answer)
    await receipt.keep(tx, composed, [_told(one) for one in composed])
    return [one.answer for one in composed]


async def _mark_clean(
    tx: Transaction, kind: str, judged: Sequence[Judged], outcomes: Mapping[int, Outcome], known: Known
) -> None:
    """What is stored as it was, and was judged in full, need not be under the same rules again: once an edition."""
    states = [
        (record_id(known.insurer, kind, judged[at].item.key or ""), outcome.version)
        for at, outcome in outcomes.items()
        if outcome.result == "unchanged" and judged[at].clean and not _was_clean(judged[at], known)
    ]
    if states:
        await records.mark_clean(tx, kind, states, rules.edition())


def _was_clean(one: Judged, known: Known) -> bool:
    stored = known.stored.get(one.item.key or "")
    return stored is not None and stored.clean_edition == rules.edition()


class _Weighed(NamedTuple):
    """What becomes of a batch: every verdict, what is stored as it is already, and what is to be written."""

    judged: list[Judged]
    refused: bool
    outcomes: dict[int, Outcome]
    changing: list[Incoming]


def _weighed(first: Push, owners: Sequence[Push], items: Sequence[Item], known: Known) -> _Weighed:
    judged = rules.judge(first.kind.name, items, known)
    if first.atomic and not all(one.accepted for one in judged):
        return _Weighed(judged, True, {}, [])
    outcomes = _known_already(judged, known)
    changing = [
        incoming(first.kind.name, known.insurer, one.item, at, owners[at].filing.filing_id, clean=one.clean)
        for at, one in enumerate(judged)
        if one.accepted and at not in outcomes
    ]
    return _Weighed(judged, False, outcomes, changing)


def _known_already(judged: Sequence[Judged], known: Known) -> dict[int, Outcome]:
    """Items that are stored as they are: nothing is to be written for them, nor to be locked.

    Was the state received after this push, the slow way decides what it tells the clocks.
    """
    same: dict[int, Outcome] = {}
    # What another item does to the same record is not known yet: such items go the slow way, in their order.
    often = Counter(one.item.key for one in judged)
    for at, one in enumerate(judged):
        item, stored = one.item, known.stored.get(one.item.key or "")
        if (
            one.accepted
            and stored is not None
            and often[item.key] == 1
            and item.record is not None
            and stored.content_hash == item.content_hash
            and stored.revised_at == item.record.revised_at
            and stored.recorded_at is not None
            and stored.recorded_at <= known.received_at
        ):
            same[at] = Outcome("unchanged", stored.version, False)
    return same


def _composed(
    pushes: Sequence[Push],
    judged: Sequence[Judged],
    outcomes: Mapping[int, Outcome],
    standings: Mapping[int, Sequence[Standing]],
    refused: bool,
) -> list[Composed]:
    composed, begin = [], 0
    for push in pushes:
        end = begin + len(push.items)
        results = [
            _result(judged[at], outcomes.get(at), standings.get(at, ()), refused) for at in range(begin, end)
        ]
        status = 422 if refused else 200
        composed.append(receipt.compose(push.desk, push.filing, results, status=status, dry_run=push.dry_run))
        begin = end
    return composed


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


def incoming(
    kind: str, insurer: str, item: Item, index: int, filing_id: uuid.UUID, *, clean: bool = False
) -> Incoming:
    """An accepted item on its way into the store; ``index`` is what its outcome will be called by, ``clean`` whether its
    content was judged to be."""
    if item.key is None or item.record is None:
        raise AssertionError("an accepted item has a key and a record")
    return Incoming(
        index=index,
        filing_id=filing_id,
        ordinal=item.index,
        record_id=record_id(insurer, kind, item.key),
        key=item.key,
        revised_at=item.record.revised_at,
        content_hash=item.content_hash,
        record=item.record,
        clean_edition=rules.edition() if clean else None,
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


def _result(one: Judged, outcome: Outcome | None, deadlines: Sequence[Standing], refused: bool) -> ItemResult:
    item = one.item
    if outcome is not None:
        return ItemResult(
            item.index, item.key, outcome.result, outcome.version, one.findings, False, deadlines, one.found
        )
    withdrawn = refused and one.accepted
    findings = (*one.findings, _WITHDRAWN) if withdrawn else one.findings
    return ItemResult(item.index, item.key, "rejected", None, findings, withdrawn, (), one.found + withdrawn)


def _told(composed: Composed) -> Event:
    filing = composed.filing
    payload = {"filing": str(filing.filing_id), "kind": filing.kind, "counts": composed.counts}
    return Event(f"filing.{composed.verdict}", filing.insurer, payload, filing.received_at)
