"""WHAT does a field mean, who may see it, and since which version is it there? One mark says it all.

Dictionary, schema, masking, encryption, redaction and retention are generated from this mark.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, cast

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

Privacy = Literal["C0", "C1", "C2", "C3", "C4"]

PRIVACY: Mapping[Privacy, str] = MappingProxyType(
    {
        "C0": "公开：可以向社会公布",
        "C1": "内部：监管部门与保险机构之间使用",
        "C2": "商业：金额、费率等经营信息",
        "C3": "个人：姓名、电话等个人信息，展示时遮蔽",
        "C4": "敏感：证件号码等敏感个人信息，加密存储，展示时遮蔽",
    }
)


PART = object()  # in place of an example: the example is that of the part's own fields


def mark(title: str, definition: str, example: object, privacy: Privacy, *, since: str = "1.0") -> Any:
    """Annotates one field of a record; its shape and its code list come from its type."""
    extra: dict[str, Any] = {"x-privacy": privacy, "x-since": since}
    examples = None if example is PART else [example]
    return Field(title=title, description=definition, examples=examples, json_schema_extra=extra)


def order(version: str) -> tuple[int, ...]:
    """A sort key: 1.10 is later than 1.9."""
    return tuple(int(number) for number in version.split("."))


@dataclass(frozen=True, slots=True)
class Mark:
    """What ``mark`` said, read back from a model."""

    title: str
    definition: str
    example: object  # PART when the field is a part or a list of parts
    privacy: Privacy
    since: str


def mark_of(field: FieldInfo) -> Mark | None:
    """The field's mark, or None when the field has none (a test fails then)."""
    extra = field.json_schema_extra
    if not isinstance(extra, dict) or not field.title or not field.description:
        return None
    privacy, since = extra.get("x-privacy"), extra.get("x-since")
    if privacy not in PRIVACY or not isinstance(since, str):
        return None
    example = field.examples[0] if field.examples else PART
    return Mark(field.title, field.description, example, cast(Privacy, privacy), since)


def marks(model: type[BaseModel]) -> dict[str, Mark]:
    """The marks of a model's own fields by name, in declared order."""
    found = {name: mark_of(field) for name, field in model.model_fields.items()}
    return {name: mark for name, mark in found.items() if mark is not None}
