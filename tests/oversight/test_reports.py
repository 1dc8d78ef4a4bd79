"""The doors of reports: made, listed, read, laid out and checked, by whom it is due and by nobody else."""

import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from python_calamine import CalamineWorkbook
from shelving import ANAN, BEIAN, CALLERS, Shelf
from test_oversight_doors import BASE, NOW, Doors

from ajx_gateway.app import create_app
from ajx_gateway.deadlines import Calendar
from ajx_gateway.identity import SigningKey, scope_of, system_scope
from ajx_gateway.oversight import report_changes, report_schedule, reports
from ajx_gateway.oversight.report_kinds import RECIPES
from ajx_gateway.rendering import fonts
from ajx_gateway.rendering.figures import Column, Figures, Period, Section, Table, canonical, digest, read
from ajx_gateway.rendering.seal import seal_of
from ajx_gateway.settings import Settings, generate_data_key
from ajx_gateway.store import clients, tables
from ajx_gateway.store import reports as kept
from ajx_gateway.store.database import Store
from ajx_gateway.store.report_tables import report as report_table

CITY, NANHAI, SUZHOU = CALLERS["city"], CALLERS["nanhai"], CALLERS["suzhou"]
PAST = datetime(2023, 6, 20, 2, 0, tzinfo=UTC)
PATH = "/v1/oversight/reports"


