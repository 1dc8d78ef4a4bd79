"""The regulators' doors over HTTP: from an insurer's push to a figure, a sheet, a decision."""

import csv
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import SecretStr
from python_calamine import CalamineWorkbook
from shelving import CALLERS, Shelf
from ticking import request, start

from ajx_gateway.api import (
    oversight,
    oversight_cases,
    oversight_evaluations,
    oversight_reports,
    oversight_roster,
    oversight_services,
    oversight_signs,
)
from ajx_gateway.app import create_app
from ajx_gateway.identity import Caller, SigningKey, system_scope
from ajx_gateway.identity.tokens import issue_access_token
from ajx_gateway.settings import Settings, generate_data_key
from ajx_gateway.standard.sample import sample
from ajx_gateway.store import clients

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8321"
DOORS = (
    *(oversight, oversight_cases, oversight_evaluations, oversight_reports, oversight_roster),
    *(oversight_services, oversight_signs),
)
INSURER = Caller("insurer-push", "insurer", "甲保险（虚构）", insurer="91440600MA00000010")


@dataclass(frozen=True)
class Doors:
    """A gateway inside its lifespan; ``ask`` speaks as one of its callers."""

    app: FastAPI

    async def ask(self, caller: Caller, method: str, path: str, **more: Any) -> httpx.Response:
        gateway = self.app.state.gateway
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

    async def figures(self, caller: Caller, **given: str) -> Any:
        answer = await self.ask(caller, "GET", "/v1/oversight/aggregates", params=given)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> AsyncIterator[Doors]:
    chosen = Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=SecretStr(database_url),
        data_dir=Path(tmp_path_factory.mktemp("oversight")),
        base_url=BASE,
        rate_limit_per_second=100_000.0,
        rate_limit_burst=100_000,
    )
    SigningKey.generate().save(chosen.signing_key_path)
    generate_data_key(chosen.data_key_path)
    app = create_app(chosen, clock=lambda: NOW)
    async with app.router.lifespan_context(app):
        async with app.state.gateway.desk.store.writing(system_scope("register the test's callers")) as tx:
            for caller in (INSURER, *CALLERS.values()):
                await clients.register(tx, caller, SigningKey.generate().public_jwk(), now=NOW)
        yield Doors(app)


async def push(doors: Doors, collection: str, document: dict[str, Any], key: str) -> dict[str, Any]:
    answer = await doors.ask(
        INSURER,
        "POST",
        f"/v1/{collection}",
        content=json.dumps(document),
        headers={"Content-Type": "application/json", "Idempotency-Key": key},
    )
    assert answer.status_code == 200, answer.text
    item: dict[str, Any] = answer.json()["items"][0]
    assert item["result"] in ("created", "updated"), item
    return item


async def test_a_pushed_policy_and_its_claim_are_in_the_next_figure(
    doors: Doors, shelf: Shelf, callers: dict[str, Caller]
) -> None:
    policy = sample("policy")
    place, year = policy["enterprise"]["division"], policy["signed_on"][:4]
    auditor = callers["auditor"]
    assert (await doors.figures(auditor, measures="policies"))["total"]["values"] == {"policies": 0}
    await push(doors, "policies", policy, "k1")
    claim = {**sample("claim"), "policy_no": policy["policy_no"]}
    await push(doors, "claims", claim, "k2")
    found = await doors.figures(auditor, measures="policies,claims,premium", by="town", period=year)
    premium = float(policy["premium"]["received"]) - float(policy["premium"]["refunded"])
    assert found["groups"] == [
        {
            "keys": {"town": place},
            "names": found["groups"][0]["names"],
            "values": {"policies": 1, "claims": 1, "premium": f"{premium:.2f}"},
        }
    ]
    assert found["as_of"] == "2026-11-20T10:00:00+08:00"
    corrected = {
        **policy,
        "revised_at": "2026-11-19T12:00:00+08:00",
        "insured_count": policy["insured_count"] + 1,
    }
    corrected.pop("insured_groups", None)
    corrected["insured_list_mode"] = "headcount"
    await push(doors, "policies", corrected, "k3")
    after = await doors.figures(auditor, measures="policies,insured_persons", period=year)
    assert after["total"]["values"] == {"policies": 1, "insured_persons": policy["insured_count"] + 1}


