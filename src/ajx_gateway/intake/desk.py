"""WHAT does the insurers' door work with? The store, the signing key and the calendar, handed in by ``app``."""

from dataclasses import dataclass

from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import SigningKey
from ajx_gateway.store.database import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """``issuer`` is the gateway's public name: the ``iss`` of its receipts."""

    store: Store
    key: SigningKey
    calendar: Calendar
    issuer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes that go out, the status they go out with, and whether they went out before."""

    status: int
    body: bytes
    replayed: bool = False
    etag: str | None = None
