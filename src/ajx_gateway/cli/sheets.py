"""HOW does a table become records? CSV and XLSX rows with dotted headers, read by the schema's types.

A cell that does not fit its field is passed on as text: findings explain it better than this module could.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

Cell = Any
# Excel has no time zones; the people who type into it are in China.
_CHINA = timezone(timedelta(hours=8))
# Beyond this a spreadsheet's binary number has lost digits, as a policy number typed as a number has.
_EXACT_DIGITS = 15
_INTEGER = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_BOOLEANS = {"true": True, "false": False, "是": True, "否": False}


class TableFault(ValueError):
    """The table cannot be read as records; the message is Chinese and names row and column."""


def rows_of(path: Path) -> list[list[Cell]]:
    """The first sheet (or the CSV) as rows of cells, header first."""
    if path.suffix.lower() == ".csv":
        return [list(row) for row in csv.reader(io.StringIO(_decoded(path.read_bytes())), strict=True)]
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            return workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except CalamineError as fault:
        raise TableFault(f"{path.name} 不是可读取的XLSX文件") from fault


def _decoded(content: bytes) -> str:
    """UTF-8, else the GB 18030 that Chinese Excel writes."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def records_of(rows: Sequence[Sequence[Cell]], schema: dict[str, Any]) -> Iterator[bytes]:
    """One JSON object per filled row; the header's dotted paths must exist in the record's JSON Schema."""
    if not rows:
        return
    columns = [_column(str(title).strip(), schema) for title in rows[0]]
    for number, row in enumerate(rows[1:], start=2):
        if all(cell is None or cell == "" for cell in row):
            continue
        tree: dict[str, Any] = {}
        for (path, field), cell in zip(columns, row, strict=False):
            if path and cell is not None and cell != "":
                _place(tree, path, _value(cell, field, f"第{number}行 {'.'.join(path)}"))
        yield json.dumps(_lists(tree), ensure_ascii=False, separators=(",", ":")).encode()


def _column(title: str, schema: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """The path of a header and the schema of its field; an empty header is a column to skip."""
    if not title:
        return [], {}
    path = title.split(".")
    node: dict[str, Any] | None = schema
    for step in path:
        node = _step(_resolved(node or {}, schema), step)
        if node is None:
            raise TableFault(f"表头“{title}”不是本类记录的字段（用英文字段名，下级字段以点分隔）")
    return path, _resolved(node or {}, schema)


def _step(node: dict[str, Any], step: str) -> dict[str, Any] | None:
    if step.startswith("ext_"):
        return {"type": "string"}
    if step.isascii() and step.isdigit():
        items = node.get("items")
        return items if isinstance(items, dict) else None
    found = node.get("properties", {}).get(step)
    return found if isinstance(found, dict) else None


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema behind references and behind "this or null"."""
    while True:
        if "$ref" in node:
            node = schema["$defs"][str(node["$ref"]).rpartition("/")[2]]
        elif "anyOf" in node:
            node = next((each for each in node["anyOf"] if each.get("type") != "null"), {})
        elif len(node.get("allOf", ())) == 1:
            node = node["allOf"][0]
        else:
            return node


def _place(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            break
    if not isinstance(tree, dict) or path[-1] in tree:
        raise TableFault(f"表头“{'.'.join(path)}”重复，或与其上级、下级列冲突")
    tree[path[-1]] = value


def _lists(node: Any) -> Any:
    """Numbered members become lists, in the order of their numbers; gaps close."""
    if not isinstance(node, dict):
        return node
    if node and all(name.isdigit() for name in node):
        return [_lists(node[name]) for name in sorted(node, key=int)]
    return {name: _lists(member) for name, member in node.items()}


def _value(cell: Cell, field: dict[str, Any], where: str) -> Any:
    if isinstance(cell, bool):
        return cell if field.get("type") == "boolean" else str(cell).lower()
    if isinstance(cell, int | float):
        return _number(cell, field, where)
    if isinstance(cell, datetime):
        return _instant(cell, field)
    if isinstance(cell, date):
        return cell.isoformat()
    return _text(str(cell), field)


def _number(cell: float, field: dict[str, Any], where: str) -> Any:
    exact = Decimal(repr(cell))
    if abs(exact) >= 10**_EXACT_DIGITS:
        raise TableFault(f"{where}：单元格是数字且超过{_EXACT_DIGITS}位，末位已失真，请把该列设为文本后重填")
    whole = exact == exact.to_integral_value()
    if field.get("type") == "integer" and whole:
        return int(exact)
    return format(int(exact) if whole else exact, "f" if not whole else "d")


def _instant(cell: datetime, field: dict[str, Any]) -> str:
    if field.get("format") == "date" and (cell.hour, cell.minute, cell.second) == (0, 0, 0):
        return cell.date().isoformat()
    return (cell if cell.tzinfo else cell.replace(tzinfo=_CHINA)).isoformat()


def _text(cell: str, field: dict[str, Any]) -> Any:
    kind = field.get("type")
    if kind == "integer" and _INTEGER.fullmatch(cell):
        return int(cell)
    if kind == "boolean":
        return _BOOLEANS.get(cell.lower(), cell)
    if kind in ("array", "object") and cell.lstrip().startswith(("[", "{")):
        return _json_or_text(cell)
    if kind == "array":
        return [part.strip() for part in re.split("[;；]", cell) if part.strip()]
    return cell


def _json_or_text(cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        return cell
