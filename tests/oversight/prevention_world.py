"""A small invented world pushed through the real intake: policies with plans, services, hazards and ledger entries."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ajx_gateway import standard
from ajx_gateway.deadlines import Calendar
from ajx_gateway.demo.codes import uscc
from ajx_gateway.identity import Caller, SigningKey
from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.submit import submit
from ajx_gateway.standard.sample import sample
from ajx_gateway.store.database import Store

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
INSURERS = tuple(
    Caller(f"insurer-{letter}", "insurer", f"{letter}（虚构）", insurer=uscc("440600", 800 + number))
    for number, letter in enumerate("xy")
)
TOWNS = ("440605011", "440605121", "440608004", "341302001", "341302002")
TAGS = ((), ("machinery",), ("construction",), ("machinery", "dust_ex"))
KEYS = {
    "policy": "policy_no",
    "service_plan": "plan_no",
    "service": "service_no",
    "hazard": "hazard_no",
    "fund_entry": "entry_no",
}
Document = dict[str, Any]


@dataclass
class World:
    """Pushes documents and keeps what stands: per kind and (insurer, key) the newest document."""

    store: Store
    desk: Desk = field(init=False)
    stand: dict[str, dict[tuple[str, str], Document]] = field(default_factory=dict)
    sent: int = 0
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.desk = Desk(
            store=self.store,
            key=SigningKey.generate(),
            calendar=Calendar.load(None),
            issuer="https://ajx.test",
        )

    async def push(self, insurer: Caller, kind: str, *documents: Document) -> None:
        """All must be accepted."""
        self.sent += 1
        self.now += timedelta(seconds=1)
        answer = await submit(
            self.desk, insurer, standard.KINDS[kind], json.dumps(list(documents)).encode(), media="json",
            version=standard.CURRENT, key=f"world-{self.sent}", now=self.now,
        )  # fmt: skip
        told = json.loads(answer.body)
        refused = [item for item in told["items"] if item["result"] not in ("created", "updated")]
        assert not refused, refused
        for document in documents:
            self.stand.setdefault(kind, {})[insurer.insurer or "", document[KEYS[kind]]] = document

    def all(self, kind: str) -> list[tuple[str, Document]]:
        """What stands of a kind: (insurer, document)."""
        return [(insurer, document) for (insurer, _), document in sorted(self.stand.get(kind, {}).items())]

    def policy_of(self, insurer: str, document: Document) -> Document | None:
        return self.stand["policy"].get((insurer, document.get("policy_no") or ""))

    def of_policy(self, kind: str, insurer: str, policy_no: str) -> list[Document]:
        return [d for i, d in self.all(kind) if i == insurer and d.get("policy_no") == policy_no]


def policy(number: int, *, town: str, signed_on: date, tags: tuple[str, ...], enterprise: int) -> Document:
    """A valid policy of a year; the premium follows from the number."""
    document = copy.deepcopy(sample("policy"))
    premium = Decimal(10_000 + 500 * number)
    document["policy_no"] = f"P{number}"
    document["enterprise"] |= {
        "uscc": uscc(town[:6], 500 + enterprise),
        "name": f"示例{enterprise}号厂（虚构）",
        "division": town,
        "operating_division": town,
        "sector_tags": list(tags),
        "employee_count_on": (signed_on - timedelta(days=5)).isoformat(),
    }
    document |= {
        "signed_on": signed_on.isoformat(),
        "effective_on": (signed_on + timedelta(days=2)).isoformat(),
        "expires_on": (signed_on + timedelta(days=366)).isoformat(),
        "revised_at": f"{signed_on + timedelta(days=1)}T10:00:00+08:00",
        "branch": {**document["branch"], "division": f"{town[:4]}00"},
    }
    document["premium"] |= {
        "base": f"{premium:.2f}",
        "adjusted": f"{premium:.2f}",
        "received": f"{premium:.2f}",
        "received_on": signed_on.isoformat(),
    }
    document["service_fund"] = {"ratio": "0.150000", "amount": f"{premium * Decimal('0.15'):.2f}"}
    document["subsidy"] = {"amount": f"{premium * Decimal('0.2'):.2f}", "source": "示例补贴（虚构）"}
    return document


def plan(number: int, policy_no: str, count: int, *, state: str, day: date) -> Document:
    document = copy.deepcopy(sample("service_plan"))
    item = document["items"][0]
    document |= {
        "plan_no": f"SP{number}",
        "policy_no": policy_no,
        "state": state,
        "items": [{**item, "planned_count": count, "planned_on": (day + timedelta(days=20)).isoformat()}],
        "submitted_on": day.isoformat(),
        "confirmed_on": (day + timedelta(days=1)).isoformat(),
        "revised_at": f"{day + timedelta(days=2)}T10:00:00+08:00",
    }
    if state != "confirmed":
        del document["confirmed_on"]
    return document


def service(number: int, policy_no: str, codes: list[str], *, state: str, day: date, agency: str) -> Document:
    document = copy.deepcopy(sample("service"))
    document |= {
        "service_no": f"S{number}",
        "policy_no": policy_no,
        "state": state,
        "started_at": f"{day}T09:30:00+08:00",
        "ended_at": f"{day}T11:30:00+08:00",
        "items": [{"code": code, "content": "示例（虚构）"} for code in codes],
        "agency": {**document["agency"], "uscc": agency},
        "evidence": [{**document["evidence"][0], "sha256": f"{number:064x}", "captured_at": f"{day}T10:00:00+08:00"}],
        "insurer_confirmed_on": (day + timedelta(days=2)).isoformat(),
        "insured_confirmed_on": (day + timedelta(days=1)).isoformat(),
        "revised_at": f"{day + timedelta(days=9)}T10:00:00+08:00",
    }  # fmt: skip
    document["revisit"]["revisited_on"] = (day + timedelta(days=7)).isoformat()
    del document["plan_no"]
    if state == "cancelled":
        document["cancel_reason"] = "投保单位停产"
    return document


def hazard(number: int, policy_no: str, *, level: str, state: str, day: date, **more: Any) -> Document:
    """A hazard with the dates that its state asks for."""
    document = copy.deepcopy(sample("hazard"))
    reached = {
        "found": 0, "notified": 1, "rectifying": 1, "refused": 1, "rectified": 2, "closed": 3,
    }[state]  # fmt: skip
    document |= {
        "hazard_no": f"H{number}",
        "policy_no": policy_no,
        "level": level,
        "state": state,
        "found_on": day.isoformat(),
        "notified_on": (day + timedelta(days=1)).isoformat(),
        "deadline_on": (day + timedelta(days=14)).isoformat(),
        "rectified_on": (day + timedelta(days=10)).isoformat(),
        "reviewed_on": (day + timedelta(days=12)).isoformat(),
        "evidence": [],
        "revised_at": f"{day + timedelta(days=16)}T10:00:00+08:00",
    }
    del document["service_no"]
    for name, stage in (("notified_on", 1), ("rectified_on", 2), ("reviewed_on", 3), ("review_result", 3)):
        if reached < stage:
            document.pop(name, None)
    if reached == 0:
        del document["deadline_on"]
    if state == "refused":
        document["refused_on"] = (day + timedelta(days=15)).isoformat()
    return document | more


def entry(
    number: int, policy_no: str | None, kind: str, amount: str, *, town: str, day: date, **more: Any
) -> Document:
    document = copy.deepcopy(sample("fund_entry"))
    document |= {
        "entry_no": f"F{number}",
        "division": town[:6],
        "type": kind,
        "amount": amount,
        "entered_on": day.isoformat(),
        "voucher_sha256": f"{number:064x}",
        "revised_at": f"{day + timedelta(days=1)}T16:00:00+08:00",
    }
    for name in ("policy_no", "service_no"):
        del document[name]
    if policy_no is not None:
        document["policy_no"] = policy_no
    if kind in ("accrual", "reversal", "adjustment"):
        for name in ("purpose", "payee", "invoice_no", "voucher_sha256"):
            del document[name]
    return document | more


async def invented(store: Store, seed: int, policies: int = 14) -> World:
    """A random world, pushed in an order in which some children come before their policies."""
    chance, world = random.Random(seed), World(store)
    agencies = [uscc("440600", 950 + number) for number in range(3)]
    number = 0
    for insurer in INSURERS:
        made = [_policy(chance, serial) for serial in range(policies)]
        await world.push(insurer, "policy", *made[: policies // 2])
        for kind in ("service_plan", "service", "hazard", "fund_entry"):
            documents = []
            for parent in made:
                for _ in range(chance.choice((0, 1, 1, 2, 3))):
                    number += 1
                    documents.append(_child(chance, kind, number, parent, agencies))
            if documents:
                await world.push(insurer, kind, *documents)
        await world.push(insurer, "policy", *made[policies // 2 :])
        await _reversed(world, insurer, chance)
    return world


async def _reversed(world: World, insurer: Caller, chance: random.Random) -> None:
    """Some entries are taken back."""
    own = [d for i, d in world.all("fund_entry") if i == insurer.insurer]
    undone = [
        {
            **entry(
                90_000 + int(each["entry_no"][1:]), each.get("policy_no"), "reversal",
                f"{-Decimal(each['amount']):.2f}", town=f"{each['division']}000",
                day=date.fromisoformat(each["entered_on"]) + timedelta(days=7),
            ),
            "reverses_entry_no": each["entry_no"],
        }
        for each in chance.sample(own, min(3, len(own)))
    ]  # fmt: skip
    if undone:
        await world.push(insurer, "fund_entry", *undone)


def _policy(chance: random.Random, serial: int) -> Document:
    signed_on = date(2025, 1, 5) + timedelta(days=chance.randint(0, 500))
    return policy(
        serial, town=chance.choice(TOWNS), signed_on=signed_on, tags=chance.choice(TAGS),
        enterprise=chance.randint(1, 8),
    )  # fmt: skip


def _child(chance: random.Random, kind: str, number: int, parent: Document, agencies: list[str]) -> Document:
    policy_no, town = parent["policy_no"], parent["enterprise"]["division"]
    day = date.fromisoformat(parent["signed_on"]) + timedelta(days=chance.randint(5, 150))
    if kind == "service_plan":
        state = chance.choice(("submitted", "confirmed"))
        return plan(number, policy_no, chance.randint(1, 3), state=state, day=day)
    if kind == "service":
        codes = chance.choice((["training"], ["hazard_inspection", "training"]))
        state = chance.choice(("confirmed", "completed", "in_progress", "cancelled"))
        return service(number, policy_no, codes, state=state, day=day, agency=chance.choice(agencies))
    if kind == "hazard":
        state = chance.choice(("found", "notified", "rectifying", "rectified", "closed", "refused"))
        return hazard(number, policy_no, level=chance.choice(("general", "major")), state=state, day=day)
    if chance.random() < 0.5:
        return entry(number, policy_no, "accrual", f"{chance.randint(100, 3000)}.50", town=town, day=day)
    pooled = chance.random() < 0.3
    purpose = chance.choice(("training", "platform", "hazard_inspection", "other"))
    amount = f"{chance.choice((500, 1000, 800))}.00"
    return entry(number, None if pooled else policy_no, "spend", amount, town=town, day=day, purpose=purpose)
