"""Files become request bodies: bytes as they stand, batches in order, tables by the schema's types."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from ajx_gateway.cli.source import Body, SourceFault, open_source
from ajx_gateway.standard import CURRENT, KINDS, read
from ajx_gateway.standard.sample import sample


def bodies(path: Path, batch: int, collection: str | None = None) -> list[Body]:
    return list(open_source(path, collection).bodies(batch))


def test_the_kind_is_told_by_the_name_or_by_the_option(tmp_path: Path) -> None:
    for name in ("policies.json", "faulty-policies.json", "policies.2026.json"):
        (tmp_path / name).write_text("{}")
        assert open_source(tmp_path / name, None).kind is KINDS["policy"]
    assert open_source(tmp_path / "policies.json", "claims").kind is KINDS["claim"]
    (tmp_path / "data.json").write_text("{}")
    with pytest.raises(SourceFault, match="--collection"):
        open_source(tmp_path / "data.json", None)
    (tmp_path / "policies.pdf").write_text("")
    with pytest.raises(SourceFault, match="只接受"):
        open_source(tmp_path / "policies.pdf", None)


@pytest.mark.parametrize(
    ("name", "content", "media"),
    [
        ("policies.json", b'[ {"a": 1.50},\n {"b": "\xe7\x94\xb2"} ]\n', "json"),
        ("policies.json", b'{"a": 1e5}', "json"),
        ("policies.ndjson", b'{"a":1.50}\r\n\n{"b":2}', "ndjson"),
    ],
)
def test_a_file_of_one_batch_is_sent_byte_for_byte(
    tmp_path: Path, name: str, content: bytes, media: str
) -> None:
    (tmp_path / name).write_bytes(content)
    (body,) = bodies(tmp_path / name, 10)
    assert (body.content, body.media) == (content, media)


def test_lines_are_grouped_in_their_order(tmp_path: Path) -> None:
    lines = [b'{"n":%d}\n' % number for number in range(7)]
    (tmp_path / "policies.ndjson").write_bytes(b"".join(lines))
    found = bodies(tmp_path / "policies.ndjson", 3)
    assert [(body.first, body.count) for body in found] == [(0, 3), (3, 3), (6, 1)]
    assert b"".join(body.content for body in found) == b"".join(lines)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    elements=st.lists(values, min_size=1, max_size=12),
    batch=st.integers(1, 5),
    indent=st.sampled_from([None, 1]),
)
def test_an_array_is_cut_without_changing_any_element(
    tmp_path_factory: pytest.TempPathFactory, elements: list[Any], batch: int, indent: int | None
) -> None:
    path = tmp_path_factory.mktemp("s") / "policies.json"
    path.write_text(json.dumps(elements, indent=indent, ensure_ascii=True), "utf-8")
    found = bodies(path, batch)
    assert [element for body in found for element in json.loads(body.content)] == elements
    assert all(body.count <= batch for body in found)


@pytest.mark.parametrize(
    "content", [b"[1,2,3", b"[1,,2]", b"[1 2 3]", b"[1,2]x", b"\xff[1,2,3]", b"", b"[" * 100_000, b"[1,2,3]]"]
)
def test_what_is_no_array_goes_to_the_judge_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "policies.json").write_bytes(content)
    assert [body.content for body in bodies(tmp_path / "policies.json", 1)] == [content]


def flat(node: Any, path: str = "") -> dict[str, Any]:
    """A record as the columns of a table: dotted paths, code lists joined by ；."""
    if isinstance(node, dict):
        return {
            key: value for name, each in node.items() for key, value in flat(each, f"{path}.{name}").items()
        }
    if isinstance(node, list) and all(isinstance(each, str) for each in node):
        return {path[1:]: "；".join(node)}
    if isinstance(node, list):
        return {
            key: value
            for number, each in enumerate(node)
            for key, value in flat(each, f"{path}.{number}").items()
        }
    return {path[1:]: node}


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("form", ["csv", "csv-gbk", "xlsx"])
def test_every_kind_survives_the_way_through_a_table(tmp_path: Path, kind: str, form: str) -> None:
    document = sample(kind)
    columns = flat(document)
    path = tmp_path / f"{KINDS[kind].collection}.{form[:4].rstrip('-')}"
    if form == "xlsx":
        write_sheet(path, [list(columns), list(columns.values())])
    else:
        cells = [f'"{str(cell).lower() if isinstance(cell, bool) else cell}"' for cell in columns.values()]
        text = ",".join(columns) + "\r\n" + ",".join(cells) + "\r\n"
        path.write_bytes(text.encode("gb18030" if form == "csv-gbk" else "utf-8-sig"))
    (body,) = bodies(path, 10)
    assert json.loads(body.content) == without_empty_lists(document)
    (item,) = read(KINDS[kind], CURRENT, body.content, body.media)
    assert (item.findings, item.key) == ([], document[KINDS[kind].key])


def without_empty_lists(node: Any) -> Any:
    """A table cannot tell an empty list from an absent one."""
    if isinstance(node, dict):
        return {name: without_empty_lists(each) for name, each in node.items() if each != []}
    return [without_empty_lists(each) for each in node] if isinstance(node, list) else node


def write_sheet(path: Path, rows: list[list[Any]]) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        day, instant = (
            book.add_format({"num_format": "yyyy-mm-dd"}),
            book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        )
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(number, column, cell, instant)
                elif isinstance(cell, date):
                    sheet.write_datetime(number, column, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                else:
                    sheet.write(number, column, cell)


def sheet_record(tmp_path: Path, collection: str, columns: dict[str, Any]) -> dict[str, Any]:
    path = tmp_path / f"{collection}.xlsx"
    write_sheet(path, [list(columns), list(columns.values())])
    (body,) = bodies(path, 10)
    record: dict[str, Any] = json.loads(body.content)
    return record


def test_excels_own_numbers_dates_and_truths_become_the_standards(tmp_path: Path) -> None:
    record = sheet_record(
        tmp_path,
        "policies",
        {
            "insured_count": 46,
            "premium.received": 15900,
            "premium.base": 15900.5,
            "signed_on": date(2026, 2, 24),
            "revised_at": datetime(2026, 2, 24, 9, 30),  # noqa: DTZ001 - Excel knows no zones
            "migrated": True,
            "enterprise.sector_tags": "dust_ex; confined_space",
            "product.name": 2026,
            "ext_branch": "甲",
        },
    )
    assert record == {
        "insured_count": 46,
        "premium": {"received": "15900", "base": "15900.5"},
        "signed_on": "2026-02-24",
        "revised_at": "2026-02-24T09:30:00+08:00",
        "migrated": True,
        "enterprise": {"sector_tags": ["dust_ex", "confined_space"]},
        "product": {"name": "2026"},
        "ext_branch": "甲",
    }


def test_lists_of_parts_are_written_as_json_or_by_number(tmp_path: Path) -> None:
    columns = {
        "coverages.0.code": "emp_death",
        "coverages.2.code": "rescue",
        "rating.factors": '[{"code":"credit"}]',
    }
    record = sheet_record(tmp_path, "policies", columns)
    assert record["coverages"] == [{"code": "emp_death"}, {"code": "rescue"}]
    assert record["rating"]["factors"] == [{"code": "credit"}]


def test_a_cell_that_does_not_fit_is_left_for_the_findings(tmp_path: Path) -> None:
    record = sheet_record(
        tmp_path,
        "policies",
        {"insured_count": "四十六", "migrated": "也许", "coverages": "[", "insured_list_mode": 1.5},
    )
    assert record == {
        "insured_count": "四十六",
        "migrated": "也许",
        "coverages": "[",
        "insured_list_mode": "1.5",
    }


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"保单号": "P-1"}, "保单号"),
        ({"enterprise.nam": "甲"}, "enterprise.nam"),
        ({"policy_no": 914406001234567890}, "第2行 policy_no"),
        ({"enterprise.name": "甲", "enterprise": "{}"}, "冲突"),
        ({"enterprise": "甲", "enterprise.name": "甲"}, "冲突"),
    ],
)
def test_a_table_that_would_be_misread_is_refused(
    tmp_path: Path, columns: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SourceFault, match=reason):
        sheet_record(tmp_path, "policies", columns)


def test_empty_rows_and_columns_are_skipped_and_broken_files_named(tmp_path: Path) -> None:
    path = tmp_path / "policies.csv"
    path.write_text("policy_no,,premium.base\nP-1,note,\n,,\n\nP-2,,1.00\n")
    (body,) = bodies(path, 10)
    assert [json.loads(line) for line in body.content.splitlines()] == [
        {"policy_no": "P-1"},
        {"policy_no": "P-2", "premium": {"base": "1.00"}},
    ]
    for name, content in (
        ("policies.xlsx", b"PK no"),
        ("policies.csv", b'policy_no\n"open'),
        ("policies.csv", b"\xff"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SourceFault, match=name):
            open_source(tmp_path / name, None)
