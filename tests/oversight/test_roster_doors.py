"""The doors of the roster and of coverage over HTTP: a file in, figures, lists and sheets out, each cut to who asks."""

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import rostering
from fastapi import FastAPI
from pydantic import SecretStr
from python_calamine import CalamineWorkbook
from rostering import SHISHAN, as_csv, as_xlsx, code, row
from shelving import CALLERS, Shelf

from ajx_gateway.api.tables import MEDIA
from ajx_gateway.app import create_app
from ajx_gateway.identity import SigningKey, system_scope
from ajx_gateway.identity.tokens import issue_access_token
from ajx_gateway.settings import Settings, generate_data_key
from ajx_gateway.store import clients

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8321"
ROSTER, COVERAGE = "/v1/oversight/roster", "/v1/oversight/coverage"
XLSX = MEDIA["xlsx"]
PROOF = {
    "policy_no": "集团保单（虚构）", "insurer_name": "虚构保险", "policyholder_name": "虚构集团",
    "effective_on": "2026-01-01", "expires_on": "2026-12-31", "document_sha256": "c" * 64, "reason": "母公司统一投保",
}  # fmt: skip


@pytest.fixture(scope="module")
async def app(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> AsyncIterator[FastAPI]:
    chosen = Settings(
        _env_file=None,
        database_url=SecretStr(database_url),
        data_dir=Path(tmp_path_factory.mktemp("roster")),
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
        yield app


class Doors:
    """Speaks as one caller or another."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def ask(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        gateway, caller = self._app.state.gateway, CALLERS[who]
        token = issue_access_token(
            gateway.desk.key, subject=caller.name, role=caller.role, issuer=gateway.issuer,
            audience=gateway.base_url, now=NOW, lifetime=timedelta(minutes=5),
        )  # fmt: skip
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.request(method, path, headers=headers, **more)

    async def file(
        self, body: bytes, media: str = "text/csv", who: str = "nanhai", **more: Any
    ) -> httpx.Response:
        headers = {"Content-Type": media, **more.pop("headers", {})}
        return await self.ask(who, "POST", ROSTER, content=body, headers=headers, **more)


@pytest.fixture
async def doors(app: FastAPI, shelf: Shelf) -> Doors:
    await rostering.clear(shelf)
    return Doors(app)


def _lines(body: bytes) -> list[list[Any]]:
    return (
        CalamineWorkbook.from_filelike(io.BytesIO(body))
        .get_sheet_by_index(0)
        .to_python(skip_empty_area=False)
    )


async def test_the_template_filled_in_is_accepted_and_listed(doors: Doors) -> None:
    template = await doors.ask("adviser", "GET", f"{ROSTER}/template.xlsx")
    heads = next(line for line in _lines(template.content) if "统一社会信用代码*" in line)
    assert heads[:3] == ["统一社会信用代码*", "单位名称*", "所在镇街或区县代码*"]
    csv_template = await doors.ask("nanhai", "GET", f"{ROSTER}/template.csv")
    answer = await doors.file(csv_template.content + as_csv([row(1)]).split(b"\r\n", 1)[1])
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["created"] == 1
    listed = (await doors.ask("adviser", "GET", ROSTER)).json()
    assert [(item["uscc"], item["sector_titles"]) for item in listed["items"]] == [(code(1), ["机械制造"])]
    sheet = await doors.ask("auditor", "GET", f"{ROSTER}.xlsx")
    assert any(code(1) in line for line in _lines(sheet.content))


async def test_a_faulty_workbook_comes_back_with_the_errors_beside_the_rows_they_belong_to(
    doors: Doors,
) -> None:
    body = as_xlsx([row(1), row(2, size="巨型", division="1"), row(3)], above=["某区名录"])
    answer = await doors.file(body, XLSX, headers={"Accept": XLSX})
    assert answer.status_code == 422
    sent, back = _lines(body), _lines(answer.content)
    assert back[1][-1] == "错误说明"
    assert [line[:3] for line in back] == [line[:3] for line in sent]
    assert [bool(line[-1]) for line in back[2:]] == [False, True, False]
    assert "企业规模：没有这样的规模" in back[3][-1]
    assert "所在镇街或区县代码" in back[3][-1]
    mended = await doors.file(body, XLSX, params={"partial": "true"})
    assert mended.json()["counts"] | {"rows": 3} == {
        "rows": 3, "created": 2, "updated": 0, "unchanged": 0, "ended": 0, "rejected": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("media", "body", "query", "status"),
    [
        ("application/json", b"{}", {}, 415),
        ("text/csv", b"\xff\xff", {}, 400),
        (XLSX, b"PK", {}, 400),
        ("text/csv", b"a,b\r\n", {}, 422),
        ("text/csv", as_csv([row(1)]), {"dry-run": "true"}, 422),
        ("text/csv", as_csv([row(1)]), {"replace": "yes"}, 422),
    ],
)
async def test_what_is_no_roster_is_refused_and_changes_nothing(
    doors: Doors, media: str, body: bytes, query: dict[str, str], status: int
) -> None:
    answer = await doors.file(body, media, params=query)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await doors.ask("city", "GET", ROSTER)).json()["items"] == []


async def test_coverage_answers_with_scope_and_instant_and_as_a_sheet_with_every_part(
    doors: Doors, shelf: Shelf
) -> None:
    await doors.file(as_csv([row(1, sector_tags="危险化学品"), row(2, division=SHISHAN)]))
    await shelf.put("policy", "P1", enterprise_uscc=code(1))
    given = {"on": "2023-12-31", "by": "town"}
    found = (await doors.ask("nanhai", "GET", COVERAGE, params=given)).json()
    assert (found["scope"], found["as_of"], found["on"]) == (
        "佛山市南海区",
        "2026-11-20T10:00:00+08:00",
        "2023-12-31",
    )
    assert found["total"]["ratio"] == "0.5000"
    classes = {each["class"]: each["ratio"] for each in found["classes"]}
    assert classes == {"high_risk": "1.0000", "key_promotion": None, "other": "0.0000"}
    sheet = await doors.ask("nanhai", "GET", f"{COVERAGE}.xlsx", params=given)
    parts = [line[0] for line in _lines(sheet.content)]
    assert [parts.count(name) for name in ("合计", "行业类别", "目标", "分组")] == [1, 3, 3, 2]


async def test_by_2026_the_nations_target_stands_beside_the_citys(doors: Doors) -> None:
    await doors.file(as_csv([row(1, sector_tags="烟花爆竹"), row(2, sector_tags="危险化学品")]))
    found = (await doors.ask("city", "GET", COVERAGE, params={"on": "2026-10-31"})).json()
    measured = [
        (t["jurisdiction"], t["target_ratio"], t["by_date"], t["enterprises"], t["gap"])
        for t in found["targets"]
    ]
    assert measured[:2] == [
        ("000000", "1.00", "2026-12-31", 2, 2),
        ("440600", "1.00", "2020-12-31", 1, 1),
    ]


async def test_evidence_goes_in_and_out_by_the_regulator_of_the_place_only(doors: Doors) -> None:
    await doors.file(as_csv([row(1), row(2, division=SHISHAN)]))
    path = f"{ROSTER}/{code(1)}/evidence"
    assert (await doors.ask("adviser", "POST", path, json=PROOF)).status_code == 403
    assert (
        await doors.ask("nanhai", "POST", path, json=PROOF | {"expires_on": "2025-01-01"})
    ).status_code == 422
    refusals = [
        await doors.ask("guicheng", "POST", f"{ROSTER}/{uscc}/evidence", json=PROOF)
        for uscc in (code(2), code(99), "nonsense")
    ]
    assert {(each.status_code, each.json()["detail"]) for each in refusals} == {
        (404, "名录中没有这家单位，或它不在本辖区。")
    }
    accepted = await doors.ask("guicheng", "POST", path, json=PROOF)
    assert accepted.status_code == 201, accepted.text
    found = (await doors.ask("nanhai", "GET", COVERAGE)).json()["total"]
    assert (found["insured"], found["by_evidence"]) == (1, 1)
    identity = accepted.json()["evidence"]["evidence_id"]
    withdrawal = f"{path}/{identity}/withdrawal"
    assert (await doors.ask("suzhou", "POST", withdrawal, json={"reason": "无关"})).status_code == 404
    assert (await doors.ask("nanhai", "POST", withdrawal, json={"reason": "材料失效"})).status_code == 200
    assert (await doors.ask("nanhai", "POST", withdrawal, json={"reason": "再次"})).status_code == 404
    history = (await doors.ask("auditor", "GET", f"{ROSTER}/{code(1)}")).json()
    assert [each["withdrawn_reason"] for each in history["evidence"]] == ["材料失效"]


@pytest.mark.parametrize("path", [ROSTER, f"{ROSTER}/template", COVERAGE, f"{COVERAGE}/lapsed"])
async def test_insurers_never_and_the_consultant_only_figures(doors: Doors, path: str) -> None:
    assert (await doors.ask("insurer", "GET", path)).status_code == 403
    expected = 200 if path == COVERAGE else 403
    assert (await doors.ask("consultant", "GET", path)).status_code == expected


@pytest.mark.parametrize(
    "path",
    [
        f"{COVERAGE}?by=moon", f"{COVERAGE}?by=town,sector,class", f"{COVERAGE}?on=2023-2-1", f"{COVERAGE}?sector=x",
        f"{COVERAGE}?as_of=2026-11-21T00:00:00Z", f"{COVERAGE}/lapsed?days=3", f"{COVERAGE}/expiring?days=0",
        f"{COVERAGE}/lapsed?after=x", f"{ROSTER}?after=x", f"{ROSTER}?on=heute",
    ],
)  # fmt: skip
async def test_a_mistaken_question_is_refused(doors: Doors, path: str) -> None:
    assert (await doors.ask("city", "GET", path)).status_code == 422


async def test_an_unknown_list_and_an_unknown_enterprise_are_not_found(doors: Doors) -> None:
    for path in (f"{COVERAGE}/everything", f"{ROSTER}/{code(5)}", f"{ROSTER}/x"):
        assert (await doors.ask("city", "GET", path)).status_code == 404
