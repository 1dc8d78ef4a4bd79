"""WHAT happened under the policies that the caller may see? Services, hazards and ledger entries with their policies.

As they stand now, from views that carry the scope themselves (row-level security by a list of all policies of a
territory is too dear for figures); as they were known at an instant, from the histories under row-level security.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from ajx_gateway.store import measure
from ajx_gateway.store.measure import Asking
from ajx_gateway.store.tables import HISTORY, INSTANT, RECORDS
from ajx_gateway.store.versions import versions

PLANNED = ("submitted", "confirmed")
DONE = ("completed", "confirmed")
_OF_POLICY = (
    "division", "enterprise_uscc", "enterprise_name", "industry", "size", "sector_tags", "signed_on", "effective_on",
    "expires_on", "premium_received", "premium_refunded", "premium_adjusted", "subsidy_amount", "fund_amount",
)  # fmt: skip
_OWN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "service": (
            "plan_no", "state", "form", "started_on", "service_division", "agency_uscc", "cost", "charge_mode", "items",
        ),
        "hazard": (
            "service_no", "level", "state", "category", "found_on", "notified_on", "deadline_on", "rectified_on",
            "reviewed_on", "refused_on", "reported_on",
        ),
        "fund_entry": ("type", "amount", "entered_on", "purpose", "service_no", "reverses_entry_no"),
    }
)  # fmt: skip
_CHILD = ("record_id", "insurer", "key", "version", "policy_id", "policy_no", "voided")
_MONEY = sa.Numeric(18, 2)


Named = tuple[str, sa.types.TypeEngine[Any]]


def _view(name: str, *columns: Named) -> sa.TableClause:
    policy = RECORDS["policy"]
    every = (*columns, *((each, policy.c[each].type) for each in _OF_POLICY))
    return sa.table(name, *(sa.column(each, type_) for each, type_ in every))


def _policy_view(name: str, *counted: Named) -> sa.TableClause:
    own = (
        ("record_id", sa.Uuid()),
        ("insurer", sa.Text()),
        ("policy_no", sa.Text()),
        ("voided", sa.Boolean()),
    )
    return _view(name, *own, *counted)


def _child_view(name: str, kind: str, *more: Named) -> sa.TableClause:
    table = RECORDS[kind]
    return _view(name, *((each, table.c[each].type) for each in (*_CHILD, *_OWN[kind])), *more)


_WORK: tuple[Named, ...] = tuple(
    (name, sa.BigInteger()) for name in ("planned", "plans", "services", "items")
)
_LEDGER: tuple[Named, ...] = (("accrued", _MONEY), ("spent", _MONEY), ("entries", sa.BigInteger()))
_PREVENTION_EACH = _policy_view("prevention_each", *_WORK, ("first_on", sa.Date()))
_PREVENTION_ALL = _policy_view("prevention_all", *_WORK, ("on_day", sa.Date()))
_FUND_EACH = _policy_view("fund_each", *_LEDGER)
_FUND_ALL = _policy_view("fund_all", *_LEDGER)
_SERVICE = _child_view("service_here", "service")
_HAZARD = _child_view("hazard_here", "hazard", ("recorded_at", INSTANT))
_OF_SERVICE: tuple[Named, ...] = (
    ("service_id", sa.Uuid()), ("service_state", sa.Text()), ("charge_mode", sa.Text()), ("cost", _MONEY),
    ("agency_uscc", sa.Text()),
)  # fmt: skip
_PAID: tuple[Named, ...] = (("record_id", sa.Uuid()), ("state", sa.Text()), *_OF_SERVICE[2:])
_ENTRY = _child_view("fund_here", "fund_entry", ("spending", sa.Boolean()), *_OF_SERVICE)
_REFUSED = (
    "revised_at",
    "recorded_at",
    "xid",
    "level",
    "state",
    "category",
    "found_on",
    "refused_on",
    "reported_on",
)
# Every state of the hazards that ever were major and refused, in versions that once counted.
REFUSED = _view(
    "refused_hazard",
    *((each, HISTORY["hazard"].c[each].type) for each in (*_CHILD, *_REFUSED)),
)


def _policy_columns(policy: Any) -> list[sa.ColumnElement[Any]]:
    return [policy[name].label(name) for name in _OF_POLICY]


def prevention(as_of: datetime | None, *, each: bool) -> sa.FromClause:
    """Policies with what was planned and done. ``each``: one row a policy, dear for many of them; otherwise a row a
    plan and service (or one without any), to be added up by policy: the column ``on_day`` then is the service's day."""
    if as_of is None:
        return _PREVENTION_EACH if each else _PREVENTION_ALL
    policy, plan, service = (versions(kind, as_of, kind) for kind in ("policy", "service_plan", "service"))
    nothing: sa.ColumnElement[Any] = sa.literal_column("0")
    planned = sa.select(
        plan.c.policy_id, plan.c.planned_count.label("planned"), sa.literal_column("1").label("plans"),
        nothing.label("services"), nothing.label("items"), sa.cast(sa.null(), sa.Date()).label("on_day"),
    ).where(sa.not_(plan.c.voided), plan.c.state.in_(PLANNED))  # fmt: skip
    done = sa.select(
        service.c.policy_id, nothing, nothing, sa.literal_column("1"), sa.func.cardinality(service.c["items"]),
        service.c.started_on,
    ).where(sa.not_(service.c.voided), service.c.state.in_(DONE))  # fmt: skip
    work = sa.union_all(planned, done).subquery("work")
    rows = (
        sa.select(
            policy.c.record_id, policy.c.insurer, policy.c.key.label("policy_no"), policy.c.voided,
            *_policy_columns(policy.c), *(work.c[name] for name in ("planned", "plans", "services", "items", "on_day")),
        ).select_from(policy.outerjoin(work, work.c.policy_id == policy.c.record_id))
    )  # fmt: skip
    if not each:
        return rows.subquery("prevention")
    return _each(rows, ("planned", "plans", "services", "items"), {"first_on": "on_day"})


