"""What stands in the ledger of the prevention fund? Accruals by policy, spends by service, pooled spends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from ajx_gateway.demo import codes
from ajx_gateway.demo.identities import Insurer
from ajx_gateway.demo.portfolio import Body, Cover, Record, instant, later
from ajx_gateway.demo.services import Visit, agency
from ajx_gateway.demo.sums import yuan

_PURPOSES = {
    "hazard_inspection": "hazard_inspection",
    "training": "training",
    "drill": "drill",
    "risk_assessment": "risk_assessment",
    "standardization": "standardization",
}


def _entry(number: str, cover: Cover, day: date, kind: str, amount: int) -> Body:
    return {
        "entry_no": number,
        "policy_no": cover.number,
        "division": cover.enterprise.town.division[:6],
        "type": kind,
        "amount": yuan(amount),
        "entered_on": day.isoformat(),
        "revised_at": instant(day, number),
    }


def accruals(cover: Cover, day: date) -> Iterator[Record]:
    """The accrual of a policy; a few are entered twice, and the slip is reversed a week later."""
    number = cover.number.replace("-P", "-F")
    yield Record("fund-entries", number, day, _entry(number, cover, day, "accrual", cover.fund))
    if cover.enterprise.serial % 331 == 7:
        slip, undo = f"{number}-2", f"{number}-3"
        yield Record("fund-entries", slip, day, _entry(slip, cover, day, "accrual", cover.fund))
        undone_on = later(day, 7)
        body = _entry(undo, cover, undone_on, "reversal", -cover.fund)
        body |= {"reverses_entry_no": slip, "note": "重复计提，冲回"}
        yield Record("fund-entries", undo, undone_on, body)


def spend(visit: Visit, item: str, day: date) -> Record:
    """What a service cost, paid to its agency."""
    number = f"{visit.number.replace('-S', '-F', 1)}-S"
    payee = {key: value for key, value in agency(visit.cover).items() if key != "qualification_no"}
    body = _entry(number, visit.cover, day, "spend", visit.cost) | {
        "purpose": _PURPOSES.get(item, "expert_fee"),
        "service_no": visit.number,
        "payee": payee,
        "invoice_no": f"（虚构）{codes.digest(number)[:10]}",
        "voucher_sha256": codes.digest(f"{number} voucher"),
    }
    return Record("fund-entries", number, day, body)


def pooled(insurer: Insurer, division: str, day: date, amount: int) -> Record:
    """A spend for many insureds at once: platform, centralised training, supplies."""
    number = f"DEMO-{insurer.identity}-FX-{day.isoformat()}"
    rng = Random(number)
    body: Body = {
        "entry_no": number,
        "division": division,
        "type": "spend",
        "amount": yuan(amount),
        "entered_on": day.isoformat(),
        "purpose": rng.choice(("training", "platform", "technology", "supplies")),
        "payee": {"name": "示例平台服务有限公司（虚构）", "uscc": codes.uscc(insurer.division, 950)},
        "invoice_no": f"（虚构）{codes.digest(number)[:10]}",
        "note": "集中支出，惠及本期全部投保企业",
        "revised_at": instant(day, number),
    }
    return Record("fund-entries", number, day, body)
