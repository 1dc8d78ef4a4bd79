"""Insurers see their own scorecards and appeal; an upheld appeal makes a new edition, and the old one stays."""

import json
from datetime import timedelta

import pytest
from evaluating import DAY, PLACE, SCORE, Doors
from judging import GENG, XIN, entry, service
from shelving import Shelf


async def test_an_upheld_appeal_strikes_a_unit_and_the_first_edition_stays(evaluated: Doors) -> None:
    await evaluated.published()
    first = (await evaluated.ask("suzhou-city", "GET", f"{PLACE}/{GENG}", params={"edition": "1"})).content
    units = (await evaluated.get("geng", "/v1/evaluations/341300/2024/items/6"))["items"]
    target = next(row["unit"] for row in units if row["key"] == "P2")
    own = "/v1/evaluations/341300/2024/items/6/appeal"
    filed = await evaluated.post("geng", own, 201, reason="电子保单已在柜面提交（虚构）", units=[target])
    await evaluated.post("geng", own, 409, reason="再次申诉")
    listed = await evaluated.get("suzhou-city", "/v1/oversight/appeals", state="open")
    assert [(row["appeal_id"], row["units"]) for row in listed["items"]] == [(filed["appeal_id"], [target])]
    ruling = f"/v1/oversight/appeals/{filed['appeal_id']}/decision"
    told = await evaluated.post("suzhou-city", ruling, 200, decision="upheld", reason="属实（虚构）")
    assert (told["state"], told["card"]) == ("awaiting_second", None)
    await evaluated.post("suzhou-city", ruling, 409, decision="upheld", reason="属实（虚构）")
    told = await evaluated.post("suzhou-reviewer", ruling, 200, decision="upheld", reason="同意（虚构）")
    assert (told["state"], told["card"]["edition"], told["card"]["score"]) == ("decided", 2, "80.00")
    latest = (await evaluated.get("geng", "/v1/evaluations/341300/2024"))["card"]
    assert latest["trail"][0]["struck"] == [target]
    assert [(r["key"], r["state"]) for r in latest["items"][5]["records"]] == [
        ("P2", "struck"),
        ("P3", "overdue"),
    ]
    again = (await evaluated.ask("suzhou-city", "GET", f"{PLACE}/{GENG}", params={"edition": "1"})).content
    assert again == first
    assert (
        await evaluated.ask("suzhou-city", "GET", f"{PLACE}/{GENG}", params={"edition": "3"})
    ).status_code == 404
    assert (await evaluated.get("suzhou-city", f"{PLACE}/publication/check"))["items"] == []
    await evaluated.post("suzhou-city", ruling, 409, decision="dismissed", reason="太晚")
    # What was struck out costs nothing and cannot be appealed against again.
    await evaluated.post("geng", own, 422, reason="再次申诉", units=[target])
    overview = await evaluated.get("suzhou-city", PLACE)
    assert {card["insurer"]: card["edition"] for card in overview["cards"]} == {GENG: 2, XIN: 1}
    assert {c["edition"] for c in (await evaluated.get("suzhou-city", PLACE, edition="1"))["cards"]} == {1}


