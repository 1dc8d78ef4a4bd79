"""What do the claims of a cover look like, from report to closing? Many small, few large, some slow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from ajx_gateway.demo.harm import Harm, accident_type, draw_harm, victims
from ajx_gateway.demo.portfolio import Body, Cover, Record, instant, later
from ajx_gateway.demo.sums import yuan


@dataclass(slots=True)
class Case:
    """One claim with its whole future; the dates decide which states are already known."""

    cover: Cover
    number: str
    harm: Harm
    occurred_on: date
    reported_on: date
    registered_on: date
    closed_on: date
    outcome: str
    advance: int
    advanced_on: date
    reopened_on: date | None
    occurred_at: str
    reported_at: str


def cases(cover: Cover, frequency: float, prompt: float) -> Iterator[Case]:
    """The claims of a cover: `frequency` per insured person and year, `prompt` the share decided within weeks."""
    rng = cover.random("claims")
    expected = frequency * cover.insured
    number = int(expected) + (rng.random() < expected % 1)
    days = (cover.last_day - cover.effective_on).days
    for index in range(min(number, 6)):
        if days < 2:
            return
        yield _case(cover, rng, index + 1, later(cover.effective_on, rng.randrange(1, days)), prompt)


def _case(cover: Cover, rng: Random, index: int, occurred_on: date, prompt: float) -> Case:
    harm = draw_harm(cover, rng)
    reported_on = later(occurred_on, rng.choice((0, 0, 0, 1, 1, 2, 4, 9)))
    registered_on = later(reported_on, rng.randrange(0, 3))
    wait = max(8, int(rng.lognormvariate(harm.log_days, 0.6)))
    if rng.random() < prompt:
        wait = rng.randrange(8, 24)
    closed_on = later(registered_on, min(wait, 700))
    outcome = rng.choices(("paid", "refused", "withdrawn", "no_pay"), (91, 4, 3, 2))[0]
    has_advance = outcome == "paid" and len(harm.items) > 1 and wait > 40 and rng.random() < 0.5
    reopened = later(closed_on, rng.randrange(20, 80)) if outcome == "paid" and rng.random() < 0.02 else None
    return Case(
        cover=cover,
        number=f"{cover.number.replace('-P', '-C')}-{index}",
        harm=harm,
        occurred_on=occurred_on,
        reported_on=reported_on,
        registered_on=registered_on,
        closed_on=closed_on,
        outcome=outcome,
        advance=harm.items[-1][1] // 2 if has_advance else 0,
        advanced_on=later(registered_on, 15),
        reopened_on=reopened,
        occurred_at=instant(occurred_on, f"{cover.number} {index} accident", 7, 12),
        reported_at=instant(reported_on, f"{cover.number} {index} report", 13, 18),
    )


def claim_records(case: Case, result_delay: int = 0) -> Iterator[Record]:
    """The states of a claim in order; `result_delay`: days the insurer sits on the final result."""
    yield _record(case, "registered", case.registered_on)
    if case.advance:
        yield _record(case, "advanced", later(case.advanced_on, 1))
    yield _record(case, "closed", later(case.closed_on, result_delay))
    if case.reopened_on:
        yield _record(case, "reopened", max(case.reopened_on, later(case.closed_on, result_delay + 1)))


def _record(case: Case, stage: str, day: date) -> Record:
    body = _body(case, stage) | {"revised_at": instant(day, f"{case.number} {stage}")}
    return Record("claims", case.number, day, body)


def _body(case: Case, stage: str) -> Body:
    body: Body = {
        "claim_no": case.number,
        "policy_no": case.cover.number,
        "report_no": case.number.replace("-C", "-R", 1),
        "registration_no": case.number.replace("-C", "-L", 1),
        "reported_at": case.reported_at,
        "reporter_type": "insured",
        "accident": _accident(case),
        "registered_on": case.registered_on.isoformat(),
        "items": _items(case, stage),
        "advance_payments": _advance(case, stage),
        "payments": [],
        **victims(case.cover, case.harm, case.number),
    }
    if case.harm.kind == "property":
        body["third_party_claim_on"] = case.reported_on.isoformat()
    if stage in {"closed", "reopened"}:
        body |= _closing(case)
    else:
        paid = case.advance if stage == "advanced" else 0
        body |= {"state": "registered", "reserve": yuan(case.harm.total - paid)}
    if stage == "reopened" and case.reopened_on:
        body |= {
            "state": "reopened",
            "reopened_on": case.reopened_on.isoformat(),
            "reopen_reason": "伤者后续治疗费用待核（虚构）",
            "reserve": yuan(case.harm.total // 10),
        }
    return body


def _accident(case: Case) -> Body:
    harm, enterprise = case.harm, case.cover.enterprise
    return {
        "occurred_at": case.occurred_at,
        "division": enterprise.town.division,
        "address": enterprise.address,
        "type": accident_type(enterprise.trade.tags, case.cover.random(f"{case.number}type")),
        "cause": "作业不慎（虚构案例）",
        "grade": "general",
        "deaths": 1 if harm.kind == "death" else 0,
        "missing": 0,
        "serious_injuries": 1 if harm.kind == "disability" else 0,
        "minor_injuries": 1 if harm.kind == "medical" else 0,
        "direct_loss": yuan(harm.total if harm.kind == "property" else harm.total // 5),
    }


def _items(case: Case, stage: str) -> list[Body]:
    lines: list[Body] = []
    for index, (code, amount) in enumerate(case.harm.items):
        line: Body = {"code": code, "claimed": yuan(amount + amount // 7)}
        if stage in {"closed", "reopened"} and case.outcome == "paid":
            line |= {"assessed": yuan(amount), "paid": yuan(amount)}
        elif stage in {"closed", "reopened"}:
            line |= {"assessed": "0.00", "paid": "0.00"}
        elif stage == "advanced" and index == len(case.harm.items) - 1:
            line |= {"paid": yuan(case.advance)}
        lines.append(line)
    return lines


def _advance(case: Case, stage: str) -> list[Body]:
    if not case.advance or stage == "registered":
        return []
    return [{"amount": yuan(case.advance), "paid_on": case.advanced_on.isoformat()}]


def _closing(case: Case) -> Body:
    closed = case.closed_on.isoformat()
    body: Body = {
        "state": "closed",
        "close_result": case.outcome,
        "reserve": "0.00",
        "surveyed_on": later(case.registered_on, 2).isoformat(),
        "adjudicated_on": later(case.closed_on, -3).isoformat(),
        "closed_on": closed,
    }
    if case.outcome == "paid":
        amount = case.harm.total - case.advance
        body["payments"] = [
            {"amount": yuan(amount), "paid_on": later(case.closed_on, -1).isoformat(), "final": True}
        ]
        body["quick_claim"] = case.harm.kind == "medical" and (case.closed_on - case.registered_on).days < 15
    if case.outcome == "refused":
        body["refusal"] = {
            "reason": "outside_coverage",
            "description": "经查勘，损失不属于保险责任（虚构案例）",
            "refused_on": later(case.closed_on, -3).isoformat(),
        }
    return body
