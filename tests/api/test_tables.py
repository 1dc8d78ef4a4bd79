"""Lists as files: what a spreadsheet must not misread."""

import csv
import io
import re
import uuid
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook
from starlette.requests import Request

from ajx_gateway.api import cells, tables
from ajx_gateway.api.tables import Table

AS_OF = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)


def table(*rows: list[object]) -> Table:
    columns = [("policy_no", "保单号"), ("premium", "保费")]
    return Table("保费[汇总]", "按保单汇总的保费", AS_OF, "元", columns, rows)


def lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def sheet(content: bytes) -> list[list[object]]:
    page = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    return [list(row) for row in page.to_python()]


def test_a_csv_begins_with_a_bom_and_a_block_that_explains_the_figures() -> None:
    content = tables.to_csv(table())
    assert content.startswith(b"\xef\xbb\xbf")
    assert lines(content)[:4] == [
        ["标题", "保费[汇总]"],
        ["定义", "按保单汇总的保费"],
        ["数据时点", "2026-11-21T09:02:03+08:00"],
        ["单位", "元"],
    ]
    assert lines(content)[5:7] == [["保单号", "保费"], ["policy_no", "premium"]]


def test_a_csv_quotes_text_and_never_numbers() -> None:
    content = tables.to_csv(table(["0012", Decimal("159000000.00")])).decode("utf-8-sig")
    assert content.splitlines()[-1] == '"0012",159000000.00'


def test_a_very_small_amount_is_written_out_without_an_exponent() -> None:
    content = tables.to_csv(table(["P", Decimal("0.0000001")])).decode("utf-8-sig")
    assert content.splitlines()[-1] == '"P",0.0000001'