async def test_the_csv_explains_itself_and_cannot_run_a_formula(
    doors: Doors, shelf: Shelf, callers: dict[str, Caller]
) -> None:
    await shelf.put("policy", "P1", enterprise_name='=HYPERLINK("http://x")', signed_on=date(2023, 5, 1))
    answer = await doors.ask(callers["nanhai"], "GET", "/v1/oversight/records/policies.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    text = answer.content.decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["标题", "保单清单（佛山市南海区）"]
    assert rows[2] == ["数据时点", "2026-11-20T10:00:00+08:00"]
    assert not any(cell.startswith(("=", "@")) for row in rows for cell in row)


async def test_a_sheet_of_figures_has_numbers_codes_as_text_and_a_total(
    doors: Doors, shelf: Shelf, callers: dict[str, Caller]
) -> None:
    await shelf.put("policy", "P1")
    await shelf.put("policy", "P0", signed_on=date(2022, 5, 1), premium_received=400)
    given = {"measures": "premium,loss_ratio", "by": "town,month", "period": "2023", "compare": "yoy"}
    answer = await doors.ask(callers["city"], "GET", "/v1/oversight/aggregates.xlsx", params=given)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    heads = next(n for n, row in enumerate(sheet) if row[0] == "town")
    assert sheet[heads][:4] == ["town", "town_name", "month", "premium"]
    assert sheet[heads + 1][:6] == ["440605011", "桂城街道", "2023-05", 1000.0, 400.0, 150.0]
    assert sheet[heads + 2][:6] == ["合计", "", "", 1000.0, 400.0, 150.0]


async def test_accept_chooses_the_form_and_suffixes_win(
    doors: Doors, shelf: Shelf, callers: dict[str, Caller]
) -> None:
    for path in (
        "aggregates", "deadlines", "deadlines/list", "excuses", "outages", "records/claims",
    ):  # fmt: skip
        for suffix, accept, expected in (
            ("", "text/csv", "text/csv"),
            (".csv", "application/json", "text/csv"),
            (".xlsx", "*/*", "application/vnd.openxmlformats"),
            ("", "*/*", "application/json"),
        ):
            answer = await doors.ask(
                callers["city"], "GET", f"/v1/oversight/{path}{suffix}", headers={"Accept": accept}
            )
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"].startswith(expected), path


async def test_one_record_is_read_by_its_identity(
    doors: Doors, shelf: Shelf, callers: dict[str, Caller]
) -> None:
    identity = await shelf.put("policy", "P1")
    path = f"/v1/oversight/records/policies/{identity}"
    assert (await doors.ask(callers["city"], "GET", path)).json()["record"]["key"] == "P1"
    assert (await doors.ask(callers["suzhou"], "GET", path)).status_code == 404
    assert (await doors.ask(callers["city"], "GET", path + ".csv")).status_code == 200
    assert (await doors.ask(callers["city"], "GET", "/v1/oversight/records/policies/x")).status_code == 404


async def test_a_decision_and_an_outage_are_written_over_http(
    doors: Doors, shelf: Shelf, callers: dict[str, Caller]
) -> None:
    own = {"jurisdiction": "440600", "division": "440605011"}
    excuse = await request(shelf, await start(shelf, "P1", **own))
    path = f"/v1/oversight/excuses/{excuse}/decision"
    decided = await doors.ask(callers["city"], "POST", path, json={"decision": "upheld", "reason": "属实"})
    assert (decided.status_code, decided.json()["excuse"]["decision"]) == (200, "upheld")
    again = await doors.ask(callers["city"], "POST", path, json={"decision": "dismissed", "reason": "否"})
    assert (again.status_code, again.json()["code"]) == (422, "request.unprocessable")
    await start(shelf, "P2")
    window = {"begins": "2024-05-02T09:00:00+08:00", "ends": "2024-05-02T11:00:00+08:00", "reason": "断电"}
    recorded = await doors.ask(callers["operator"], "POST", "/v1/oversight/outages", json=window)
    assert (recorded.status_code, recorded.json()["moved"]) == (201, 1)
    refused = await doors.ask(callers["suzhou"], "POST", "/v1/oversight/outages", json=window)
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"decision":"maybe","reason":"x"}',
        '{"decision":"upheld"}',
        '{"decision":"upheld","reason":""}',
        '{"decision":"upheld","reason":"a\\u0000b"}',
        '{"decision":"upheld","reason":"x","note":1}',
        '{"decision":"upheld","reason":NaN}',
    ],
)
async def test_a_body_that_is_no_decision_is_refused(
    doors: Doors, shelf: Shelf, callers: dict[str, Caller], body: str
) -> None:
    excuse = await request(shelf, await start(shelf, "P1"))
    answer = await doors.ask(
        callers["suzhou"],
        "POST",
        f"/v1/oversight/excuses/{excuse}/decision",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("aggregates?measure=policies", 422),
        ("aggregates?measures=policies&measures=premium", 422),
        ("aggregates?as_of=2026-01-01", 422),
        ("aggregates?as_of=2026-01-01T00:00:00", 422),
        ("aggregates?as_of=2026-01-01T00:00:00+08:00", 200),
        ("aggregates?period=%00", 422),
        ("deadlines?by=sector", 422),
        ("deadlines?clock=%27%3B--", 422),
        ("deadlines/list?after=" + "A" * 600, 422),
        ("deadlines/list?limit=0", 422),
        ("deadlines/list?limit=1001", 422),
        ("records/nothing", 404),
        ("records/policies?sector=%25", 422),
        ("outages?x=1", 422),
    ],
)
async def test_questions_are_read_strictly(
    doors: Doors, callers: dict[str, Caller], path: str, expected: int
) -> None:
    assert (await doors.ask(callers["city"], "GET", f"/v1/oversight/{path}")).status_code == expected


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("aggregates?by=street", "town（镇街）、industry（行业大类）"),
        ("aggregates?measures=money", "policies（保单数）、"),
        ("aggregates?compare=mom&period=2026", "可用：yoy（上年同期）。"),
        ("aggregates?sector=x", "machinery（"),
        ("deadlines?clock=upload", "policy_upload（"),
        ("deadlines?state=late", "overdue（逾期未完成）"),
        ("timeliness?by=week", "month（月）、quarter（季度）、year（年）"),
        ("churn?by=week", "可用：kind（记录种类）、insurer（承保机构）"),
        ("coverage?by=x", "target（目标）、class（类别）"),
        ("excuses?state=x", "可用：open（待决定）、decided（已决定）。"),
        ("records/hazards?state=x", "refused（拒不整改）"),
        ("findings?category=x", "data（"),
        ("complaints?state=x", "met_late（"),
        ("services/list?state=x", "可用：owed（尚欠）、owed_expired（到期仍欠）、"),
        ("hazards?by=x", "level（隐患等级）"),
        ("hazards/list?stage=x", "found（已发现）、notified（已告知）、rectifying（整改中）、"),
        ("hazards/list?stage=x", "undated（未整改且无期限）、rectified_late（逾期整改）。"),
        ("hazards/list?level=x", "general（一般隐患）"),
        ("alerts?standing=x", "可用：unanswered（待答复）、answered（已答复）、cleared（已解除）。"),
        ("funds?basis=x", "可用：policy（按保单签单日期）、ledger（按台账记账日期）。"),
        ("funds/policies?state=x", "可用：below_floor（欠提）、overspent（超支）、"),
        ("agencies/unregistered?reason=x", "out_of_date（不在有效期内）"),
        ("subsidies/list?state=x", "可用：all（全部）、above_cap（超过上限）。"),
        ("reports?kind=x", "monthly-bulletin（月度通报）"),
        ("evaluations/341300/2024?scheme=x", "suzhou"),
    ],
)
async def test_whoever_asks_for_what_there_is_not_reads_what_there_is_in_chinese(
    doors: Doors, callers: dict[str, Caller], path: str, words: str
) -> None:
    answer = await doors.ask(callers["city"], "GET", f"/v1/oversight/{path}")
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["detail"]


