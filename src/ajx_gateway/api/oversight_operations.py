"""HOW is a regulators' door described? The parameters and shapes that their operations share."""

from __future__ import annotations

from typing import Any

from ajx_gateway.publishing.operations import ALL, Operation, Part, as_json, inlined, listed, query, whole

TAG = "监管"
OBJECT: Part = {"type": "object"}
AFTER = query("after", "上一页返回的 next。")
LIMIT = query("limit", "每页条数。", type="integer", minimum=1, maximum=1000, default=100)
PERIOD = query("period", "期间：2023、2023H1、2023Q4、2023-05 或 2023-01-01..2023-06-30。")
DISTRICT = query("district", "区县，6位代码。", type="string", pattern="^[1-9][0-9]{5}$")
TOWN = query("town", "镇街，9位代码。", type="string", pattern="^[1-9][0-9]{8}$")
INSURER = query("insurer", "承保机构统一社会信用代码。", type="string", pattern="^[0-9A-Z]{18}$")
SECTOR = query("sector", "行业领域代码。")
INDUSTRY = query("industry", "行业门类或大类，如 C、C33。", type="string", pattern="^[A-T]([0-9]{2,4})?$")
SIZE = query("size", "企业规模代码。")
_WRITTEN = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)


def several(name: str, description: str, values: list[str]) -> Part:
    """A query parameter of comma-separated values."""
    return {
        **query(name, description, type="array", items={"type": "string", "enum": values}),
        "style": "form",
        "explode": False,
    }


def a_list(name: str, summary: str, description: str, *parameters: Part) -> Operation:
    """A door that reads: JSON, CSV and XLSX, and whole (``all``) as the one or the other in a ZIP."""
    extra = {"parameters": [*parameters, ALL]}
    return Operation(name, summary, TAG, description, success=whole(listed(OBJECT)), extra=extra)


def a_sheet(name: str, summary: str, description: str) -> Operation:
    """A door that gives one sheet, in three forms, that is no list."""
    return Operation(name, summary, TAG, description, success=listed(OBJECT))


def written(
    name: str, summary: str, description: str, schema: Part, status: int, *parameters: Part
) -> Operation:
    """A door that writes what its JSON body (of this schema) says."""
    body = {"required": True, "content": {"application/json": {"schema": inlined(schema)}}}
    extra: dict[str, Any] = {"requestBody": body}
    if parameters:
        extra["parameters"] = list(parameters)
    return Operation(
        name,
        summary,
        TAG,
        description,
        status=status,
        success=as_json(OBJECT),
        statuses=_WRITTEN,
        extra=extra,
    )