async def test_an_upheld_appeal_without_units_judges_the_item_anew(evaluated: Doors, shelf: Shelf) -> None:
    await evaluated.published()
    path = "/v1/evaluations/341300/2024/items/4/appeal"
    filed = await evaluated.post("geng", path, 201, reason="台账漏报，已补报（虚构）")
    evaluated.now[0] += DAY
    await entry(shelf, "E9", "150.00", recorded_at=evaluated.now[0] - timedelta(hours=1))
    await service(shelf, "S2", "P1", state="confirmed", recorded_at=evaluated.now[0] - timedelta(hours=1))
    ruling = f"/v1/oversight/appeals/{filed['appeal_id']}/decision"
    await evaluated.post("suzhou-city", ruling, 200, decision="upheld", reason="已核实（虚构）")
    told = await evaluated.post("suzhou-reviewer", ruling, 200, decision="upheld", reason="同意（虚构）")
    # 250 of 300 yuan: 83.3 %, nothing instead of 15; the service of item 3 stays as it was judged
    assert (told["card"]["score"], told["card"]["items"][3]["ratio"]) == ("92.00", "0.8333")
    assert told["card"]["items"][2]["units"] == 1
    spent = await evaluated.get("geng", "/v1/evaluations/341300/2024/items/4")
    assert {row["key"] for row in spent["items"]} == {"E1", "E9"}
    spent = await evaluated.get("geng", "/v1/evaluations/341300/2024/items/4", edition="1")
    assert [row["key"] for row in spent["items"]] == ["E1"]
    evaluated.now[0] += 100 * DAY
    await entry(shelf, "E9", "1.00", recorded_at=evaluated.now[0])
    assert (await evaluated.get("suzhou-city", f"{PLACE}/publication/check"))["items"] == []


async def test_a_dismissed_appeal_changes_nothing_and_is_told(evaluated: Doors) -> None:
    await evaluated.published()
    path = "/v1/evaluations/341300/2024/items/6/appeal"
    filed = await evaluated.post("geng", path, 201, reason="不服（虚构）")
    ruling = f"/v1/oversight/appeals/{filed['appeal_id']}/decision"
    await evaluated.post("suzhou-city", ruling, 200, decision="upheld", reason="属实（虚构）")
    told = await evaluated.post("suzhou-reviewer", ruling, 200, decision="dismissed", reason="不属实（虚构）")
    assert (told["state"], told["card"]) == ("returned", None)
    await evaluated.post("suzhou-city", ruling, 200, decision="dismissed", reason="不属实（虚构）")
    told = await evaluated.post("suzhou-reviewer", ruling, 200, decision="dismissed", reason="不属实（虚构）")
    assert (told["state"], told["appeal"]["decision"]) == ("decided", "dismissed")
    assert (await evaluated.get("geng", "/v1/evaluations"))["items"][0]["edition"] == 1


async def test_insurers_see_their_own_published_scorecards_only(evaluated: Doors) -> None:
    assert (await evaluated.get("geng", "/v1/evaluations"))["items"] == []
    await evaluated.published()
    (own,) = (await evaluated.get("geng", "/v1/evaluations"))["items"]
    assert (own["score"], own["tier_title"], own["place"]) == (SCORE, "自我管理为主", "宿州市")
    card = (await evaluated.get("xin", "/v1/evaluations/341300/2024"))["card"]
    assert card["insurer"] == XIN
    body = json.dumps(await evaluated.get("xin", "/v1/evaluations/341300/2024/items/6"))
    assert "P2" not in body
    for path in (PLACE, f"{PLACE}/{GENG}", f"{PLACE}/{XIN}/items/6", f"{PLACE}/publication/check"):
        assert (await evaluated.ask("xin", "GET", path)).status_code == 403
    foreign = (await evaluated.get("geng", "/v1/evaluations/341300/2024/items/6"))["items"][0]["unit"]
    path = "/v1/evaluations/341300/2024/items/6/appeal"
    await evaluated.post("xin", path, 422, reason="不服（虚构）", units=[foreign])


@pytest.mark.parametrize("name", ["adviser-suzhou", "auditor", "yongqiao", "geng", "operator"])
async def test_only_the_places_regulator_publishes_and_decides(evaluated: Doors, name: str) -> None:
    await evaluated.post(name, f"{PLACE}/publication", 403, reason="我来发布")
    await evaluated.published()
    filed = await evaluated.post(
        "geng", "/v1/evaluations/341300/2024/items/6/appeal", 201, reason="不服（虚构）"
    )
    path = f"/v1/oversight/appeals/{filed['appeal_id']}/decision"
    answer = await evaluated.ask(name, "POST", path, json={"decision": "upheld", "reason": "好"})
    assert answer.status_code in (403, 404)
