"""WHAT does every field mean? The data dictionary, read from the published schemas."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ajx_gateway.publishing import schemas
from ajx_gateway.standard import kinds_at
from ajx_gateway.standard.marks import PRIVACY

Row = dict[str, object]
Schema = Mapping[str, Any]
COLUMNS: tuple[tuple[str, str], ...] = (
    ("kind", "类别"),
    ("field", "字段"),
    ("title", "中文名称"),
    ("definition", "定义"),
    ("type", "类型与约束"),
    ("required", "必填"),
    ("codes", "代码表"),
    ("example", "示例"),
    ("privacy", "隐私等级"),
    ("since", "始于版本"),
)
PRIVACY_TITLES: Mapping[str, str] = {str(level): text for level, text in PRIVACY.items()}
_TYPES = {"string": "文本", "integer": "整数", "boolean": "是否", "object": "对象", "array": "列表"}


def rows(version: str) -> list[Row]:
    """All fields of all kinds, depth first in declared order; ``field`` is a path like ``premium.base``."""
    found: list[Row] = []
    for kind in kinds_at(version).values():
        schema = schemas.schema(kind.name, version)
        found += [{"kind": kind.name, **row} for row in _fields(schema, schema, "")]
    return found


def _fields(part: Schema, root: Schema, path: str) -> Iterator[Row]:
    required = set(part.get("required", ()))
    for name, field in part.get("properties", {}).items():
        told = _resolved(field, root)
        items = _resolved(told["items"], root) if "items" in told else {}
        many = "[]" if items.get("properties") else ""
        yield _row(f"{path}{name}{many}", {**told, **field}, items, name in required)
        yield from _fields(items or told, root, f"{path}{name}{many}.")


def _resolved(node: Schema, root: Schema) -> Schema:
    if "$ref" not in node:
        return node
    name = str(node["$ref"]).removeprefix("#/$defs/")
    found: Schema = root.get("$defs", {}).get(name, {})
    return found


def _row(path: str, field: Schema, items: Schema, required: bool) -> Row:
    return {
        "field": path,
        "title": field.get("title", ""),
        "definition": field.get("description", ""),
        "type": _type(field, items),
        "required": "必填" if required else "选填",
        "codes": field.get("x-codes") or items.get("x-codes") or "",
        # The members of a part carry their own examples.
        "example": "" if "properties" in {**field, **items} else _example(field.get("examples", [""])[0]),
        "privacy": field.get("x-privacy", ""),
        "since": field.get("x-since", ""),
    }


def _type(field: Schema, items: Schema) -> str:
    kind = _TYPES.get(str(field.get("type", "")), "对象")
    if "const" in field:
        return f"固定值 {field['const']}"
    if "x-codes" in field:
        return "代码"
    if field.get("format"):
        kind = {"date": "日期", "date-time": "时刻（带时区）"}.get(field["format"], kind)
    elif "maxLength" in field:
        kind = f"文本，{field.get('minLength', 0)} 至 {field['maxLength']} 字"
    elif "pattern" in field:
        kind = f"文本，格式 {field['pattern']}"
    elif "minimum" in field and "maximum" in field:
        kind = f"整数，{field['minimum']} 至 {field['maximum']}"
    if "items" in field:
        inner = "代码" if "x-codes" in items else _TYPES.get(str(items.get("type", "")), "对象")
        kind = f"列表（{inner}），{field.get('minItems', 0)} 至 {field.get('maxItems', '不限')} 项"
    return kind


def _example(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)
