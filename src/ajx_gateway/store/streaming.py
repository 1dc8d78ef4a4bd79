"""HOW does a list of a million rows leave without filling the memory? A server-side cursor in one snapshot.

PostgreSQL keeps the list; a portion of it at a time comes here. Whoever stops reading frees cursor and connection: the
transaction ends, and a statement under way with it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

from ajx_gateway.store.database import Transaction

PORTION: Final = 1000
# The sorting before the first row of a long list takes longer than a question's answer may.
_LIMIT: Final = 600
Rows = Sequence[Mapping[str, Any]]


async def of_statement(tx: Transaction, statement: sa.Select[Any]) -> AsyncGenerator[Rows, None]:
    """The rows of a statement, a portion at a time."""
    sql, values = _written(tx, statement)
    async with aclosing(of_sql(tx, sql, values)) as portions:
        async for rows in portions:
            yield rows


def _written(tx: Transaction, statement: sa.Select[Any]) -> tuple[str, list[Any]]:
    """The SQL and its numbered parameters: SQLAlchemy's own stream gives up after the time of a question's answer."""
    compiled: SQLCompiler = statement.compile(dialect=tx.connection.dialect)
    told = compiled.construct_expanded_state()
    as_is: Callable[[Any], Any] = lambda value: value  # noqa: E731
    values = [told.processors.get(name, as_is)(told.parameters[name]) for name in told.positiontup or ()]
    return told.statement, values


async def of_sql(tx: Transaction, sql: str, values: Sequence[Any]) -> AsyncGenerator[Rows, None]:
    """The same of SQL with numbered parameters."""
    await _take_time(tx)
    cursor = await tx.raw.cursor(sql, *values, timeout=_LIMIT)
    while rows := await cursor.fetch(PORTION, timeout=_LIMIT):
        yield [dict(row) for row in rows]


async def _take_time(tx: Transaction) -> None:
    await tx.fetch("SELECT set_config('statement_timeout', $1, true)", f"{_LIMIT}s")