@pytest.mark.parametrize("hostile", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1"])
def test_a_cell_that_looks_like_a_formula_is_neutralised_in_both_forms(hostile: str) -> None:
    assert lines(tables.to_csv(table([hostile, 1])))[-1][0].startswith("'")
    page = sheet(tables.to_xlsx(table([hostile, 1])))
    assert page[-1][0] == hostile.strip("\r") or str(page[-1][0]).strip() == hostile.strip()


def test_a_negative_number_is_a_number_and_not_a_formula() -> None:
    assert lines(tables.to_csv(table(["P", Decimal("-5.00")])))[-1] == ["P", "-5.00"]
    assert sheet(tables.to_xlsx(table(["P", Decimal("-5.00")])))[-1] == ["P", -5.0]


def test_codes_stay_text_in_a_workbook() -> None:
    page = sheet(tables.to_xlsx(table(["001234567890123456", 7])))
    assert page[-1] == ["001234567890123456", 7.0]
    assert page[0][:2] == ["标题", "保费[汇总]"]


def test_an_amount_with_more_digits_than_a_spreadsheet_holds_stays_text() -> None:
    assert (
        sheet(tables.to_xlsx(table(["P", Decimal("12345678901234567.89")])))[-1][1] == "12345678901234567.89"
    )


KINDS = [
    ("policy_no", "保单号"),
    ("premium_received", "实收保费"),
    ("signed_on", "签单日期"),
    ("due", "截止时刻"),
]


def typed(*rows: list[object]) -> Table:
    return Table("保单", "虚构", AS_OF, "条", KINDS, rows)


def test_in_a_workbook_an_amount_is_a_number_a_day_a_day_and_an_instant_the_hour_in_china() -> None:
    page = sheet(tables.to_xlsx(typed(["2024.10", "15900.00", "2024-02-29", "2024-03-08T16:00:01+00:00"])))
    assert page[-1][3] == datetime(2024, 3, 9, 0, 0, 1)  # noqa: DTZ001  a spreadsheet knows no zone
    assert page[-1][:3] == ["2024.10", 15900.0, date(2024, 2, 29)]
    assert lines(tables.to_csv(typed(["2024.10", "15900.00", "2024-02-29", None])))[-1][1] == "15900.00"
    quoted = tables.to_csv(typed(["2024.10", "15900.00", "2024-02-29", None])).decode().splitlines()[-1]
    assert quoted == '"2024.10",15900.00,"2024-02-29",'


@pytest.mark.parametrize(
    "row",
    [
        ["P", "不予显示", "＊＊＊", "待定"],
        ["P", "1e5", "2024-02-30", "2024-02-30T00:00:00+08:00"],
        ["P", "١٢", "0001-01-01", "1899-12-31T00:00:00+08:00"],
        ["P", "1.", "2024-2-1", "0001-01-01T00:00:00+14:00"],
    ],
)
def test_what_only_looks_like_a_number_or_a_day_stays_text(row: list[object]) -> None:
    assert sheet(tables.to_xlsx(typed(row)))[-1] == row


def test_the_heads_stay_in_sight_and_columns_are_as_wide_as_what_they_hold() -> None:
    with zipfile.ZipFile(io.BytesIO(tables.to_xlsx(typed(["P", "1.00", "2024-01-01", None])))) as book:
        page = book.read("xl/worksheets/sheet1.xml").decode()
        for name in book.namelist():
            ElementTree.fromstring(book.read(name))
    assert '<pane ySplit="7" topLeftCell="A8" activePane="bottomLeft" state="frozen"/>' in page
    assert len(set(re.findall(r'<col [^>]*width="([0-9.]+)"', page))) > 1


def test_the_same_rows_give_the_same_workbook() -> None:
    assert tables.to_xlsx(table(["P", 1])) == tables.to_xlsx(table(["P", 1]))


def test_a_wide_list_has_a_name_for_every_column() -> None:
    columns = [(f"c{n}", f"第{n}列") for n in range(800)]
    wide = Table("宽表", "虚构", AS_OF, "条", columns, [list(range(800))])
    assert sheet(tables.to_xlsx(wide))[-1] == [float(n) for n in range(800)]


def test_the_bytes_of_a_workbook_leave_while_its_rows_come() -> None:
    book = tables.workbook(table())
    first = [len(piece) for piece in book.add([[uuid.uuid4().hex, n] for n in range(5_000)])]
    assert sum(first) > 50_000
    assert list(book.add([])) == []


@pytest.mark.parametrize(
    "text", ["<b>&amp;", "]]>", " 前后 ", "第一行\n第二行", "a\rb", '"引号"', "\U0001f600", "_x000D_"]
)
def test_text_stays_as_it_is_in_a_workbook(text: str) -> None:
    assert sheet(tables.to_xlsx(table([text, 1])))[-1][0] == text


def test_control_characters_do_not_spoil_the_workbook() -> None:
    assert sheet(tables.to_xlsx(table(["a\x00b\x1fc", 1])))[-1][0] == "abc"


def test_every_kind_of_value_has_a_readable_cell() -> None:
    assert cells.text_of(None) == ""
    assert cells.text_of(True) == "是"
    assert cells.text_of(date(2026, 1, 2)) == "2026-01-02"
    assert cells.text_of(["a", "b"]) == "a、b"
    assert cells.text_of({"金额": Decimal("1.50")}) == '{"金额": "1.50"}'


def asked(path: str = "/x", accept: str | None = None) -> Request:
    headers = [] if accept is None else [(b"accept", accept.encode())]
    return Request({"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": b""})


@pytest.mark.parametrize(
    ("path", "accept", "form"),
    [
        ("/x", None, "json"),
        ("/x", "*/*", "json"),
        ("/x", "text/csv", "csv"),
        ("/x.csv", "application/json", "csv"),
        ("/x.xlsx", None, "xlsx"),
        ("/x", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
        ("/x", "text/html;q=0.5, application/json;q=0.9", "json"),
        ("/x", "text/csv;q=0, application/json", "json"),
        ("/x", tables.MEDIA["xlsx"], "xlsx"),
        ("/x", "image/png", "json"),
    ],
)
def test_the_suffix_decides_and_then_the_accept_header(path: str, accept: str | None, form: str) -> None:
    assert tables.form_of(asked(path, accept), offered=("json", "html", "csv", "xlsx")) == form


def test_a_download_carries_its_chinese_name() -> None:
    response = tables.table_response(table(), "csv", "保单")
    assert "filename*=UTF-8''%E4%BF%9D%E5%8D%95.csv" in response.headers["content-disposition"]
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