@pytest.fixture(scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> AsyncIterator[Doors]:
    chosen = Settings(
        _env_file=None,  # type: ignore[call-arg]
        database_url=SecretStr(database_url),
        data_dir=Path(tmp_path_factory.mktemp("reports")),
        base_url=BASE,
    )
    SigningKey.generate().save(chosen.signing_key_path)
    generate_data_key(chosen.data_key_path)
    app = create_app(chosen, clock=lambda: NOW)
    async with app.router.lifespan_context(app):
        async with app.state.gateway.desk.store.writing(system_scope("register the test's callers")) as tx:
            for caller in CALLERS.values():
                await clients.register(tx, caller, SigningKey.generate().public_jwk(), now=NOW)
        yield Doors(app)


@pytest.fixture
async def filled(shelf: Shelf) -> Shelf:
    """Two insurers' May and June of 2023 in two towns of 南海, with what follows from policies."""
    async with shelf.engine.begin() as connection:
        await connection.execute(sa.text("TRUNCATE report, clock_before"))
    for insurer, name in ((ANAN, "安安保险（虚构）"), (BEIAN, "北安保险（虚构）")):
        await shelf.put_row(tables.insurer, insurer=insurer, name=name, division="440600", registered_at=PAST)
    for number, town in enumerate(["440605011", "440605011", "440605121", "341302001"]):
        own = {"division": town, "enterprise_uscc": f"91440605MA0000000{number}", "recorded_at": PAST}
        await shelf.put("policy", f"P{number}", insurer=ANAN if number % 2 else BEIAN, **own)
    month = {"signed_on": date(2023, 6, 5), "recorded_at": PAST, "premium_received": Decimal("1234.50")}
    await shelf.put("policy", "P9", insurer=BEIAN, enterprise_uscc="91440605MA00000099", **month)
    await shelf.put(
        "claim", "C1", policy_no="P1", paid=Decimal("600.00"), recorded_at=PAST, reported_on=date(2023, 5, 9)
    )
    await shelf.put("service", "S1", policy_no="P1", recorded_at=PAST, started_on=date(2023, 5, 20))
    await shelf.put("hazard", "H1", policy_no="P1", recorded_at=PAST, found_on=date(2023, 5, 20))
    await shelf.put(
        "fund_entry",
        "F1",
        policy_no="P1",
        amount=Decimal("150.00"),
        recorded_at=PAST,
        entered_on=date(2023, 5, 30),
    )
    return shelf


async def make(doors: Doors, caller: Any, kind: str, period: str, status: int = 201, **told: Any) -> Any:
    answer = await doors.ask(caller, "POST", f"{PATH}/{kind}/{period}", json=told)
    assert answer.status_code == status, answer.text
    return answer.json()


async def get(doors: Doors, caller: Any, path: str, status: int = 200) -> Any:
    answer = await doors.ask(caller, "GET", path)
    assert answer.status_code == status, answer.text
    return answer


async def test_every_figure_of_a_bulletin_is_the_apis_at_its_instant(doors: Doors, filled: Shelf) -> None:
    made = await make(doors, CITY, "monthly-bulletin", "2023-05")
    assert made["as_of"] == "2026-11-20T09:55:00+08:00"
    told = (await get(doors, CITY, made["links"]["figures"])).json()
    figures = told["figures"]
    assert figures["title"] == "佛山市安全生产责任保险月度通报（2023年5月）"
    table = figures["sections"][0]["tables"][0]
    asked = {
        "measures": "policies,enterprises,insured_persons,premium", "by": "insurer", "period": "2023-05",
        "as_of": made["as_of"], "compare": "yoy",
    }  # fmt: skip
    api = await doors.figures(CITY, **asked)
    names = [column["name"] for column in table["columns"]]
    for row, group in zip(table["rows"], api["groups"], strict=True):
        assert {name: row[names.index(name)] for name in group["values"]} == group["values"]
        assert row[names.index("insurer_name")] == group["names"]["insurer"]
    assert {name: table["total"][names.index(name)] for name in api["total"]["values"]} == api["total"][
        "values"
    ]
    assert api["total"]["values"]["policies"] == 3
    assert "新签保单3份" in figures["sections"][0]["paragraphs"][0]
    clocks = [s for s in figures["sections"] if s["name"] == "timeliness"]
    assert clocks[0]["paragraphs"]
    assert told["digest"] == digest(canonical(read(json.dumps(figures).encode())))
    assert told["deadline"]["due"] == "2023-06-13T00:00:00+08:00"  # the 10th was a Saturday
    assert told["deadline"]["on_time"] is False


@pytest.mark.parametrize(
    ("kind", "period"),
    [
        ("monthly-bulletin", "2023-05"),
        ("quarterly-operation", "2023Q2"),
        ("half-yearly-evaluation", "2023H1"),
        ("annual-white-paper", "2023"),
        ("insurer-service", "2023"),
    ],
)
async def test_each_kind_is_made_laid_out_and_derived_again(
    doors: Doors, filled: Shelf, kind: str, period: str
) -> None:
    told: dict[str, Any] = {"insurer": ANAN} if kind == "insurer-service" else {}
    made = await make(doors, CITY, kind, period, **told)
    for form in ("docx", "xlsx"):
        file = await get(doors, CITY, made["links"][form])
        seal = seal_of(file.content)
        assert (str(seal.report_id), seal.digest) == (made["report_id"], made["digest"])
        assert f'filename="{kind}-{period}-1.{form}"' in file.headers["content-disposition"]
    has_font = fonts.faces_or_none() is not None
    file = await get(doors, CITY, made["links"]["pdf"], 200 if has_font else 503)
    if has_font:
        assert seal_of(file.content).digest == made["digest"]
    else:
        assert "AJX_FONTS" in file.json()["detail"]
    found = (await get(doors, CITY, f"{made['links']['check']}?digest={made['digest']}")).json()
    assert (found["equal"], found["sound"], found["differences"]) == (True, True, [])
    sheets = CalamineWorkbook.from_filelike(
        io.BytesIO((await get(doors, CITY, made["links"]["xlsx"])).content)
    )
    assert sheets.sheet_names[0] == "说明"


async def test_what_was_corrected_since_is_listed_then_and_now(doors: Doors, filled: Shelf) -> None:
    made = await make(doors, CITY, "monthly-bulletin", "2023-05", as_of="2023-07-01T00:00:00+08:00")
    corrected = {
        "revised_at": datetime(2023, 9, 1, tzinfo=UTC),
        "recorded_at": datetime(2023, 9, 2, tzinfo=UTC),
    }
    await filled.put(
        "policy", "P1", insurer=ANAN, enterprise_uscc="91440605MA00000001", insured_count=25, **corrected
    )
    found = (await get(doors, CITY, made["links"]["check"])).json()
    assert found["sound"]
    assert found["equal"]
    told = {(each["row"], each["column"]): (each["then"], each["now"]) for each in found["restatements"]}
    assert told["安安保险（虚构）", "被保险人数（人）"] == ("10", "25")
    assert told["合计", "被保险人数（人）"] == ("30", "45")
    sheet = await get(doors, CITY, f"{made['links']['check']}.csv")
    assert "此后重述" in sheet.content.decode("utf-8-sig")


async def test_a_file_of_another_report_and_tampered_figures_are_told(doors: Doors, filled: Shelf) -> None:
    made = await make(doors, CITY, "monthly-bulletin", "2023-05")
    other = (await get(doors, CITY, f"{made['links']['check']}?digest={'0' * 64}")).json()
    assert (other["sound"], other["file_matches"]) == (False, False)
    async with filled.engine.begin() as connection:
        row = (await connection.execute(sa.select(report_table))).mappings().one()
        forged = row["figures"].replace(b'"3000.00"', b'"9000.00"')
        assert forged != row["figures"]
        await connection.execute(sa.update(report_table).values(figures=forged))
    found = (await get(doors, CITY, made["links"]["check"])).json()
    assert (found["sound"], found["stored_intact"]) == (False, False)
    assert {(each["then"], each["now"]) for each in found["differences"]} == {("9,000.00", "3,000.00")}


async def test_records_that_were_changed_behind_the_gateways_back_are_found(
    doors: Doors, filled: Shelf
) -> None:
    made = await make(doors, CITY, "monthly-bulletin", "2023-05")
    async with filled.engine.begin() as connection:
        for table in (tables.RECORDS["policy"], tables.HISTORY["policy"]):
            await connection.execute(sa.update(table).where(table.c.key == "P1").values(insured_count=99))
    found = (await get(doors, CITY, made["links"]["check"])).json()
    assert (found["sound"], found["stored_intact"]) == (False, True)
    assert any(each["now"] == "99" for each in found["differences"])


async def test_a_report_is_seen_from_its_territory_upwards_and_by_nobody_else(
    doors: Doors, filled: Shelf
) -> None:
    city = await make(doors, CITY, "monthly-bulletin", "2023-05")
    district = await make(doors, NANHAI, "monthly-bulletin", "2023-05")
    assert district["territory"] == "440605"
    for caller, report, status in (
        (CITY, district, 200),
        (NANHAI, city, 404),
        (SUZHOU, city, 404),
        (CALLERS["auditor"], city, 200),
        (CALLERS["adviser"], city, 200),
        (CALLERS["insurer"], city, 403),
    ):
        for link in ("figures", "docx", "xlsx", "check"):
            answer = await doors.ask(caller, "GET", report["links"][link])
            assert answer.status_code == status, (caller.name, link, answer.text)
    absent = await doors.ask(NANHAI, "GET", f"{PATH}/{uuid4()}")
    foreign = await doors.ask(NANHAI, "GET", city["links"]["figures"])
    assert absent.json()["detail"] == foreign.json()["detail"]
    assert (await doors.ask(NANHAI, "GET", f"{PATH}/nonsense.pdf")).json()["detail"] == absent.json()[
        "detail"
    ]
    listed = (await get(doors, CITY, PATH)).json()["items"]
    assert {item["report_id"] for item in listed} == {city["report_id"], district["report_id"]}
    assert [item["report_id"] for item in (await get(doors, NANHAI, PATH)).json()["items"]] == [
        district["report_id"]
    ]


async def test_who_sees_no_enterprises_neither_makes_nor_reads_reports(doors: Doors, filled: Shelf) -> None:
    made = await make(doors, CITY, "monthly-bulletin", "2023-05")
    for caller in (CALLERS["consultant"], CALLERS["operator"]):
        await make(doors, caller, "annual-white-paper", "2023", 403)
        for path in (PATH, *made["links"].values()):
            await get(doors, caller, path, 403)


async def test_each_making_is_a_new_edition_and_pages_hold_them_all(doors: Doors, filled: Shelf) -> None:
    editions = [(await make(doors, CITY, "monthly-bulletin", "2023-05"))["edition"] for _ in range(3)]
    assert editions == [1, 2, 3]
    seen, after = [], ""
    while True:
        page = (await get(doors, CITY, f"{PATH}?limit=2&kind=monthly-bulletin&after={after}")).json()
        seen += [item["edition"] for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert sorted(seen) == editions
    sheet = await get(doors, CITY, f"{PATH}.csv")
    assert "已编制的报告" in sheet.content.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("caller", "path", "told", "status", "said"),
    [
        ("city", "monthly-bulletin/2023Q1", {}, 422, "期间应如 2023-12"),
        ("city", "monthly-bulletin/x", {}, 422, "期间应如 2023-12"),
        ("city", "yearbook/2023", {}, 404, "没有这种报告"),
        ("city", "insurer-service/2023", {}, 422, "须用 insurer"),
        ("city", "insurer-service/2023", {"insurer": "91440600MA00000C3X"}, 404, "没有这家承保机构"),
        ("city", "monthly-bulletin/2023-05", {"insurer": ANAN}, 422, "不能指定 insurer"),
        ("city", "monthly-bulletin/2023-05", {"as_of": "2026-11-20T09:59:00+08:00"}, 422, "须不晚于"),
        ("city", "monthly-bulletin/2027-01", {}, 422, "尚无数据"),
        ("city", "monthly-bulletin/2023-05", {"as_of": "2023-06-01"}, 422, "不符合要求"),
        ("city", "monthly-bulletin/2023-05", {"colour": "red"}, 422, "不符合要求"),
        ("auditor", "monthly-bulletin/2023-05", {}, 403, "可以编制报告"),
        ("operator", "monthly-bulletin/2023-05", {}, 403, "不能编制或查看"),
        ("insurer", "monthly-bulletin/2023-05", {}, 403, "监管接口"),
    ],
)
async def test_what_does_not_fit_is_refused_in_words(
    doors: Doors, filled: Shelf, caller: str, path: str, told: dict[str, Any], status: int, said: str
) -> None:
    answer = await doors.ask(CALLERS[caller], "POST", f"{PATH}/{path}", json=told)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]


