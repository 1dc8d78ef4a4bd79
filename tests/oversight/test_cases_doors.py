"""Findings and complaints over HTTP: from an office's finding to the insurer's feed, its reply and two decisions."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from casework import registered
from fastapi import FastAPI
from pydantic import SecretStr
from shelving import ANAN, CALLERS, Shelf

from ajx_gateway.app import create_app
from ajx_gateway.identity import SigningKey, system_scope
from ajx_gateway.identity.tokens import issue_access_token
from ajx_gateway.settings import Settings, generate_data_key
from ajx_gateway.store import clients

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8321"
FINDING: dict[str, Any] = {
    "insurer": ANAN,
    "category": "product",
    "title": "未按备案费率承保",
    "detail": "抽查保单（虚构）",
    "clause": "附件 第1项",
    "happened_on": "2026-11-02",
    "division": "341302",
    "evidence": [{"title": "抽查记录", "reference": "抽查〔2026〕1号"}],
}
COMPLAINT: dict[str, Any] = {
    "insurer": ANAN,
    "kind": "claims",
    "channel": "platform",
    "received_on": "2026-11-02",
    "text": "赔款迟迟未付（虚构）",
    "division": "341302",
}


@dataclass(frozen=True)
class Doors:
    """A gateway inside its lifespan; ``ask`` speaks as one of its callers."""

    app: FastAPI

    async def ask(self, name: str, method: str, path: str, **more: Any) -> httpx.Response:
        gateway, caller = self.app.state.gateway, CALLERS[name]
        token = issue_access_token(
            gateway.desk.key,
            subject=caller.name,
            role=caller.role,
            issuer=gateway.issuer,
            audience=gateway.base_url,
            now=NOW,
            lifetime=timedelta(minutes=5),
        )
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.request(method, path, headers=headers, **more)


@pytest.fixture(scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> AsyncIterator[Doors]:
    chosen = Settings(
        _env_file=None,
        database_url=SecretStr(database_url),
        data_dir=Path(tmp_path_factory.mktemp("cases")),
        base_url=BASE,
        rate_limit_per_second=100_000.0,
        rate_limit_burst=100_000,
    )
    SigningKey.generate().save(chosen.signing_key_path)
    generate_data_key(chosen.data_key_path)
    app = create_app(chosen, clock=lambda: NOW)
    async with app.router.lifespan_context(app):
        async with app.state.gateway.desk.store.writing(system_scope("register the test's callers")) as tx:
            for caller in CALLERS.values():
                await clients.register(tx, caller, SigningKey.generate().public_jwk(), now=NOW)
        yield Doors(app)


async def test_a_finding_goes_from_the_office_to_the_insurer_and_back(doors: Doors, shelf: Shelf) -> None:
    await registered(shelf)
    raised = await doors.ask("suzhou", "POST", "/v1/oversight/findings", json=FINDING)
    assert raised.status_code == 201, raised.text
    identity = raised.json()["finding"]["case_id"]
    listed = (await doors.ask("insurer", "GET", "/v1/findings?state=open")).json()
    assert [item["case_id"] for item in listed["items"]] == [identity]
    reply = {
        "reply": "已按备案费率（虚构）",
        "evidence": [{"title": "回执", "reference": "https://example.invalid"}],
    }
    answer = await doors.ask("insurer", "POST", f"/v1/findings/{identity}/reply", json=reply)
    assert (answer.status_code, answer.json()["finding"]["state"]) == (200, "replied")
    decision = {"decision": "upheld", "reason": "属实（虚构）"}
    states = []
    for name in ("suzhou", "suzhou", "reviewer", "reviewer"):
        answer = await doors.ask(name, "POST", f"/v1/oversight/findings/{identity}/decision", json=decision)
        told = answer.json()
        states.append((answer.status_code, told["finding"]["state"] if "finding" in told else told["code"]))
    assert states == [(200, "proposed"), (409, "state.conflict"), (200, "upheld"), (409, "state.conflict")]
    assert "不能" in told["detail"]
    late = await doors.ask("insurer", "POST", f"/v1/findings/{identity}/reply", json=reply)
    assert (late.status_code, late.json()["code"]) == (409, "state.conflict")
    events = (await doors.ask("insurer", "GET", "/v1/events")).json()["items"]
    assert [event["type"] for event in events] == ["finding.raised", "finding.decided"]
    whole = (await doors.ask("auditor", "GET", f"/v1/oversight/findings/{identity}")).json()
    assert [step["step"] for step in whole["trail"]] == ["raised", "replied", "stated", "decided"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("suzhou", "/v1/oversight/findings"),
        ("suzhou", "/v1/oversight/complaints"),
        ("insurer", "/v1/findings"),
    ],
)
async def test_every_list_is_also_a_sheet(doors: Doors, shelf: Shelf, name: str, path: str) -> None:
    await registered(shelf)
    await doors.ask("suzhou", "POST", "/v1/oversight/findings", json={**FINDING, "title": "=1+1"})
    await doors.ask("suzhou", "POST", "/v1/oversight/complaints", json={**COMPLAINT, "text": "=1+1"})
    csv = await doors.ask(name, "GET", f"{path}.csv")
    assert csv.headers["content-type"].startswith("text/csv")
    text = csv.content.decode("utf-8-sig")
    assert "'=1+1" in text
    assert "2026-11-20T10:00:00+08:00" in text
    xlsx = await doors.ask(name, "GET", f"{path}.xlsx")
    assert xlsx.content.startswith(b"PK")


async def test_one_finding_and_one_complaint_are_sheets_of_their_trails(doors: Doors, shelf: Shelf) -> None:
    await registered(shelf)
    finding = (await doors.ask("suzhou", "POST", "/v1/oversight/findings", json=FINDING)).json()["finding"]
    entered = await doors.ask("suzhou", "POST", "/v1/oversight/complaints", json=COMPLAINT)
    complaint = entered.json()["complaint"]
    for name, path, words in (
        ("suzhou", f"/v1/oversight/findings/{finding['case_id']}.csv", "抽查保单"),
        ("suzhou", f"/v1/oversight/complaints/{complaint['complaint_id']}.csv", "赔款迟迟未付"),
        ("insurer", f"/v1/findings/{finding['case_id']}.csv", "抽查保单"),
    ):
        answer = await doors.ask(name, "GET", path)
        assert answer.status_code == 200, answer.text
        assert words in answer.content.decode("utf-8-sig")


async def test_a_complaint_is_entered_and_handled(doors: Doors, shelf: Shelf) -> None:
    await registered(shelf)
    key = {"Idempotency-Key": "complaint-1"}
    entered = [
        await doors.ask("suzhou", "POST", "/v1/oversight/complaints", json=COMPLAINT, headers=key)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in entered] == [201, 201]
    assert entered[0].json() == entered[1].json()
    complaint = entered[0].json()["complaint"]
    # Monday 2 November 2026: ten working days end on Monday the 16th.
    assert (complaint["due"], complaint["state"]) == ("2026-11-17T00:00:00+08:00", "overdue")
    path = f"/v1/oversight/complaints/{complaint['complaint_id']}/steps"
    for body, status in (
        ({"step": "closed", "words": "办结（虚构）"}, 409),
        ({"step": "answered", "words": "已答复（虚构）", "on": "2026-11-16"}, 200),
        ({"step": "attributed", "words": "属实（虚构）"}, 422),
        ({"step": "attributed", "words": "属实（虚构）", "attributed": True}, 200),
        ({"step": "closed", "words": "办结（虚构）"}, 200),
    ):
        answer = await doors.ask("suzhou", "POST", path, json=body)
        assert answer.status_code == status, answer.text
    told = answer.json()["complaint"]
    assert (told["state"], told["attributed"], told["closed_on"]) == ("met", True, "2026-11-20")
    finding = await doors.ask("suzhou", "GET", f"/v1/oversight/findings/{told['case_id']}")
    assert finding.json()["finding"]["category"] == "complaint"


@pytest.mark.parametrize(
    "wrong",
    [
        {"category": "gossip"},
        {"origin": "rule"},
        {"happened_on": "2026-02-30"},
        {"happened_on": 1},
        {"insurer": "x"},
        {"division": "34"},
        {"detail": "\u0000"},
        {"detail": ""},
        {"evidence": [{"title": "x"}]},
        {"surplus": 1},
    ],
)
async def test_a_body_that_says_something_else_is_refused(
    doors: Doors, shelf: Shelf, wrong: dict[str, Any]
) -> None:
    answer = await doors.ask("suzhou", "POST", "/v1/oversight/findings", json={**FINDING, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (422, "request.unprocessable")


async def test_what_is_not_ours_is_not_there(doors: Doors, shelf: Shelf) -> None:
    await registered(shelf)
    identity = (await doors.ask("suzhou", "POST", "/v1/oversight/findings", json=FINDING)).json()["finding"][
        "case_id"
    ]
    told = set()
    for absent in (identity, "00000000-0000-0000-0000-000000000000", "nonsense"):
        answer = await doors.ask("city", "GET", f"/v1/oversight/findings/{absent}")
        told.add((answer.status_code, answer.json()["detail"]))
    assert len(told) == 1
    assert told.pop()[0] == 404
    assert (await doors.ask("insurer", "GET", "/v1/oversight/findings")).status_code == 403
    assert (await doors.ask("suzhou", "GET", "/v1/findings")).status_code == 403
