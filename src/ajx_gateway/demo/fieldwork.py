"""What do the demo's authorities enter themselves? Agencies and experts, samples, inspections: all of it fictitious.

Through the regulators' doors, after the portfolios. What an earlier load has entered is found and left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ajx_gateway.client import GatewayClient
from ajx_gateway.demo import services
from ajx_gateway.demo.portfolio import CHINA, Body
from ajx_gateway.demo.suzhou import REGULATOR

_V1 = "/v1/oversight"
AGENCIES_PER_PLACE, EXPERTS_PER_PLACE = 10, 6
INSPECTED = 5
_QUALIFICATIONS = ("certified_safety_engineer", "senior_engineer", "intermediate_engineer")


@dataclass(frozen=True, slots=True)
class Office:
    """One authority's registry: whose territory, since when."""

    by: str
    division: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """One sample and the inspections that follow it; ``ratio`` None: the law's."""

    by: str
    period: str
    ratio: str | None
    seed: str
    at: datetime
    fault: bool


OFFICES = (
    Office("foshan-city", "440600", datetime(2022, 1, 5, 9, tzinfo=CHINA)),
    Office(REGULATOR, "341300", datetime(2024, 1, 5, 9, tzinfo=CHINA)),
)
ROUNDS = (
    Round(
        "guicheng-town", "2023Q4", None, "demo-guicheng-2023Q4", datetime(2023, 10, 9, 9, tzinfo=CHINA), True
    ),
    Round(REGULATOR, "2024Q3", "0.2", "demo-suzhou-2024Q3", datetime(2024, 7, 8, 9, tzinfo=CHINA), False),
)


def agencies(office: Office) -> Iterator[Body]:
    """Of the ten agencies that perform services one is suspended, one out of date, and one was never registered."""
    year = office.at.year
    for serial in range(AGENCIES_PER_PLACE - 1):
        told = services.agency_of(office.division, serial)
        body: Body = {
            "uscc": told["uscc"],
            "name": told["name"],
            "qualification": "安全评价机构资质（虚构）",
            "qualification_no": told["qualification_no"],
            "sectors": ["hazchem", "machinery"] if serial % 2 else ["construction", "metallurgy"],
            "valid_from": f"{year}-01-01",
            "source": "机构名录（虚构）",
        }
        if serial == AGENCIES_PER_PLACE - 3:
            body |= {"status": "suspended", "status_on": f"{year + 1}-09-01"}
        elif serial == AGENCIES_PER_PLACE - 2:
            body["valid_to"] = f"{year}-12-31"
        yield body


def experts(office: Office) -> Iterator[Body]:
    """Experts under numbers that name nobody."""
    for serial in range(EXPERTS_PER_PLACE):
        yield {
            "number": f"XN-{office.division}-{serial + 1:03d}",
            "qualification": _QUALIFICATIONS[serial % len(_QUALIFICATIONS)],
            "agency_uscc": services.agency_of(office.division, serial)["uscc"],
            "sectors": ["hazchem"],
            "valid_from": f"{office.at.year}-01-01",
            "source": "专家库（虚构）",
        }


async def register(office: Office, client: GatewayClient) -> int:
    """Enter the registry; the same registration again changes nothing. How many entries it has."""
    headers = {"Demo-Clock": office.at.isoformat()}
    bodies = [("agencies", each) for each in agencies(office)] + [
        ("experts", each) for each in experts(office)
    ]
    known = {
        item["code"]
        for collection in ("agencies", "experts")
        for item in (await client.get(f"{_V1}/{collection}", {"limit": "1000"})).json()["items"]
    }
    for collection, body in bodies:
        if body.get("uscc", body.get("number")) not in known:
            await _post(client, f"{_V1}/{collection}", headers, body)
    return len(bodies)


async def visit(of: Round, client: GatewayClient) -> int:
    """Draw the sample and inspect its first enterprises, unless that was done; how many inspections there are."""
    sample = await _sample(of, client)
    done = (await client.get(f"{_V1}/inspections", {"sample": sample, "limit": "1000"})).json()["items"]
    drawn = (await client.get(f"{_V1}/samples/{sample}", {"limit": str(INSPECTED)})).json()["items"]
    seen = {item["policy_no"] for item in done}
    for number, member in enumerate(drawn):
        if member["policy_no"] not in seen:
            on = of.at + timedelta(days=20 + number)
            body = inspection(of, sample, member, on, number)
            await _post(client, f"{_V1}/inspections", {"Demo-Clock": on.isoformat()}, body)
    return len(drawn)


async def _sample(of: Round, client: GatewayClient) -> str:
    listed: Sequence[Mapping[str, Any]] = (await client.get(f"{_V1}/samples", {"limit": "1000"})).json()[
        "items"
    ]
    known = next((item["sample_id"] for item in listed if item["seed"] == of.seed), None)
    if known is not None:
        return str(known)
    body = {"period": of.period, "seed": of.seed} | ({"ratio": of.ratio} if of.ratio else {})
    answer = await _post(client, f"{_V1}/samples", {"Demo-Clock": of.at.isoformat()}, body)
    return str(answer["sample"]["sample_id"])


def inspection(of: Round, sample: str, member: Mapping[str, Any], on: datetime, number: int) -> Body:
    """What was seen at one enterprise; the first of a round with a fault is found wanting."""
    wanting = of.fault and number == 0
    body: Body = {
        "sample_id": sample,
        "insurer": member["insurer"],
        "policy_no": member["policy_no"],
        "inspected_on": on.date().isoformat(),
        "results": [
            {"question": "fully_insured", "answer": "yes"},
            {"question": "service_delivered", "answer": "partly" if wanting else "yes"},
            {"question": "satisfied", "answer": "yes" if number % 4 else "not_applicable"},
        ],
    }
    if wanting:
        body["findings"] = [
            {
                "title": "服务内容未全部落实（虚构）",
                "detail": "计划中的培训未开展，现场没有培训记录（虚构）。",
                "clause": "佛应急〔2020〕29号 附件4（保险顾问机构）",
            }
        ]
    return body


async def _post(
    client: GatewayClient, path: str, headers: Mapping[str, str], body: Mapping[str, Any]
) -> dict[str, Any]:
    sent = {**headers, "Content-Type": "application/json"}
    told = json.dumps(body, ensure_ascii=False).encode()
    answer: dict[str, Any] = (await client.send("POST", path, headers=sent, body=told)).json()
    return answer
