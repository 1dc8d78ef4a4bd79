"""Every fault of a roster file is told at once: the row, the column, what was expected, how to mend it."""

import io
import zipfile
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rostering import GUICHENG, ROW, as_csv, as_xlsx, code, row

from ajx_gateway.errors import GatewayError, Malformed, Unprocessable
from ajx_gateway.oversight import roster_file
from ajx_gateway.oversight.roster_rows import EARLIEST, LATEST, Finding, judged
from ajx_gateway.store.roster import Entry

TODAY = date(2024, 6, 1)


def _judged(
    *rows: dict[str, Any], territory: str = "440605", xlsx: bool = False
) -> tuple[list[Entry], list[Finding]]:
    sheet = roster_file.read(as_xlsx(rows), "xlsx") if xlsx else roster_file.read(as_csv(rows), "csv")
    return judged(sheet.rows, territory, TODAY)


def test_a_full_row_is_read_the_same_from_csv_and_from_cells_of_every_kind() -> None:
    full = row(
        1,
        address="示例一路1号（虚构）",
        industry="C33",
        sector_tags="粉尘涉爆、machinery，机械制造",
        employee_count="26",
        employee_counted_on="2023/12/1",
        size="小型",
        effective_to="2024年12月31日",
    )
    cells = full | {
        "division": 440605011,
        "employee_count": 26.0,
        "employee_counted_on": date(2023, 12, 1),
        "effective_from": date(2023, 1, 1),
        "effective_to": date(2024, 12, 31),
    }
    [expected], none = _judged(full)
    assert none == []
    assert _judged(cells, xlsx=True) == ([expected], [])
    assert expected == Entry(
        code(1), ROW["source"], "虚构五金厂", GUICHENG, "示例一路1号（虚构）", "C33", ("machinery", "dust_ex"), 26,
        date(2023, 12, 1), "small", date(2023, 1, 1), date(2024, 12, 31),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("own", "column", "words"),
    [
        ({"uscc": code(1)[:-1] + "?"}, "uscc", "大写字母"),
        ({"uscc": code(1)[:-1] + ("1" if code(1)[-1] != "1" else "2")}, "uscc", "校验码"),
        ({"uscc": "９" + code(1)[1:]}, "uscc", "全角"),
        ({"uscc": ""}, "uscc", "没有填写"),
        ({"name": " "}, "name", "没有填写"),
        ({"name": "甲" * 201}, "name", "超过 200 个字"),
        ({"name": "甲\n乙"}, "name", "换行"),
        ({"name": "=HYPERLINK(1)"}, "name", "公式"),
        ({"division": "440605999"}, "division", "不存在"),
        ({"division": "440600"}, "division", "省或市"),
        ({"division": "桂城"}, "division", "6位或9位"),
        ({"division": "440604011"}, "division", "不在本辖区"),
        ({"industry": "C99"}, "industry", "国民经济行业"),
        ({"sector_tags": "机械制造、炼丹"}, "sector_tags", "炼丹"),
        ({"employee_count": "12人", "employee_counted_on": "2024-01-01"}, "employee_count", "整数"),
        ({"employee_count": "-1", "employee_counted_on": "2024-01-01"}, "employee_count", "整数"),
        ({"employee_count": "12"}, "employee_counted_on", "没有统计日期"),
        ({"employee_count": "12", "employee_counted_on": "2024-06-02"}, "employee_counted_on", "晚于今天"),
        ({"size": "巨型"}, "size", "没有这样的规模"),
        ({"effective_from": "2023-02-30"}, "effective_from", "不存在"),
        ({"effective_from": "1066-01-01"}, "effective_from", "年份"),
        ({"effective_to": "2022-12-31"}, "effective_to", "早于列入日期"),
        ({"source": ""}, "source", "没有填写"),
    ],
)
def test_a_fault_names_its_column_and_says_what_is_wrong(
    own: dict[str, Any], column: str, words: str
) -> None:
    entries, [finding] = _judged(row(2), row(1, **own))
    assert [entry.uscc for entry in entries] == [code(2)]
    assert (finding.row, finding.column) == (3, column)
    assert words in finding.message
    assert finding.expected
    assert finding.mend


