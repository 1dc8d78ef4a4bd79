"""WHAT looks as if somebody managed the clock? The signs by name, each with its definition and its queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ajx_gateway.store.clock_counting import counts, local_day


@dataclass(frozen=True, slots=True)
class Sign:
    """``found`` and ``base`` are queries that give insurer, division, day, enterprise_uscc; ``found`` also kind, key,
    record_id, was, now_is and days. ``parameters``: name in the query string → name of the place's value."""

    name: str
    title: str
    definition: str
    base_title: str
    found: str
    base: str
    parameters: Mapping[str, str]
    of_clocks: bool = False


_SIGNINGS = "first_signings({begins}, {ends}, {at}) s"
_CLOCKS = (
    f"SELECT c.insurer, c.division, c.start_on AS day, p.enterprise_uscc FROM clock c"  # noqa: S608
    f" LEFT JOIN policy p ON p.record_id = c.subject_id WHERE {counts('c')}"
)
_MOVED = (
    "SELECT c.insurer, c.division, c.start_on AS day, p.enterprise_uscc, c.clock AS kind, c.subject_key AS key,"  # noqa: S608
    " c.clock_id AS record_id, c.start_on::text AS was, c.start_current::text AS now_is,"
    " c.start_current - c.start_on AS days FROM clock c LEFT JOIN policy p ON p.record_id = c.subject_id"
    f" WHERE {counts('c')} AND c.start_current <> c.start_on AND c.start_current - c.start_on >= {{days}}"
)


def _signed(was: str, now_is: str, days: str, where: str) -> str:
    return (
        f"SELECT s.insurer, s.division, s.signed_on AS day, s.enterprise_uscc, 'policy' AS kind, s.key, s.record_id,"  # noqa: S608
        f" {was}::text AS was, {now_is}::text AS now_is, {days} AS days FROM {_SIGNINGS} WHERE {where}"
    )


_ALL_SIGNED = f"SELECT s.insurer, s.division, s.signed_on AS day, s.enterprise_uscc FROM {_SIGNINGS}"  # noqa: S608
_STATES = (
    "filed_states(timezone('Asia/Shanghai', {begins}::timestamp),"
    " least(timezone('Asia/Shanghai', {ends}::timestamp), {at}))"
)
_DAY = local_day("recorded_at")
_CORRECTIONS = (
    f"SELECT insurer, division, {_DAY} AS day, enterprise_uscc, kind, key, record_id, version,"  # noqa: S608
    f" (date_trunc('month', {_DAY}::timestamp) + interval '1 month')::date - {_DAY} AS left_days,"
    f" date_trunc('month', {_DAY}::timestamp)::date AS month FROM {_STATES} AS f WHERE version > 1"
)
# Days of the month outside the window: a rate against a rate, so that a short rest does not look busy.
_MASSED = (
    f"SELECT insurer, division, day, enterprise_uscc, kind, key, record_id, (version - 1)::text AS was,"  # noqa: S608
    f" version::text AS now_is, left_days AS days FROM ({_CORRECTIONS}) AS c JOIN ("
    "SELECT insurer AS whose, month AS at_month, count(*) FILTER (WHERE left_days <= {window}) AS inside,"
    " count(*) FILTER (WHERE left_days > {window}) AS outside"
    f" FROM ({_CORRECTIONS}) AS every GROUP BY 1, 2) AS m ON whose = insurer AND at_month = month"
    " WHERE left_days <= {window} AND inside >= {least} AND inside::numeric"
    " * greatest((month + interval '1 month')::date - month - {window}, 0) > {factor} * outside * {window}"
)

