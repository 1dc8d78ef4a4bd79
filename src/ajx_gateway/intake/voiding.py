"""HOW is a record withdrawn? Void is a state with its own ``revised_at``; what was filed stays filed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from ajx_gateway import errors, identity, rules
from ajx_gateway.events import Event
from ajx_gateway.identity import Caller
from ajx_gateway.intake import receipt
from ajx_gateway.intake.desk import Answer, Desk
from ajx_gateway.intake.keyed import Request, once
from ajx_gateway.intake.receipt import ItemResult
from ajx_gateway.intake.submit import insurer_of
from ajx_gateway.standard import Finding, Kind, Part
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.standard.vocabulary import Instant, Text300
from ajx_gateway.store import clock_endings, clocks, records
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.filings import Filing, digest
from ajx_gateway.store.together import Rows


class Voiding(Part):
    """Why a record is withdrawn, and since when in the sender's core system."""

    reason: Text300
    revised_at: Instant


async def void(
    desk: Desk,
    caller: Caller,
    kind: Kind,
    record_key: str,
    body: bytes,
    *,
    key: str,
    version: str,
    now: datetime,
) -> Answer:
    """Void one record as of the body's ``revised_at``; a later push of the record revives it.

    ``errors.NotFound`` when the sender has no such record, ``errors.Unprocessable`` for a body that is not
    ``{"reason": …, "revised_at": …}``.
    """
    voiding = read_voiding(body)
    insurer = insurer_of(caller)
    request = Request(insurer, key, f"void {kind.name} {record_key}", digest(body))
    filing = Filing(
        filing_id=uuid.uuid4(),
        insurer=insurer,
        idempotency_key=key,
        kind=kind.name,
        op="void",
        record_key=record_key,
        body=body,
        body_sha256=request.body_sha256,
        media="json",
        fingerprint=request.fingerprint,
        standard=version,
        rules=rules.RULESET,
        received_at=now,
        spans=[(0, len(body))],
    )

    async def work(tx: Transaction, _: Sequence[Rows]) -> Answer:
        subject = record_id(insurer, kind.name, record_key)
        # Held until the commit: a first push that commits meanwhile must not be taken for a newer state.
        held = await records.current(tx, kind.name, subject, lock=True)
        outcome = None
        if held is not None:
            outcome = await records.void(
                tx, kind.name, subject, revised_at=voiding.revised_at, filing_id=filing.filing_id, now=now
            )
        if outcome is None:
            raise errors.NotFound("没有这条记录：请核对业务号；只能作废本机构已入库的记录。")
        if outcome.result == "updated":
            await clocks.void_subject(tx, subject, now=now)
            if kind.name == "endorsement":
                await clock_endings.settle(tx, insurer, [subject])
        if outcome.result == "conflict":
            result = ItemResult(0, record_key, "rejected", None, (_CONFLICT,))
        else:
            result = ItemResult(0, record_key, outcome.result, outcome.version)
        told = [_told(filing, kind, record_key)] if outcome.result == "updated" else []
        return await receipt.keep(tx, [receipt.compose(desk, filing, [result])], told)

    return await once(desk, identity.scope_of(caller), request, work)


_CONFLICT = Finding(
    rule="record.revised_at_conflict",
    severity="error",
    pointer="/revised_at",
    expected="晚于已入库版本的修订时间",
    actual="与已入库版本相同",
    message="作废的 revised_at 与已入库版本相同，无法判断先后；请以核心系统作废的实际时间填写。",
    clause="网关接口规范",
)


def read_voiding(body: bytes) -> Voiding:
    """The body of a void request; ``errors.Unprocessable`` names the places that are wrong."""
    try:
        return Voiding.model_validate_json(body)
    except ValidationError as refusal:
        faults = refusal.errors(include_input=False, include_context=False, include_url=False)
        places = "、".join(sorted({"/" + "/".join(str(part) for part in fault["loc"]) for fault in faults}))
        raise errors.Unprocessable(
            f'作废请求应为 {{"reason": 作废原因, "revised_at": 带时区的时间}}；有误的位置：{places}。'
        ) from None


def _told(filing: Filing, kind: Kind, record_key: str) -> Event:
    payload = {"filing": str(filing.filing_id), "kind": kind.name, "key": record_key}
    return Event("record.voided", filing.insurer, payload, filing.received_at)
