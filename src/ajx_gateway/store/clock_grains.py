"""HOW finely are clocks counted ahead? The grains of ``clock_sum``, and which of them a question reads.

A running clock's state depends on its due instant: on which side of now, of now and the days before that count as soon, of
the bounds of ageing. Few months have such an instant in them. So wide grains tell the month of the due instant only, and
beside them stand narrower ones that tell the instants themselves: of those few months these are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from ajx_gateway.deadlines import local_date, midnight
from ajx_gateway.store.clock_counting import CELL
from ajx_gateway.store.rolling import Bound

# A clock that is due soon for more days than this always tells its due instant.
MOST_SOON: Final = 31
_RUNNING = f"class IN ('open', 'provisional') AND soon <= {MOST_SOON}"
_MONTH = "timezone('Asia/Shanghai', date_trunc('month', timezone('Asia/Shanghai', due)))"


class Grain(NamedTuple):
    """What a grain tells: so many digits of the place, the insurer or '', the month of the start or its year's January.

    ``near``: the number of the grain that tells the due instants where this one tells their months; None where it tells
    them itself. ``running``: only clocks whose months are told elsewhere.
    """

    digits: int
    insurers: bool
    monthly: bool
    near: int | None = None
    running: bool = False


# The smallest first; of those that are asked, the last one tells everything.
GRAINS: Final = (
    Grain(2, False, True, 11),
    Grain(4, False, True, 11),
    Grain(2, True, False, 11),
    Grain(4, True, False, 11),
    Grain(6, False, False, 12),
    Grain(2, True, True, 11),
    Grain(4, True, True, 11),
    Grain(9, False, False),
    Grain(6, False, True, 12),
    Grain(6, True, True),
    Grain(9, True, True),
)
FINEST: Final = len(GRAINS) - 1
_NEAR: Final = (Grain(4, True, True, running=True), Grain(6, False, True, running=True))


def chosen(digits: int, *, insurers: bool, monthly: bool) -> int:
    """The number of the smallest grain that tells all of this."""
    return next(
        number
        for number, grain in enumerate(GRAINS)
        if grain.digits >= digits and grain.insurers >= insurers and grain.monthly >= monthly
    )


def exactly(now: datetime, since: Sequence[datetime]) -> tuple[datetime, datetime]:
    """From when and until when a due instant itself must be known: whole months that hold now, whatever is due soon, and
    the bounds of ageing."""
    last = local_date(now + timedelta(days=MOST_SOON))
    following = (last.replace(day=1) + timedelta(days=32)).replace(day=1)
    return midnight(local_date(min([now, *since])).replace(day=1)), midnight(following)


def told(facts: str) -> str:
    """The cells of all grains that ``facts``, cells with their numbers, add up to."""
    grains = ", ".join(
        f"({number}, {g.digits}, {g.insurers}, {g.monthly}, {g.near is not None}, {g.running})"
        for number, g in enumerate((*GRAINS, *_NEAR))
    )
    return (
        "SELECT g.grain, left(division, g.digits) AS division, CASE WHEN g.insurers THEN insurer ELSE '' END AS insurer,"  # noqa: S608
        " CASE WHEN g.monthly THEN month ELSE date_trunc('year', month::timestamp)::date END AS month, clock, class,"
        f" CASE WHEN g.rounded AND {_RUNNING} THEN {_MONTH} ELSE due END AS due, soon, lag, sum(n) AS n"
        f" FROM ({facts}) AS facts CROSS JOIN (VALUES {grains}) AS g(grain, digits, insurers, monthly, rounded, running)"
        f" WHERE NOT g.running OR {_RUNNING} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 HAVING sum(n) <> 0"
    )


def read(number: int, where: str, instants: tuple[datetime, datetime], bound: Bound) -> str:
    """The cells of a grain, and of the months between these two instants those that tell the due instants."""
    columns, near = ", ".join(CELL), GRAINS[number].near
    cells = f"SELECT {columns}, n FROM clock_sum WHERE grain = {number} AND n <> 0{where}"  # noqa: S608
    if near is None:
        return cells
    begins, ends = (bound(instant, "timestamptz") for instant in instants)
    return (
        f"{cells} AND (soon > {MOST_SOON} OR due < {begins} OR due >= {ends})"  # noqa: S608
        f" UNION ALL SELECT {columns}, n FROM clock_sum WHERE grain = {near} AND n <> 0{where}"
        f" AND due >= {begins} AND due < {ends}"
    )
