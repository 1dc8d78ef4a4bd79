"""Who sees what of an evaluation over HTTP: previews, records behind deductions, sheets, supposed schemes."""

import csv
import io
import json
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from evaluating import PLACE, SCORE, Doors
from judging import GENG, XIN, clock, policy
from python_calamine import CalamineWorkbook
from shelving import Shelf

from ajx_gateway.jurisdictions.schemes import shipped


async def test_a_preview_shows_every_insurer_with_its_points_and_the_decisions_taken(
    evaluated: Doors,
) -> None:
    found = await evaluated.get("suzhou-city", PLACE)
    assert [(card["insurer_name"], card["score"], card["tier"]) for card in found["cards"]] == [
        ("辛保险（虚构）", "100.00", "self"),
        ("庚保险（虚构）", SCORE, "assisted"),
    ]
    assert (found["state"], found["scope"], found["provisional"]) == ("preview", "宿州市", False)
    assert found["scheme"]["binding"] is True
    assert {each["id"] for each in found["scheme"]["decisions"]} >= {
        "no_ratings",
        "never_met",
        "ratio_undefined",
    }
    earlier = await evaluated.get("suzhou-city", PLACE, as_of="2024-03-02T00:00:00+08:00")
    assert earlier["provisional"] is True
    assert {card["insurer"] for card in earlier["cards"]} == {GENG, XIN}


@pytest.mark.parametrize(
    ("period", "as_of", "because"),
    [
        ("2030", None, "自 2030-01-01 起，到数据时点尚未开始"),
        ("2024", "2023-12-31T23:59:59+08:00", "自 2024-01-01 起，到数据时点尚未开始"),
        # The year has begun, and nothing was known yet.
        ("2024", "2024-01-01T00:00:00+08:00", "宿州市没有承保机构在评价周期 2024 内签单"),
    ],
)
async def test_a_period_without_anything_to_judge_is_refused_with_the_reason(
    evaluated: Doors, period: str, as_of: str | None, because: str
) -> None:
    path = f"/v1/oversight/evaluations/341300/{period}"
    at = {} if as_of is None else {"as_of": as_of}
    for form in ("", ".csv", ".xlsx"):
        answer = await evaluated.ask("suzhou-city", "GET", path + form, params=at)
        assert answer.status_code == 422, answer.text
        assert because in answer.json()["detail"]
    refused = await evaluated.post("suzhou-city", f"{path}/what-if", 422, scheme="suzhou-2024", **at)
    assert because in refused["detail"]
    # Who may not derive it learns nothing of that.
    assert (await evaluated.ask("foshan-city", "GET", path, params=at)).status_code == 404


async def test_every_deduction_opens_its_records(evaluated: Doors) -> None:
    found = (await evaluated.get("suzhou-city", f"{PLACE}/{GENG}"))["card"]
    late = found["items"][5]
    assert (late["units"], late["deduction"], late["records_total"]) == (2, "6.00", 2)
    record = late["records"][0]
    assert (record["kind"], record["version"], record["clause"]) == (
        "policy",
        1,
        "应急监二〔2023〕84号 二（五）；附件 第6项",
    )
    opened = await evaluated.get("suzhou-city", f"/v1/oversight/records/policies/{record['record_id']}")
    assert opened["record"]["key"] == record["key"]
    spent = await evaluated.get("suzhou-city", f"{PLACE}/{GENG}/items/4")
    assert [(row["key"], row["amount"]) for row in spent["items"]] == [("E1", "100.00")]
    agreed = await evaluated.get("suzhou-city", f"{PLACE}/{GENG}/items/4", part="agreed")
    assert sum(Decimal(row["amount"]) for row in agreed["items"]) == Decimal("300.00")
    rated = await evaluated.get("suzhou-city", f"{PLACE}/{GENG}/items/9")
    assert [(row["key"], row["attitude"]) for row in rated["items"]] == [("S1", 5)]


async def test_the_list_behind_an_item_pages_over_one_instant(evaluated: Doors, shelf: Shelf) -> None:
    for number in range(10, 17):
        await policy(shelf, f"P{number}")
        await clock(shelf, f"P{number}", "policy_upload", date(2024, 3, 9))
    seen: list[str] = []
    after = ""
    for _ in range(5):
        params = {"limit": "2", **({"after": after} if after else {})}
        page = await evaluated.get("suzhou-city", f"{PLACE}/{GENG}/items/6", **params)
        seen += [row["key"] for row in page["items"]]
        after = page["next"]
        evaluated.now[0] += timedelta(minutes=1)
        if len(seen) == 2:  # excused and moved away while we turn the page
            await policy(shelf, "P13", division="440605011", recorded_at=evaluated.now[0])
    assert not after
    assert sorted(seen) == sorted(["P2", "P3", *(f"P{number}" for number in range(10, 17))])