async def test_an_insurer_reads_the_states_of_its_own_lists_in_chinese(doors: Doors) -> None:
    for path, words in (
        ("/v1/deadlines?state=late", "overdue（逾期未完成）"),
        ("/v1/findings?state=x", "open（"),
        ("/v1/findings?category=x", "data（"),
        ("/standard/1.0/schemas/x.json", "policy（保单）、endorsement（批单）"),
    ):
        answer = await doors.ask(INSURER, "GET", path)
        assert (answer.status_code, words in answer.json()["detail"]) in ((422, True), (404, True)), (
            answer.text
        )


async def test_insurers_are_refused_everywhere(doors: Doors) -> None:
    for path in ("aggregates", "deadlines", "deadlines/list", "excuses", "outages", "records/policies"):
        assert (await doors.ask(INSURER, "GET", f"/v1/oversight/{path}")).status_code == 403


async def test_the_openapi_document_describes_every_door(doors: Doors) -> None:
    described = {path for path in doors.app.openapi()["paths"] if path.startswith("/v1/oversight/")}
    served = {route.path for door in DOORS for route in door.router.routes if isinstance(route, APIRoute)}
    served = {path for path in served if path.startswith("/v1/oversight/")}
    sheets = {path for path in served if path.removesuffix(".csv").removesuffix(".xlsx") in described}
    assert described | sheets == served
    assert len(described) > 40
