"""WHAT do the rules need to know about other records? Fetched once per filing, in a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from ajx_gateway.aside import FEW, aside
from ajx_gateway.rules.known import (
    ClaimFacts,
    CoverFacts,
    EndorsementFacts,
    EvidenceUse,
    FundFacts,
    Known,
    PlanFacts,
    PolicyFacts,
    ReportFigures,
    ServiceFacts,
    StoredFacts,
)
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store.arrays import literal
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.records import states_at

# Which facts each kind's rules look at, besides what is stored under the items' own keys; a kind that is not
# named looks at the policies its records name, if they name any.
_NEEDS: dict[str, tuple[str, ...]] = {
    "policy": ("covers", "renewed"),
    "endorsement": ("policies", "endorsements"),
    "claim": ("policies", "endorsements", "claims"),
    "service_plan": ("policies",),
    "service": ("policies", "endorsements", "plans", "evidence"),
    "hazard": ("policies", "services"),
    "fund_entry": ("policies", "funds", "entries", "services"),
    "annual_report": ("figures",),
}

# The column whose first value ever received starts a clock, where a kind has one.
_START = {"policy": "signed_on", "claim": "completed_on"}


async def references(
    tx: Transaction, kind: str, records: Sequence[tuple[str, Any]], *, insurer: str, now: datetime
) -> Known:
    """Everything the rules of ``kind`` may look at, for these (key, record) pairs of one insurer."""
    known = Known(insurer=insurer, received_at=now)
    if not records:
        return known
    known.stored.update(await _stored(tx, kind, insurer, [key for key, _ in records]))
    await _late(tx, kind, known, records)
    for need in _NEEDS.get(kind, ("policies",) if hasattr(records[0][1], "policy_no") else ()):
        await _FETCH[need](tx, known, [record for _, record in records])
    return known


async def territories(tx: Transaction, insurer: str, policy_nos: Iterable[str]) -> dict[str | None, str]:
    """The division of each of these policies of one insurer, as far as they are known."""
    rows = await tx.fetch(
        "SELECT key, division FROM policy WHERE record_id IN (SELECT unnest($1::text::uuid[]))",
        await _ids(insurer, "policy", policy_nos),
    )
    return {row["key"]: row["division"] for row in rows}


async def _stored(tx: Transaction, kind: str, insurer: str, keys: Iterable[str]) -> dict[str, StoredFacts]:
    start = _START.get(kind)
    now_start = f"r.{start}" if start else "NULL::date"
    first = (
        f"(SELECT h.{start} FROM {kind}_history h WHERE h.record_id = r.record_id AND h.{start} IS NOT NULL"  # noqa: S608
        " ORDER BY h.recorded_at, h.revised_at LIMIT 1)"
        if start
        else "NULL::date"
    )
    ids = await _ids(insurer, kind, keys)
    rows = await tx.fetch(
        f"SELECT r.key, r.revised_at, r.content_hash, {now_start} AS started, {first} AS first_start, r.voided,"  # noqa: S608
        f" r.version, r.recorded_at FROM {kind} r WHERE r.record_id IN (SELECT unnest($1::text::uuid[]))",
        ids,
    )
    return {
        row["key"]: StoredFacts(
            first_start_on=row["first_start"],
            signed_on=row["started"] if kind == "policy" else None,
            revised_at=row["revised_at"],
            # No content equals a void: a push at the same instant is a conflict.
            content_hash=b"voided" if row["voided"] else row["content_hash"],
            version=row["version"],
            recorded_at=row["recorded_at"],
        )
        for row in rows
    }


async def _late(tx: Transaction, kind: str, known: Known, records: Sequence[tuple[str, Any]]) -> None:
    """What history holds at the instants of items that are older than what is stored; seldom any."""
    late = {
        (record_id(known.insurer, kind, key), record.revised_at): key
        for key, record in records
        if key in known.stored and record.revised_at < known.stored[key].revised_at
    }
    found = await states_at(tx, kind, list(late)) if late else {}
    for state, content_hash in found.items():
        known.stored[late[state]].earlier[state[1]] = content_hash


async def _ids(insurer: str, kind: str, keys: Iterable[str]) -> str:
    named = set(keys)
    return await aside(len(named) > FEW, _literal_ids, insurer, kind, named)


def _literal_ids(insurer: str, kind: str, keys: Iterable[str]) -> str:
    return literal("uuid", [record_id(insurer, kind, key) for key in keys])


def _policy_nos(records: Iterable[Any]) -> set[str]:
    return {record.policy_no for record in records if record.policy_no is not None}


async def _policies_of(tx: Transaction, known: Known, numbers: Iterable[str]) -> None:
    rows = await tx.fetch(
        "SELECT policy_no, enterprise_uscc, division, industry, size, signed_on, effective_on, expires_on,"
        " per_person_death, per_accident, aggregate, insured_count, premium_received, premium_refunded,"
        " fund_amount, voided FROM (SELECT key AS policy_no, * FROM policy) p WHERE record_id IN (SELECT unnest($1::text::uuid[]))",
        await _ids(known.insurer, "policy", numbers),
    )
    for row in rows:
        known.policies[row["policy_no"]] = PolicyFacts(**row)


async def _policies(tx: Transaction, known: Known, records: Sequence[Any]) -> None:
    await _policies_of(tx, known, _policy_nos(records))


async def _renewed(tx: Transaction, known: Known, records: Sequence[Any]) -> None:
    """The policies that are renewed, with what extended them."""
    numbers = {r.renewal_of for r in records if r.renewal_of is not None}
    if numbers:
        await _policies_of(tx, known, numbers)
        await _endorsements_of(tx, known, numbers)


async def _covers(tx: Transaction, known: Known, records: Sequence[Any]) -> None:
    """Covers of the same enterprises, those of other insurers without anything that names them."""
    rows = await tx.fetch(
        "SELECT enterprise_uscc, own, policy_no, subject_type, subject_code, effective_on, expires_on"
        " FROM covers_of($1::text::text[], $2, $3, $4)",
        literal("text", list({record.enterprise.uscc for record in records})),
        known.insurer,
        min(record.effective_on for record in records),
        max(record.expires_on for record in records),
    )
    for row in rows:
        values = dict(row)
        known.covers.setdefault(values.pop("enterprise_uscc"), []).append(CoverFacts(**values))


async def _evidence(tx: Transaction, known: Known, records: Sequence[Any]) -> None:
    digests = sorted({evidence.sha256 for record in records for evidence in record.evidence})
    if not digests:
        return
    rows = await tx.fetch(
        "SELECT sha256, own, service_no FROM evidence_uses($1::text[], $2)", digests, known.insurer
    )
    for row in rows:
        known.evidence.setdefault(row["sha256"], []).append(EvidenceUse(row["own"], row["service_no"]))


async def _grouped(tx: Transaction, known: Known, numbers: Iterable[str], sql: str) -> dict[str, list[Any]]:
    rows = await tx.fetch(sql, await _ids(known.insurer, "policy", numbers))
    grouped: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row["policy_no"]].append(row)
    return grouped


async def _claims(tx: Transaction, known: Known, records: Sequence[Any]) -> None:
    rows = await _grouped(
        tx,
        known,
        _policy_nos(records),
        "SELECT policy_no, key AS claim_no, paid, occurred_on FROM claim"
        " WHERE policy_id IN (SELECT unnest($1::text::uuid[])) AND NOT voided",
    )
    for number, found in rows.items():
        known.claims[number] = [ClaimFacts(r["claim_no"], r["paid"], r["occurred_on"]) for r in found]


async def _endorsements(tx: Transaction, known: Known, records: Sequence[Any]) -> None:
    await _endorsements_of(tx, known, _policy_nos(records))


async def _endorsements_of(tx: Transaction, known: Known, numbers: Iterable[str]) -> None:
    rows = await _grouped(
        tx,
        known,
        numbers,
        "SELECT policy_no, key AS endorsement_no, type, effective_on, new_expires_on FROM endorsement"
        " WHERE policy_id IN (SELECT unnest($1::text::uuid[])) AND NOT voided",
    )
    for number, found in rows.items():
        known.endorsements[number] = [
            EndorsementFacts(r["endorsement_no"], r["type"], r["effective_on"], r["new_expires_on"])
            for r in found
        ]


_ENTRY = "SELECT key AS entry_no, type, amount, service_no, policy_no, reverses_entry_no FROM fund_entry"


async def _funds(tx: Transaction, known: Known, records: Sequence[Any]) -> None:
    rows = await _grouped(
        tx,
        known,
        _policy_nos(records),
        f"{_ENTRY} WHERE policy_id IN (SELECT unnest($1::text::uuid[])) AND NOT voided",
    )
    for number, found in rows.items():
        known.funds[number] = [FundFacts(**row) for row in found]


async def _entries(tx: Transaction, known: Known, records: Sequence[Any]) -> None:
    numbers = {r.reverses_entry_no for r in records if r.reverses_entry_no is not None}
    rows = await tx.fetch(
        f"{_ENTRY} WHERE record_id IN (SELECT unnest($1::text::uuid[])) AND NOT voided",
        await _ids(known.insurer, "fund_entry", numbers),
    )
    for row in rows:
        known.entries[row["entry_no"]] = FundFacts(**row)


async def _services(tx: Transaction, known: Known, records: Sequence[Any]) -> None:
    numbers = {r.service_no for r in records if r.service_no is not None}
    rows = await tx.fetch(
        "SELECT key AS service_no, policy_no, started_on, state FROM service"
        " WHERE record_id IN (SELECT unnest($1::text::uuid[])) AND NOT voided",
        await _ids(known.insurer, "service", numbers),
    )
    for row in rows:
        known.services[row["service_no"]] = ServiceFacts(**row)


async def _plans(tx: Transaction, known: Known, records: Sequence[Any]) -> None:
    numbers = {r.plan_no for r in records if r.plan_no is not None}
    rows = await tx.fetch(
        "SELECT key AS plan_no, policy_no, state FROM service_plan"
        " WHERE record_id IN (SELECT unnest($1::text::uuid[])) AND NOT voided",
        await _ids(known.insurer, "service_plan", numbers),
    )
    for row in rows:
        known.plans[row["plan_no"]] = PlanFacts(**row)


async def _figures(tx: Transaction, known: Known, records: Sequence[Any]) -> None:
    """What the gateway itself counts for each report's place and period, by the days of the events."""
    rows = await tx.fetch(
        _FIGURES,
        [r.report_no for r in records],
        [r.division.rstrip("0") if r.division.endswith("00") else r.division for r in records],
        [r.year for r in records],
        [r.quarter for r in records],
        known.insurer,
    )
    for row in rows:
        values = dict(row)
        number = values.pop("report_no")
        known.figures[number] = ReportFigures(**values)


