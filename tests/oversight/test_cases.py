"""A finding has a life: raised, answered, decided, each step kept; and everybody sees what is theirs to see."""

from datetime import date
from typing import Any

import asyncpg
import pytest
from casework import HOUR, NOW, case_of, found, raised, registered, trail_of
from shelving import ANAN, BEIAN, Shelf, same_id

from ajx_gateway import errors
from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import Caller, SigningKey, scope_of
from ajx_gateway.intake import replies
from ajx_gateway.intake.desk import Desk
from ajx_gateway.oversight.cases import decide, finding, finding_list, raise_finding
from ajx_gateway.store import tables
from ajx_gateway.store.database import Store

Callers = dict[str, Caller]
OTHER = Caller("insurer-b", "insurer", "乙保险（虚构）", insurer=BEIAN)


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store=store, key=SigningKey.generate(), calendar=Calendar.load(), issuer="https://ajx.test")


async def mine(desk: Desk, caller: Caller, *states: str, **more: Any) -> dict[str, Any]:
    asked: dict[str, Any] = {"category": None, "after": None, "limit": 100, "now": NOW + 9 * HOUR}
    return await replies.findings(desk.store, caller, states=states, **(asked | more))


async def test_a_finding_is_raised_with_its_evidence_and_its_insurer_is_told(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    answer = await raise_finding(store, callers["suzhou"], found(), key=None, now=NOW)
    item = answer["finding"]
    assert (item["state"], item["jurisdiction"], item["place"]) == ("open", "341300", "宿州市埇桥区")
    assert item["evidence"] == [{"title": "保单扫描件", "reference": "sha256:" + "0" * 64}]
    assert (answer["four_eyes"], answer["awaiting_second"]) == (True, None)
    [event] = await shelf.rows(tables.event)
    assert (event["type"], event["insurer"]) == ("finding.raised", ANAN)
    assert event["payload"]["finding"] == item["case_id"]
    assert "抽查" not in str(event["payload"])


async def test_the_subjects_record_gives_version_and_place(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    policy = await shelf.put("policy", "P1", division="341322100")
    claim = await shelf.put("claim", "C1", policy_no="P1", division="340100001")
    about = {"division": None, "subject_kind": "policy", "subject_key": "P1"}
    answer = await raise_finding(store, callers["suzhou"], found(**about), key=None, now=NOW)
    item = answer["finding"]
    assert (item["record_id"], item["version"], item["division"]) == (str(policy), 1, "341322100")
    about = {"division": None, "subject_kind": "claim", "subject_key": "C1"}
    item = (await raise_finding(store, callers["suzhou"], found(**about), key=None, now=NOW))["finding"]
    assert (item["record_id"], item["division"]) == (str(claim), "341322100")


async def test_a_record_that_was_never_filed_can_be_found_fault_with(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    about = {"subject_kind": "policy", "subject_key": "NEVER"}
    item = (await raise_finding(store, callers["suzhou"], found(**about), key=None, now=NOW))["finding"]
    assert (item["version"], item["division"]) == (None, "341302")
    with pytest.raises(errors.Unprocessable, match="division"):
        await raise_finding(store, callers["suzhou"], found(**about, division=None), key=None, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"division": "440605"}, "本辖区"),
        ({"division": "341399"}, "本辖区"),
        ({"happened_on": date(2024, 6, 4)}, "今天"),
        ({"insurer": BEIAN}, "没有登记"),
        ({"subject_kind": "policy"}, "同时"),
        ({"detail": "联系人电话 13800000000"}, "个人信息"),
        ({"title": "涉及 11010519491231002X"}, "个人信息"),
    ],
)
async def test_what_cannot_be_a_finding_is_refused(
    store: Store, shelf: Shelf, callers: Callers, wrong: dict[str, Any], says: str
) -> None:
    await registered(shelf)
    with pytest.raises(errors.Unprocessable, match=says):
        await raise_finding(store, callers["suzhou"], found(**wrong), key=None, now=NOW)


