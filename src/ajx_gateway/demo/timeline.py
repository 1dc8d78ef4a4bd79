"""When is each record pushed, and in which batch? Records wait for their sender's next release."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from pydantic_core import to_json

from ajx_gateway.demo.faults import Spoiler
from ajx_gateway.demo.identities import Insurer
from ajx_gateway.demo.portfolio import CHINA, Body, Push, Record, later

BATCH = 1000
ORDER = (
    "policies",
    "endorsements",
    "service-plans",
    "services",
    "hazards",
    "claims",
    "fund-entries",
    "annual-reports",
)
NDJSON = "application/x-ndjson"

Release = Callable[[Insurer, str, date], date]
Report = Callable[[Insurer, "Tally", date], Iterable[Record]]


@dataclass(slots=True)
class Tally:
    """What one insurer has pushed so far, day by day: measure -> day -> amount (counts, or fen)."""

    days: dict[str, dict[date, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    def note(self, collection: str, body: Body, *, known: bool) -> None:
        """Count a pushed record; a further version of a known record counts only where it adds something."""
        if collection == "hazards" and body.get("rectified_on"):
            self._add("hazards_rectified", body["found_on"])
        if known:
            return
        if collection == "policies":
            self._add("policies", body["signed_on"])
        elif collection == "services":
            self._add("services", body["started_at"][:10])
        elif collection == "hazards":
            self._add(f"hazards_{body['level']}", body["found_on"])
        elif collection == "fund-entries":
            measure = "fund_spent" if body["type"] == "spend" else "fund_accrued"
            self._add(measure, body["entered_on"], round(float(body["amount"]) * 100))

    def total(self, measure: str, first: date, last: date) -> int:
        return sum(amount for day, amount in self.days[measure].items() if first <= day <= last)

    def _add(self, measure: str, day: str, amount: int = 1) -> None:
        self.days[measure][date.fromisoformat(day)] += amount


@dataclass(slots=True)
class Timeline:
    """Collects records and other requests, and gives them out as pushes in the order of their instants.

    release: the day on which an insurer pushes what it knew on a given day (always a later day);
    horizon: nothing is known after it; the spoiler breaks some records before they are mended.
    """

    release: Release
    horizon: date
    spoiler: Spoiler
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    _outbox: dict[date, dict[str, dict[str, dict[str, Record]]]] = field(default_factory=dict)
    _singles: dict[date, list[Push]] = field(default_factory=lambda: defaultdict(list))
    _insurers: dict[str, Insurer] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def add(self, insurer: Insurer, records: Iterable[Record]) -> None:
        """Later states of one key that leave in the same batch replace the earlier ones."""
        self._insurers[insurer.identity] = insurer
        for record in records:
            if record.day <= self.horizon:
                day = self.release(insurer, record.collection, record.day)
                by_insurer = self._outbox.setdefault(day, {})
                by_collection = by_insurer.setdefault(insurer.identity, {})
                by_collection.setdefault(record.collection, {})[record.key] = record

    def add_single(self, push: Push) -> None:
        """A document, void, excuse, decision or step of a case with its own instant."""
        self._singles[push.at.astimezone(CHINA).date()].append(push)

    def waiting_spends(self, insurer: Insurer, last: date) -> int:
        """Fen of the spends entered up to that day that still lie in the insurer's outbox."""
        return sum(
            round(float(record.body["amount"]) * 100)
            for by_insurer in self._outbox.values()
            for record in by_insurer.get(insurer.identity, {}).get("fund-entries", {}).values()
            if record.body["type"] == "spend" and date.fromisoformat(record.body["entered_on"]) <= last
        )

    def until(self, day: date) -> Iterator[Push]:
        """All pushes up to and including that day."""
        due = sorted(d for d in {*self._outbox, *self._singles} if d <= day)
        for d in due:
            for identity, collections in sorted(self._outbox.pop(d, {}).items()):
                yield from self._batches(self._insurers[identity], d, collections)
            yield from sorted(self._singles.pop(d, ()), key=lambda push: push.at)

    def _batches(
        self, insurer: Insurer, day: date, collections: dict[str, dict[str, Record]]
    ) -> Iterator[Push]:
        for position, collection in enumerate(ORDER):
            records = list(collections.get(collection, {}).values())
            at = datetime.combine(day, time(2, 5 * position), CHINA)
            for start in range(0, len(records), BATCH):
                batch = records[start : start + BATCH]
                moment = at + timedelta(seconds=start // BATCH)
                spoilt = self.spoiler.spoil(batch)
                if spoilt:
                    yield _push(insurer, collection, spoilt, moment - timedelta(minutes=1), faulty=True)
                yield self._good(insurer, collection, batch, moment)

    def _good(self, insurer: Insurer, collection: str, batch: list[Record], at: datetime) -> Push:
        known = 0
        for record in batch:
            seen = f"{insurer.identity}/{collection}/{record.key}"
            self.tallies[insurer.identity].note(collection, record.body, known=seen in self._seen)
            known += seen in self._seen
            self._seen.add(seen)
        expected = {"created": len(batch) - known, "updated": known}
        return _push(insurer, collection, [record.body for record in batch], at, expected=expected)


def lines(bodies: Iterable[Body]) -> bytes:
    """NDJSON in UTF-8."""
    return b"".join(to_json(body) + b"\n" for body in bodies)


def _push(
    insurer: Insurer,
    collection: str,
    bodies: list[Body],
    at: datetime,
    *,
    faulty: bool = False,
    expected: dict[str, int] | None = None,
) -> Push:
    stamp = at.strftime("%Y%m%d%H%M%S")
    return Push(
        insurer=insurer.identity,
        collection=collection,
        op="push",
        media=NDJSON,
        body=lines(bodies),
        at=at,
        key=f"demo-{insurer.identity}-{'faulty-' if faulty else ''}{collection}-{stamp}",
        by=insurer.identity,
        items=len(bodies),
        faulty=faulty,
        expected={"rejected": len(bodies)} if expected is None else expected,
    )


def document(insurer: Insurer, policy_no: str, body: bytes, day: date) -> Push:
    """The electronic policy, handed in on that day after the night's batches."""
    at = datetime.combine(day, time(3, 30), CHINA)
    return Push(
        insurer=insurer.identity,
        collection="policies",
        op="document",
        media="application/pdf",
        body=body,
        at=at,
        key=f"demo-{insurer.identity}-document-{policy_no}",
        by=insurer.identity,
        record_key=policy_no,
    )


def void(insurer: Insurer, policy_no: str, day: date, reason: str) -> Push:
    """A policy that was filed by mistake."""
    at = datetime.combine(day, time(10, 0), CHINA)
    body = json.dumps({"reason": reason, "revised_at": at.isoformat()}, ensure_ascii=False).encode()
    return Push(
        insurer=insurer.identity,
        collection="policies",
        op="void",
        media="application/json",
        body=body,
        at=at,
        key=f"demo-{insurer.identity}-void-{policy_no}",
        by=insurer.identity,
        record_key=policy_no,
    )


def excuse(insurer: Insurer, policy_no: str, day: date, body: Body, *, by: str | None = None) -> Push:
    """An excuse for a late first service, or (with `by`) the regulator's decision on it."""
    at = datetime.combine(day, time(11, 0), CHINA)
    return Push(
        insurer=insurer.identity,
        collection="deadlines",
        op="excuse" if by is None else "decision",
        media="application/json",
        body=json.dumps(body, ensure_ascii=False).encode(),
        at=at,
        key=f"demo-{insurer.identity}-{'excuse' if by is None else f'decision-{by}'}-{policy_no}",
        by=by or insurer.identity,
        record_key=policy_no,
    )


def month_start_after(day: date, release_day: int = 1) -> date:
    """The release day of the following month."""
    return later(day.replace(day=28), 4).replace(day=release_day)
