"""HOW MANY enterprises stand behind each cell of a table? For roles that may not be shown single ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime

from ajx_gateway.store import aggregates, churn
from ajx_gateway.store.clock_counting import counts, dimensions
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.measures import MEASURES
from ajx_gateway.store.questions import Key, Question
from ajx_gateway.store.sign_book import Sign
from ajx_gateway.store.signs import Asked, figures
from ajx_gateway.store.sources import Filters

Counting = Callable[[Sequence[str]], Awaitable[dict[Key, int]]]
_KEYS = {**dimensions("c.division", "c.start_on"), "insurer": "c.insurer", "clock": "c.clock"}


def of_source(tx: Transaction, source: str, today: date) -> Counting:
    """Enterprises behind the records of one kind; a record whose policy has not arrived counts as one of its own."""

    async def counting(by: Sequence[str]) -> dict[Key, int]:
        measure = MEASURES[f"enterprises_of_{source}"]
        [found] = await aggregates.figures(tx, Question([measure], tuple(by), [], Filters(), None, today))
        if not by:
            return {(): int(found.total.get(measure.name) or 0)}
        return {key: int(values.get(measure.name) or 0) for key, values in found.groups.items()}

    return counting


def of_clocks(tx: Transaction, now: datetime) -> Counting:
    """Enterprises whose policies and claims the clocks run for."""

    async def counting(by: Sequence[str]) -> dict[Key, int]:
        keys = "".join(f'({_KEYS[name]}) COLLATE "C" AS by_{name}, ' for name in by)
        rows = await tx.fetch(
            f"SELECT {keys}count(DISTINCT coalesce(p.enterprise_uscc, c.subject_key))"  # noqa: S608
            " FILTER (WHERE c.subject_kind <> 'insurer') AS n FROM clock c"
            " LEFT JOIN claim l ON c.subject_kind = 'claim' AND l.record_id = c.subject_id"
            " LEFT JOIN policy p"
            " ON p.record_id = CASE WHEN c.subject_kind = 'claim' THEN l.policy_id ELSE c.subject_id END"
            f" WHERE {counts('c')} AND c.start_seen_at <= $1"
            + (f" GROUP BY {', '.join(f'by_{name}' for name in by)}" if by else ""),
            now,
        )
        return {tuple(row[f"by_{name}"] for name in by): row["n"] for row in rows}

    return counting


def of_sign(tx: Transaction, sign: Sign, asked: Asked) -> Counting:
    """The fewer of the enterprises that show a sign and those that might; where none shows it, none is told of."""

    async def counting(by: Sequence[str]) -> dict[Key, int]:
        told = await figures(tx, sign, asked, by, enterprises=True)
        return {
            key or (): min(n for n in (each.enterprises or each.base_enterprises, each.base_enterprises))
            for key, each in told.items()
            if (key is None) == (not by)
        }

    return counting


def of_churn(tx: Transaction, asked: Asked) -> Counting:
    """Enterprises behind the records that were filed."""

    async def counting(by: Sequence[str]) -> dict[Key, int]:
        rows = await churn.figures(tx, asked, by)
        return {
            tuple(row[f"by_{name}"] for name in by): row["enterprises"]
            for row in rows
            if (row["whole"] != 0) == (not by)
        }

    return counting
