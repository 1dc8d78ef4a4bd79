"""WHAT has this insurer filed? Its own records, as they stand, as they stood, and all their versions."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ajx_gateway import errors, identity, rules, standard
from ajx_gateway.identity import Caller
from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.receipt import local, standing_as_dict
from ajx_gateway.intake.submit import insurer_of
from ajx_gateway.standard import Kind
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import clocks, filings, records
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.records import Stored
from ajx_gateway.store.references import references

_ABSENT = "没有这条记录：请核对业务号；只能查询本机构已入库的记录。"


async def fetch(
    desk: Desk, caller: Caller, kind: Kind, record_key: str, *, as_of: datetime | None, now: datetime
) -> dict[str, Any]:
    """The record as it stands (or stood), with its findings judged afresh against everything known now.

    ``errors.NotFound`` for an absent and for somebody else's record alike.
    """
    insurer = insurer_of(caller)
    subject = record_id(insurer, kind.name, record_key)
    async with desk.store.reading(identity.scope_of(caller)) as tx:
        stored = await records.current(tx, kind.name, subject, as_of=as_of)
        if stored is None:
            raise errors.NotFound(_ABSENT)
        raw, version = await _raw(tx, stored)
        shown = _shown(stored, raw)
        if as_of is None:
            shown["findings"] = await _findings(tx, kind, version, raw, insurer, stored)
            standing = (await clocks.standings(tx, [subject], now=now)).get(subject, [])
            shown["deadlines"] = [
                {"id": str(clock.clock_id), **standing_as_dict(clock)} for clock in standing
            ]
        return shown


async def history(desk: Desk, caller: Caller, kind: Kind, record_key: str) -> list[dict[str, Any]]:
    """Every state ever accepted, the newest first; an empty version never counted (it arrived too late)."""
    insurer = insurer_of(caller)
    subject = record_id(insurer, kind.name, record_key)
    async with desk.store.reading(identity.scope_of(caller)) as tx:
        states = await records.history(tx, kind.name, subject)
        if not states:
            raise errors.NotFound(_ABSENT)
        places = [(state.filing_id, state.ordinal) for state in states]
        raw = await filings.items(tx, list(dict.fromkeys(places)))
        return [_shown(state, raw[state.filing_id, state.ordinal]) for state in states]


async def _raw(tx: Transaction, stored: Stored) -> tuple[bytes, str]:
    place = (stored.filing_id, stored.ordinal)
    found = await filings.items(tx, [place])
    return found[place], await filings.standard_of(tx, stored.filing_id)


def _shown(stored: Stored, raw: bytes) -> dict[str, Any]:
    return {
        "key": stored.key,
        "version": stored.version,
        "revised_at": local(stored.revised_at),
        "recorded_at": local(stored.recorded_at),
        "voided": stored.voided,
        "filing": str(stored.filing_id),
        "record": json.loads(raw),
    }


async def _findings(
    tx: Transaction, kind: Kind, version: str, raw: bytes, insurer: str, stored: Stored
) -> list[dict[str, str]]:
    """What hangs together with other records is judged now: a warning clears itself when they arrive."""
    items = standard.read(kind, version, raw, "json")
    readable = [(item.key, item.record) for item in items if item.key and item.record is not None]
    known = await references(tx, kind.name, readable, insurer=insurer, now=stored.recorded_at)
    judged = rules.judge(kind.name, items, known)
    return [finding.as_dict() for one in judged for finding in one.findings]
