"""HOW does the cover of an enterprise run over the days? The SQL that cuts it at every day on which anything changes.

The same facts as the question of one day looks at (see ``coverage``), for all days at once: entries of the roster,
policies with their cancellations, evidence.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final, NamedTuple

from ajx_gateway.store.grains import TAGS

KEY: Final = ("enterprise_uscc", "division", "begins_on")
SEGMENT: Final = (*KEY, "ends_on", "tags", "apart", "insured", "employees", "proven", "death_limit")
# What is counted of a segment, in the order of the sums.
SUMMED: Final = ("enterprises", "insured", "proven", "full_staff", "short_staff", "persons", "employees")
CELL: Final = ("level", "within", "death_limit", "division", "day", "tags")


class Grain(NamedTuple):
    """What the sums tell apart: so many digits of the place, and the tags; ``fives``: five days of a month together."""

    digits: int
    tagged: bool
    fives: bool = False


# Its number times ``LEVELS`` is added to the levels. The first one tells everything; only it has the days, which hardly any
# two changes have in common. Of a month that is cut a question reads five days after five days from a wide grain, the rest
# from the first; and the limits, of which it reads few, all from the first.
GRAINS: Final = (
    Grain(9, True),
    Grain(6, True),
    Grain(4, True, fives=True),
    Grain(9, False, fives=True),
    Grain(2, True, fives=True),
)
LEVELS: Final = 3
FIVE: Final = 5


def five(month: date, day: date) -> date:
    """The first of the five days, of this day's month, that the day lies in; a month's last ones are up to six."""
    return month + timedelta(days=min((day - month).days // FIVE, FIVE) * FIVE)


# From 1900 on: which policy was signed last, and of those signed on one day the larger number of employees.
_LATEST = "(p.signed_on - date '1900-01-01')::bigint * 1000000000 + p.employee_count"
_CANCELLED = """
    SELECT CASE WHEN e.type = 'cancel' THEN e.effective_on END AS cancelled_on FROM {schema}.endorsement e
    WHERE e.policy_id = p.record_id AND e.type IN ('cancel', 'reinstate') AND NOT e.voided
    ORDER BY e.effective_on DESC, e.revised_at DESC, e.type DESC LIMIT 1
"""
_ENTRIES = """
    entry AS MATERIALIZED (
        SELECT uscc, entry_id, division, {tags} AS tags, employee_count, employee_counted_on,
            effective_from AS begins_on, coalesce(effective_to, 'infinity') AS ends_on
        FROM {schema}.roster_state WHERE {who} AND superseded_at IS NULL
            AND (effective_to IS NULL OR effective_to >= effective_from)),
    placed AS MATERIALIZED (
        SELECT uscc, min(division) AS division, min(division) <> max(division) AS apart FROM entry GROUP BY uscc)
"""
_FACTS = """
    policed AS MATERIALIZED (
        SELECT * FROM (SELECT p.enterprise_uscc AS uscc, p.effective_on AS begins_on,
                least(p.expires_on, c.cancelled_on - 1) AS ends_on, p.insured_count, p.per_person_death,
                {latest} AS latest
            FROM {schema}.policy p LEFT JOIN LATERAL ({cancelled}) AS c ON true
            WHERE p.enterprise_uscc = ANY (ARRAY(SELECT uscc FROM placed WHERE NOT apart)) AND NOT p.voided) AS covers
        WHERE ends_on >= begins_on),
    proof AS MATERIALIZED (
        SELECT uscc, effective_on AS begins_on, expires_on AS ends_on FROM {schema}.roster_evidence
        WHERE uscc = ANY (ARRAY(SELECT uscc FROM placed WHERE NOT apart)) AND withdrawn_at IS NULL
            AND expires_on >= effective_on),
    cut AS (SELECT uscc, begins_on AS day FROM entry UNION SELECT uscc, ends_on + 1 FROM entry WHERE ends_on < 'infinity'
        UNION SELECT uscc, begins_on FROM policed UNION SELECT uscc, ends_on + 1 FROM policed
        UNION SELECT uscc, begins_on FROM proof UNION SELECT uscc, ends_on + 1 FROM proof),
    span AS MATERIALIZED (SELECT c.uscc, c.day AS begins_on, p.division,
            coalesce(lead(c.day) OVER (PARTITION BY c.uscc ORDER BY c.day) - 1, 'infinity') AS ends_on
        FROM cut c JOIN placed p USING (uscc) WHERE NOT p.apart)
