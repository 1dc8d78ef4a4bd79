"""The public pages: readable, linked, and loading nothing from another host."""

import base64
import csv
import hashlib
import io
import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
import jsonschema_rs
import pytest
from python_calamine import CalamineWorkbook

from ajx_gateway.deadlines import State
from ajx_gateway.errors import leaves
from ajx_gateway.publishing import headings
from ajx_gateway.rules import RULES
from ajx_gateway.standard import CURRENT, KINDS, SHAPE_RULES, kinds_at
from ajx_gateway.standard.codes import CODE_LISTS
from ajx_gateway.standard.sample import sample

from .conftest import BASE, Running

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


class Links(HTMLParser):
    """Every address a page names, and every inline style or script."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.found += [
            str(names[name]) for name in ("href", "src", "action", "data", "poster") if names.get(name)
        ]
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag == "script" and "src" not in names:
            self.inline.append("script")


def links(page: str) -> Links:
    found = Links()
    found.feed(page)
    return found


async def crawl(client: httpx.AsyncClient) -> dict[str, httpx.Response]:
    """Every page that can be reached from the front door."""
    waiting, seen = ["/", "/docs", "/problems"], {}
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        answer = seen[path] = await client.get(path, headers=BROWSER)
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        for link in links(answer.text).found:
            target = urlsplit(urljoin(BASE + path, link))
            assert target.netloc == urlsplit(BASE).netloc, f"{path} loads or links {link}"
            waiting.append(target.path + (f"?{target.query}" if target.query else ""))
    return seen


async def test_no_page_loads_or_links_anything_from_another_host(anyone: httpx.AsyncClient) -> None:
    seen = await crawl(anyone)
    pages = {
        path: answer
        for path, answer in seen.items()
        if answer.headers["content-type"].startswith("text/html")
    }
    assert len(pages) > len(CODE_LISTS) + len(leaves())
    broken = {path: answer.status_code for path, answer in seen.items() if answer.status_code != 200}
    assert not broken


async def test_pages_carry_no_inline_script_and_only_the_stylesheet_the_policy_names(
    anyone: httpx.AsyncClient,
) -> None:
    for path in ("/", "/standard", "/standard/rules", f"/standard/{CURRENT}/dictionary", "/problems"):
        answer = await anyone.get(path, headers=BROWSER)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert not links(answer.text).inline
        (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


async def test_the_api_pages_scripts_name_no_other_host_to_load_from(anyone: httpx.AsyncClient) -> None:
    page = await anyone.get("/docs", headers=BROWSER)
    assert not links(page.text).inline
    assert "unsafe-eval" not in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    style = (await anyone.get("/static/swagger-ui.css")).text
    assert not re.findall(r"url\((?!\"?data:)", style)
    start = (await anyone.get("/static/docs.js")).text
    assert "validatorUrl: null" in start
    for vendored in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert "sourceMappingURL" not in (await anyone.get(f"/static/{vendored}")).text
    assert (await anyone.get("/static/swagger-ui.LICENSE.txt")).status_code == 200


@pytest.mark.parametrize("escape", ["../pages.py", "%2e%2e/pages.py", "..%2fpages.py", "nothing.js"])
async def test_static_files_end_at_their_folder(anyone: httpx.AsyncClient, escape: str) -> None:
    answer = await anyone.get(f"/static/{escape}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("leaf", leaves(), ids=lambda leaf: leaf.code)
async def test_every_problem_type_is_a_page_that_explains_it(
    anyone: httpx.AsyncClient, leaf: type[Exception]
) -> None:
    answer = await anyone.get(f"/problems/{leaf.code}")  # type: ignore[attr-defined]
    assert answer.headers["content-type"].startswith("text/html")
    assert leaf.title in answer.text  # type: ignore[attr-defined]


async def test_an_unknown_problem_is_a_404(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get("/problems/nothing")).status_code == 404


async def test_machines_get_json_where_browsers_get_pages(anyone: httpx.AsyncClient) -> None:
    told = (await anyone.get("/standard")).json()
    assert told["current"] == CURRENT
    for version in told["versions"]:
        assert [kind["kind"] for kind in version["kinds"]] == list(kinds_at(version["version"]))
    assert (await anyone.get("/standard", headers=BROWSER)).headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("kind", KINDS)
async def test_every_schema_is_served_and_accepts_its_example(anyone: httpx.AsyncClient, kind: str) -> None:
    answer = await anyone.get(f"/standard/{CURRENT}/schemas/{kind}.json")
    assert answer.headers["content-type"] == "application/schema+json"
    jsonschema_rs.validator_for(answer.json()).validate(sample(kind))


@pytest.mark.parametrize(
    "path",
    [
        "/standard/9.9/dictionary",
        "/standard/9.9/schemas/policy.json",
        f"/standard/{CURRENT}/schemas/nothing.json",
        f"/standard/{CURRENT}/codes/nothing",
        "/standard/requirements/999999",
        "/standard/rules?jurisdiction=999999",
    ],
)
async def test_what_is_not_published_is_a_404(anyone: httpx.AsyncClient, path: str) -> None:
    assert (await anyone.get(path)).status_code == 404


@pytest.mark.parametrize("on", ["today", "2026-13-01", "20260101", "2026-1-1"])
async def test_a_day_is_written_in_full(anyone: httpx.AsyncClient, on: str) -> None:
    assert (await anyone.get("/standard/rules", params={"on": on})).status_code == 422


async def test_the_dictionary_names_every_field_with_all_its_marks(anyone: httpx.AsyncClient) -> None:
    rows = (await anyone.get(f"/standard/{CURRENT}/dictionary")).json()["items"]
    fields = {(row["kind"], row["field"]) for row in rows}
    assert len(fields) == len(rows)
    assert {
        ("policy", "premium.received"),
        ("policy", "coverages[].deductible.ratio"),
        ("claim", "revised_at"),
    } <= fields
    for row in rows:
        for mark in ("title", "definition", "type", "required", "privacy", "since"):
            assert row[mark], (row["kind"], row["field"], mark)


async def test_the_dictionary_comes_as_a_workbook_with_codes_as_text(anyone: httpx.AsyncClient) -> None:
    book = await anyone.get(f"/standard/{CURRENT}/dictionary.xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    (division,) = (row for row in rows if row[:3] == ["policy", "保单", "enterprise.division"])
    assert all(isinstance(cell, str) for cell in division)


@pytest.mark.parametrize("name", ["sector_tag", "accident_type"])
async def test_a_code_list_answers_in_every_form(anyone: httpx.AsyncClient, name: str) -> None:
    path = f"/standard/{CURRENT}/codes/{name}"
    rows = (await anyone.get(path)).json()["items"]
    assert len(rows) == len(CODE_LISTS[name].entries)
    sheet = list(csv.reader(io.StringIO((await anyone.get(f"{path}.csv")).content.decode("utf-8-sig"))))
    assert [line[0] for line in sheet[-len(rows) :]] == [row["code"] for row in rows]
    assert (await anyone.get(f"{path}.xlsx")).content.startswith(b"PK")
    assert CODE_LISTS[name].title in (await anyone.get(path, headers=BROWSER)).text


async def test_the_rule_catalogue_holds_every_rule(anyone: httpx.AsyncClient) -> None:
    found = {row["rule"]: row for row in (await anyone.get("/standard/rules")).json()["items"]}
    assert set(found) == set(RULES) | set(SHAPE_RULES)
    assert all(
        row[part] for row in found.values() for part in ("title", "severity", "clause", "mend", "since")
    )


async def test_a_places_catalogue_holds_what_runs_there_on_the_day(anyone: httpx.AsyncClient) -> None:
    async def found(on: str) -> set[str]:
        asked = {"jurisdiction": "341300", "on": on}
        return {row["rule"] for row in (await anyone.get("/standard/rules", params=asked)).json()["items"]}

    assert "policy.fund_below_floor" in await found("2024-06-01")
    assert "policy.fund_below_floor" not in await found("2015-01-01")


async def test_a_place_softens_or_sharpens_a_rule_with_its_own_clause(anyone: httpx.AsyncClient) -> None:
    async def fund_floor(place: str) -> dict[str, str]:
        rows = (
            await anyone.get("/standard/rules", params={"jurisdiction": place, "on": "2024-06-01"})
        ).json()["items"]
        found: dict[str, str] = next(row for row in rows if row["rule"] == "policy.fund_below_floor")
        return found

    assert (await fund_floor("341300"))["clause"] != (await fund_floor("440600"))["clause"]


async def test_requirements_are_those_of_the_day(anyone: httpx.AsyncClient) -> None:
    async def clocks(on: str) -> set[str]:
        items = (await anyone.get("/standard/requirements/341300", params={"on": on})).json()["items"]
        assert all(item["clause"] and item["requirement"] for item in items)
        return {item["name"] for item in items if item["type"] == "clock"}

    assert "policy_upload" in await clocks("2024-01-01")
    assert "policy_upload" not in await clocks("2023-12-31")


async def test_readiness_and_metrics_answer(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get("/readyz")).json() == {"status": "ready"}
    await anyone.get("/v1/policies/SECRET-KEY-1")
    figures = (await anyone.get("/metrics")).text
    assert 'ajx_requests_total{method="GET",route="/readyz",status="200"}' in figures
    assert "SECRET-KEY-1" not in figures


async def test_a_stopping_gateway_is_not_ready(gateway: Running, anyone: httpx.AsyncClient) -> None:
    gateway.app.state.stopping = True
    try:
        answer = await anyone.get("/readyz")
    finally:
        gateway.app.state.stopping = False
    assert (answer.status_code, answer.json()["code"]) == (503, "service.unavailable")
    assert answer.headers["retry-after"]


def test_states_have_chinese_names() -> None:
    assert {str(state) for state in State} == set(headings.STATES)


async def test_a_page_of_requirements_names_the_place_whose_rule_it_is(anyone: httpx.AsyncClient) -> None:
    asked = await anyone.get("/standard/requirements/440605", headers={"Accept": "text/html"})
    assert "<td>佛山市</td>" in asked.text
    assert "<td>全国</td>" in asked.text
    assert "<td>440600</td>" not in asked.text
