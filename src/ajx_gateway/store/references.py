"""WHAT do the rules need to know about other records? Asked once per filing, in one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
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
from ajx_gateway.standard import KINDS
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store.arrays import literal, looked_up
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.records import states_at
from ajx_gateway.store.together import Question, Rows, together

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


@dataclass(frozen=True, slots=True)
class _Need:
    """A question, and what its rows tell."""

    question: Question
    tell: Callable[[Known, Rows], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the rules may look at, for (key, record) pairs of one kind and insurer: to be asked in one statement."""

    kind: str
    insurer: str
    records: Sequence[tuple[str, Any]]
    needs: Sequence[_Need]

    @property
    def questions(self) -> list[Question]:
        return [need.question for need in self.needs]

    async def known(self, tx: Transaction, answers: Sequence[Rows], *, now: datetime) -> Known:
        """What the answers say, in the order of the questions, to be judged at an instant."""
        known = Known(insurer=self.insurer, received_at=now)
        for need, rows in zip(self.needs, answers, strict=True):
            need.tell(known, rows)
        await _late(tx, self.kind, known, self.records)
        return known


async def asked(kind: str, records: Sequence[tuple[str, Any]], insurer: str) -> Asked:
    """The questions about these records."""
    return Asked(kind, insurer, records, await aside(len(records) > FEW, _needs, kind, records, insurer))


async def references(
    tx: Transaction, kind: str, records: Sequence[tuple[str, Any]], *, insurer: str, now: datetime
) -> Known:
    """Everything the rules of ``kind`` may look at, for these (key, record) pairs of one insurer."""
    what = await asked(kind, records, insurer)
    return await what.known(tx, await together(tx, what.questions), now=now)


def _needs(kind: str, pairs: Sequence[tuple[str, Any]], insurer: str) -> list[_Need]:
    if not pairs:
        return []
    records = [record for _, record in pairs]
    looked_at = _NEEDS.get(kind, ("policies",) if hasattr(records[0], "policy_no") else ())
    found = [need for name in looked_at for need in _FETCH[name](insurer, records)]
    return [_stored(kind, insurer, [key for key, _ in pairs]), *found]


async def territories(
    tx: Transaction, insurer: str, policy_nos: Iterable[str], *, locked: bool
) -> dict[str | None, str]:
    """The division of each of these policies of one insurer, as far as they are known.

    ``locked``: they do not change until this transaction ends. Policies are locked in the order of their ids.
    """
    named = set(policy_nos)
    kept = looked_up("policy", "record_id", "$1", after=" FOR SHARE" if locked else "")
    rows = await tx.fetch(
        f"SELECT key, division FROM {kept} AS p",  # noqa: S608
        await aside(len(named) > FEW, _ids_in_order, insurer, "policy", named),
    )
    return {row["key"]: row["division"] for row in rows}


def _stored(kind: str, insurer: str, keys: Iterable[str]) -> _Need:
    start = _START.get(kind)
    now_start = f"r.{start}" if start else "NULL::date"
    # Found before they are put in order: a kept plan may otherwise go through all states ever received, in their order.
    first = (
        f"(SELECT h.{start} FROM (SELECT * FROM {kind}_history WHERE record_id = r.record_id AND {start} IS NOT NULL"  # noqa: S608
        " OFFSET 0) AS h ORDER BY h.recorded_at, h.revised_at LIMIT 1)"
        if start
        else "NULL::date"
    )
    question = Question(
        (
            "key",
            "first_start",
            "started",
            "revised_at",
            "content_hash",
            "voided",
            "version",
            "recorded_at",
            "clean_edition",
        ),
        f"SELECT r.key, {first} AS first_start, {now_start} AS started, r.revised_at, r.content_hash, r.voided,"  # noqa: S608
        f" r.version, r.recorded_at, r.clean_edition FROM {looked_up(kind, 'record_id', '$1')} AS r",
        (_ids(insurer, kind, keys),),
    )

    def tell(known: Known, rows: Rows) -> None:
        for key, first_start, started, revised_at, content_hash, voided, version, recorded_at, clean in rows:
            known.stored[key] = StoredFacts(
                first_start_on=first_start,
                signed_on=started if kind == "policy" else None,
                revised_at=revised_at,
                # No content equals a void: a push at the same instant is a conflict.
                content_hash=b"voided" if voided else content_hash,
                version=version,
                recorded_at=recorded_at,
                clean_edition=clean,
            )

    return _Need(question, tell)


async def _late(tx: Transaction, kind: str, known: Known, records: Sequence[tuple[str, Any]]) -> None:
    """What history holds at the instants of items that are older than what is stored; seldom any."""
    late = {
        (record_id(known.insurer, kind, key), record.revised_at): key
        for key, record in records
        if key in known.stored and record.revised_at < known.stored[key].revised_at
    }
    found = await states_at(tx, kind, list(late)) if late else {}
    for state, content_hash in found.items():
        stored = known.stored[late[state]]
        known.stored[late[state]] = stored._replace(earlier={**stored.earlier, state[1]: content_hash})


def _ids(insurer: str, kind: str, keys: Iterable[str]) -> str:
    return literal("uuid", [record_id(insurer, kind, key) for key in set(keys)])


def _ids_in_order(insurer: str, kind: str, keys: Iterable[str]) -> str:
    """For rows that are locked on the way."""
    ids = (record_id(insurer, kind, key) for key in set(keys))
    return literal("uuid", sorted(ids, key=attrgetter("int")))


def _policy_nos(records: Iterable[Any]) -> set[str]:
    return {record.policy_no for record in records if record.policy_no is not None}


def _selected(facts: type[Any]) -> tuple[str, ...]:
    """The columns that the facts have, by the same names; a record's own number stands in ``key``."""
    names: tuple[str, ...] = facts._fields
    return names


