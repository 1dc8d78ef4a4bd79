"""HOW does one read a requirement? A value of the law, or how a clock runs, as a Chinese phrase."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from ajx_gateway.publishing.headings import STARTS
from ajx_gateway.rules import RULES
from ajx_gateway.standard import codes

Item = Mapping[str, object]

# Which code list the words of a value come from.
_LISTS: Mapping[str, str] = {
    "high_risk_sectors": "sector_tag",
    "key_promotion_sectors": "sector_tag",
    "service_norm_sectors": "sector_tag",
    "required_coverages": "coverage",
    "premium_payers_allowed": "premium_payer",
    "float_down_credit_lists": "credit_list",
    "float_up_credit_lists": "credit_list",
    "float_down_occupational_health_grades": "occupational_health_grade",
    "float_up_occupational_health_grades": "occupational_health_grade",
    "float_down_standardization_levels": "standardization_level",
}
_WORDS: Mapping[str, str] = {"received": "实收保费", "adjusted": "应收保费"}


def requirement(item: Item) -> str:
    """What is demanded: the value, or the clock's length, start and counting."""
    return _clock(item) if item["type"] == "clock" else _value(str(item["name"]), item["value"])


def sizes(item: Item) -> str:
    """Whom a clock binds; empty when it binds all."""
    bound = item.get("applies_to")
    return (
        "、".join(codes.title("enterprise_size", str(size)) for size in bound)
        if isinstance(bound, list)
        else ""
    )


def _clock(item: Item) -> str:
    if item["fixed"]:
        month, _, day = str(item["fixed"]).partition("-")
        return f"每年 {int(month)} 月 {int(day)} 日前"
    if item["days"] is None:
        return "按保单承诺的天数（公布而不计时）"
    counted = "个工作日" if item["counting"] == "working" else "日"
    start = STARTS.get(str(item["start"]), str(item["start"]))
    return f"{start}起 {item['days']} {counted}内{'，遇休息日顺延' if item['roll'] else ''}"


def _value(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return _all(name, value)
    if isinstance(value, dict):
        return "；".join(
            f"{place} {year} 年 {figure}" for place, years in value.items() for year, figure in years.items()
        )
    text = str(value)
    if name.endswith(("_ratio", "_bound")):
        return percent(text)
    return _WORDS.get(text, text)


def _all(name: str, values: list[object]) -> str:
    if values and all(isinstance(value, Mapping) for value in values):
        return "；".join(_entry(value) for value in values if isinstance(value, Mapping))
    if name == "quality_case_rules":
        return "、".join(RULES[str(rule)].title if rule in RULES else str(rule) for rule in values)
    told = _titles(_LISTS.get(name))
    return "、".join(told(str(value)) for value in values)


def _entry(entry: Item) -> str:
    """One entry of a list of tables: a target, a department or an entitlement."""
    if "ratio" in entry:
        return _target(entry)
    tags = entry["tags"]
    told = _titles("sector_tag")
    bound = "、".join(told(str(tag)) for tag in tags) if isinstance(tags, list) and tags else ""
    if "name" in entry:
        return f"{bound or '其他行业领域'}：{entry['name']}"
    return f"{bound or '各行业领域'}，保费 {entry['premium_from']} 元起：{entry['items']} 项次"


def _target(target: Item) -> str:
    tags = target["tags"]
    sectors = "、".join(map(_titles("sector_tag"), tags)) if isinstance(tags, list) else ""
    return f"{sectors or '全部行业'}：{percent(str(target['ratio']))}（{target['by']} 前）"


def _titles(code_list: str | None) -> Callable[[str], str]:
    return lambda code: codes.title(code_list, code) if code_list else code


def percent(ratio: str) -> str:
    """``0.12`` as one reads it: 12%."""
    return f"{(Decimal(ratio) * 100).normalize():f}%"