async def test_sheets_say_what_the_figures_are(evaluated: Doors) -> None:
    answer = await evaluated.ask("suzhou-city", "GET", f"{PLACE}.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][1].startswith("2024 宿州市安全生产责任保险服务质量评价细则")
    assert "不四舍五入" in rows[1][1]
    assert rows[7][:4] == [XIN, "辛保险（虚构）", "", "100.00"]
    book = await evaluated.ask("suzhou-city", "GET", f"{PLACE}/{GENG}.xlsx")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert [row[11] for row in sheet if row and row[0] == "电子保单上传"] == ["P2", "P3"]
    listed = await evaluated.ask("suzhou-city", "GET", f"{PLACE}/{GENG}/items/4.csv")
    assert '"E1"' in listed.text
    assert (await evaluated.ask("suzhou-city", "GET", f"{PLACE}/publication/check.csv")).status_code == 404


@pytest.mark.parametrize(
    ("name", "preview", "published", "units"),
    [
        ("suzhou-city", 200, 200, 200),
        ("anhui", 200, 200, 200),
        ("adviser-suzhou", 200, 200, 200),
        ("auditor", 200, 200, 200),
        ("yongqiao", 404, 200, 404),
        ("foshan-city", 404, 404, 404),
        ("adviser-foshan", 404, 404, 404),
        ("consultant", 403, 403, 403),
        ("operator", 403, 403, 403),
        ("geng", 403, 403, 403),
    ],
)
async def test_who_may_see_what(
    evaluated: Doors, name: str, preview: int, published: int, units: int
) -> None:
    paths = (PLACE, f"{PLACE}/{GENG}")
    assert [(await evaluated.ask(name, "GET", path)).status_code for path in paths] == [preview] * 2
    await evaluated.published()
    assert [(await evaluated.ask(name, "GET", path)).status_code for path in paths] == [published] * 2
    assert (await evaluated.ask(name, "GET", f"{PLACE}/{GENG}/items/6")).status_code == units
    if name == "yongqiao":
        card = (await evaluated.get(name, f"{PLACE}/{GENG}"))["card"]
        assert all(item["records"] == [] for item in card["items"])


async def test_foreign_and_absent_look_the_same(evaluated: Doors) -> None:
    await evaluated.published()
    seen = set()
    for name, path in (
        ("foshan-city", PLACE),
        ("suzhou-city", "/v1/oversight/evaluations/999999/2024"),
        ("suzhou-city", "/v1/oversight/evaluations/341300/2023"),
        ("suzhou-city", f"{PLACE}/91341300MA00000Z9X"),
        ("suzhou-city", f"{PLACE}/nobody"),
        ("suzhou-city", f"{PLACE}/{GENG}/items/11"),
        ("suzhou-city", f"{PLACE}/{GENG}/items/x"),
        ("suzhou-city", "/v1/oversight/evaluations/341300%00/2024"),
        ("suzhou-city", f"{PLACE}/%00"),
    ):
        answer = await evaluated.ask(name, "GET", path)
        body = answer.json()
        body.pop("request_id")
        seen.add((answer.status_code, json.dumps(body, sort_keys=True)))
    assert len(seen) == 1
    assert next(iter(seen))[0] == 404
    for name in ("suzhou-city", "foshan-city"):
        path = f"/v1/oversight/appeals/{UUID(int=7)}/decision"
        await evaluated.post(name, path, 404, decision="upheld", reason="无")


async def test_what_if_judges_by_another_text_and_keeps_nothing(evaluated: Doors, shelf: Shelf) -> None:
    draft = shipped()["suzhou-2024"].text.replace('deduct = "3"\ncap = "15"', 'deduct = "5"\ncap = "15"')
    found = await evaluated.post("suzhou-city", f"{PLACE}/what-if", 200, draft=draft)
    supposed = {card["insurer"]: card["score"] for card in found["cards"]}
    assert supposed == {XIN: "100.00", GENG: "73.00"}
    assert {own["insurer"]: own["score"] for own in found["own"]} == {XIN: "100.00", GENG: SCORE}
    refused = await evaluated.post(
        "suzhou-city", f"{PLACE}/what-if", 422, draft=draft.replace('"100"', '"90"', 1)
    )
    assert refused["errors"] == [{"pointer": "points", "message": "总分应等于各类分值之和"}]
    await evaluated.post("suzhou-city", f"{PLACE}/what-if", 422)
    await evaluated.post("suzhou-city", f"{PLACE}/what-if", 422, scheme="nobodys")
    half = "/v1/oversight/evaluations/341300/2024H1/what-if"
    other = await evaluated.post("suzhou-city", half, 200, scheme="foshan-2020-draft")
    assert (other["own"], other["scheme"]["binding"]) == (None, False)
    assert {card["insurer"] for card in other["cards"]} == {GENG, XIN}
    for name, status in (("foshan-city", 404), ("yongqiao", 404), ("geng", 403)):
        await evaluated.post(name, f"{PLACE}/what-if", status, scheme="suzhou-2024")


@pytest.mark.parametrize(
    "params",
    [{"edition": "0"}, {"edition": "x"}, {"scheme": "nobodys"}, {"as_of": "2024"}, {"as_of": "2999-01-01T00:00:00Z"}],
)  # fmt: skip
async def test_questions_are_read_strictly(evaluated: Doors, params: dict[str, str]) -> None:
    assert (await evaluated.ask("suzhou-city", "GET", PLACE, params=params)).status_code == 422
