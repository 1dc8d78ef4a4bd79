"""WHICH figures are answered from the sums, and how? What is folded and what is pending, read in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ajx_gateway.store import rolling
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.grains import LINKS, PENDING, SUMMED, link_number, smallest
from ajx_gateway.store.measure import Measure
from ajx_gateway.store.questions import Figures, Question, Span
from ajx_gateway.store.rolling import Asked, Bound, Shown

# So many bytes of pending deltas (or of what a long transaction keeps of them) are no dearer to read than the rows.
MOST_PENDING: Final = 32 * 1024 * 1024
# Digits of a place whose enterprises are few enough to be counted one by one.
_FEW: Final = 6
# None pending, as at night: then nothing needs to be added to what is folded, and less is to be planned.
_PENDING = (
    "SELECT size <= $1 AS few, CASE WHEN size <= $1 THEN EXISTS (SELECT FROM policy_delta) END AS some"
    " FROM pg_relation_size('policy_delta') AS size"
)


async def answer(tx: Transaction, question: Question, answers: Sequence[Figures]) -> set[str]:
    """Put into ``answers`` what the sums tell, one ``Figures`` per span; returns the names of those measures.

    They tell the sums of policies, and how many enterprises are insured when nothing but place, insurer and time is
    asked; as they stand now, and in whole months.
    """
    sums = [m for m in question.measures if m.source == "policy" and m.name in SUMMED]
    distinct = [m for m in question.measures if m.name == "enterprises"]
    if (
        question.as_of is not None
        or not (sums or distinct)
        or not all(map(rolling.whole_months, question.spans))
    ):
        return set()
    [pending] = await tx.fetch(_PENDING, MOST_PENDING)
    if not pending["few"]:
        return set()
    told = {measure.name for measure in sums}
    asked = rolling.asked_of(question, tx.scope)
    if asked is None:
        return told | {measure.name for measure in distinct}
    spans: Sequence[Span | None] = question.spans or (None,)
    if sums:
        await _sums(tx, asked, sums, spans, answers, pending=pending["some"])
    if distinct and asked.is_bare:
        counted = [await _enterprises(tx, asked, span, pending=pending["some"]) for span in spans]
        if all(found is not None for found in counted):
            told.add("enterprises")
            for found, figures in zip(counted, answers, strict=True):
                rolling.add(figures, found or (), ("enterprises",))
    return told


async def _sums(
    tx: Transaction,
    asked: Asked,
    measures: Sequence[Measure],
    spans: Sequence[Span | None],
    answers: Sequence[Figures],
    *,
    pending: bool,
) -> None:
    """One statement for all spans: to ask costs more than what there is to read."""
    bound, names = Bound(), [measure.name for measure in measures]
    parts = (
        f"SELECT {place} AS span, one.* FROM ({_summed(asked, names, span, bound, pending)}) AS one"  # noqa: S608
        for place, span in enumerate(spans)
    )
    rows = await tx.fetch(" UNION ALL ".join(parts), *bound.values)
    for place, (span, figures) in enumerate(zip(spans, answers, strict=True)):
        own = [row for row in rows if row["span"] == place]
        rolling.add(figures, rolling.shown(asked, own, names, 0 if span is None else span.years), names)


def _summed(asked: Asked, names: Sequence[str], span: Span | None, bound: Bound, pending: bool) -> str:
    where = " AND ".join([*rolling.bounds(asked, span, bound), *rolling.filtered(asked, bound)]) or "true"
    keys = rolling.key_columns(asked)
    sector = "sector" in asked.by
    read = list(dict.fromkeys(["policies", *names]))
    columns = [f"{sql} AS {name}" for name, sql in keys.items()] + (["tags"] if sector else [])
    chosen = ", ".join([*columns, *read])
    number = bound(smallest(asked.grain(span)).number, "int")
    either = f"SELECT {chosen} FROM policy_sum WHERE grain = {number} AND {where}"  # noqa: S608
    if pending:
        either += f" UNION ALL SELECT {chosen} FROM ({PENDING} FROM policy_delta) AS pending WHERE {where}"  # noqa: S608
    only = asked.question.filters.sector
    tail = (
        rolling.by_sector(keys, read, bound(only, "text") if only and sector else None)
        if sector
        else rolling.plain(keys, read)
    )
    return f"WITH either AS ({either}){tail}"


async def _enterprises(
    tx: Transaction, asked: Asked, span: Span | None, *, pending: bool
) -> list[Shown] | None:
    """How many different enterprises; None when too many would have to be counted one by one, or groups be added."""
    bound = Bound()
    where = " AND ".join(rolling.bounds(asked, span, bound)) or "true"
    parts = [
        _counted(asked, bound, where, span, grouped=grouped, pending=pending)
        for grouped in (False, True)[: 1 + bool(asked.by)]
    ]
    if None in parts:
        return None
    affected = _affected(where) if pending else ""
    rows = await tx.fetch(f"{affected}{' UNION ALL '.join(part for part in parts if part)}", *bound.values)
    shown = rolling.shown(asked, rows, ("enterprises",), 0 if span is None else span.years)
    return shown if len({key for key, _ in shown}) == len(shown) else None


def _affected(where: str) -> str:
    """Whether each enterprise that pending deltas speak of was insured, and whether it is with them."""
    key = "enterprise_uscc, month, division, insurer"
    return (
        f"WITH pending AS MATERIALIZED (SELECT {key}, sum(policies) AS more FROM"  # noqa: S608
        f" ({PENDING} FROM policy_delta) AS p WHERE {where} GROUP BY {key} HAVING sum(policies) <> 0),"
        f" affected AS MATERIALIZED (SELECT {key}, sum(was) > 0 AS was, sum(was) + sum(more) > 0 AS now FROM"
        f" (SELECT {key}, policies AS was, 0 AS more FROM enterprise_month WHERE {where}"
        " AND enterprise_uscc = ANY (ARRAY(SELECT DISTINCT enterprise_uscc FROM pending))"
        f" UNION ALL SELECT {key}, 0, more FROM pending) AS either GROUP BY {key}) "
    )


def _counted(
    asked: Asked, bound: Bound, where: str, span: Span | None, *, grouped: bool, pending: bool
) -> str | None:
    """Those folded, and what the pending deltas change of the enterprises they speak of."""
    digits = max(asked.place if grouped else 0, len(asked.within))
    by_insurer = asked.insurer is not None or (grouped and "insurer" in asked.by)
    keys = rolling.key_columns(asked) if grouped else {}
    columns = "".join(f"{sql} AS {name}, " for name, sql in keys.items())
    listed = "".join(f"{name}, " for name in keys)
    nothing = (
        "" if grouped else "".join(f"NULL::{_TYPES[name]} AS {name}, " for name in rolling.key_columns(asked))
    )
    by_sql, by_name = ((f" GROUP BY {', '.join(part)}" if keys else "") for part in (keys.values(), keys))
    yearly = (not grouped or asked.unit in {None, "year"}) and (span is None or rolling.whole_years(span))
    link = (digits, by_insurer, yearly)
    if link in LINKS:
        starts = [] if span is None else [bound(span.begins, "date")]
        starts += [rolling.start(asked.unit)] if grouped and asked.unit else []
        # With neither period nor unit, only the first month ever counts.
        first = f"previous < greatest({', '.join(starts)})" if starts else "previous = '-infinity'"
        number = bound(link_number(*link), "int")
        folded = f"enterprises FROM enterprise_link WHERE grain = {number} AND {where} AND {first}"
    elif len(asked.within) >= _FEW:
        folded = (
            f"count(DISTINCT enterprise_uscc) FROM enterprise_month WHERE {where} AND policies > 0{by_sql}"
        )
    else:
        return None
    told = f"SELECT {columns}{folded}"
    if pending:
        now, was = (f"count(DISTINCT enterprise_uscc) FILTER (WHERE {time})" for time in ("now", "was"))
        told += f" UNION ALL SELECT {columns}{now} - {was} FROM affected{by_sql}"  # noqa: S608
    return (
        f"SELECT {'false' if grouped else 'true'} AS is_total, {nothing}{listed}sum(enterprises)::bigint AS enterprises"  # noqa: S608
        f" FROM ({told}) AS told({listed}enterprises){by_name} HAVING sum(enterprises) <> 0"
    )


_TYPES: Final = {"place": "text", "day": "date", "insurer": "text"}
