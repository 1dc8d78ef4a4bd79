"""One state per clock, derived at the moment of asking."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.deadlines import SHANGHAI, State, state

DUE = datetime(2026, 11, 24, tzinfo=SHANGHAI)
BEFORE, SOON, AFTER = DUE - timedelta(days=5), DUE - timedelta(days=2), DUE + timedelta(seconds=1)
PLAIN: dict[str, Any] = {
    "due": DUE,
    "provisional": False,
    "applicable": True,
    "met_at": None,
    "excused": False,
    "void_on": None,
    "now": BEFORE,
}


def of(**changed: Any) -> State:
    return state(**{**PLAIN, **changed})


def test_long_before_due_it_is_pending() -> None:
    assert of() == "pending"


def test_three_days_before_due_it_is_due_soon() -> None:
    assert of(now=DUE - timedelta(days=3)) == "due_soon"
    assert of(now=DUE - timedelta(days=3, seconds=1)) == "pending"


def test_the_days_of_warning_are_the_clocks_own() -> None:
    assert of(now=BEFORE, due_soon_days=10) == "due_soon"


def test_the_due_instant_itself_is_too_late() -> None:
    assert of(now=DUE) == "overdue"
    assert of(now=DUE - timedelta(microseconds=1)) == "due_soon"


def test_accepted_before_due_is_met_whenever_it_is_asked() -> None:
    assert of(met_at=DUE - timedelta(microseconds=1), now=AFTER) == "met"


def test_accepted_at_the_due_instant_is_met_late() -> None:
    assert of(met_at=DUE, now=AFTER) == "met_late"


def test_an_upheld_excuse_covers_a_late_or_missing_act() -> None:
    assert of(excused=True, now=AFTER) == "excused"
    assert of(excused=True, met_at=AFTER, now=AFTER) == "excused"


def test_what_was_met_in_time_needs_no_excuse() -> None:
    assert of(excused=True, met_at=SOON) == "met"


def test_a_policy_cancelled_before_due_voids_the_clock() -> None:
    assert of(void_on=date(2026, 11, 23), now=AFTER) == "void"


def test_a_policy_cancelled_after_due_does_not_undo_the_breach() -> None:
    assert of(void_on=date(2026, 11, 24), now=AFTER) == "overdue"


def test_a_cancellation_does_not_take_away_what_was_met_in_time() -> None:
    assert of(void_on=date(2026, 11, 20), met_at=BEFORE) == "met"


def test_accepted_at_the_due_instant_does_not_save_a_clock_from_being_void() -> None:
    assert of(void_on=date(2026, 11, 20), met_at=DUE) == "void"


def test_void_goes_before_excused_and_late() -> None:
    assert of(void_on=date(2026, 11, 20), met_at=AFTER, excused=True, now=AFTER) == "void"


def test_a_clock_whose_start_is_unknown_is_undetermined_even_when_met() -> None:
    assert of(due=None) == "undetermined"
    assert of(due=None, met_at=BEFORE) == "undetermined"


def test_an_unknown_size_leaves_the_clock_undetermined_before_and_after_due() -> None:
    assert of(applicable=None) == "undetermined"
    assert of(applicable=None, now=AFTER) == "undetermined"
    assert of(applicable=None, met_at=AFTER, now=AFTER) == "undetermined"


def test_an_unknown_size_does_not_matter_once_it_is_met_in_time() -> None:
    assert of(applicable=None, met_at=BEFORE) == "met"


def test_a_clock_that_does_not_bind_is_void() -> None:
    assert of(applicable=False, now=AFTER) == "void"


def test_past_a_provisional_due_nothing_is_overdue_yet() -> None:
    assert of(provisional=True, now=AFTER) == "undetermined"
    assert of(provisional=True, met_at=AFTER, now=AFTER) == "undetermined"


def test_before_a_provisional_due_it_runs_like_any_other() -> None:
    assert of(provisional=True) == "pending"
    assert of(provisional=True, now=SOON) == "due_soon"


def test_met_before_the_nominal_day_ended_is_met_whatever_the_notice_will_say() -> None:
    nominal_on = date(2026, 11, 21)

    assert (
        of(provisional=True, nominal_on=nominal_on, met_at=datetime(2026, 11, 21, 23, tzinfo=SHANGHAI))
        == "met"
    )


def test_met_between_the_nominal_day_and_a_provisional_due_stays_undetermined() -> None:
    nominal_on = date(2026, 11, 21)
    met_at = datetime(2026, 11, 22, tzinfo=SHANGHAI)

    assert of(provisional=True, nominal_on=nominal_on, met_at=met_at) == "undetermined"
    assert of(provisional=False, nominal_on=nominal_on, met_at=met_at) == "met"


@pytest.mark.parametrize("excused", [True, False])
def test_an_upheld_excuse_shows_even_before_the_start_is_known(excused: bool) -> None:
    assert of(due=None, excused=excused) == ("excused" if excused else "undetermined")


INSTANTS = st.integers(-20 * 86400, 20 * 86400).map(lambda seconds: DUE + timedelta(seconds=seconds))
CLOCKS = st.fixed_dictionaries(
    {
        "due": st.none() | INSTANTS,
        "provisional": st.booleans(),
        "applicable": st.sampled_from([True, False, None]),
        "met_at": st.none() | INSTANTS,
        "excused": st.booleans(),
        "void_on": st.none() | st.dates(date(2026, 11, 1), date(2026, 12, 10)),
        "nominal_on": st.none() | st.dates(date(2026, 11, 1), date(2026, 12, 10)),
        "now": INSTANTS,
    }
)


@given(CLOCKS)
def test_no_breach_is_ever_stated_on_a_provisional_due_or_an_unknown_size(clock: dict[str, Any]) -> None:
    found = state(**clock)

    if clock["provisional"] or clock["applicable"] is None or clock["due"] is None:
        assert found not in (State.OVERDUE, State.MET_LATE)


@given(CLOCKS)
def test_met_always_means_accepted_before_due(clock: dict[str, Any]) -> None:
    if state(**clock) == State.MET:
        assert clock["met_at"] < clock["due"]
