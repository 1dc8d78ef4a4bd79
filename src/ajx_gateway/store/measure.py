"""WHAT is a measure, and what does one row contribute to it? The registry's type and its row readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from ajx_gateway.store.tables import INSTANT

Form = Literal["count", "money", "ratio", "score"]
How = Literal["sum", "distinct", "latest"]
_ONE: sa.ColumnElement[Any] = sa.literal_column("1")
_NONE: sa.ColumnElement[Any] = sa.literal_column("0")
RECTIFIED = ("rectified", "closed")
_STARS = ("rating_attitude", "rating_professionalism", "rating_timeliness")


@dataclass(frozen=True, slots=True)
class Asking:
    """What one row offers a measure: its own columns, its policy's, the side of the entry that it reverses (whether that
    was spent; null while unknown), the day of asking."""

    own: Any
    policy: Any
    reversed: sa.ColumnElement[Any]
    today: sa.ColumnElement[Any]


Row = Callable[[Asking], sa.ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its words and its SQL.

    ``row`` is what one record contributes. ``how`` it is put together: added up; counted once per value; or,
    for figures of an enterprise, taken from its latest signed policy in the group and then added up.
    ``over``: instead, a quotient of sums of other measures (numerators, denominators).
    """

    name: str
    title: str
    definition: str
    unit: str
    form: Form
    source: str = ""
    row: Row | None = None
    how: How = "sum"
    over: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    hidden: bool = False


def one(_: Asking) -> sa.ColumnElement[Any]:
    """Every row counts one."""
    return _ONE


def when(test: Callable[[Any], Any]) -> Row:
    """A row counts one when the test on its own columns holds."""
    return lambda a: sa.case((test(a.own), _ONE), else_=_NONE)


def own(name: str) -> Row:
    """The row's own column; an absent amount is nothing."""

    def row(a: Asking) -> sa.ColumnElement[Any]:
        column: sa.ColumnElement[Any] = a.own[name]
        return column

    return row


def amount(name: str, test: Callable[[Any], Any]) -> Row:
    """The row's amount when the test holds."""
    return lambda a: sa.case((test(a.own), a.own[name]), else_=_NONE)


def premium(a: Asking) -> sa.ColumnElement[Any]:
    """What the insurer kept: received less refunded."""
    kept: sa.ColumnElement[Any] = a.own.premium_received - a.own.premium_refunded
    return kept


def enterprise(a: Asking) -> sa.ColumnElement[Any]:
    """The enterprise of the row's policy."""
    uscc: sa.ColumnElement[Any] = a.policy.enterprise_uscc
    return uscc


def enterprise_behind(a: Asking) -> sa.ColumnElement[Any]:
    """The enterprise of the row's policy; while that is unknown, the policy stands for it."""
    own = a.own
    if "policy_id" not in own:
        uscc: sa.ColumnElement[Any] = a.policy.enterprise_uscc
        return uscc
    return sa.func.coalesce(a.policy.enterprise_uscc, sa.cast(own.policy_id, sa.Text()))


def overdue(a: Asking) -> sa.ColumnElement[Any]:
    """A hazard whose deadline has passed while it is not rectified."""
    late = sa.and_(a.own.deadline_on < a.today, a.own.state.not_in(RECTIFIED))
    return sa.case((late, _ONE), else_=_NONE)


def spent(a: Asking) -> sa.ColumnElement[Any]:
    """The signed amount of an entry on the spending side."""
    return sa.case((spending(a), a.own.amount), else_=_NONE)


def accrued(a: Asking) -> sa.ColumnElement[Any]:
    """The signed amount of an entry on the accrual side."""
    return sa.case((spending(a), _NONE), else_=a.own.amount)


def spending(a: Asking) -> sa.ColumnElement[Any]:
    """A reversal stands on the side of the entry it reverses; while that is unknown, where its own words put it."""
    side = _spent_side(a.own)
    return sa.case((a.own.type == "reversal", sa.func.coalesce(a.reversed, side)), else_=side)


def reversed_side(own: Any, as_of: datetime | None) -> sa.ColumnElement[Any]:
    """Whether the entry that this one reverses was spent, as known at the instant; it may lie where the caller sees none.
    Null: unknown."""
    known = sa.literal(as_of, INSTANT) if as_of is not None else sa.literal_column("'infinity'::timestamptz")
    return sa.func.fund_side(own.insurer, own.reverses_entry_no, known, type_=sa.Boolean())


def _spent_side(entry: Any) -> sa.ColumnElement[bool]:
    """An adjustment is spending when it names what was spent on, else it corrects the accruals."""
    named = sa.or_(entry.purpose.is_not(None), entry.service_no.is_not(None))
    return sa.or_(entry.type == "spend", sa.and_(entry.type.in_(("adjustment", "reversal")), named))


def stars(a: Asking) -> sa.ColumnElement[Any]:
    """The stars of a complete rating; of an incomplete one nothing."""
    total: sa.ColumnElement[Any] = a.own[_STARS[0]] + a.own[_STARS[1]] + a.own[_STARS[2]]
    return total


def rated(weight: int) -> Row:
    """A service counts ``weight`` when all three dimensions were rated."""
    counted: sa.ColumnElement[Any] = sa.literal_column(str(weight))
    return lambda a: sa.case((sa.and_(*(a.own[name].is_not(None) for name in _STARS)), counted), else_=_NONE)
