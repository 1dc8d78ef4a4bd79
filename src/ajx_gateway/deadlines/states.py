"""HOW does a clock stand at this moment? Derived whenever it is asked; nothing sweeps a state into being."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from ajx_gateway.deadlines.arithmetic import midnight


class State(StrEnum):
    PENDING = "pending"
    DUE_SOON = "due_soon"
    MET = "met"
    OVERDUE = "overdue"
    MET_LATE = "met_late"
    EXCUSED = "excused"
    VOID = "void"
    UNDETERMINED = "undetermined"


# What people call them.
STATE_TITLES: Mapping[State, str] = MappingProxyType(
    {
        State.PENDING: "未到期",
        State.DUE_SOON: "即将到期",
        State.MET: "按期完成",
        State.OVERDUE: "逾期未完成",
        State.MET_LATE: "逾期完成",
        State.EXCUSED: "已准予免责",
        State.VOID: "已失效",
        State.UNDETERMINED: "暂不能确定",
    }
)


def state(
    *,
    due: datetime | None,
    provisional: bool,
    applicable: bool | None,
    met_at: datetime | None,
    excused: bool,
    void_on: date | None,
    now: datetime,
    due_soon_days: int = 3,
    nominal_on: date | None = None,
) -> State:
    """The first that fits: void, met, excused, undetermined, met_late, overdue, due_soon, pending.

    ``due`` is exclusive. ``applicable`` is None when it is not known whether the clock binds (size unknown),
    False when it does not: such a clock is void. On a provisional due, being late is never final; being in
    time is final up to the end of ``nominal_on``, which no notice can shorten (if it is not given, up to the
    provisional due).
    """
    if applicable is False or _void(due, met_at, void_on):
        return State.VOID
    if due is None:
        return State.EXCUSED if excused else State.UNDETERMINED
    if met_at is not None and met_at < _surely_in_time(due, provisional, nominal_on):
        return State.MET
    if excused:
        return State.EXCUSED
    if applicable is None or (provisional and (met_at is not None or now >= due)):
        # Neither a free pass nor a breach: it stays visible until the size, or the official notice, is known.
        return State.UNDETERMINED
    if met_at is not None:
        return State.MET_LATE
    if now >= due:
        return State.OVERDUE
    return State.DUE_SOON if now >= due - timedelta(days=due_soon_days) else State.PENDING


def _void(due: datetime | None, met_at: datetime | None, void_on: date | None) -> bool:
    """The policy ended before the clock did, and what was asked had not been done in time."""
    if void_on is None:
        return False
    return due is None or (midnight(void_on) < due and (met_at is None or met_at >= due))


def _surely_in_time(due: datetime, provisional: bool, nominal_on: date | None) -> datetime:
    if not provisional or nominal_on is None:
        return due
    return min(due, midnight(nominal_on + timedelta(days=1)))