async def test_a_bare_post_makes_a_report_as_well(doors: Doors, filled: Shelf) -> None:
    answer = await doors.ask(CITY, "POST", f"{PATH}/monthly-bulletin/2023-05")
    assert answer.status_code == 201
    assert answer.headers["location"] == answer.json()["links"]["figures"]


async def test_an_insurer_of_another_place_and_an_unknown_one_look_the_same(
    doors: Doors, filled: Shelf
) -> None:
    await filled.put("policy", "PX", insurer="91341300MA00000X1X", division="341302001", recorded_at=PAST)
    told = [
        (await make(doors, CITY, "insurer-service", "2023", 404, insurer=insurer))["detail"]
        for insurer in ("91341300MA00000X1X", "91341300MA00000Y1X")
    ]
    assert told[0] == told[1]


async def test_the_database_itself_hides_and_refuses_foreign_reports(store: Store, filled: Shelf) -> None:
    new = kept.NewReport(
        "monthly-bulletin", "440605", "", "2023-05", "虚构", NOW, b"{}", "0" * 64, "t", "regulator", NOW
    )
    async with store.writing(scope_of(NANHAI)) as tx:
        row = await kept.add(tx, new)
    for caller, count in (
        (NANHAI, 1),
        (CITY, 1),
        (CALLERS["guicheng"], 0),
        (SUZHOU, 0),
        (CALLERS["insurer"], 0),
    ):
        async with store.reading(scope_of(caller)) as tx:
            found = await tx.fetch("SELECT report_id FROM report")
        assert len(found) == count, caller.name
    with pytest.raises(Exception, match="row-level security"):
        async with store.writing(scope_of(SUZHOU)) as tx:
            await kept.add(tx, new)
    with pytest.raises(Exception, match="permission denied"):
        async with store.writing(scope_of(NANHAI)) as tx:
            await tx.fetch("UPDATE report SET digest = 'x' WHERE report_id = $1", row["report_id"])