def funds(as_of: datetime | None, *, each: bool) -> sa.FromClause:
    """Policies with what was accrued and spent on them, one row each or a row an entry, as ``prevention``."""
    if as_of is None:
        return _FUND_EACH if each else _FUND_ALL
    policy, ledger = versions("policy", as_of, "fund_policy"), entries(as_of, "fund_entry")
    kept = (
        sa.select(ledger.c.policy_id, ledger.c.amount, ledger.c.spending)
        .where(sa.not_(ledger.c.voided))
        .subquery("kept")
    )
    rows = sa.select(
        policy.c.record_id, policy.c.insurer, policy.c.key.label("policy_no"), policy.c.voided,
        *_policy_columns(policy.c),
        sa.case((kept.c.spending, 0), else_=kept.c.amount).label("accrued"),
        sa.case((kept.c.spending, kept.c.amount)).label("spent"),
        sa.cast(kept.c.amount.is_not(None), sa.Integer()).label("entries"),
    ).select_from(policy.outerjoin(kept, kept.c.policy_id == policy.c.record_id))  # fmt: skip
    return _each(rows, ("accrued", "spent", "entries"), {}) if each else rows.subquery("funds")


def _each(rows: sa.Select[Any], summed: tuple[str, ...], earliest: Mapping[str, str]) -> sa.FromClause:
    facts = rows.subquery("facts")
    plain = ("insurer", "policy_no", "voided", *_OF_POLICY)
    return (
        sa.select(
            facts.c.record_id,
            *(sa.func.any_value(facts.c[name], type_=facts.c[name].type).label(name) for name in plain),
            *(sa.func.coalesce(sa.func.sum(facts.c[name]), 0).label(name) for name in summed),
            *(sa.func.min(facts.c[name]).label(label) for label, name in earliest.items()),
        )
        .group_by(facts.c.record_id)
        .subquery("each_policy")
    )


def entries(as_of: datetime | None, name: str = "entry") -> sa.FromClause:
    """Ledger entries with the side they stand on (``spending``), their policy and the service they pay.

    ``name`` tells two of them in one statement apart.
    """
    if as_of is None:
        return _ENTRY
    own = versions("fund_entry", as_of, "own")
    policy, service = versions("policy", as_of, f"{name}_policy"), versions("service", as_of, "service")
    paid = sa.and_(
        service.c.insurer == own.c.insurer, service.c.key == own.c.service_no, sa.not_(service.c.voided)
    )
    division = sa.case((own.c.policy_id.is_(None), own.c.kept_division), else_=policy.c.division)
    asked = Asking(own.c, policy.c, measure.reversed_side(own.c, as_of), sa.null())
    joined = own.outerjoin(policy, policy.c.record_id == own.c.policy_id).outerjoin(service, paid)
    # It may have been done under a policy that lies where the caller sees none; asked only of entries without one here.
    missing = sa.case((service.c.record_id.is_(None), own.c.service_no))
    known = sa.literal(as_of, INSTANT)
    elsewhere = (
        sa.func.fund_service(own.c.insurer, missing, known)
        .table_valued(*(sa.column(each, type_) for each, type_ in _PAID))
        .render_derived()
        .lateral("elsewhere")
    )
    joined = joined.outerjoin(elsewhere, sa.true())
    return (
        sa.select(
            *(own.c[name] for name in (*_CHILD, *_OWN["fund_entry"])),
            measure.spending(asked).label("spending"),
            division.label("division"),
            *_policy_columns(policy.c)[1:],
            *(
                sa.func.coalesce(service.c[name], elsewhere.c[name]).label(label)
                for (name, _), (label, _) in zip(_PAID, _OF_SERVICE, strict=True)
            ),
        )
        .select_from(joined)
        .subquery("entries")
    )


def services(as_of: datetime | None) -> sa.FromClause:
    """Services, also cancelled ones, with their policies."""
    return _SERVICE if as_of is None else _children("service", as_of)


def hazards(as_of: datetime | None) -> sa.FromClause:
    """Hazards with their policies."""
    return _HAZARD if as_of is None else _children("hazard", as_of)


def _children(kind: str, as_of: datetime) -> sa.FromClause:
    own, policy = versions(kind, as_of, "own"), versions("policy", as_of, "policy")
    names = (*_CHILD, *_OWN[kind], "recorded_at")
    return (
        sa.select(*(own.c[name] for name in names), *_policy_columns(policy.c))
        .select_from(own.outerjoin(policy, policy.c.record_id == own.c.policy_id))
        .subquery(f"{kind}s")
    )
