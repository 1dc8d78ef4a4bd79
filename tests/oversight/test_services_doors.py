"""The doors of services, funds, hazards, agencies, samples and subsidies over HTTP, as JSON, CSV and XLSX."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from prevention_world import INSURERS, invented
from python_calamine import CalamineWorkbook
from shelving import CALLERS
from test_oversight_doors import Doors, doors

from ajx_gateway.demo.codes import uscc
from ajx_gateway.store.database import Store

__all__ = ["doors"]

LISTS = (
    "services", "services/list", "hazards", "hazards/list", "alerts", "funds", "funds/policies", "funds/signs",
    "funds/signs/no_service", "agencies", "agencies/unregistered", "experts", "samples", "inspections", "subsidies",
    "subsidies/list",
)  # fmt: skip
V1 = "/v1/oversight"


@pytest.fixture(scope="module")
async def filled(doors: Doors, store: Store) -> Doors:
    """A world an hour before the doors' own clock."""
    world = await invented(store, seed=71)
    # The doors' clock stands where the world's began; nothing may have been recorded after it.
    async with store.engine.begin() as owner:
        for kind in ("policy", "service_plan", "service", "hazard", "fund_entry"):
            for table in (kind, f"{kind}_history"):
                await owner.exec_driver_sql(
                    f"UPDATE {table} SET recorded_at = recorded_at - interval '1 hour'"
                )
    assert world.now - timedelta(hours=1) < world.now
    return doors


async def send(doors: Doors, caller: str, path: str, body: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    return await doors.ask(CALLERS[caller], "POST", f"{V1}/{path}", json=body, headers=headers)


@pytest.mark.parametrize("path", LISTS)
async def test_every_list_answers_in_three_forms_says_its_scope_and_refuses_insurers(
    filled: Doors, path: str
) -> None:
    plain = await filled.ask(CALLERS["nanhai"], "GET", f"{V1}/{path}")
    assert plain.status_code == 200, plain.text
    told = plain.json()
    assert told["scope"] == "佛山市南海区"
    assert told["as_of"].endswith("+08:00")
    sheet = await filled.ask(CALLERS["nanhai"], "GET", f"{V1}/{path}.csv")
    assert sheet.status_code == 200
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert rows[1][0] == "定义"
    book = await filled.ask(CALLERS["nanhai"], "GET", f"{V1}/{path}.xlsx")
    pages = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    listed = len(told["items"]) if "items" in told else len(told["groups"]) + 1
    head = next(number for number, row in enumerate(pages) if row and row[0] == rows[6][0])
    assert len(pages) - head - 1 >= listed
    assert (await filled.ask(CALLERS["insurer"], "GET", f"{V1}/{path}")).status_code == 403
    assert (await filled.ask(CALLERS["nanhai"], "GET", f"{V1}/{path}?rumour=1")).status_code == 422


@pytest.mark.parametrize("path", ["services/list", "hazards/list", "alerts", "funds/policies", "samples"])
async def test_the_consultant_gets_no_list_of_enterprises(filled: Doors, path: str) -> None:
    assert (await filled.ask(CALLERS["consultant"], "GET", f"{V1}/{path}")).status_code == 403


async def test_a_regulator_registers_draws_inspects_and_answers(filled: Doors) -> None:
    agency = {
        "uscc": uscc("440600", 950), "name": "示例安全技术服务有限公司（虚构）", "qualification": "乙级",
        "valid_from": "2025-01-01", "source": "虚构文件",
    }  # fmt: skip
    made = await send(filled, "city", "agencies", agency)
    assert made.status_code == 201, made.text
    identity = made.json()["registration"]["registration_id"]
    history = await filled.ask(CALLERS["guicheng"], "GET", f"{V1}/agencies/{identity}")
    assert [i["version"] for i in history.json()["items"]] == [1]
    assert (await filled.ask(CALLERS["suzhou"], "GET", f"{V1}/agencies/{identity}")).status_code == 404
    expert = {
        "number": "ZJ-0001", "qualification": "senior_engineer", "valid_from": "2025-01-01", "source": "虚构文件",
    }  # fmt: skip
    assert (await send(filled, "city", "experts", expert)).status_code == 201
    assert (await send(filled, "city", "experts", {**expert, "number": "张三"})).status_code == 422
    drawn = await send(filled, "city", "samples", {"period": "2026Q1", "seed": "2026"})
    assert drawn.status_code == 201, drawn.text
    sample_id = drawn.json()["sample"]["sample_id"]
    names = await filled.ask(CALLERS["city"], "GET", f"{V1}/samples/{sample_id}")
    [first, *_] = names.json()["items"]
    inspection = {
        "sample_id": sample_id, "insurer": first["insurer"], "policy_no": first["policy_no"],
        "inspected_on": "2026-11-19", "results": [{"question": "service_delivered", "answer": "no"}],
        "findings": [{"title": "服务未开展", "detail": "计划内的服务未开展。", "clause": "佛应急〔2020〕29号 附件4"}],
    }  # fmt: skip
    assert (await send(filled, "city", "inspections", inspection)).status_code == 201
    share = (await filled.ask(CALLERS["city"], "GET", f"{V1}/samples")).json()["items"][0]
    assert share["inspected"] == 1
    check = await filled.ask(CALLERS["city"], "GET", f"{V1}/samples/{sample_id}/check")
    assert check.json()["same"] is True
    sheet = await filled.ask(CALLERS["city"], "GET", f"{V1}/samples/{sample_id}.csv")
    assert "种子 2026" in sheet.content.decode("utf-8-sig")


async def test_an_alert_is_answered_over_http_by_its_own_regulator(filled: Doors) -> None:
    feed = await filled.ask(CALLERS["city"], "GET", f"{V1}/alerts?standing=unanswered")
    [alert, *_] = feed.json()["items"]
    path = f"alerts/{alert['alert_id']}"
    assert (await send(filled, "suzhou", f"{path}/answer", {"words": "已阅"})).status_code == 404
    assert (await send(filled, "city", f"{path}/answer", {"words": "已责令整改"})).status_code == 201
    told = (await filled.ask(CALLERS["city"], "GET", f"{V1}/{path}")).json()
    assert [a["words"] for a in told["answers"]] == ["已责令整改"]
    assert (await filled.ask(CALLERS["city"], "GET", f"{V1}/alerts/not-a-uuid")).status_code == 404


async def test_a_figure_of_the_past_is_asked_by_its_instant(filled: Doors) -> None:
    for path in ("services", "funds", "hazards", "subsidies"):
        now = await filled.ask(CALLERS["city"], "GET", f"{V1}/{path}?by=insurer")
        then = await filled.ask(
            CALLERS["city"], "GET", f"{V1}/{path}?by=insurer&as_of=2026-11-20T10:00:00%2B08:00"
        )
        assert then.json()["groups"] == now.json()["groups"] != []
        first = await filled.ask(
            CALLERS["city"], "GET", f"{V1}/{path}?by=insurer&as_of=2020-01-01T00:00:00%2B08:00"
        )
        assert first.json()["groups"] == []
    assert len(INSURERS) == 2
