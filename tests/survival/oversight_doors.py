"""WHICH requests of oversight write? One good request for every writing address, with the least that must be there before."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from ajx_gateway.demo.codes import uscc
from ajx_gateway.identity import Caller
from ajx_gateway.oversight.roster_file import COLUMNS
from ajx_gateway.standard.record_id import record_id

from .doors import (
    DOORS,
    INSURER,
    OPERATOR,
    REGULATOR,
    REVIEWER,
    SUZHOU_TOWN,
    Call,
    Door,
    World,
    json_call,
    stored,
)

_V1 = "/v1/oversight"
_PLACE = f"{_V1}/evaluations/341300"
_REASON = {"reason": "虚构的理由"}
_UPHELD = {"decision": "upheld", **_REASON}
_REGISTERED = {"valid_from": "2025-01-01", "source": "虚构文件"}
_PROOF = {
    "policy_no": "集团保单（虚构）",
    "insurer_name": "虚构保险",
    "policyholder_name": "虚构集团",
    "effective_on": "2026-01-01",
    "expires_on": "2026-12-31",
    "document_sha256": "c" * 64,
    **_REASON,
}
_FINDING = {
    "insurer": INSURER.insurer,
    "category": "product",
    "title": "未按备案费率承保",
    "detail": "抽查保单（虚构）",
    "clause": "附件 第1项",
    "happened_on": "2026-11-02",
    "division": "341302",
}
_COMPLAINT = {
    "insurer": INSURER.insurer,
    "kind": "claims",
    "channel": "platform",
    "received_on": "2026-11-02",
    "text": "赔款迟迟未付（虚构）",
    "division": "341302",
}


def _post(path: str, content: Any, caller: Caller = REGULATOR) -> Call:
    return json_call("POST", path, content, caller)


def _enterprise(number: int) -> str:
    return uscc("341302", 300_000 + number)


async def _roster(_world: World, number: int) -> Call:
    row = {
        "uscc": _enterprise(number),
        "name": "虚构五金厂",
        "division": SUZHOU_TOWN,
        "sector_tags": "机械制造",
        "effective_from": "2023-01-01",
        "source": "区名录（虚构）",
    }
    sheet = io.StringIO()
    csv.writer(sheet).writerows(
        [[each.title for each in COLUMNS], [row.get(each.name, "") for each in COLUMNS]]
    )
    return json_call("POST", f"{_V1}/roster", sheet.getvalue().encode(), REGULATOR, media="text/csv")


async def _evidence(world: World, number: int) -> Call:
    await world.must(await _roster(world, number))
    return _post(f"{_V1}/roster/{_enterprise(number)}/evidence", _PROOF)


async def _withdrawal(world: World, number: int) -> Call:
    call = await _evidence(world, number)
    accepted = await world.must(call)
    return _post(f"{call.path}/{accepted['evidence']['evidence_id']}/withdrawal", _REASON)


async def _finding(_world: World, number: int) -> Call:
    return json_call("POST", f"{_V1}/findings", _FINDING, REGULATOR, key=f"finding-{number}")


async def _raised(world: World, number: int) -> str:
    raised = await world.must(await _finding(world, number))
    return str(raised["finding"]["case_id"])


async def _reply(world: World, number: int) -> Call:
    return _post(f"/v1/findings/{await _raised(world, number)}/reply", {"reply": "已整改（虚构）"}, INSURER)


async def _decision(world: World, number: int) -> Call:
    """The second word, which takes effect."""
    path = f"{_V1}/findings/{await _raised(world, number)}/decision"
    await world.must(_post(path, _UPHELD, REVIEWER))
    return _post(path, _UPHELD)


async def _complaint(_world: World, number: int) -> Call:
    return json_call("POST", f"{_V1}/complaints", _COMPLAINT, REGULATOR, key=f"complaint-{number}")


async def _step(world: World, number: int) -> Call:
    entered = await world.must(await _complaint(world, number))
    path = f"{_V1}/complaints/{entered['complaint']['complaint_id']}/steps"
    return _post(path, {"step": "answered", "words": "已答复（虚构）", "on": "2026-11-16"})


async def _proposed(world: World, year: int, number: int) -> Call:
    """The second word about a year of which one policy is known; an instant is published some minutes after it."""
    own = {"signed_on": f"{year}-03-01", "effective_on": f"{year}-03-02", "expires_on": f"{year + 1}-03-01"}
    await stored(world, "policy", number, **own)
    world.clock.waited += timedelta(minutes=10)
    path = f"{_PLACE}/{year}/publication"
    await world.must(_post(path, _REASON, REVIEWER))
    return _post(path, _REASON)


async def _publication(world: World, number: int) -> Call:
    """Once in a world: of the years that the scheme knows and that are over, the other is there for the appeals."""
    return await _proposed(world, 2025, number)


async def _what_if(_world: World, _number: int) -> Call:
    return _post(f"{_PLACE}/2024/what-if", {"scheme": "suzhou-2024"})


async def _objected(world: World, number: int, items: range) -> Call:
    """An appeal against one of these items that no other appeal waits for."""
    published = "/v1/evaluations/341300/2024"
    found = await world.send(Call("GET", published, b"", {}, INSURER))
    if found.status == 404:
        await world.must(await _proposed(world, 2024, number))
    waiting = await world.must(Call("GET", f"{_V1}/appeals?state=open", b"", {}, REGULATOR))
    item = min({*items} - {each["item"] for each in waiting["items"]})
    return _post(f"{published}/items/{item}/appeal", _REASON, INSURER)


async def _appeal(world: World, number: int) -> Call:
    return await _objected(world, number, range(1, 6))


async def _ruling(world: World, number: int) -> Call:
    """The second word, with which the item is judged anew."""
    appeal = await world.must(await _objected(world, number, range(6, 11)))
    world.clock.waited += timedelta(minutes=10)
    path = f"{_V1}/appeals/{appeal['appeal_id']}/decision"
    await world.must(_post(path, _UPHELD, REVIEWER))
    return _post(path, _UPHELD)


async def _agency(_world: World, number: int) -> Call:
    told = {"uscc": _enterprise(number), "name": "示例安全技术服务有限公司（虚构）", "qualification": "乙级"}
    return _post(f"{_V1}/agencies", {**told, **_REGISTERED})


async def _expert(_world: World, number: int) -> Call:
    told = {"number": f"ZJ-{number:04}", "qualification": "senior_engineer"}
    return _post(f"{_V1}/experts", {**told, **_REGISTERED})


async def _answer(world: World, number: int) -> Call:
    policy = await stored(world, "policy", number)
    refused = {
        "policy_no": policy["policy_no"],
        "level": "major",
        "state": "refused",
        "refused_on": "2026-04-20",
    }
    await stored(world, "hazard", number, **refused)
    alert = record_id(str(INSURER.insurer), "hazard", f"N-{number}")
    return _post(f"{_V1}/alerts/{alert}/answer", {"words": "已责令整改（虚构）"})


async def _sample(_world: World, number: int) -> Call:
    return _post(f"{_V1}/samples", {"period": "2026Q4", "ratio": "1", "seed": f"seed-{number}"})


async def _inspection(world: World, number: int) -> Call:
    """With a finding, which becomes a case of its own."""
    policy = await stored(world, "policy", number)
    told = {
        "insurer": INSURER.insurer,
        "policy_no": policy["policy_no"],
        "inspected_on": "2026-11-19",
        "results": [{"question": "service_delivered", "answer": "no"}],
        "findings": [{"title": "服务未开展", "detail": "计划内的服务未开展（虚构）。", "clause": "附件4"}],
    }
    return _post(f"{_V1}/inspections", told)


async def _outage(_world: World, number: int) -> Call:
    """Windows of the past that do not touch each other."""
    begins = datetime(2025, 10, 16, 2, 0, tzinfo=UTC) - timedelta(minutes=number)
    window = {"begins": begins.isoformat(), "ends": (begins + timedelta(seconds=30)).isoformat()}
    return _post(f"{_V1}/outages", {**window, "reason": "断电"}, OPERATOR)


async def _report(_world: World, _number: int) -> Call:
    return _post(f"{_V1}/reports/monthly-bulletin/2026-10", {})


OVERSIGHT: dict[tuple[str, str], Door] = {
    ("POST", f"{_V1}/roster"): _roster,
    ("POST", f"{_V1}/roster/{{uscc}}/evidence"): _evidence,
    ("POST", f"{_V1}/roster/{{uscc}}/evidence/{{id}}/withdrawal"): _withdrawal,
    ("POST", f"{_V1}/findings"): _finding,
    ("POST", f"{_V1}/findings/{{id}}/decision"): _decision,
    ("POST", "/v1/findings/{id}/reply"): _reply,
    ("POST", f"{_V1}/complaints"): _complaint,
    ("POST", f"{_V1}/complaints/{{id}}/steps"): _step,
    ("POST", f"{_V1}/evaluations/{{jurisdiction}}/{{period}}/publication"): _publication,
    ("POST", "/v1/evaluations/{jurisdiction}/{period}/items/{item}/appeal"): _appeal,
    ("POST", f"{_V1}/appeals/{{id}}/decision"): _ruling,
    ("POST", f"{_V1}/agencies"): _agency,
    ("POST", f"{_V1}/experts"): _expert,
    ("POST", f"{_V1}/alerts/{{id}}/answer"): _answer,
    ("POST", f"{_V1}/samples"): _sample,
    ("POST", f"{_V1}/inspections"): _inspection,
    ("POST", f"{_V1}/outages"): _outage,
    ("POST", f"{_V1}/reports/{{kind}}/{{period}}"): _report,
}
# Every address that stores something. Oversight first: its doors move the clock on, and an assertion lives for minutes.
WRITING: dict[tuple[str, str], Door] = {**OVERSIGHT, **DOORS}
# Called by POST because of what is sent, but nothing is kept of it.
STORING_NOTHING: dict[tuple[str, str], Door] = {
    ("POST", f"{_V1}/evaluations/{{jurisdiction}}/{{period}}/what-if"): _what_if,
}
