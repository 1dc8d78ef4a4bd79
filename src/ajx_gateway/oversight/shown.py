"""HOW are instants, amounts and hidden names written in an answer?"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from ajx_gateway.deadlines import SHANGHAI

HIDDEN = "＊＊＊"


def shown_instant(instant: datetime) -> str:
    """RFC 3339 in China's time."""
    return instant.astimezone(SHANGHAI).isoformat()


def local_date(instant: datetime) -> date:
    """The calendar day of an instant in China."""
    return instant.astimezone(SHANGHAI).date()


def shown(value: object) -> object:
    """A stored value as JSON writes it: money and ids as strings, instants in China's time."""
    if isinstance(value, datetime):
        return shown_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    return value