@pytest.mark.parametrize(
    ("own", "column", "words"),
    [
        ({"uscc": 911101080000000007}, "uscc", "失真"),
        ({"effective_from": 45000}, "effective_from", "是数字而不是日期"),
        ({"employee_count": 12.5, "employee_counted_on": date(2024, 1, 1)}, "employee_count", "整数"),
    ],
)
def test_what_a_spreadsheet_makes_of_codes_dates_and_formulas_is_a_finding(
    own: dict[str, Any], column: str, words: str
) -> None:
    _, [finding] = _judged(row(1, **own), xlsx=True)
    assert finding.column == column
    assert words in finding.message


def test_all_faults_of_all_rows_come_at_once_and_each_row_counts_once() -> None:
    _, findings = _judged(row(1, uscc="", division="1", source=""), row(2, size="巨型"))
    assert [(finding.row, finding.column) for finding in findings] == [
        (2, "uscc"), (2, "division"), (2, "source"), (3, "size"),
    ]  # fmt: skip


def test_the_same_enterprise_twice_from_one_source_is_a_finding_and_from_two_is_none() -> None:
    entries, [finding] = _judged(row(1), row(1), row(1, source="镇街名录（虚构）"))
    assert len(entries) == 2
    assert "第 2 行" in finding.message


def test_the_header_may_stand_below_a_title_and_rows_keep_their_numbers() -> None:
    body = as_xlsx([row(1), {}, row(2, size="巨型")], above=["应保名录", "说明", ""])
    sheet = roster_file.read(body, "xlsx")
    assert [each.line for each in sheet.rows] == [5, 7]
    _, [finding] = judged(sheet.rows, "440605", TODAY)
    assert finding.row == 7


def test_a_file_of_chinese_excel_is_read() -> None:
    body = as_csv([row(1)]).decode("utf-8-sig").encode("gb18030")
    assert len(roster_file.read(body, "csv").rows) == 1


@pytest.mark.parametrize(
    ("body", "form", "refusal"),
    [
        (b"not a workbook", "xlsx", Malformed),
        (b"PK\x03\x04 torn", "xlsx", Malformed),
        (b"\xff\xff\xff", "csv", Malformed),
        (b'"a', "csv", Malformed),
        (b"", "csv", Unprocessable),
        ("名称,地址\r\n甲,乙\r\n".encode(), "csv", Unprocessable),
        ("统一社会信用代码,单位名称\r\n1,2\r\n".encode(), "csv", Unprocessable),
        (as_csv([]), "csv", Unprocessable),
    ],
)
def test_what_is_no_roster_is_refused_in_words(body: bytes, form: Any, refusal: type[GatewayError]) -> None:
    with pytest.raises(refusal):
        roster_file.read(body, form)


def _replaced(old: bytes, new: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(as_xlsx([row(1)]))) as source, zipfile.ZipFile(target, "w") as made:
        for member in source.namelist():
            made.writestr(member, source.read(member).replace(old, new))
    return target.getvalue()


@pytest.mark.parametrize("corner", [b'r="XFD2"', b'r="A1048576"', b'r="BA2"', b"r = 'XFD2'"])
def test_a_cell_in_the_last_corner_is_refused_before_the_sheet_is_laid_out(corner: bytes) -> None:
    body = _replaced(b'r="A2"', corner)
    assert body != as_xlsx([row(1)])
    with pytest.raises(Unprocessable, match="超出范围"):
        roster_file.read(body, "xlsx")


def test_the_error_of_a_formula_is_refused_and_not_taken_for_an_empty_cell() -> None:
    with pytest.raises(Unprocessable, match="公式"):
        roster_file.read(as_xlsx([row(1, effective_to="=TODAY()-A1")]), "xlsx")


def test_more_rows_than_the_limit_are_refused() -> None:
    line = as_csv([row(1)]).splitlines(keepends=True)[1]
    body = as_csv([]) + line * (roster_file.MOST_ROWS + 1)
    with pytest.raises(Unprocessable, match="至多"):
        roster_file.read(body, "csv")


CELLS = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.sampled_from([code(1), GUICHENG, "2023-01-01", "无", "12", "小型", "C33"]),
)


@given(st.dictionaries(st.sampled_from([column.name for column in roster_file.COLUMNS]), CELLS))
def test_no_cell_breaks_the_judgement_and_what_passes_is_sound(cells: dict[str, Any]) -> None:
    entries, findings = judged([roster_file.Row(2, cells)], "4406", TODAY)
    assert bool(entries) != bool(findings)
    for entry in entries:
        assert EARLIEST <= entry.effective_from <= LATEST
        assert entry.division.startswith("4406")
        assert "\x00" not in entry.name + entry.source