CALENDAR = Calendar.load()


async def test_the_schedule_makes_each_due_report_once_and_by_hand_counts_too(
    store: Store, filled: Shelf
) -> None:
    early, near = datetime(2023, 6, 3, tzinfo=UTC), datetime(2023, 6, 11, tzinfo=UTC)
    assert await report_schedule.make_due(store, CALENDAR, early) == 0
    assert await report_schedule.make_due(store, CALENDAR, near) == 1
    assert await report_schedule.make_due(store, CALENDAR, near + timedelta(minutes=10)) == 0
    rows = await filled.rows(report_table)
    assert [(row["kind"], row["territory"], row["period"], row["edition"]) for row in rows] == [
        ("monthly-bulletin", "4406", "2023-05", 1)
    ]
    assert rows[0]["as_of"] == datetime(2023, 6, 10, 16, 0, tzinfo=UTC)
    made = await reports.make(
        store, CALENDAR, CITY, "monthly-bulletin", "2023-06", insurer=None, as_of=None,
        now=datetime(2023, 7, 2, tzinfo=UTC),
    )  # fmt: skip
    assert made["edition"] == 1
    await report_schedule.make_due(store, CALENDAR, datetime(2023, 7, 8, tzinfo=UTC))
    june = [row for row in await filled.rows(report_table) if row["period"] == "2023-06"]
    assert len(june) == 1


