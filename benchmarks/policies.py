"""WHAT is pushed? Policies of the fictitious 南海 portfolio (about 2.4 KB each) under numbers and enterprises of their own.

They were signed in the five days before the benchmark, as the new policies of an insurer that files every day are. (As
the portfolio has them they are years old: each would be told that it came late, and its clocks would have run out.)
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import zstandard

from ajx_gateway.demo import pushes
from ajx_gateway.demo.codes import uscc
from ajx_gateway.rules.days import local_day

BATCH = 1_000
Document = dict[str, Any]
_MODELS = 3_000
_SIGNED_WITHIN = 5
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
# 应急〔2025〕27号 第三条; the portfolio is older.
_ASKED_SINCE = ("medical_rescue", "appraisal", "legal")
_TODAY = local_day(datetime.now(UTC))
_SERIALS = 900_000


@cache
def _portfolio() -> list[Document]:
    """Enough of the portfolio's policies to be as varied as it is."""
    found: list[Document] = []
    for push in pushes("nanhai"):
        if push.op == "push" and push.collection == "policies" and not push.faulty:
            found += [json.loads(line) for line in push.body.splitlines()]
        if len(found) >= _MODELS:
            break
    return [_signed_lately(document, number) for number, document in enumerate(found)]


def _signed_lately(document: Document, number: int) -> Document:
    """The policy with every day moved alike, revised yesterday, with what its law asks for."""
    signed_on = _TODAY - timedelta(days=1 + number % _SIGNED_WITHIN)
    moved: Document = _moved(document, signed_on - date.fromisoformat(document["signed_on"]))
    yesterday = (_TODAY - timedelta(days=1)).isoformat()
    moved["revised_at"] = yesterday + document["revised_at"][len(yesterday) :]
    moved["coverages"] += [{"code": code} for code in _ASKED_SINCE]
    return moved


def _moved(value: Any, by: timedelta) -> Any:
    if isinstance(value, dict):
        return {name: _moved(each, by) for name, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, by) for each in value]
    if isinstance(value, str) and (found := _DAY.match(value)):
        return (date.fromisoformat(found[0]) + by).isoformat() + value[len(found[0]) :]
    return value


class Policies:
    """An endless supply: no number and no enterprise is given out twice."""

    def __init__(self, prefix: str, first: int = 0) -> None:
        self._prefix = prefix
        self._given = first

    def take(self, count: int) -> list[Document]:
        """``count`` acceptable new policies."""
        found = _portfolio()
        made = []
        for number in range(self._given, self._given + count):
            document = dict(found[number % len(found)])
            document["policy_no"] = f"{self._prefix}-{number}"
            code = uscc(f"44060{1 + number // _SERIALS % 9}", 100_000 + number % _SERIALS)
            document["enterprise"] = {**document["enterprise"], "uscc": code}
            for member in ("renewal_of", "co_insurers"):
                document.pop(member, None)
            made.append(document)
        self._given += count
        return made


def changed(made: Sequence[Document]) -> list[Document]:
    """The same policies as their insurer revised them later."""
    return [{**document, "revised_at": f"{_TODAY}T00:00:00+08:00"} for document in made]


def turned(made: Sequence[Document]) -> list[Document]:
    """The same content written otherwise: members in the opposite order, and spaces between them."""
    return [dict(reversed(document.items())) for document in made]


def half_faulty(made: Sequence[Document]) -> list[Document]:
    """Every second policy ends before it begins, so that it must be rejected."""
    return [
        {**document, "expires_on": "2001-01-01"} if number % 2 else document
        for number, document in enumerate(made)
    ]


def line(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def spaced(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=True).encode()


def ndjson(made: Sequence[Document], size: int = BATCH, *, otherwise: bool = False) -> list[bytes]:
    """Bodies of ``size`` lines each."""
    write = spaced if otherwise else line
    return [b"\n".join(map(write, part)) + b"\n" for part in parts(made, size)]


def arrays(made: Sequence[Document], size: int = BATCH) -> list[bytes]:
    """Bodies of one JSON array of ``size`` items each, as the compared services take them."""
    return [b"[" + b",".join(map(line, part)) + b"]" for part in parts(made, size)]


def parts(made: Sequence[Document], size: int) -> Iterator[Sequence[Document]]:
    return (made[begin : begin + size] for begin in range(0, len(made), size))


def packed(bodies: Sequence[bytes], coding: str) -> list[bytes]:
    """The bodies under a Content-Encoding, at the levels that clients use by default."""
    if coding == "gzip":
        return [gzip.compress(body, 6) for body in bodies]
    return [zstandard.ZstdCompressor(3).compress(body) for body in bodies]
