"""WHAT do regulators ask, and what must the answer be? Each question over HTTP beside plain SQL over the rows.

The SQL knows nothing of what the gateway counts ahead: it reads records, roster and clocks, under no access control.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

# Of a year the day for which most is added up: every month before, and every day of the last but one.
YEAR, ON = 2025, "2025-12-30"
# Who asks, and for which territory: a province, its large city, a district of that, a town of that.
TERRITORIES = {"province": "44", "city": "4406", "district": "440605", "town": "440605124"}

Key = tuple[str | None, ...]
Rows = Mapping[Key, Mapping[str, Decimal | None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: its path, its groups' dimensions, plain SQL over ``{territory}`` and ``{now}``, and what of the answer's
    group must be equal to the SQL's columns. The SQL's columns ``by_…`` name the group; without any, it is the total."""

    name: str
    path: str
    by: tuple[str, ...]
    sql: str
    told: Callable[[Mapping[str, Any]], Mapping[str, Any]]

    def answered(self, answer: Mapping[str, Any]) -> Rows:
        """The answer's groups, or its total, as numbers."""
        groups = answer["groups"] if self.by else [{"keys": {}, **answer["total"]}]
        found = {
            tuple(group["keys"][name] for name in self.by): _numbers(self.told(group)) for group in groups
        }
        return {key: values for key, values in found.items() if any(values.values())}


def _numbers(values: Mapping[str, Any]) -> dict[str, Decimal | None]:
    return {name: None if value is None else Decimal(value) for name, value in values.items()}


def recomputed(asked: Asked, rows: list[Mapping[str, Any]]) -> Rows:
    """What the plain SQL found, in the same shape."""
    found = {
        tuple(row[f"by_{name}"] for name in asked.by): _numbers(
            {name: value for name, value in row.items() if not name.startswith("by_")}
        )
        for row in rows
    }
    return {key: values for key, values in found.items() if any(values.values())}


def _group(keys: Mapping[str, str]) -> tuple[str, str]:
    """The beginning of a select list, and the end of the statement."""
    chosen = "".join(f"{sql} AS by_{name}, " for name, sql in keys.items())
    return chosen, f" GROUP BY {', '.join(f'by_{name}' for name in keys)}" if keys else ""


def _wanting(by: Sequence[str]) -> str:
    return f"&by={','.join(by)}" if by else ""


_OF_POLICIES = {
    "month": "to_char(signed_on, 'YYYY-MM')",
    "district": "left(division, 6)",
    "insurer": "insurer",
}
_SUMS = (
    "count(*) AS policies, count(DISTINCT enterprise_uscc) AS enterprises, sum(insured_count) AS insured_persons,"
    " sum(premium_received - premium_refunded) AS premium, sum(aggregate) AS sum_insured"
)


def _aggregates(name: str, query: str, *by: str, columns: str = _SUMS, compared: bool = False) -> Asked:
    chosen, grouped = _group({each: _OF_POLICIES[each] for each in by})
    year = YEAR - compared
    where = "NOT voided AND starts_with(division, '{territory}')"
    where += f" AND signed_on >= '{year}-01-01' AND signed_on < '{year + 1}-01-01'"
    asked = f"period={YEAR}{query}{_wanting(by)}"
    side = "previous" if compared else "values"
    return Asked(
        f"aggregates: {name}",
        f"/v1/oversight/aggregates?{asked}",
        by,
        f"SELECT {chosen}{columns} FROM policy WHERE {where}{grouped}",
        lambda group: group[side],
    )


_SERVED = (
    "count(*) AS services, count(*) FILTER (WHERE s.state IN ('completed', 'confirmed')) AS services_completed,"
    " count(DISTINCT p.enterprise_uscc) AS enterprises_served, sum(s.cost) AS service_cost"
)


def _services(name: str, *by: str) -> Asked:
    chosen, grouped = _group({each: {"district": "left(p.division, 6)"}[each] for each in by})
    measures = "services,services_completed,enterprises_served,service_cost"
    return Asked(
        f"aggregates: {name}",
        f"/v1/oversight/aggregates?measures={measures}&period={YEAR}{_wanting(by)}",
        by,
        f"SELECT {chosen}{_SERVED} FROM service s JOIN policy p ON p.record_id = s.policy_id WHERE NOT s.voided"
        " AND s.state <> 'cancelled' AND starts_with(p.division, '{territory}')"
        f" AND s.started_on >= '{YEAR}-01-01' AND s.started_on < '{YEAR + 1}-01-01'{grouped}",
        lambda group: group["values"],
    )


