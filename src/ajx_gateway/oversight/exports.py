"""WHICH lists leave whole as the database gives them? The longest ones, row by row from one cursor in one snapshot.

Every other list leaves page by page (``api.exports``), and each of its pages sorts anew. A list of a million records,
clocks or signs is sorted once, by the database.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ajx_gateway.identity import Caller, Scope
from ajx_gateway.oversight import records, signs, timeliness
from ajx_gateway.oversight.admission import admitted_to_lists, territory_words
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.store import clock_lists, drill, streaming
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.signs import everything as sign_rows

Items = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Export:
    """A list on its way out: what stands above and beside it, and its rows, read when they are asked for."""

    stem: str
    title: str
    definition: str
    scope: str
    as_of: str
    filters: Mapping[str, str]
    columns: Sequence[tuple[str, str]]
    portions: Callable[[], AsyncGenerator[Items, None]]


def _portions(
    store: Store,
    scope: Scope,
    rows: Callable[[Transaction], AsyncGenerator[streaming.Rows, None]],
    item: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> Callable[[], AsyncGenerator[Items, None]]:
    async def portions() -> AsyncGenerator[Items, None]:
        async with store.reading(scope) as tx, aclosing(rows(tx)) as found:
            async for portion in found:
                yield [item(row) for row in portion]

    return portions


def _asked(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}


def of_records(
    store: Store, caller: Caller, collection: str, given: Mapping[str, str], *, now: datetime
) -> Export:
    """All records of a collection, newest first."""
    scope, kind, filters = admitted_to_lists(caller), records.kind_of(collection), _asked(given)
    wanted = records.wanted_of(kind, filters)

    def rows(tx: Transaction) -> AsyncGenerator[streaming.Rows, None]:
        return streaming.of_statement(tx, drill.everything(tx, wanted))

    return Export(
        f"records-{collection}",
        f"{kind.title}清单（{territory_words(scope)}）",
        "本辖区的有效记录，不含个人信息",
        territory_words(scope),
        shown_instant(now),
        filters,
        [(each["name"], each["title"]) for each in records.columns(kind)],
        _portions(store, scope, rows, lambda row: records.item_of(kind, row, scope)),
    )


def of_deadlines(
    store: Store,
    caller: Caller,
    given: Mapping[str, str],
    columns: Sequence[tuple[str, str]],
    *,
    now: datetime,
) -> Export:
    """All clocks behind a figure, soonest due first."""
    scope, filters = admitted_to_lists(caller), _asked(given)
    wanted = timeliness.wanted_of(filters)

    def rows(tx: Transaction) -> AsyncGenerator[streaming.Rows, None]:
        return streaming.of_statement(tx, clock_lists.everything(tx, wanted, now=now))

    return Export(
        "deadline-list",
        f"期限清单（{territory_words(scope)}）",
        timeliness.DEFINITION,
        territory_words(scope),
        shown_instant(now),
        filters,
        columns,
        _portions(store, scope, rows, lambda row: timeliness.item_of(row, scope)),
    )


def of_sign(
    store: Store,
    caller: Caller,
    name: str,
    given: Mapping[str, str],
    columns: Sequence[tuple[str, str]],
    *,
    now: datetime,
) -> Export:
    """All records that show a sign, newest first."""
    scope, sign, filters = admitted_to_lists(caller), signs.sign_of(name), _asked(given)
    asked, _ = signs.asked_of(filters, sign, scope, now)

    def rows(tx: Transaction) -> AsyncGenerator[streaming.Rows, None]:
        return streaming.of_sql(tx, *sign_rows(tx, sign, asked))

    return Export(
        f"sign-{name}-list",
        f"{sign.title}清单（{territory_words(scope)}）",
        f"{sign.definition}{signs.NOTE}",
        territory_words(scope),
        shown_instant(now),
        {**filters, **{number: str(value) for number, value in asked.numbers.items()}},
        columns,
        _portions(store, scope, rows, lambda row: signs.item_of(row, scope)),
    )
