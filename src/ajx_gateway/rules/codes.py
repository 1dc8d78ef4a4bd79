"""ARE the codes of a record real? Check digits, places, industries, and codes in force on the day."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ajx_gateway.rules import clauses
from ajx_gateway.rules.arrival import Arrival
from ajx_gateway.rules.places import event_day
from ajx_gateway.rules.records import Policy
from ajx_gateway.rules.registry import KIND_NAMES, Fault, rule
from ajx_gateway.standard import checkdigits, codes, divisions, industries


def _pointed(member: str, *parts: str) -> tuple[tuple[str, str], ...]:
    return tuple((part, f"/{part}/{member}") for part in parts)


# The parts of a record that have such a code, with its pointer.
_PARTIES = {
    "policy": _pointed("uscc", "enterprise", "branch", "parent_cover"),
    "service_plan": _pointed("uscc", "agency"),
    "service": _pointed("uscc", "agency"),
    "fund_entry": _pointed("uscc", "payee"),
}
_PLACES = {
    "policy": _pointed("division", "enterprise", "branch", "subject"),
    "claim": _pointed("division", "accident"),
    "service": (),
    "fund_entry": (),
    "annual_report": (),
}


def _usccs(record: Any) -> Iterator[tuple[str, str]]:
    """(pointer, code) of every unified social credit code of a record."""
    for name, pointer in _PARTIES[record.kind]:
        party = getattr(record, name)
        if party is not None and party.uscc is not None:
            yield pointer, party.uscc
    if record.kind != "policy":
        return
    for index, member in enumerate(record.co_insurers or ()):
        yield f"/co_insurers/{index}/uscc", member.uscc
    for index, person in enumerate(record.insured_persons or ()):
        if person.dispatch_agency_uscc is not None:
            yield f"/insured_persons/{index}/dispatch_agency_uscc", person.dispatch_agency_uscc


# The same code is asked about twice a record, and an insurer's branch and towns come back with every record. A large memory
# would keep the room of past batches from being given back.
@lru_cache(maxsize=1_024)
def _uscc_ok(code: str) -> bool:
    return checkdigits.uscc_fault(code) is None


@lru_cache(maxsize=1_024)
def _organisation_ok(code: str) -> bool:
    return checkdigits.organisation_code_ok(code)


@rule(
    "code.uscc_invalid",
    kind=tuple(_PARTIES),
    title="统一社会信用代码校验不通过",
    severity="error",
    clause=clauses.USCC,
    mend="请核对营业执照上的18位代码（不含字母I、O、Z、S、V）。",
)
def uscc_invalid(record: Any) -> Iterator[Fault]:
    for pointer, code in _usccs(record):
        if not _uscc_ok(code):
            yield Fault(pointer, "字符集与第18位校验码正确", code, f"统一社会信用代码“{code}”校验不通过。")


@rule(
    "code.organisation_code_doubtful",
    kind=tuple(_PARTIES),
    title="主体标识码校验位存疑",
    severity="warning",
    clause=clauses.ORGANISATION,
    mend="少数真实代码也会如此，请核对证照，无误则不必处理。",
)
def organisation_code_doubtful(record: Any) -> Iterator[Fault]:
    for pointer, code in _usccs(record):
        if not _organisation_ok(code) and _uscc_ok(code):
            yield Fault(
                pointer, "第9至17位主体标识码校验位正确", code, f"代码“{code}”第9至17位的校验位存疑。"
            )


def _identified(record: Any) -> Iterator[tuple[str, Any]]:
    name = "insured_persons" if record.kind == "policy" else "victims"
    for index, person in enumerate(getattr(record, name) or ()):
        yield f"/{name}/{index}/id_no", person


@rule(
    "code.resident_id_invalid",
    kind=("policy", "claim"),
    title="公民身份号码校验不通过",
    severity="error",
    clause=clauses.RESIDENT_ID,
    mend="请核对证件；其他证件请填写对应的证件类型。",
)
def resident_id_invalid(record: Any) -> Iterator[Fault]:
    """Check digit and birth date only: the division part may be historic and never refuses anybody."""
    for pointer, person in _identified(record):
        if person.id_type == "resident_id" and checkdigits.resident_id_fault(person.id_no) is not None:
            yield Fault(
                pointer, "18位、出生日期真实、校验码正确", "（已隐去）", "名单中有公民身份号码校验不通过。"
            )


def _divisions(record: Any) -> Iterator[tuple[str, str]]:
    """(pointer, code) of every division code of a record."""
    parts = _PLACES[record.kind]
    if not parts:
        yield "/division", record.division
    for name, pointer in parts:
        division = getattr(record, name).division
        if division is not None:
            yield pointer, division
    if record.kind == "policy" and record.enterprise.operating_division is not None:
        yield "/enterprise/operating_division", record.enterprise.operating_division


@lru_cache(maxsize=65_536)
def _place_exists(code: str) -> bool:
    """Towns are checked where the town table of their city is loaded, elsewhere the county is."""
    if len(code) == 9 and not divisions.towns_known(f"{code[:4]}00"):
        return divisions.exists(code[:6])
    return divisions.exists(code)


@rule(
    "code.division_unknown",
    kind=tuple(_PLACES),
    title="行政区划代码不存在",
    severity="error",
    clause=clauses.DIVISION,
    mend="请按标准的区划代码表填写，镇街为9位，区县为6位。",
)
def division_unknown(record: Any) -> Iterator[Fault]:
    for pointer, code in _divisions(record):
        if not _place_exists(code):
            yield Fault(pointer, "区划代码表中的代码", code, f"行政区划代码“{code}”不存在。")


@rule(
    "code.industry_unknown",
    kind="policy",
    title="行业代码不存在",
    severity="error",
    clause=clauses.INDUSTRY,
    mend="请填写门类字母加大类至小类数字，如 C33、C3311。",
)
def industry_unknown(policy: Policy) -> Iterator[Fault]:
    industry = policy.enterprise.industry
    if not industries.division_exists(industry[:3]):
        yield Fault(
            "/enterprise/industry",
            "GB/T 4754-2017 的门类与大类",
            industry,
            f"行业大类“{industry[:3]}”不存在。",
        )


_LISTS = {
    "policy": ("sector_tag", "coverage"),
    "claim": ("accident_type", "claim_item"),
    "service_plan": ("service_item",),
    "service": ("service_item",),
    "hazard": ("hazard_category",),
    "fund_entry": ("fund_purpose",),
}


def _dated(listed: str) -> bool:
    return any(entry.valid_from or entry.valid_to for entry in codes.CODE_LISTS[listed].entries)


def _coded(record: Any) -> Iterator[tuple[str, str, str]]:
    """(pointer, code list, code) of the codes of a record whose lists change with time."""
    match record.kind:
        case "policy":
            for index, tag in enumerate(record.enterprise.sector_tags):
                yield f"/enterprise/sector_tags/{index}", "sector_tag", tag
            for index, coverage in enumerate(record.coverages):
                yield f"/coverages/{index}/code", "coverage", coverage.code
        case "hazard":
            yield "/category", "hazard_category", record.category
        case "fund_entry" if record.purpose is not None:
            yield "/purpose", "fund_purpose", record.purpose
        case "claim":
            yield "/accident/type", "accident_type", record.accident.type
        case "service" | "service_plan":
            for index, item in enumerate(record.items):
                yield f"/items/{index}/code", "service_item", item.code


@rule(
    "code.not_in_force",
    kind=tuple(kind for kind, lists in _LISTS.items() if any(map(_dated, lists))),
    title="代码在业务发生日不在有效期",
    severity="warning",
    clause="GB 6441-2025《生产安全事故分类与编码》；安责险数据标准 1.0 代码表",
    mend="请改用当日有效的代码，见代码表的起止日期与替代代码。",
)
def not_in_force(record: Any) -> Iterator[Fault]:
    """Runs for the kinds that have a list with dated codes; the others have none to outlive."""
    on = event_day(record.kind, record)
    for pointer, listed, code in _coded(record):
        if not codes.valid(listed, code, on):
            message = f"代码“{code}”（{codes.title(listed, code)}）在业务发生日{on}不在有效期内。"
            yield Fault(pointer, f"{on}有效的代码", code, message)


@rule(
    "record.revised_at_in_future",
    kind=KIND_NAMES,
    title="修订时间在接收时间之后",
    severity="error",
    clause=clauses.STANDARD,
    mend="请校准发送系统的时钟和时区；未来的修订时间会挡住以后的更正。",
)
def revised_at_in_future(record: Any, arrival: Arrival, *, clock_skew_minutes: int) -> Iterator[Fault]:
    ahead = (record.revised_at - arrival.received_at).total_seconds()
    if ahead > clock_skew_minutes * 60:
        expected = f"不晚于{arrival.received_at.isoformat()}"
        yield Fault("/revised_at", expected, record.revised_at.isoformat(), "修订时间晚于网关接收时间。")
