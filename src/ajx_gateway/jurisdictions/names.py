"""WHICH values may a jurisdiction state? One table: name, shape and Chinese title.

Rules take these names as keyword arguments; a file that states another name is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from ajx_gateway.jurisdictions.model import Department, Entitlement, LegalValue, Target

Shape = Literal[
    "ratio",
    "money",
    "count",
    "counts",
    "multiple",
    "flag",
    "choice",
    "list",
    "targets",
    "income",
    "departments",
    "entitlements",
]


@dataclass(frozen=True, slots=True)
class ValueName:
    name: str
    shape: Shape
    title: str
    choices: tuple[str, ...] = ()


_ALL = (
    ValueName("fund_floor_ratio", "ratio", "事故预防服务费用提取比例下限"),
    ValueName("fund_spend_cap_ratio", "ratio", "事故预防服务费用使用比例上限"),
    ValueName("fund_base", "choice", "事故预防服务费用计提基数", ("received", "total", "profit")),
    ValueName("rate_float_bound", "ratio", "实际费率相对基准费率的最大浮动幅度"),
    ValueName("death_limit_floor", "money", "每人死亡赔偿限额下限（元）"),
    ValueName(
        "death_limit_income_multiple", "multiple", "每人死亡赔偿限额下限（上年城镇居民人均可支配收入的倍数）"
    ),
    ValueName("urban_income", "income", "城镇居民人均可支配收入（元，按地区和年度）"),
    ValueName("subsidy_cap_ratio", "ratio", "企业保费补贴比例上限"),
    ValueName("city_subsidy_match_ratio", "ratio", "市财政对区级补贴支出的配套比例"),
    ValueName("term_months_max", "count", "保险期限上限（月）"),
    ValueName("inspection_sample_ratio", "ratio", "事故预防服务抽查企业比例下限"),
    ValueName("quarterly_report_days", "count", "季度报告期限（季后日数）"),
    ValueName("monthly_statistics_day", "count", "月度统计期限（次月几日前）"),
    ValueName("coverage_targets", "targets", "投保覆盖率目标"),
    ValueName("high_risk_sectors", "list", "应当投保的行业领域"),
    ValueName("key_promotion_sectors", "list", "重点推行的行业领域"),
    ValueName("service_norm_sectors", "list", "制定了专属服务规范的行业领域"),
    ValueName("required_coverages", "list", "基本保障范围"),
    ValueName("service_entitlements", "entitlements", "事故预防服务项次标准（按风险和保费）"),
    ValueName("sector_departments", "departments", "行业主管部门"),
    ValueName("premium_payers_allowed", "list", "允许的保费缴纳人"),
    ValueName("float_down_credit_lists", "list", "可下浮费率的信用名单"),
    ValueName("float_up_credit_lists", "list", "可上浮费率的信用名单"),
    ValueName("float_down_standardization_levels", "list", "可下浮费率的安全生产标准化等级"),
    ValueName("float_down_occupational_health_grades", "list", "可下浮费率的职业健康管理等级"),
    ValueName("float_up_occupational_health_grades", "list", "可上浮费率的职业健康管理等级"),
    ValueName("whole_staff_required", "flag", "要求全员投保"),
    ValueName("remote_placement_filing_required", "flag", "异地投保须向行业主管部门报备"),
    ValueName("hazard_notice_required", "flag", "发现隐患须书面告知投保单位"),
    ValueName("major_refusal_report_required", "flag", "重大隐患拒不整改须报告属地部门"),
    ValueName("service_confirmation_required", "flag", "服务记录须经双方确认"),
    ValueName("accident_grade_deaths", "counts", "较大、重大、特别重大事故的死亡人数起点"),
    ValueName("accident_grade_injuries", "counts", "较大、重大、特别重大事故的重伤人数起点"),
    ValueName("accident_grade_losses", "counts", "较大、重大、特别重大事故的直接经济损失起点（元）"),
    ValueName("claim_decide_days", "count", "情形复杂的赔案核定期限（日）"),
    ValueName("claim_pay_days", "count", "达成协议后的赔付期限（日）"),
    ValueName("complaint_extension_days_max", "count", "投诉办理期限延长上限（日）"),
    ValueName("four_eyes_required", "flag", "影响评分的决定须由两人作出"),
    ValueName("quality_case_rules", "list", "列为数据质量问题的校验规则"),
    # The gateway's own limits of plausibility: they warn, and are parameters like any other.
    ValueName("premium_per_head_min", "money", "人均保费合理下限（元）"),
    ValueName("premium_per_head_max", "money", "人均保费合理上限（元）"),
    ValueName("premium_tolerance_ratio", "ratio", "应收保费与费率因子的容差"),
    ValueName("rate_tolerance_ratio", "ratio", "实际费率与费率因子的容差"),
    ValueName("amount_tolerance", "money", "金额容差（元）"),
    ValueName("project_term_months_max", "count", "项目保险期限合理上限（月）"),
    ValueName("effective_lead_days_max", "count", "签单至起保的合理间隔（日）"),
    ValueName("employee_count_age_days_max", "count", "员工人数统计日的有效期（日）"),
    ValueName("filing_lag_days_max", "count", "签单至报送的合理间隔（日）"),
    ValueName("death_limit_plausible_max", "money", "每人死亡限额合理上限（元）"),
    ValueName("service_minutes_min", "count", "单次服务时长合理下限（分钟）"),
    ValueName("service_minutes_max", "count", "单次服务时长合理上限（分钟）"),
    ValueName("service_grace_days", "count", "保单到期后仍可服务的合理期间（日）"),
    ValueName("claim_report_days_max", "count", "事故至报案的合理间隔（日）"),
    ValueName("hazard_deadline_days_max", "count", "隐患整改期限合理上限（日）"),
    ValueName("hazard_overdue_days", "count", "隐患逾期未整改的提示期限（日）"),
    ValueName("hazard_ageing_days", "counts", "未整改隐患账龄分段（日）"),
    ValueName("fund_round_sum", "money", "支出整数金额提示的最小单位（元）"),
    ValueName("agency_concentration_ratio", "ratio", "服务费用集中于一家服务机构的提示比例"),
    ValueName("renewal_gap_days_max", "count", "续保之间允许的空档（日）"),
    ValueName("renewal_notice_days", "count", "保单即将到期的提示天数（日）"),
    ValueName("endorsement_backdating_days_max", "count", "批单倒签的合理期间（日）"),
    ValueName("fund_entry_lag_days_max", "count", "费用发生至报送的合理间隔（日）"),
    ValueName("report_late_days_max", "count", "报告期结束至报送的合理间隔（日）"),
    ValueName("overdue_ageing_days", "counts", "逾期期限账龄分段（日）"),
    ValueName("sign_backdated_days", "count", "签单倒签迹象：签单至首次报送的日数"),
    ValueName("sign_moved_days", "count", "起算日后移迹象：后移的最少日数"),
    ValueName("sign_mass_window_days", "count", "期末集中更正迹象：月末日数"),
    ValueName("sign_mass_factor", "multiple", "期末集中更正迹象：日均更正数相对当月其余日的倍数"),
    ValueName("sign_mass_least", "count", "期末集中更正迹象：期末更正的最少笔数"),
    ValueName("suppression_threshold", "count", "不得查看单个企业的身份所见数字的最少企业数"),
    ValueName("clock_skew_minutes", "count", "报送方时钟允许超前（分钟）"),
)
NAMES: Mapping[str, ValueName] = MappingProxyType({entry.name: entry for entry in _ALL})


def shaped(name: str, raw: object) -> LegalValue:
    """Turn what TOML holds into the value's own type; ``ValueError`` says what is wrong with it."""
    entry = NAMES.get(name)
    if entry is None:
        raise ValueError(f"unknown value name {name!r}; known: {', '.join(sorted(NAMES))}")
    match entry.shape:
        case "ratio":
            return _decimal(raw, most=Decimal(1))
        case "money" | "multiple":
            return _decimal(raw, most=None)
        case "count":
            return _count(raw)
        case "counts":
            return _counts(raw)
        case "flag":
            if not isinstance(raw, bool):
                raise ValueError(f"expected true or false, got {raw!r}")
            return raw
        case "choice":
            if raw not in entry.choices:
                raise ValueError(f"expected one of {', '.join(entry.choices)}, got {raw!r}")
            return str(raw)
        case "list":
            return _codes(raw)
        case "targets":
            return _targets(raw)
        case "income":
            return _income(raw)
        case "departments":
            return tuple(_department(entry) for entry in _entries(raw))
        case "entitlements":
            return tuple(_entitlement(entry) for entry in _entries(raw))


