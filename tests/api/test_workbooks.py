"""How a list looks in an office: nothing is cut off, figures read as figures, and a page prints with its heads."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook

from ajx_gateway.api import tables
from ajx_gateway.api.tables import Table

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
AS_OF = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)
COLUMNS = [
    ("policy_no", "保单号"), ("premium_received", "实收保费"), ("use_ratio", "使用率"), ("gap", "距目标（家）"),
    ("fund_agreed", "约定事故预防费（元）"), ("recorded_at", "受理时刻"), ("detail", "说明"), ("enterprise_name", "投保企业名称"),
]  # fmt: skip
LONG = "没有企业规模，无法判断首次服务时限是否适用。请填写统计上大中小微型企业划分的规模。"
NAME = "佛山市南海区桂城溪康乙钢材压延加工有限公司（虚构）"
ROW = ["P1", "15900.00", "0.8951", 12, Decimal("1000.50"), "2024-12-31T23:59:59.700000+08:00", LONG, NAME]


def made(definition: str = "虚构", columns: list[tuple[str, str]] = COLUMNS) -> bytes:
    return tables.to_xlsx(Table("保单", definition, AS_OF, "条", columns, [ROW[: len(columns)]]))


def part(content: bytes, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return ElementTree.fromstring(book.read(name))


def page(content: bytes) -> ElementTree.Element:
    return part(content, "xl/worksheets/sheet1.xml")


def look(content: bytes, at: str) -> tuple[str, bool]:
    """The number format of a cell, and whether it wraps."""
    styles = part(content, "xl/styles.xml")
    [cell] = [each for each in page(content).iter(f"{MAIN}c") if each.get("r") == at]
    style = styles.find(f"{MAIN}cellXfs")[int(cell.get("s", "0"))]  # type: ignore[index]
    alignment = style.find(f"{MAIN}alignment")
    return style.get("numFmtId", ""), alignment is not None and alignment.get("wrapText") == "1"


def widths(content: bytes) -> list[float]:
    return [float(each.get("width", "0")) for each in page(content).iter(f"{MAIN}col")]


def test_money_shows_its_cents_and_a_ratio_is_read_in_percent() -> None:
    content = made()
    amount, ratio, general = "4", "10", "0"
    assert [look(content, f"{column}8")[0] for column in "BCDE"] == [amount, ratio, general, amount]
    row = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[-1]
    assert row[1:5] == [15900.0, 0.8951, 12.0, 1000.5]


def test_words_and_names_wrap_in_columns_that_hold_them_and_heads_wrap_too() -> None:
    content = made()
    assert look(content, "G8")[1]
    assert look(content, "H8")[1]
    assert look(content, "A6")[1]
    assert not look(content, "A8")[1]
    assert widths(content)[6] >= 40
    assert widths(content)[7] >= 40
    # A head of many words is no reason for a column that its figures do not fill.
    assert widths(made(columns=[("count", "第1项扣分 执行备案条款费率与产品规范")]))[0] <= 24

    # A place's name is shorter than a company's: two more columns of them are no second page.
    named = [
        ("insurer_name", "承保机构"),
        ("territory_name", "所属地区"),
        ("accident_division_name", "出险地区"),
    ]
    assert [widths(made(columns=named))[place] for place in range(3)] == [48, 24, 24]


def test_a_row_is_as_high_as_its_words_need() -> None:
    """Not every spreadsheet stretches rows by itself when it opens a file."""
    row = list(page(made()).iter(f"{MAIN}row"))[-1]
    assert float(row.get("ht", "0")) == 30
    columns = [("note", "说明")]
    tall = tables.to_xlsx(
        Table("保单", "虚构", AS_OF, "条", columns, [["短"], ["一\n二\n三"], ["长" * 9000]])
    )
    heights = [row.get("ht") for row in page(tall).iter(f"{MAIN}row")][-3:]
    assert heights == [None, "45", "405"]


def test_what_stands_beside_nested_values_wraps_as_well() -> None:
    columns = [("payload", "内容（JSON）"), ("payload_title", "内容")]
    told = tables.to_xlsx(
        Table("事件", "虚构", AS_OF, "条", columns, [['{"kind": "policy"}', "记录种类：保单；" * 20]])
    )
    assert look(told, "A8")[1]
    assert look(told, "B8")[1]
    assert widths(told)[1] >= 60


def test_a_definition_of_many_words_is_read_where_it_stands() -> None:
    words = "应保单位为名录中在统计日有效的单位，按统一社会信用代码去重；" * 10
    sheet = page(made(words))
    # The instant's line is wider than its column as well; the title's and the unit's are not.
    assert [each.get("ref") for each in sheet.iter(f"{MAIN}mergeCell")] == ["B2:G2", "B3:G3"]
    assert (
        float(next(row.get("ht", "0") for row in sheet.iter(f"{MAIN}row") if row.get("r") == "2")) >= 5 * 15
    )
    # It stays in sight above the rows, and leaves them most of the screen.
    endless = [float(row.get("ht", "0")) for row in page(made(words * 20)).iter(f"{MAIN}row")][1]
    assert endless <= 200
    assert look(made(words), "B2")[1]


def test_a_narrow_list_has_room_for_its_definition_beside_its_columns() -> None:
    sheet = page(made("说" * 300, COLUMNS[:1]))
    assert [each.get("ref") for each in sheet.iter(f"{MAIN}mergeCell")] == [
        "B1:N1",
        "B2:N2",
        "B3:N3",
        "B4:N4",
    ]


def test_a_list_prints_on_a4_across_with_its_heads_on_every_page() -> None:
    sheet = page(made())
    setup = sheet.find(f"{MAIN}pageSetup")
    assert setup is not None
    assert (setup.get("paperSize"), setup.get("orientation")) == ("9", "landscape")
    assert (setup.get("fitToWidth"), setup.get("fitToHeight")) == ("1", "0")
    fit = sheet.find(f"{MAIN}sheetPr/{MAIN}pageSetUpPr")
    assert fit is not None
    assert fit.get("fitToPage") == "1"
    [named] = part(made(), "xl/workbook.xml").iter(f"{MAIN}definedName")
    assert (named.get("name"), named.get("localSheetId")) == ("_xlnm.Print_Titles", "0")
    assert named.text == "'保单'!$6:$7"
    # Letters stay large enough to be read: a list of forty columns takes more than one page across.
    wide = page(made(columns=[(f"c{n}", f"第{n}列") for n in range(40)])).find(f"{MAIN}pageSetup")
    assert wide is not None
    assert int(wide.get("fitToWidth", "0")) > 1


def test_an_instant_just_before_midnight_is_not_shown_as_the_next_day() -> None:
    row = CalamineWorkbook.from_filelike(io.BytesIO(made())).get_sheet_by_index(0).to_python()[-1]
    assert row[5] == datetime(2024, 12, 31, 23, 59, 59)  # noqa: DTZ001  a spreadsheet knows no zone
    assert not isinstance(row[0], date)


def test_the_parts_of_a_sheet_stand_in_the_order_that_spreadsheets_demand() -> None:
    order = [
        "sheetPr", "sheetViews", "sheetFormatPr", "cols", "sheetData", "mergeCells", "pageMargins", "pageSetup", "headerFooter",
    ]  # fmt: skip
    assert [each.tag.removeprefix(MAIN) for each in page(made("说" * 100))] == order


def test_every_sheet_of_a_long_list_has_its_own_heads_in_print() -> None:
    book = tables.workbook(Table("长表", "虚构", AS_OF, "条", COLUMNS, ()), sheet_rows=9)
    content = b"".join([*book.add([ROW] * 4), *book.end()])
    names = [each.text for each in part(content, "xl/workbook.xml").iter(f"{MAIN}definedName")]
    assert names == ["'长表'!$6:$7", "'长表 2'!$6:$7"]