async def test_the_same_key_enters_the_same_finding_once(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    first = await raise_finding(store, callers["suzhou"], found(), key="k1", now=NOW)
    again = await raise_finding(store, callers["suzhou"], found(), key="k1", now=NOW + HOUR)
    assert again["finding"] == first["finding"]
    assert len(await shelf.rows(tables.event)) == 1
    with pytest.raises(errors.KeyReused):
        await raise_finding(store, callers["suzhou"], found(title="另一项"), key="k1", now=NOW)
    other = await raise_finding(store, callers["reviewer"], found(), key="k1", now=NOW)
    assert other["finding"]["case_id"] != first["finding"]["case_id"]


async def test_only_regulators_and_advisers_raise_and_only_regulators_decide(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    for name in ("insurer", "consultant", "auditor", "operator"):
        with pytest.raises(errors.Forbidden):
            await raise_finding(store, callers[name], found(), key=None, now=NOW)
    case = await raised(store, callers["adviser"], division="440605011")
    for name in ("insurer", "consultant", "adviser", "auditor", "operator"):
        with pytest.raises(errors.Forbidden):
            await decide(store, callers[name], case, "upheld", "属实", now=NOW)
    assert (await case_of(shelf, case))["state"] == "open"


async def test_a_foreign_regulator_sees_neither_the_finding_nor_that_it_exists(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    case = await raised(store, callers["suzhou"])
    refusals = []
    for identity in (case, same_id("nothing")):
        for attempt in (
            finding(store, callers["city"], identity, now=NOW),
            decide(store, callers["city"], identity, "upheld", "属实", now=NOW),
        ):
            with pytest.raises(errors.NotFound) as refusal:
                await attempt
            refusals.append(refusal.value.detail)
    assert len(set(refusals)) == 1
    for name, seen in (("city", 0), ("adviser", 0), ("suzhou", 1), ("reviewer", 1), ("auditor", 1)):
        assert len((await finding_list(store, callers[name], {}, now=NOW + HOUR))["items"]) == seen
    with pytest.raises(errors.Forbidden):
        await finding_list(store, callers["consultant"], {}, now=NOW)


async def test_a_finding_of_the_city_is_above_its_districts(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    town = await raised(store, callers["city"], division="440605011")
    await raised(store, callers["city"], division="440600")
    listed = await finding_list(store, callers["guicheng"], {}, now=NOW)
    assert [item["case_id"] for item in listed["items"]] == [str(town)]


async def test_an_insurer_sees_its_own_findings_only_and_no_opinion_before_the_decision(
    store: Store, shelf: Shelf, callers: Callers, desk: Desk
) -> None:
    await registered(shelf, ANAN, BEIAN)
    own = await raised(store, callers["suzhou"])
    await raised(store, callers["suzhou"], insurer=BEIAN)
    await decide(store, callers["suzhou"], own, "upheld", "属实", now=NOW + HOUR)
    listed = await mine(desk, callers["insurer"])
    assert [(item["case_id"], item["state"]) for item in listed["items"]] == [(str(own), "open")]
    assert [item["case_id"] for item in (await mine(desk, callers["insurer"], "open"))["items"]] == [str(own)]
    whole = await replies.finding(desk, callers["insurer"], own, now=NOW)
    assert [step["step"] for step in whole["trail"]] == ["raised"]
    assert "suzhou-city" not in str(whole)
    with pytest.raises(errors.NotFound) as foreign:
        await replies.finding(desk, OTHER, own, now=NOW)
    with pytest.raises(errors.NotFound) as absent:
        await replies.finding(desk, OTHER, same_id("nothing"), now=NOW)
    assert foreign.value.detail == absent.value.detail
    with pytest.raises(errors.NotFound):
        await replies.reply(desk, OTHER, own, "与我无关", [], now=NOW)


async def test_an_insurer_replies_until_it_is_decided_and_every_reply_is_kept(
    store: Store, shelf: Shelf, callers: Callers, desk: Desk
) -> None:
    await registered(shelf)
    case = await raised(store, callers["suzhou"])
    paper = [{"title": "备案回执", "reference": "https://example.invalid/filing"}]
    answer = await replies.reply(desk, callers["insurer"], case, "已按备案费率", paper, now=NOW + HOUR)
    assert answer["finding"]["state"] == "replied"
    await decide(store, callers["suzhou"], case, "upheld", "属实", now=NOW + 2 * HOUR)
    answer = await replies.reply(desk, callers["insurer"], case, "补充说明", [], now=NOW + 3 * HOUR)
    assert answer["finding"]["state"] == "replied"
    assert (await case_of(shelf, case))["state"] == "proposed"
    await decide(store, callers["reviewer"], case, "dismissed", "说明可信", now=NOW + 4 * HOUR)
    assert (await case_of(shelf, case))["state"] == "replied"
    for name in ("suzhou", "reviewer"):
        await decide(store, callers[name], case, "dismissed", "说明可信", now=NOW + 5 * HOUR)
    with pytest.raises(errors.Conflict, match="不成立"):
        await replies.reply(desk, callers["insurer"], case, "再说明", [], now=NOW + 6 * HOUR)
    assert [step for step, _, _ in await trail_of(shelf, case)] == [
        "raised", "replied", "stated", "replied", "differed", "stated", "decided",
    ]  # fmt: skip
    trail = (await finding(store, callers["suzhou"], case, now=NOW))["trail"]
    assert trail[1]["evidence"] == paper
    with pytest.raises(errors.Unprocessable, match="个人信息"):
        await replies.reply(desk, callers["insurer"], case, "请联系13900001111", [], now=NOW)


async def test_findings_are_listed_by_what_they_are_and_as_they_stood_when_the_first_page_was_asked(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf, ANAN, BEIAN)
    made = [await raised(store, callers["suzhou"], now=NOW + n * HOUR / 6) for n in range(5)]
    await raised(store, callers["suzhou"], insurer=BEIAN, category="data", happened_on=date(2023, 7, 1))
    given = {"state": "open", "category": "product", "period": "2024", "limit": "2"}
    page = await finding_list(store, callers["suzhou"], given, now=NOW + HOUR)
    seen = [item["case_id"] for item in page["items"]]
    for name in ("suzhou", "reviewer"):
        await decide(store, callers[name], made[0], "upheld", "属实", now=NOW + 2 * HOUR)
    await raised(store, callers["suzhou"], now=NOW + 2 * HOUR)
    while page["next"]:
        page = await finding_list(
            store, callers["suzhou"], {**given, "after": page["next"]}, now=NOW + 3 * HOUR
        )
        seen += [item["case_id"] for item in page["items"]]
        assert all(item["decision"] is None for item in page["items"])
    assert seen == [str(case) for case in reversed(made)]
    after = NOW + 3 * HOUR
    for wanted, count in (
        ({"state": "upheld"}, 1),
        ({"state": "open,upheld"}, 7),
        ({"insurer": BEIAN}, 1),
        ({"period": "2023"}, 1),
        ({"district": "341302"}, 7),
        ({"district": "341321"}, 0),
        ({"origin": "rule"}, 0),
    ):
        assert len((await finding_list(store, callers["suzhou"], wanted, now=after))["items"]) == count, (
            wanted
        )
    with pytest.raises(errors.Unprocessable):
        await finding_list(store, callers["suzhou"], {"state": "lost"}, now=after)


@pytest.mark.parametrize("table", ["finding_step", "statement", "complaint_step", "outage_credit"])
async def test_a_trail_can_only_grow(store: Store, shelf: Shelf, callers: Callers, table: str) -> None:
    await registered(shelf)
    case = await raised(store, callers["suzhou"])
    await decide(store, callers["suzhou"], case, "upheld", "属实", now=NOW)
    column = {"finding_step": "words", "statement": "reason", "complaint_step": "words"}.get(
        table, "state_after"
    )
    for attempt in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with store.writing(scope_of(callers["suzhou"])) as tx:
                await tx.fetch(attempt)


async def test_no_insurer_raises_a_finding_even_past_the_doors(
    store: Store, shelf: Shelf, callers: Callers
) -> None:
    await registered(shelf)
    case = await raised(store, callers["suzhou"])
    copied = (
        "INSERT INTO finding_case (case_id, insurer, jurisdiction, division, category, origin, clause, title, detail,"
        " evidence, happened_on, raised_at, raised_by, state) SELECT gen_random_uuid(), insurer, jurisdiction,"
        " division, category, origin, clause, title, detail, evidence, happened_on, raised_at, raised_by, state"
        " FROM finding_case WHERE case_id = $1"
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with store.writing(scope_of(callers["insurer"])) as tx:
            await tx.fetch(copied, case)
    async with store.writing(scope_of(OTHER)) as tx:
        assert await tx.fetch("UPDATE finding_case SET state = 'dismissed' RETURNING case_id") == []
    assert (await case_of(shelf, case))["state"] == "open"