SIGNS: Mapping[str, Sign] = MappingProxyType(
    {
        sign.name: sign
        for sign in (
            Sign(
                "future_signing",
                "签单日期晚于首次报送",
                "首次报送的签单日期晚于网关收到之日，按签单日期归期。",
                "签单保单数",
                _signed(
                    "s.received_on",
                    "s.signed_on",
                    "s.signed_on - s.received_on",
                    "s.signed_on > s.received_on",
                ),
                _ALL_SIGNED,
                MappingProxyType({}),
            ),
            Sign(
                "backdated_signing",
                "倒签",
                "签单日期早于首次报送超过 days 日，或签单日期晚于保险起期，按签单日期归期。",
                "签单保单数",
                _signed(
                    "s.signed_on",
                    "s.received_on",
                    "s.received_on - s.signed_on",
                    "s.received_on - s.signed_on > {days} OR s.signed_on > s.effective_on",
                ),
                _ALL_SIGNED,
                MappingProxyType({"days": "sign_backdated_days"}),
            ),
            Sign(
                "start_moved",
                "起算日后移",
                "更正后的起算日比首次报送的晚至少 days 日；期限仍按首次报送的起算日计算，按首次起算日归期。",
                "期限数",
                _MOVED,
                _CLOCKS,
                MappingProxyType({"days": "sign_moved_days"}),
                of_clocks=True,
            ),
            Sign(
                "late_turned_timely",
                "更正使逾期变为按期",
                "按首次起算日已逾期，按更正后的起算日则为按期；网关仍按首次起算日认定，按首次起算日归期。",
                "期限数",
                _MOVED.format(days=1) + " AND c.due < {at} AND (c.met_at IS NULL OR c.met_at >= c.due)"
                " AND coalesce(c.met_at, {at}) < c.due + (c.start_current - c.start_on) * interval '1 day'",
                _CLOCKS,
                MappingProxyType({}),
                of_clocks=True,
            ),
            Sign(
                "late_then_void",
                "逾期后因更正不再适用",
                "期限已逾期后，记录被作废，或更正为不适用（如更改企业规模）、移出本辖区，按首次起算日归期。",
                "期限数",
                "SELECT b.insurer, b.division, b.start_on AS day, p.enterprise_uscc, b.clock AS kind, b.subject_key AS key,"  # noqa: S608
                " b.clock_id AS record_id, b.due::text AS was, b.until::text AS now_is,"
                f" {local_day('b.until')} - {local_day('b.due')} + 1 AS days FROM clock_before b"
                " LEFT JOIN policy p ON p.record_id = b.subject_id"
                f" WHERE {counts('b')} AND NOT b.voided AND b.until > b.due AND (b.met_at IS NULL OR b.met_at >= b.due)"
                " AND NOT EXISTS (SELECT 1 FROM clock c WHERE c.clock_id = b.clock_id"
                f" AND {counts('c')} AND NOT c.voided)",
                _CLOCKS,
                MappingProxyType({}),
                of_clocks=True,
            ),
            Sign(
                "document_replaced",
                "电子保单受理后替换",
                "同一保单先后受理了内容不同的电子保单，按签单日期归期。",
                "有电子保单的保单数",
                "SELECT d.insurer, d.division, p.signed_on AS day, d.enterprise_uscc, 'policy' AS kind, d.key, d.record_id,"
                " d.first_on::text AS was, d.last_on::text AS now_is, d.last_on - d.first_on AS days"
                " FROM policy_documents({begins}, {ends}, {at}) d JOIN policy p USING (record_id) WHERE d.documents > 1",
                "SELECT d.insurer, d.division, p.signed_on AS day, d.enterprise_uscc"
                " FROM policy_documents({begins}, {ends}, {at}) d JOIN policy p USING (record_id)",
                MappingProxyType({}),
            ),
            Sign(
                "mass_corrections",
                "期末集中更正",
                "机构某月最后 window 日收到的更正不少于 least 笔，且日均笔数超过当月其余日的 factor 倍；按收到日期归期。",
                "更正笔数",
                _MASSED,
                f"SELECT insurer, division, day, enterprise_uscc FROM ({_CORRECTIONS}) AS c",  # noqa: S608
                MappingProxyType(
                    {
                        "window": "sign_mass_window_days",
                        "least": "sign_mass_least",
                        "factor": "sign_mass_factor",
                    }
                ),
            ),
        )
    }
)