def _columns(table: str, names: Sequence[str]) -> str:
    return ", ".join(f"key AS {name}" if name == KINDS[table].key else name for name in names)


def _named(
    table: str,
    facts: type[Any],
    insurer: str,
    numbers: Iterable[str],
    told: Callable[[Known], dict[str, Any]],
) -> _Need:
    """The records with these numbers; withdrawn ones only where the facts say that they are."""
    names = _selected(facts)
    question = Question(
        names,
        f"SELECT {_columns(table, names)} FROM"  # noqa: S608
        f" {looked_up(table, 'record_id', '$1', '' if 'voided' in names else ' AND NOT voided')} AS r",
        (_ids(insurer, table, numbers),),
    )

    def tell(known: Known, rows: Rows) -> None:
        told(known).update((row[0], facts(*row)) for row in rows)

    return _Need(question, tell)


def _of_policies(
    table: str,
    facts: type[Any],
    insurer: str,
    policies: Iterable[str],
    told: Callable[[Known], dict[str, list[Any]]],
) -> _Need:
    """What stands in a table about these policies, by policy."""
    names = _selected(facts)
    question = Question(
        ("of_policy", *names),
        f"SELECT policy_no AS of_policy, {_columns(table, names)} FROM"  # noqa: S608
        f" {looked_up(table, 'policy_id', '$1', ' AND NOT voided')} AS r",
        (_ids(insurer, "policy", policies),),
    )

    def tell(known: Known, rows: Rows) -> None:
        grouped = told(known)
        for policy_no, *values in rows:
            grouped.setdefault(policy_no, []).append(facts(*values))

    return _Need(question, tell)


def _policies(insurer: str, records: Sequence[Any]) -> list[_Need]:
    return [_named("policy", PolicyFacts, insurer, _policy_nos(records), attrgetter("policies"))]


def _renewed(insurer: str, records: Sequence[Any]) -> list[_Need]:
    """The policies that are renewed, with what extended them."""
    numbers = {r.renewal_of for r in records if r.renewal_of is not None}
    if not numbers:
        return []
    return [
        _named("policy", PolicyFacts, insurer, numbers, attrgetter("policies")),
        _of_policies("endorsement", EndorsementFacts, insurer, numbers, attrgetter("endorsements")),
    ]


def _covers(insurer: str, records: Sequence[Any]) -> list[_Need]:
    """Covers of the same enterprises, those of other insurers without anything that names them."""
    columns = ("enterprise_uscc", *_selected(CoverFacts))
    question = Question(
        columns,
        f"SELECT {', '.join(columns)} FROM covers_of($1::text::text[], $2, $3, $4)",  # noqa: S608
        (
            literal("text", list({record.enterprise.uscc for record in records})),
            insurer,
            min(record.effective_on for record in records),
            max(record.expires_on for record in records),
        ),
    )

    def tell(known: Known, rows: Rows) -> None:
        for enterprise, *values in rows:
            known.covers.setdefault(enterprise, []).append(CoverFacts(*values))

    return [_Need(question, tell)]


def _evidence(insurer: str, records: Sequence[Any]) -> list[_Need]:
    digests = sorted({evidence.sha256 for record in records for evidence in record.evidence})
    if not digests:
        return []
    columns = ("sha256", "own", "service_no")
    sql = f"SELECT {', '.join(columns)} FROM evidence_uses($1::text[], $2)"  # noqa: S608

    def tell(known: Known, rows: Rows) -> None:
        for digest, own, service_no in rows:
            known.evidence.setdefault(digest, []).append(EvidenceUse(own, service_no))

    return [_Need(Question(columns, sql, (digests, insurer)), tell)]


def _claims(insurer: str, records: Sequence[Any]) -> list[_Need]:
    return [_of_policies("claim", ClaimFacts, insurer, _policy_nos(records), attrgetter("claims"))]


def _endorsements(insurer: str, records: Sequence[Any]) -> list[_Need]:
    numbers = _policy_nos(records)
    return [_of_policies("endorsement", EndorsementFacts, insurer, numbers, attrgetter("endorsements"))]


def _funds(insurer: str, records: Sequence[Any]) -> list[_Need]:
    return [_of_policies("fund_entry", FundFacts, insurer, _policy_nos(records), attrgetter("funds"))]


def _entries(insurer: str, records: Sequence[Any]) -> list[_Need]:
    numbers = {r.reverses_entry_no for r in records if r.reverses_entry_no is not None}
    return [_named("fund_entry", FundFacts, insurer, numbers, attrgetter("entries"))]


def _services(insurer: str, records: Sequence[Any]) -> list[_Need]:
    numbers = {r.service_no for r in records if r.service_no is not None}
    return [_named("service", ServiceFacts, insurer, numbers, attrgetter("services"))]


def _plans(insurer: str, records: Sequence[Any]) -> list[_Need]:
    numbers = {r.plan_no for r in records if r.plan_no is not None}
    return [_named("service_plan", PlanFacts, insurer, numbers, attrgetter("plans"))]


def _figures(insurer: str, records: Sequence[Any]) -> list[_Need]:
    """What the gateway itself counts for each report's place and period, by the days of the events."""
    arguments = (
        [r.report_no for r in records],
        [r.division.rstrip("0") if r.division.endswith("00") else r.division for r in records],
        [r.year for r in records],
        [r.quarter for r in records],
        insurer,
    )

    def tell(known: Known, rows: Rows) -> None:
        known.figures.update((number, ReportFigures(*values)) for number, *values in rows)

    return [_Need(Question(("report_no", *_selected(ReportFigures)), _FIGURES, arguments), tell)]


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
