"""HOW are several questions asked in one round trip? Each becomes one array a column of a single row.

A push asks for its key, for what is stored, for what its rules look at and for outages. One after the other these cost
more than their answers: the way to the server and back, and two turns in the queue for a processor.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from ajx_gateway.store.database import Transaction

Rows = Sequence[tuple[Any, ...]]

_PARAMETER = re.compile(r"\$([0-9]+)")


class Question(NamedTuple):
    """A SELECT of these ``columns``, none of them an array, with its own parameters from ``$1`` on."""

    columns: tuple[str, ...]
    sql: str
    arguments: tuple[object, ...] = ()


async def together(tx: Transaction, questions: Sequence[Question]) -> list[Rows]:
    """The rows that answer each question, in one statement: all see the same snapshot."""
    if not questions:
        return []
    sql = _joined(tuple((one.columns, one.sql, len(one.arguments)) for one in questions))
    [row] = await tx.fetch(sql, *chain.from_iterable(one.arguments for one in questions))
    answers: list[Rows] = []
    place = 0
    for one in questions:
        columns = row[place : place + len(one.columns)]
        # An array of no rows is NULL.
        answers.append([] if columns[0] is None else list(zip(*columns, strict=True)))
        place += len(one.columns)
    return answers


@lru_cache(maxsize=512)
def _joined(questions: Sequence[tuple[tuple[str, ...], str, int]]) -> str:
    sources, before = [], 0
    for number, (columns, sql, parameters) in enumerate(questions):
        arrays = ", ".join(f"array_agg(q.{name})" for name in columns)
        sources.append(f"(SELECT {arrays} FROM ({_renumbered(sql, before)}) AS q) AS q{number}")  # noqa: S608
        before += parameters
    return f"SELECT * FROM {' CROSS JOIN '.join(sources)}"  # noqa: S608  put together from constants


def _renumbered(sql: str, before: int) -> str:
    return _PARAMETER.sub(lambda found: f"${int(found[1]) + before}", sql)
