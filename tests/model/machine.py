"""Does the gateway do what its contract says, whatever is filed in whatever order? A state machine beside a reference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from ajx_gateway import errors
from ajx_gateway.identity import Caller
from ajx_gateway.intake.desk import Answer

from . import documents as made
from .reference import MEASURES, Document, Excuse, Kept, Outcome, Reference, Standing, shown_of
from .river import REGULATORS, River, said

BEGINNING = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TICK = st.integers(0, made.TICKS)
POLICIES = st.sampled_from(made.KEYS["policy"])
STAGE = st.integers(0, 2)
BACK = st.one_of(st.none(), st.integers(0, 40))


def policies(
    ticks: st.SearchStrategy[int] = TICK, keys_: st.SearchStrategy[str] = POLICIES
) -> st.SearchStrategy[Document]:
    return st.builds(
        made.policy,
        keys_,
        ticks,
        st.integers(0, 2),
        st.integers(0, 2),
        st.integers(0, 2),
        st.integers(20, 24),
    )


def keys(kind: str) -> st.SearchStrategy[str]:
    return st.sampled_from(made.KEYS[kind])


class Gateway(RuleBasedStateMachine):
    """One insurer's life. Every rule checks its own answer; the whole state is compared at the end."""

    def __init__(self, river: River, counted: Counter[str]) -> None:
        super().__init__()
        self.river, self.counted = river, counted
        counted["examples"] += 1
        name = f"9144{counted['examples']:014}"
        self.caller = Caller("insurer-model", "insurer", "模型保险（虚构）", insurer=name)
        self.reference = Reference(self.caller.insurer or "", river.calendar)
        self.now = BEGINNING
        self.sent: list[tuple[Callable[[datetime], Answer], Answer]] = []
        self.seen: list[datetime] = []

    # --- plumbing --------------------------------------------------------------------------------------------

    def _step(self) -> str:
        """The gateway's clock goes on; the key of the next filing."""
        self.counted["steps"] += 1
        self.seen.append(self.now)
        self.now += timedelta(seconds=1)
        return f"k{self.counted['steps']}"

    def _send(self, door: Callable[[datetime], Answer]) -> Answer:
        answer = door(self.now)
        self.sent.append((door, answer))
        assert not answer.replayed
        return answer

    def _push(self, kind: str, *documents: Document, **options: Any) -> None:
        key, body = self._step(), json.dumps(documents, ensure_ascii=False).encode()

        def door(now: datetime) -> Answer:
            return self.river.push(self.caller, kind, body, key=key, now=now, **options)

        answer = door(self.now) if options.get("dry_run") else self._send(door)
        expected = self.reference.push(kind, list(documents), self.now, **options)
        self._agrees(answer, expected)
        refused = options.get("atomic") and any(one.result == "rejected" for one in expected)
        assert answer.status == (422 if refused else 200)
        if not options.get("dry_run"):
            self._clocks_agree(said(answer), expected)

    def _agrees(self, answer: Answer, expected: list[Outcome]) -> None:
        told = said(answer)
        results = [(item["result"], item["version"]) for item in told["items"]]
        assert results == [(one.result, one.version) for one in expected], (results, expected)
        for item, one in zip(told["items"], expected, strict=True):
            found = {finding["rule"] for finding in item["findings"] if finding["severity"] == "error"}
            assert (one.rule in found) if one.rule else not found
            self.counted[one.result] += 1
        count = Counter(one.result for one in expected)
        assert told["counts"] == {name: count[name] for name in told["counts"]}

    def _clocks_agree(self, told: dict[str, Any], expected: list[Outcome]) -> None:
        """Every clock that an answer speaks of stands as the reference says."""
        standing = Counter((s.clock, _text(s.due), s.state) for s in self.reference.standings(self.now))
        for item in told["items"]:
            for clock in item["deadlines"]:
                assert standing[clock["clock"], _text(_instant(clock["due"])), clock["state"]], clock

    # --- filing ----------------------------------------------------------------------------------------------

    @rule(documents=st.lists(policies(), min_size=1, max_size=3))
    def push(self, documents: list[Document]) -> None:
        self._push("policy", *documents)

    @precondition(lambda self: self._stored("policy"))
    @rule(data=st.data(), later=st.integers(1, 5))
    def correct(self, data: st.DataObject, later: int) -> None:
        """A newer state of a stored policy."""
        key = data.draw(st.sampled_from(self._stored("policy")))
        tick = _tick(self._current("policy", key)) + later
        self._push("policy", data.draw(policies(st.just(tick), st.just(key))))

    @precondition(lambda self: self._stored("policy"))
    @rule(data=st.data(), earlier=st.integers(1, 5))
    def reorder(self, data: st.DataObject, earlier: int) -> None:
        """A state older than the stored one arrives late."""
        key = data.draw(st.sampled_from(self._stored("policy")))
        tick = _tick(self._current("policy", key)) - earlier
        self._push("policy", data.draw(policies(st.just(tick), st.just(key))))

    @rule(key=POLICIES, data=st.data(), ticks=st.lists(TICK, min_size=2, max_size=4))
    def duplicate_in_a_batch(self, key: str, data: st.DataObject, ticks: list[int]) -> None:
        """One key several times in one batch, in any order, now and then with two contents for one instant."""
        self._push("policy", *(data.draw(policies(st.just(tick), st.just(key))) for tick in ticks))

    @precondition(lambda self: self._alive())
    @rule(data=st.data())
    def unchanged(self, data: st.DataObject) -> None:
        """The stored state again, its members in another order."""
        kind, key = data.draw(st.sampled_from(self._alive()))
        self._push(kind, dict(reversed((self._current(kind, key).document or {}).items())))

    @precondition(lambda self: self.reference.records)
    @rule(data=st.data(), later=st.integers(-3, 4))
    def void(self, data: st.DataObject, later: int) -> None:
        kind, key = data.draw(st.sampled_from(sorted(self.reference.records)))
        self._void(kind, key, _tick(self._current(kind, key)) + later)

    @rule(key=POLICIES, tick=TICK)
    def void_any(self, key: str, tick: int) -> None:
        """Also of a policy that is not there."""
        self._void("policy", key, tick)

    def _void(self, kind: str, record_key: str, tick: int) -> None:
        key, revised_at = self._step(), made.revised_at(tick)
        body = json.dumps({"reason": "重复录入", "revised_at": revised_at.isoformat()}).encode()

        def door(now: datetime) -> Answer:
            return self.river.void(self.caller, kind, record_key, body, key=key, now=now)

        expected = self.reference.void(kind, record_key, revised_at.astimezone(UTC), self.now)
        if expected is None:
            _refused(errors.NotFound, door, self.now)
        else:
            self._agrees(self._send(door), [expected])

    @rule(key=keys("endorsement"), tick=TICK, policy_no=POLICIES, day=st.integers(17, 20))
    def cancel(self, key: str, tick: int, policy_no: str, day: int) -> None:
        self._push("endorsement", made.endorsement(key, tick, "cancel", policy_no, day))

    @rule(key=keys("endorsement"), tick=TICK, policy_no=POLICIES, day=st.integers(17, 20))
    def reinstate(self, key: str, tick: int, policy_no: str, day: int) -> None:
        self._push("endorsement", made.endorsement(key, tick, "reinstate", policy_no, day))

    @rule(key=keys("endorsement"), tick=TICK, policy_no=POLICIES, day=st.integers(17, 20))
    def extend(self, key: str, tick: int, policy_no: str, day: int) -> None:
        self._push("endorsement", made.endorsement(key, tick, "extend_period", policy_no, day))

    @rule(key=keys("claim"), tick=TICK, policy_no=POLICIES, stage=STAGE, place=STAGE)
    def claim(self, key: str, tick: int, policy_no: str, stage: int, place: int) -> None:
        self._push("claim", made.claim(key, tick, policy_no, stage, place))

    @rule(key=keys("service_plan"), tick=TICK, policy_no=POLICIES, stage=STAGE)
    def plan(self, key: str, tick: int, policy_no: str, stage: int) -> None:
        self._push("service_plan", made.plan(key, tick, policy_no, stage))

    @rule(key=keys("service"), tick=TICK, policy_no=POLICIES, stage=STAGE)
    def service(self, key: str, tick: int, policy_no: str, stage: int) -> None:
        self._push("service", made.service(key, tick, policy_no, stage))

    @rule(key=keys("hazard"), tick=TICK, policy_no=POLICIES, major=st.booleans())
    def hazard(self, key: str, tick: int, policy_no: str, major: bool) -> None:
        self._push("hazard", made.hazard(key, tick, policy_no, major))

    @rule(key=keys("fund_entry"), tick=TICK, policy_no=POLICIES, spend=st.booleans(), yuan=st.integers(1, 9))
    def fund_entry(self, key: str, tick: int, policy_no: str, spend: bool, yuan: int) -> None:
        self._push("fund_entry", made.fund_entry(key, tick, policy_no, spend, yuan))

    @rule(key=keys("annual_report"), tick=TICK, year=st.sampled_from((2025, 2026)))
    def annual_report(self, key: str, tick: int, year: int) -> None:
        self._push("annual_report", made.annual_report(key, tick, year))

    @rule(policy_no=POLICIES, page=st.integers(1, 3))
    def document(self, policy_no: str, page: int) -> None:
        key, body = self._step(), b"%%PDF-1.7 %d\n%%%%EOF" % page
        answer = self._send(lambda now: self.river.document(self.caller, policy_no, body, key=key, now=now))
        self._agrees(answer, [self.reference.document(policy_no, body, self.now)])
        self._clocks_agree(said(answer), [])

    @rule(documents=st.lists(policies(), min_size=1, max_size=3), atomic=st.booleans())
    def faulty(self, documents: list[Document], atomic: bool) -> None:
        """One item of the batch breaks a rule; the others are stored, unless it is all or nothing."""
        documents[0] = {
            **documents[0],
            "expires_on": "2026-11-01",
            "ext_faulty": "policy.expires_before_effective",
        }
        self._push("policy", *documents, atomic=atomic)

    @rule(documents=st.lists(policies(), min_size=1, max_size=3))
    def dry_run(self, documents: list[Document]) -> None:
        self._push("policy", *documents, dry_run=True)

    # --- again -----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """The same request under the same key, much later: the first answer, byte for byte."""
        self._step()
        door, answer = self.sent[data.draw(st.integers(0, len(self.sent) - 1))]
        again = door(self.now)
        assert (again.replayed, again.status, again.body, again.etag) == (
            True,
            answer.status,
            answer.body,
            answer.etag,
        )
        self.counted["replayed"] += 1

    @precondition(lambda self: self.sent)
    @rule(document=policies())
    def reuse_a_key(self, document: Document) -> None:
        """Another request under a key that was used: refused, and nothing changes."""
        self._push("policy", document)
        used, body = f"k{self.counted['steps']}", json.dumps({**document, "insured_count": 7}).encode()
        self._step()
        _refused(
            errors.KeyReused,
            lambda now: self.river.push(self.caller, "policy", body, key=used, now=now),
            self.now,
        )

    # --- time and decisions ----------------------------------------------------------------------------------

    @rule(jump=st.sampled_from([-2, 3, 3600, 86_400, 86_400 * 3, 86_400 * 20, 86_400 * 40]))
    def clock_jump(self, jump: int) -> None:
        """Days go by; now and then the clock is set back by a little."""
        self._step()
        self.now += timedelta(seconds=jump)

    @precondition(lambda self: self.reference.records)
    @rule(data=st.data(), reason=st.sampled_from(["台风停工", "企业拒绝配合"]))
    def ask_excuse(self, data: st.DataObject, reason: str) -> None:
        """One open or upheld request per clock; the open one, asked for again, is answered again."""
        self._step()
        clocks = sorted(self.river.deadlines(self.caller, self.now), key=_in_words)
        if not clocks:
            return
        clock = clocks[data.draw(st.integers(0, len(clocks) - 1))]
        identity = (clock["subject_kind"], clock["subject_key"], clock["clock"], clock["period"])

        def ask(now: datetime) -> dict[str, Any]:
            return self.river.ask_excuse(self.caller, UUID(clock["id"]), reason, now=now)

        found = self.reference.excuses.items()
        standing = next(
            (each for each in found if each[1].clock == identity and each[1].decision != "dismissed"), None
        )
        if standing is None:
            self.reference.excuses[ask(self.now)["id"]] = Excuse(identity, reason)
            self.counted["excuses asked for"] += 1
        elif (standing[1].reason, standing[1].decision) == (reason, None):
            assert ask(self.now)["id"] == standing[0]
        else:
            _refused(errors.Unprocessable, ask, self.now)

    @precondition(lambda self: any(one.decision is None for one in self.reference.excuses.values()))
    @rule(data=st.data(), decision=st.sampled_from(["upheld", "dismissed"]))
    def decide(self, data: st.DataObject, decision: str) -> None:
        self._step()
        open_ = [name for name, one in self.reference.excuses.items() if one.decision is None]
        name = open_[data.draw(st.integers(0, len(open_) - 1))]
        excuse = self.reference.excuses[name]
        decided = self._decided(UUID(name), decision)
        if self.reference.in_reach(excuse.clock):
            assert decided is not None
            assert decided["excuse"]["decision"] == decision
            excuse.decision = decision
            self.counted["excuses decided"] += 1
        else:  # a correction took the record out of every regulator's reach: the request waits
            assert decided is None

    def _decided(self, excuse_id: UUID, decision: str) -> dict[str, Any] | None:
        """The decision of whichever regulator is in charge; None when there is none."""
        for place in REGULATORS:
            try:
                return self.river.decide(place, excuse_id, decision, now=self.now)
            except errors.NotFound:
                continue
        return None

    # --- reading ---------------------------------------------------------------------------------------------

    @precondition(lambda self: self.reference.records)
    @rule(data=st.data(), back=st.integers(0, 40))
    def as_of(self, data: st.DataObject, back: int) -> None:
        """What was known at an instant that has passed."""
        self._step()
        kind, key = data.draw(st.sampled_from(sorted(self.reference.records)))
        instant = self._seen(back)
        expected = self.reference.records[kind, key].as_of(instant)
        if expected is None:
            try:
                self.river.fetch(self.caller, kind, key, as_of=instant, now=self.now)
            except errors.NotFound:
                return
            raise AssertionError(f"{kind} {key} was not known at {instant}")
        self._shows(self.river.fetch(self.caller, kind, key, as_of=instant, now=self.now), expected)

    @precondition(lambda self: self.reference.records)
    @rule(data=st.data())
    def history(self, data: st.DataObject) -> None:
        self._step()
        kind, key = data.draw(st.sampled_from(sorted(self.reference.records)))
        self._history_agrees(kind, key)

    @precondition(lambda self: self.reference.records)
    @rule(measures=st.sets(st.sampled_from(MEASURES), min_size=1, max_size=2), back=BACK)
    def aggregates(self, measures: set[str], back: int | None) -> None:
        """Some of the regulators' sums, now or as they were known."""
        self._step()
        self._sums_agree(sorted(measures), None if back is None else self._seen(back))

    @precondition(lambda self: self._stored("policy"))
    @rule(portion=st.sampled_from([1, 3, 1000]))
    def fold(self, portion: int) -> None:
        """The worker adds some of what is pending to the sums: no answer changes by it."""
        self._step()
        self.counted["deltas folded"] += self.river.fold(portion)

    @precondition(lambda self: self._stored("policy"))
    @rule(back=BACK)
    def by_city(self, back: int | None) -> None:
        self._step()
        self._cities_agree(None if back is None else self._seen(back))

    # --- comparing -------------------------------------------------------------------------------------------

    def _seen(self, back: int) -> datetime:
        """An instant that has passed; the clock may have jumped back behind some."""
        passed = [instant for instant in self.seen if instant <= self.now] or [self.now]
        return passed[max(0, len(passed) - 1 - back)]

    def _alive(self) -> list[tuple[str, str]]:
        """The records that are not voided."""
        found = self.reference.records.items()
        return sorted(subject for subject, record in found if record.current.document is not None)

    def _stored(self, kind: str) -> list[str]:
        return sorted(key for of, key in self.reference.records if of == kind)

    def _current(self, kind: str, key: str) -> Kept:
        return self.reference.records[kind, key].current

    def _shows(self, shown: dict[str, Any], expected: Kept) -> None:
        assert shown["version"] == expected.version
        assert shown["voided"] == (expected.document is None)
        assert datetime.fromisoformat(shown["revised_at"]) == expected.revised_at
        assert datetime.fromisoformat(shown["recorded_at"]) == expected.recorded_at
        assert shown["record"] == shown_of(expected)

    def _history_agrees(self, kind: str, key: str) -> None:
        states = self.reference.records[kind, key].states
        expected = sorted(states, key=lambda kept: kept.revised_at, reverse=True)
        shown = self.river.history(self.caller, kind, key)
        assert len(shown) == len(expected)
        for one, kept in zip(shown, expected, strict=True):
            self._shows(one, kept)

    def _sums_agree(self, measures: Sequence[str], as_of: datetime | None) -> None:
        expected = self.reference.sums(as_of)
        given = {"measures": ",".join(measures), "insurer": self.caller.insurer or ""}
        shown = self.river.figures(given, as_of=as_of, now=self.now)["total"]["values"]
        assert shown == {measure: expected[measure] for measure in measures}

    def _cities_agree(self, as_of: datetime | None) -> None:
        given = {"measures": "premium", "by": "city", "insurer": self.caller.insurer or ""}
        groups = self.river.figures(given, as_of=as_of, now=self.now)["groups"]
        shown = {group["keys"]["city"]: group["values"]["premium"] for group in groups}
        assert shown == self.reference.premium_by_city(as_of)

    def _deadlines_agree(self) -> None:
        # A list shows what was known at its instant, so it is asked for when no clock of ours is behind.
        now = max(self.now, *self.seen, BEGINNING)
        shown = Counter(_standing(item) for item in self.river.deadlines(self.caller, now))
        expected = Counter(self.reference.standings(now))
        assert shown == expected, (shown - expected, expected - shown)

    def teardown(self) -> None:
        """Everything that is stored, against everything that must be."""
        shelves = Counter(self.river.shelves(self.reference.insurer, made.KEYS))
        expected = Counter(self.reference.shelves())
        assert shelves == expected, (shelves - expected, expected - shelves)
        self._deadlines_agree()
        self._sums_agree(MEASURES, None)
        self._cities_agree(None)


def _refused(refusal: type[errors.GatewayError], door: Callable[[datetime], object], now: datetime) -> None:
    try:
        door(now)
    except refusal:
        return
    raise AssertionError(f"{refusal.__name__} was expected")


def _tick(kept: Kept) -> int:
    return int((kept.revised_at - made.revised_at(0)) / timedelta(hours=1))


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat()


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _in_words(clock: dict[str, Any]) -> tuple[str, ...]:
    """An order that does not depend on ids."""
    return clock["subject_kind"], clock["subject_key"], clock["clock"], clock["period"] or ""


def _standing(item: dict[str, Any]) -> Standing:
    day = datetime.fromisoformat
    return Standing(
        item["subject_kind"],
        item["subject_key"],
        item["clock"],
        item["period"],
        day(item["start_on"]).date(),
        None if item["nominal_on"] is None else day(item["nominal_on"]).date(),
        _instant(item["due"]),
        item["provisional"],
        _instant(item["met_at"]),
        item["state"],
    )
