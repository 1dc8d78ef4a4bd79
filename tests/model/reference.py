"""What must be stored after any sequence of filings? Plain dictionaries, written from the contract and not from the code.

Only the pure rooms are used: what one record says about clocks, when a clock is due, how it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ajx_gateway import standard
from ajx_gateway.deadlines import (
    Calendar,
    ClockFact,
    Due,
    State,
    arising,
    clock_due,
    document_accepted,
    spec_of,
    state,
)

MEASURES = (
    "policies", "enterprises", "insured_persons", "premium", "endorsements", "cancellations", "premium_change",
    "claims", "claims_paid", "claims_reserve", "service_plans", "services", "services_completed", "service_cost",
    "hazards_general", "hazards_major", "fund_accrued", "fund_spent", "reports", "documents",
)  # fmt: skip
Document = dict[str, Any]
Subject = tuple[str, str]


@dataclass(frozen=True)
class Kept:
    """One accepted state of one record, in the order of acceptance (``turn``)."""

    turn: int
    document: Document | None  # None: the record was voided
    revised_at: datetime
    recorded_at: datetime
    version: int | None
    facts: tuple[ClockFact, ...] = ()
    shown: Document | None = None  # what a voided record still shows: its last content


@dataclass
class Record:
    """Every accepted state of one record; the one with the highest ``revised_at`` counts."""

    states: list[Kept] = field(default_factory=list)

    @property
    def current(self) -> Kept:
        return max(self.states, key=lambda kept: kept.revised_at)

    def at(self, revised_at: datetime) -> Kept | None:
        return next((kept for kept in self.states if kept.revised_at == revised_at), None)

    def as_of(self, instant: datetime) -> Kept | None:
        known = [kept for kept in self.states if kept.recorded_at <= instant]
        return max(known, key=lambda kept: kept.revised_at) if known else None


@dataclass(frozen=True)
class Outcome:
    """What the answer must say of one item."""

    result: str
    version: int | None
    rule: str | None = None


@dataclass(frozen=True)
class Standing:
    """One clock as it must be shown."""

    subject_kind: str
    subject_key: str
    clock: str
    period: str | None
    start_on: date
    nominal_on: date | None
    due: datetime | None
    provisional: bool
    met_at: datetime | None
    state: str


@dataclass
class Excuse:
    """One request to be excused."""

    clock: tuple[str, str, str, str | None]
    reason: str
    decision: str | None = None


class Reference:
    """One insurer's world."""

    def __init__(self, insurer: str, calendar: Calendar) -> None:
        self.insurer = insurer
        self.calendar = calendar
        self.records: dict[Subject, Record] = {}
        self.documents: dict[str, list[tuple[bytes, datetime]]] = {}
        self.met: dict[tuple[str, str, str], list[datetime]] = {}
        self.reports: dict[tuple[str, str, str | None], list[ClockFact]] = {}
        self.excuses: dict[str, Excuse] = {}
        self.turns = 0

    # --- filings ---------------------------------------------------------------------------------------------

    def push(
        self,
        kind: str,
        documents: list[Document],
        now: datetime,
        *,
        atomic: bool = False,
        dry_run: bool = False,
    ) -> list[Outcome]:
        """The outcome of every item; faulty documents are told by their member ``ext_faulty``."""
        refused = self._refused(kind, documents)
        if atomic and any(refused):
            return [Outcome("rejected", None, rule or "batch.atomic") for rule in refused]
        before = (
            {subject: Record(list(record.states)) for subject, record in self.records.items()}
            if dry_run
            else {}
        )
        outcomes, kept = [], []
        for document, rule in zip(documents, refused, strict=True):
            if rule is not None:
                outcomes.append(Outcome("rejected", None, rule))
                continue
            outcome, state_ = self._accept(kind, document, now)
            outcomes.append(outcome)
            kept.append(state_)
        if dry_run:
            self.records = before
        else:
            self._speak(kind, [state_ for state_ in kept if state_ is not None], now)
        return outcomes

    def _refused(self, kind: str, documents: list[Document]) -> list[str | None]:
        """Per item the rule that refuses it: a fault of its own, or another content at the same instant."""
        seen: dict[tuple[str, datetime], Document | None] = {}
        rules: list[str | None] = []
        for document in documents:
            if "ext_faulty" in document:
                rules.append(str(document["ext_faulty"]))
                continue
            key, revised_at = key_of(kind, document), instant_of(document)
            stored = self.records[kind, key].at(revised_at) if (kind, key) in self.records else None
            if stored is not None:
                seen.setdefault((key, revised_at), stored.document)
            same = seen.setdefault((key, revised_at), document) == document
            rules.append(None if same else "record.revised_at_conflict")
        return rules

    def _accept(self, kind: str, document: Document, now: datetime) -> tuple[Outcome, Kept | None]:
        record = self.records.setdefault((kind, key_of(kind, document)), Record())
        revised_at = instant_of(document)
        self.turns += 1
        if not record.states:
            kept = Kept(self.turns, document, revised_at, now, 1)
            record.states.append(kept)
            return Outcome("created", 1), kept
        current = record.current
        if revised_at > current.revised_at:
            kept = Kept(self.turns, document, revised_at, now, (current.version or 0) + 1)
            record.states.append(kept)
            return Outcome("updated", kept.version), kept
        if revised_at == current.revised_at:
            return Outcome("unchanged", current.version), None
        if record.at(revised_at) is not None:
            return Outcome("stale", current.version), None
        kept = Kept(self.turns, document, revised_at, now, None)
        record.states.append(kept)
        return Outcome("stale", current.version), kept

    def void(self, kind: str, key: str, revised_at: datetime, now: datetime) -> Outcome | None:
        """None when there is no such record."""
        record = self.records.get((kind, key))
        if record is None:
            return None
        current = record.current
        if revised_at < current.revised_at:
            return Outcome("stale", current.version)
        if revised_at == current.revised_at:
            if current.document is None:
                return Outcome("unchanged", current.version)
            return Outcome("rejected", None, "record.revised_at_conflict")
        self.turns += 1
        version = (current.version or 0) + 1
        shown = current.document or current.shown
        record.states.append(Kept(self.turns, None, revised_at, now, version, current.facts, shown))
        return Outcome("updated", version)

    def document(self, policy_no: str, body: bytes, now: datetime) -> Outcome:
        for fact in document_accepted(policy_no, received_at=now):
            self._met(fact)
        before = self.documents.setdefault(policy_no, [])
        if body in [filed for filed, _ in before]:
            return Outcome("unchanged", 1)
        before.append((body, now))
        return Outcome("updated" if len(before) > 1 else "created", 1)

    # --- clocks ----------------------------------------------------------------------------------------------

    def _speak(self, kind: str, kept: list[Kept], now: datetime) -> None:
        """What the accepted states of one filing say about clocks, under the law of the place known now."""
        for state_ in kept:
            if state_.document is None:
                raise AssertionError("a push keeps documents")
            facts = self.facts(kind, state_.document, now)
            record = self.records[kind, key_of(kind, state_.document)]
            place = next(i for i, one in enumerate(record.states) if one.turn == state_.turn)
            record.states[place] = replace(state_, facts=facts)
            for fact in facts:
                if fact.subject_kind == "insurer":
                    self.reports.setdefault((fact.clock, fact.jurisdiction or "", fact.period), []).append(
                        fact
                    )
                if fact.met_at is not None:
                    self._met(fact)

    def facts(
        self, kind: str, document: Document, now: datetime, territory: str | None = None
    ) -> tuple[ClockFact, ...]:
        record = standard.model_for(kind, standard.CURRENT).model_validate_json(json.dumps(document))
        return tuple(arising(kind, record, insurer=self.insurer, received_at=now, territory=territory))

    def _met(self, fact: ClockFact) -> None:
        if fact.met_at is not None:
            key = fact.jurisdiction if fact.subject_kind == "insurer" else ""
            self.met.setdefault(
                (fact.subject_key, f"{fact.clock}{key}{fact.period}", fact.subject_kind), []
            ).append(fact.met_at)

    def standings(self, now: datetime) -> list[Standing]:
        """Every clock that has started and binds."""
        found: list[Standing] = []
        for (kind, key), record in self.records.items():
            if kind in ("policy", "claim"):
                found += self._own(kind, key, record, now)
        for (clock, place, period), facts in self.reports.items():
            met = self.met.get((self.insurer, f"{clock}{place}{period}", "insurer"))
            found.append(self._standing(facts[0], met, now, applicable=True, voided=False))
        return found

    def _own(self, kind: str, key: str, record: Record, now: datetime) -> Iterable[Standing]:
        """A record's clocks: bound by its current content, started by the first one received.

        A claim's are those of its policy's place as both are known now, whatever was known when its states came.
        """
        placed = self._placed(record) if kind == "claim" else record
        current = placed.current
        for fact in current.facts:
            if fact.subject_kind != kind or fact.start_on is None or fact.applicable is False:
                continue
            first = min(
                ((kept.recorded_at, kept.turn, one) for kept in placed.states for one in kept.facts
                 if one.subject_kind == kind and one.clock == fact.clock and one.start_on is not None),
                key=lambda each: each[:2],
            )[2]  # fmt: skip
            met = self.met.get((key, f"{fact.clock}{None}", kind))
            if kind == "claim":
                told = (one for kept in placed.states if kept.document is not None for one in kept.facts)
                met = [one.met_at for one in told if one.clock == fact.clock and one.met_at is not None]
            yield self._standing(first, met, now, applicable=fact.applicable, voided=current.document is None)

    def _placed(self, record: Record) -> Record:
        """The claim as if its policy had been known from the beginning; the accident's place stands in for one unknown."""
        claim = shown_of(record.current)
        policy = self.records.get(("policy", claim["policy_no"]))
        place = (
            claim["accident"]["division"]
            if policy is None
            else shown_of(policy.current)["enterprise"]["division"]
        )
        return Record(
            [
                replace(kept, facts=self.facts("claim", shown_of(kept), kept.recorded_at, place))
                for kept in record.states
            ]
        )

    def in_reach(self, clock: tuple[str, str, str, str | None]) -> bool:
        """Whether some regulator is in charge of it: the record, as it stands, has such a clock, though it may not bind."""
        kind, key, name, _ = clock
        if kind == "insurer":
            return True
        record = self.records[kind, key]
        facts = (self._placed(record) if kind == "claim" else record).current.facts
        return any(f.subject_kind == kind and f.clock == name and f.start_on is not None for f in facts)

    def _standing(
        self,
        first: ClockFact,
        met: list[datetime] | None,
        now: datetime,
        *,
        applicable: bool | None,
        voided: bool,
    ) -> Standing:
        due: Due | None = clock_due(first, self.calendar)
        spec = spec_of(first)
        met_at = min(met) if met else None
        identity = (first.subject_kind, first.subject_key, first.clock, first.period)
        cancelled = self.cancelled_on(first.subject_key) if first.subject_kind == "policy" else None
        excused = any(one.clock == identity and one.decision == "upheld" for one in self.excuses.values())
        stands: State = state(
            due=due.due if due else None,
            provisional=due.provisional if due else False,
            applicable=applicable,
            met_at=met_at,
            excused=excused,
            void_on=date(1900, 1, 1) if voided else cancelled,
            now=now,
            due_soon_days=spec.due_soon_days if spec else 0,
            nominal_on=due.nominal_on if due else None,
        )
        if first.start_on is None:
            raise AssertionError("a clock that is shown has started")
        return Standing(
            *identity, first.start_on, due.nominal_on if due else None, due.due if due else None,
            due.provisional if due else False, met_at, stands.value,
        )  # fmt: skip

    def cancelled_on(self, policy_no: str) -> date | None:
        """The last word of its endorsements: by day of effect, then by revision."""
        found = [
            (current.document["effective_on"], current.revised_at, current.document["type"])
            for (kind, _), record in self.records.items()
            if kind == "endorsement" and (current := record.current).document is not None
            and current.document["policy_no"] == policy_no and current.document["type"] in ("cancel", "reinstate")
        ]  # fmt: skip
        if not found:
            return None
        day, _, last = max(found)
        return date.fromisoformat(day) if last == "cancel" else None

    def shelves(self) -> Iterable[tuple[Any, ...]]:
        """Every state that must lie in the tables; see ``River.shelves``."""
        for (kind, key), record in self.records.items():
            for kept in record.states:
                content = content_hash(kind, shown_of(kept))
                stored = (kept.revised_at, kept.version, kept.recorded_at, kept.document is None, content)
                yield (kind, key, False, *stored)
                if kept is record.current:
                    yield (kind, key, True, *stored)

    # --- figures ---------------------------------------------------------------------------------------------

    def sums(self, as_of: datetime | None) -> dict[str, Any]:
        """The measures of the insurer's records, as they stand or as they were known at an instant."""
        known: dict[Subject, Kept] = {}
        for subject, record in self.records.items():
            kept = record.current if as_of is None else record.as_of(as_of)
            if kept is not None:
                known[subject] = kept
        alive = {s: kept.document for s, kept in known.items() if kept.document is not None}
        of = _by_kind(alive)
        accepted = [at for filed in self.documents.values() for _, at in filed]
        return {
            "policies": len(of["policy"]),
            "enterprises": len({p["enterprise"]["uscc"] for p in of["policy"]}),
            "insured_persons": sum(p["insured_count"] for p in of["policy"]),
            "premium": money(
                Decimal(p["premium"]["received"]) - Decimal(p["premium"]["refunded"]) for p in of["policy"]
            ),
            "endorsements": len(of["endorsement"]),
            "cancellations": sum(e["type"] == "cancel" for e in of["endorsement"]),
            "premium_change": money(Decimal(e["premium_change"]) for e in of["endorsement"]),
            "claims": len(of["claim"]),
            "claims_paid": money(Decimal(p["amount"]) for c in of["claim"] for p in c["payments"]),
            "claims_reserve": money(Decimal(c["reserve"]) for c in of["claim"] if c["state"] != "closed"),
            "service_plans": sum(
                p["state"] != "assigned" and "submitted_on" in p for p in of["service_plan"]
            ),
            "services": len(of["service"]),
            "services_completed": sum(s["state"] != "in_progress" for s in of["service"]),
            "service_cost": money(Decimal(s["cost"]) for s in of["service"]),
            "hazards_general": sum(h["level"] == "general" for h in of["hazard"]),
            "hazards_major": sum(h["level"] == "major" for h in of["hazard"]),
            "fund_accrued": money(Decimal(f["amount"]) for f in of["fund_entry"] if f["type"] == "accrual"),
            "fund_spent": money(Decimal(f["amount"]) for f in of["fund_entry"] if f["type"] == "spend"),
            "reports": len(of["annual_report"]),
            "documents": sum(as_of is None or at <= as_of for at in accepted),
        }

    def premium_by_city(self, as_of: datetime | None) -> dict[str, str]:
        found: dict[str, Decimal] = {}
        for (kind, _), record in self.records.items():
            kept = record.current if as_of is None else record.as_of(as_of)
            if kind == "policy" and kept is not None and kept.document is not None:
                city = kept.document["enterprise"]["division"][:4] + "00"
                found[city] = found.get(city, Decimal(0)) + Decimal(kept.document["premium"]["received"])
        return {city: f"{sum_:.2f}" for city, sum_ in found.items()}


def content_hash(kind: str, document: Document) -> bytes:
    body = json.dumps(document).encode()
    return standard.read(standard.KINDS[kind], standard.CURRENT, body, "json")[0].content_hash


def _by_kind(alive: Mapping[Subject, Document]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {kind: [] for kind in standard.KINDS}
    for (kind, _), document in alive.items():
        found[kind].append(document)
    return found


def money(values: Iterable[Decimal]) -> str:
    return f"{sum(values, Decimal(0)):.2f}"


def key_of(kind: str, document: Document) -> str:
    return str(document[standard.KINDS[kind].key])


def instant_of(document: Document) -> datetime:
    return datetime.fromisoformat(document["revised_at"]).astimezone(UTC)


def shown_of(kept: Kept) -> Document:
    shown = kept.document or kept.shown
    if shown is None:
        raise AssertionError("every state shows some content")
    return shown