# In force on the day, or cancelled from a later one; an enterprise counts once, however many entries name it.
_COVERED = f"""
WITH ended AS (
    SELECT DISTINCT ON (policy_id) policy_id, CASE WHEN type = 'cancel' THEN effective_on END AS ends_on
    FROM endorsement WHERE type IN ('cancel', 'reinstate') AND NOT voided
    ORDER BY policy_id, effective_on DESC, revised_at DESC, type DESC),
covered AS (
    SELECT DISTINCT p.enterprise_uscc FROM policy p LEFT JOIN ended e ON e.policy_id = p.record_id
    WHERE NOT p.voided AND p.effective_on <= '{ON}' AND p.expires_on >= '{ON}'
        AND (e.ends_on IS NULL OR e.ends_on > '{ON}')),
listed AS (
    SELECT r.*, c.enterprise_uscc IS NOT NULL AS insured FROM roster_state r LEFT JOIN covered c ON c.enterprise_uscc = r.uscc
    WHERE r.superseded_at IS NULL AND starts_with(r.division, '{{territory}}') AND r.effective_from <= '{ON}'
        AND (r.effective_to IS NULL OR r.effective_to >= '{ON}'))
"""
_COVERAGE = "count(DISTINCT uscc) AS enterprises, count(DISTINCT uscc) FILTER (WHERE insured) AS insured"


def _coverage(name: str, key: str | None = None, source: str = "listed") -> Asked:
    by = () if key is None else (name,)
    chosen, grouped = _group({} if key is None else {name: key})
    return Asked(
        f"coverage: {name}",
        f"/v1/oversight/coverage?on={ON}{_wanting(by)}",
        by,
        f"{_COVERED} SELECT {chosen}{_COVERAGE} FROM {source}{grouped}",
        lambda group: {each: group[each] for each in ("enterprises", "insured")},
    )


# The state of every clock at an instant, from the rows and the law's words alone.
_STATES = f"""
WITH ended AS (
    SELECT DISTINCT ON (policy_id) policy_id, CASE WHEN type = 'cancel' THEN effective_on END AS ends_on
    FROM endorsement WHERE type IN ('cancel', 'reinstate') AND NOT voided
    ORDER BY policy_id, effective_on DESC, revised_at DESC, type DESC),
stated AS (
    SELECT c.insurer, c.clock, to_char(c.start_on, 'YYYY-MM') AS month,
        CASE WHEN substr(c.division, 5, 2) NOT IN ('', '00') THEN left(c.division, 6) END AS district,
        timezone('Asia/Shanghai', c.met_at)::date - c.start_on AS lag,
        CASE WHEN (c.voided OR timezone('Asia/Shanghai', e.ends_on::timestamp) < c.due)
                 AND (c.met_at IS NULL OR c.met_at >= c.due) THEN 'void'
             WHEN c.met_at < c.due THEN 'met' WHEN c.met_at IS NOT NULL THEN 'met_late'
             WHEN '{{now}}' >= c.due THEN 'overdue'
             WHEN '{{now}}' >= c.due - c.due_soon_days * interval '1 day' THEN 'due_soon' ELSE 'pending' END AS state
    FROM clock c LEFT JOIN ended e ON e.policy_id = c.subject_id
    WHERE c.start_on IS NOT NULL AND c.applicable AND c.due IS NOT NULL AND starts_with(c.division, '{{territory}}')
        AND c.start_on >= '{YEAR}-01-01' AND c.start_on < '{YEAR + 1}-01-01')
"""
_STATE_NAMES = ("met", "met_late", "overdue", "due_soon", "pending", "void")
_PUNCTUAL = ", ".join(
    [
        *(f"count(*) FILTER (WHERE state = '{state}') AS {state}" for state in _STATE_NAMES),
        *(
            f"percentile_disc({share}) WITHIN GROUP (ORDER BY lag) AS p{share * 100:.0f}"
            for share in (0.5, 0.95)
        ),
    ]
)


def _timeliness(name: str, *by: str) -> Asked:
    chosen, grouped = _group({each: each for each in by})
    return Asked(
        f"timeliness: {name}",
        f"/v1/oversight/timeliness?period={YEAR}{_wanting(by)}",
        by,
        f"{_STATES} SELECT {chosen}{_PUNCTUAL} FROM stated{grouped}",
        lambda group: {
            **{state: group[state] for state in _STATE_NAMES},
            **{share: group["lag_days"][share] for share in ("p50", "p95")},
        },
    )


QUESTIONS = (
    _aggregates("total", ""),
    _aggregates("distinct enterprises", "&measures=enterprises", columns="count(DISTINCT enterprise_uscc) AS enterprises"),
    _aggregates("by month", "", "month"),
    _aggregates("by district", "", "district"),
    _aggregates("by insurer", "", "insurer"),
    _aggregates("total, year on year", "&compare=yoy", compared=True),
    _aggregates("by insurer, year on year", "&compare=yoy", "insurer", compared=True),
    _services("services"),
    _services("services by district", "district"),
    _coverage("total"),
    _coverage("town", "CASE WHEN length(division) = 9 THEN division ELSE rpad(left(division, 6), 6, '0') END"),
    _coverage("sector", "tag", "listed LEFT JOIN LATERAL unnest(sector_tags) AS tag ON true"),
    _timeliness("total"),
    _timeliness("by insurer", "insurer"),
    _timeliness("by district", "district"),
    _timeliness("by clock", "clock"),
    _timeliness("trend", "month"),
    _timeliness("trend by insurer", "insurer", "month"),
)  # fmt: skip
