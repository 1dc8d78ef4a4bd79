"""What does the generator carry from plan to record? Enterprises, covers, records and pushes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from random import Random
from typing import Any, Literal
from zlib import crc32

from ajx_gateway.demo.identities import Insurer
from ajx_gateway.demo.places import Town
from ajx_gateway.demo.trades import Trade

CHINA = timezone(timedelta(hours=8))
Body = dict[str, Any]
Operation = Literal[
    "push", "document", "void", "excuse", "decision", "finding", "reply", "ruling", "complaint", "handling"
]


@dataclass(slots=True)
class Enterprise:
    """An insured enterprise; `crew` is the head count it usually insures."""

    uscc: str
    name: str
    town: Town
    address: str
    trade: Trade
    serial: int
    crew: float


@dataclass(slots=True)
class Cover:
    """One policy as it finally stands. Money in fen; `size` None where the insurer has not reported it."""

    number: str
    insurer: Insurer
    enterprise: Enterprise
    signed_on: date
    effective_on: date
    expires_on: date
    subject: str
    size: str | None
    insured: int = 0
    received: int = 0
    refunded: int = 0
    death_limit: int = 600_000
    fund_percent: int = 15
    cancelled_on: date | None = None
    renewal_of: str | None = None

    @property
    def fund(self) -> int:
        """The accrual in fen: the ratio of the premium received, rounded up to the fen."""
        return -(-self.received * self.fund_percent // 100)

    @property
    def last_day(self) -> date:
        """The last day on which something can happen under this cover."""
        return min(self.expires_on, self.cancelled_on or self.expires_on)

    def random(self, purpose: str) -> Random:
        """The cover's own source of chance for one purpose: the order of generation never matters."""
        return Random(chance(f"{self.number}:{purpose}"))


@dataclass(slots=True)
class Record:
    """One state of one record: known to the sender's core system on `day`."""

    collection: str
    key: str
    day: date
    body: Body


@dataclass(frozen=True, slots=True)
class Push:
    """One request of the demo in its order.

    insurer: the stream it belongs to (identity name); by: who sends it (a regulator for decisions);
    at: the instant of receipt; record_key: the record of a document, void, excuse or decision, the name of a case;
    expected: counts of results where they are known; items: how many records the body holds.
    """

    insurer: str
    collection: str
    op: Operation
    media: str
    body: bytes
    at: datetime
    key: str
    by: str
    items: int = 1
    faulty: bool = False
    record_key: str | None = None
    expected: dict[str, int] = field(default_factory=dict)


def chance(text: str) -> int:
    """A number that depends on the text alone; seeding with it is several times faster than with the text."""
    return crc32(text.encode())


def instant(day: date, what: str, opens: int = 18, closes: int = 21) -> str:
    """RFC 3339 on that day between two full hours; `what` happens decides the minute."""
    hours, second = divmod(chance(what) % ((closes - opens) * 3600), 3600)
    return f"{day.isoformat()}T{opens + hours:02d}:{second // 60:02d}:{second % 60:02d}+08:00"


def later(day: date, days: int) -> date:
    return day + timedelta(days=days)


def working_day(day: date) -> date:
    """That day, or the Monday after it."""
    return day + timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])