"""
_SEGMENTS = """
    listed AS MATERIALIZED (
        SELECT s.uscc, s.begins_on, count(*) AS entries, string_agg(e.tags, ',') AS tags,
            (array_agg(e.employee_count ORDER BY e.employee_counted_on DESC NULLS LAST, e.entry_id))[1] AS employees,
            (array_agg(e.employee_counted_on ORDER BY e.employee_counted_on DESC NULLS LAST, e.entry_id))[1] AS counted_on
        FROM span s JOIN entry e ON e.uscc = s.uscc AND e.begins_on <= s.begins_on AND e.ends_on >= s.begins_on
        GROUP BY s.uscc, s.begins_on),
    covered AS MATERIALIZED (
        SELECT s.uscc, s.begins_on, sum(p.insured_count) AS insured, max(p.latest) AS latest,
            min(p.per_person_death) AS death_limit
        FROM span s JOIN policed p ON p.uscc = s.uscc AND p.begins_on <= s.begins_on AND p.ends_on >= s.begins_on
        GROUP BY s.uscc, s.begins_on),
    proven AS (
        SELECT DISTINCT s.uscc, s.begins_on FROM span s
        JOIN proof p ON p.uscc = s.uscc AND p.begins_on <= s.begins_on AND p.ends_on >= s.begins_on),
    segment AS MATERIALIZED (
        SELECT s.uscc AS enterprise_uscc, s.division, s.begins_on, s.ends_on,
            CASE WHEN l.entries = 1 THEN l.tags ELSE (
                SELECT coalesce(string_agg(DISTINCT tag COLLATE "C", ',' ORDER BY tag COLLATE "C"), '')
                FROM unnest(string_to_array(l.tags, ',')) AS tag WHERE tag <> '') END AS tags,
            false AS apart, c.insured::bigint AS insured,
            CASE WHEN l.employees IS NOT NULL AND (c.latest IS NULL
                    OR l.counted_on >= date '1900-01-01' + (c.latest / 1000000000)::int)
                THEN l.employees ELSE (c.latest % 1000000000)::int END AS employees,
            v.uscc IS NOT NULL AS proven, c.death_limit
        FROM span s JOIN listed l USING (uscc, begins_on) LEFT JOIN covered c USING (uscc, begins_on)
            LEFT JOIN proven v USING (uscc, begins_on)
        UNION ALL
        SELECT DISTINCT e.uscc, e.division, date '-infinity', date 'infinity', '', true, NULL::bigint, NULL::int, false,
            NULL::numeric
        FROM entry e JOIN placed p USING (uscc) WHERE p.apart)
"""


def segments(schema: str, who: str) -> str:
    """The statement parts that end with ``segment``: the rows that ``cover_segment`` of this schema should have about
    the enterprises that ``who``, a condition on ``uscc``, chooses."""
    entries = _ENTRIES.format(schema=schema, who=who, tags=TAGS)
    facts = _FACTS.format(schema=schema, latest=_LATEST, cancelled=_CANCELLED.format(schema=schema))
    return f"{entries},{facts},{_SEGMENTS}"


def counted(sign: str) -> str:
    """What a segment counts for, times ``sign``, in the order of ``SUMMED``."""
    staffed = "insured IS NOT NULL AND employees IS NOT NULL"
    told = (
        "1",
        "(insured IS NOT NULL)::int",
        "(proven AND insured IS NULL)::int",
        f"({staffed} AND insured >= employees)::int",
        f"({staffed} AND insured < employees)::int",
        f"CASE WHEN {staffed} THEN insured ELSE 0 END",
        f"CASE WHEN {staffed} THEN employees ELSE 0 END",
    )
    return ", ".join(f"{sign} * {sql}" for sql in told)


def sums(rows: str) -> str:
    """The cells of ``cover_sum`` that segments of ``rows`` (with a ``sign``) add up to: each begins on its first day and
    ends on the day after its last, at every level of its grain; who is insured counts once more under the lowest limit."""
    summed = ", ".join(SUMMED)
    total = ", ".join(f"sum({name}) AS {name}" for name in SUMMED)
    something = " OR ".join(f"sum({name}) <> 0" for name in SUMMED)
    year, month = (f"date_trunc('{unit}', s.day::timestamp)::date" for unit in ("year", "month"))
    by_limit = ", ".join("n * (insured IS NOT NULL)::int" if name == "insured" else "0" for name in SUMMED)
    added = ", ".join(f"sum(c.{name}) AS {name}" for name in SUMMED)
    either = f"(-1::bigint, {counted('n')}), ((death_limit * 100)::bigint, {by_limit})"
    grains = ", ".join(
        f"({number * LEVELS}, {g.digits}, {g.tagged}, {g.fives})" for number, g in enumerate(GRAINS)
    )
    fives = f"l.within + least((l.day - l.within) / {FIVE}, {FIVE}) * {FIVE}"
    return (
        f"SELECT (l.level + g.levels)::smallint AS level, l.within, s.death_limit, {placed('s.division')} AS division,"  # noqa: S608
        f" CASE WHEN l.level = {LEVELS - 1} AND g.fives THEN {fives} ELSE l.day END AS day,"
        f" CASE WHEN g.tagged THEN s.tags ELSE '' END AS tags, {total} FROM"
        f" (SELECT c.death_limit, division, day, tags, {added} FROM {rows}"
        " CROSS JOIN LATERAL (VALUES (begins_on, sign), (ends_on + 1, -sign)) AS b(day, n)"
        f" CROSS JOIN LATERAL (VALUES {either}) AS c(death_limit, {summed})"
        " WHERE NOT apart AND day < 'infinity' AND c.death_limit IS NOT NULL GROUP BY 1, 2, 3, 4"
        f" HAVING {something.replace('sum(', 'sum(c.')}) AS s CROSS JOIN LATERAL (VALUES"
        f" (0, date '-infinity', {year}), (1, {year}, {month}), (2, {month}, s.day)) AS l(level, within, day)"
        f" CROSS JOIN (VALUES {grains}) AS g(levels, digits, tagged, fives)"
        f" WHERE l.level < {LEVELS - 1} OR g.levels = 0 OR g.fives AND s.death_limit < 0"
        f" GROUP BY 1, 2, 3, 4, 5, 6 HAVING {something}"
    )


def placed(division: str) -> str:
    """The code of the place in which a grain ``g`` counts a division: six digits or more."""
    return f"CASE WHEN g.digits < 6 THEN rpad(left({division}, g.digits), 6, '0') ELSE left({division}, g.digits) END"