def _decimal(raw: object, *, most: Decimal | None) -> Decimal:
    # Quoted, so that 0.12 is what the law says and not the nearest binary fraction.
    if not isinstance(raw, str) or not re.fullmatch(r"[0-9]{1,13}(\.[0-9]{1,6})?", raw):
        raise ValueError(f'expected a quoted decimal such as "0.12", got {raw!r}')
    value = Decimal(raw)
    if most is not None and value > most:
        raise ValueError(f"expected at most {most}, got {raw}")
    return value


def _count(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 0:
        raise ValueError(f"expected a whole number, got {raw!r}")
    return raw


def _counts(raw: object) -> tuple[int, ...]:
    if not isinstance(raw, list) or not raw:
        raise ValueError(f"expected a list of whole numbers, got {raw!r}")
    return tuple(_count(entry) for entry in raw)


def _codes(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list) or not raw or not all(isinstance(code, str) for code in raw):
        raise ValueError(f"expected a list of codes, got {raw!r}")
    if len(set(raw)) != len(raw):
        raise ValueError(f"the same code twice in {raw!r}")
    return tuple(raw)


def _targets(raw: object) -> tuple[Target, ...]:
    if not isinstance(raw, list) or not raw:
        raise ValueError(f"expected a list of targets, got {raw!r}")
    return tuple(_target(entry) for entry in raw)


def _target(entry: object) -> Target:
    if not isinstance(entry, dict) or set(entry) != {"tags", "ratio", "by", "clause"}:
        raise ValueError(f"a target has exactly tags, ratio, by and clause, got {entry!r}")
    by, clause = entry["by"], entry["clause"]
    if not isinstance(by, date) or not isinstance(clause, str):
        raise ValueError(f"a target's by is a date and its clause a text, got {entry!r}")
    return Target(_codes(entry["tags"]), _decimal(entry["ratio"], most=Decimal(1)), by, clause)


def _entries(raw: object) -> list[object]:
    if not isinstance(raw, list) or not raw:
        raise ValueError(f"expected a list of tables, got {raw!r}")
    return raw


def _tags(raw: object) -> tuple[str, ...]:
    return () if raw == [] else _codes(raw)


def _department(entry: object) -> Department:
    if not isinstance(entry, dict) or set(entry) != {"tags", "name", "clause"}:
        raise ValueError(f"a department has exactly tags, name and clause, got {entry!r}")
    name, clause = entry["name"], entry["clause"]
    if not isinstance(name, str) or not name or not isinstance(clause, str):
        raise ValueError(f"a department's name and clause are texts, got {entry!r}")
    return Department(_tags(entry["tags"]), name, clause)


def _entitlement(entry: object) -> Entitlement:
    if not isinstance(entry, dict) or set(entry) != {"tags", "premium_from", "items", "clause"}:
        raise ValueError(f"an entitlement has exactly tags, premium_from, items and clause, got {entry!r}")
    clause = entry["clause"]
    if not isinstance(clause, str):
        raise ValueError(f"an entitlement's clause is a text, got {entry!r}")
    premium = _decimal(entry["premium_from"], most=None)
    return Entitlement(_tags(entry["tags"]), premium, _count(entry["items"]), clause)


def _income(raw: object) -> Mapping[str, Mapping[int, Decimal]]:
    if not isinstance(raw, dict) or not raw:
        raise ValueError(f"expected a table of divisions, got {raw!r}")
    return MappingProxyType({division: _years(division, years) for division, years in raw.items()})


def _years(division: str, years: object) -> Mapping[int, Decimal]:
    if not re.fullmatch(r"[1-9][0-9]{5}", division) or not isinstance(years, dict) or not years:
        raise ValueError(f"expected a six-digit division with its years, got {division!r} = {years!r}")
    if not all(re.fullmatch(r"[12][0-9]{3}", year) for year in years):
        raise ValueError(f"expected four-digit years for {division}, got {list(years)!r}")
    return MappingProxyType({int(year): _decimal(figure, most=None) for year, figure in years.items()})