def test_every_kind_with_a_deadline_is_planned_where_the_law_has_one() -> None:
    plans = list(report_schedule.planned(CALENDAR, datetime(2024, 1, 20, tzinfo=UTC)))
    assert {(plan.recipe.kind, plan.territory, plan.period.text) for plan in plans} == {
        ("monthly-bulletin", "4406", "2023-12"),
        ("quarterly-operation", "4406", "2023Q4"),
        ("half-yearly-evaluation", "4406", "2023H2"),
        ("annual-white-paper", "4406", "2023"),
    }
    assert all(plan.begins < datetime(2024, 2, 1, tzinfo=UTC) for plan in plans)


def test_a_recipes_sentences_name_only_what_their_tables_hold() -> None:
    for recipe in RECIPES.values():
        for part in recipe.parts:
            for question in part.questions:
                measures = getattr(question, "measures", ())
                for drawn in getattr(question, "charts", ()):
                    assert set(drawn.values) <= set(measures), (recipe.kind, question)
                assert set(getattr(question, "compare", ())) <= set(measures)


def test_differences_name_new_rows_gone_rows_and_changed_cells() -> None:
    columns = (Column("insurer", "代码", "", "code"), Column("insurer_name", "机构", "", "text"),
               Column("n", "数", "家", "count"))  # fmt: skip
    table = Table("t", "表", "", columns, 2, (("A", "甲", 1), ("B", "乙", 2)), (None, None, 3))
    then = Figures(
        "k",
        "k",
        "t",
        "i",
        "4406",
        "佛山市",
        "",
        "",
        Period("2023", "a", "b"),
        "x",
        (Section("s", "节", (), (table,)),),
    )
    later = replace(table, rows=(("A", "甲改名", 5), ("C", "丙", 2)), total=(None, None, 7))
    now = replace(then, sections=(Section("s", "节", (), (later,)),))
    found = [(d.row, d.then, d.now) for d in report_changes.differences(then, now)]
    assert found == [("甲", "1", "5"), ("乙", "2", "无此行"), ("丙", "无此行", "2"), ("合计", "3", "7")]
    assert report_changes.differences(then, then) == []