_FIGURES = """
WITH r AS (
    SELECT report_no, place, make_date(year, coalesce(3 * quarter - 2, 1), 1) AS first,
           (make_date(year, coalesce(3 * quarter, 12), 1) + interval '1 month')::date AS after
    FROM unnest($1::text[], $2::text[], $3::int[], $4::int[]) AS u(report_no, place, year, quarter)
), p AS (
    SELECT r.report_no, p.record_id, p.signed_on >= r.first AND p.signed_on < r.after AS within
    FROM r JOIN policy p ON p.insurer = $5 AND NOT p.voided AND starts_with(p.division, r.place)
), s AS (
    SELECT r.report_no, count(*) AS services FROM r JOIN p USING (report_no)
    JOIN service s ON s.policy_id = p.record_id AND NOT s.voided AND s.state IN ('completed', 'confirmed')
        AND s.started_on >= r.first AND s.started_on < r.after GROUP BY 1
), h AS (
    SELECT r.report_no, count(*) FILTER (WHERE h.level = 'general') AS hazards_general,
           count(*) FILTER (WHERE h.level = 'major') AS hazards_major,
           count(h.rectified_on) AS hazards_rectified FROM r JOIN p USING (report_no)
    JOIN hazard h ON h.policy_id = p.record_id AND NOT h.voided AND h.found_on >= r.first AND h.found_on < r.after
    GROUP BY 1
), f AS (
    SELECT r.report_no, sum(f.amount) FILTER (WHERE f.type = 'accrual') AS fund_accrued,
           sum(f.amount) FILTER (WHERE f.type = 'spend') AS fund_spent FROM r
    JOIN fund_entry f ON f.insurer = $5 AND NOT f.voided AND starts_with(f.kept_division, r.place)
        AND f.entered_on >= r.first AND f.entered_on < r.after GROUP BY 1
)
SELECT r.report_no, (SELECT count(*) FROM p WHERE p.report_no = r.report_no AND p.within) AS policies,
       coalesce(s.services, 0) AS services, coalesce(h.hazards_general, 0) AS hazards_general,
       coalesce(h.hazards_major, 0) AS hazards_major, coalesce(h.hazards_rectified, 0) AS hazards_rectified,
       coalesce(f.fund_accrued, 0) AS fund_accrued, coalesce(f.fund_spent, 0) AS fund_spent
FROM r LEFT JOIN s USING (report_no) LEFT JOIN h USING (report_no) LEFT JOIN f USING (report_no)
"""

_FETCH = {
    "policies": _policies,
    "renewed": _renewed,
    "covers": _covers,
    "endorsements": _endorsements,
    "claims": _claims,
    "plans": _plans,
    "services": _services,
    "evidence": _evidence,
    "funds": _funds,
    "entries": _entries,
    "figures": _figures,
}
