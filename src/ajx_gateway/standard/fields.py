"""WHICH fields has a model, and what may each hold, in words? Read from the marks and the generated shape."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, get_args

from ajx_gateway.standard import vocabulary
from ajx_gateway.standard.codes import CODE_LISTS
from ajx_gateway.standard.marks import Mark, mark_of
from ajx_gateway.standard.record import Part

_SPOKEN: Mapping[str, str] = MappingProxyType(
    {
        vocabulary.MONEY: '金额字符串，单位元，整数至多13位、小数至多2位，例如 "15900.00"',
        vocabulary.SIGNED_MONEY: '金额字符串，可带负号，整数至多13位、小数至多2位，例如 "-300.00"',
        vocabulary.RATIO: '0至1的比例字符串，小数至多6位，例如 "0.15"',
        vocabulary.FACTOR: '非负系数字符串，整数至多6位、小数至多6位，例如 "0.0025"',
        vocabulary.ON: '日期字符串，格式 YYYY-MM-DD，例如 "2026-03-01"',
        vocabulary.AT: '带时区的时间字符串（RFC 3339），例如 "2026-03-01T09:30:00+08:00"',
        vocabulary.KEY: "1至64位编号，以字母或数字开头，只含半角字母、数字和 . _ / -",
        vocabulary.USCC: "18位统一社会信用代码，只含半角数字和大写字母",
        vocabulary.DIVISION9: "9位区划代码（到镇街），例如 440605011",
        vocabulary.DIVISION6: "6位区划代码，例如 440605",
        vocabulary.INDUSTRY: "行业代码：大写门类字母加2至4位数字，例如 C3311",
        vocabulary.SHA256: "64位小写十六进制的 SHA-256 值",
        vocabulary.PHONE: "5至20位电话号码，只含数字、空格、+ 和 -",
    }
)


@dataclass(frozen=True, slots=True)
class Outline:
    """One field of one model; ``schema`` is its property in the published schema."""

    name: str
    mark: Mark
    required: bool
    schema: Mapping[str, Any]
    part: type[Part] | None  # the part inside, alone or in a list
    many: bool
    codes: str | None  # the code list it takes its values from
    expected: str  # Chinese

    @property
    def is_amount(self) -> bool:
        """Money, ratio or factor: a number written as a string."""
        return self.schema.get("pattern") in vocabulary.AMOUNTS

    @property
    def is_time(self) -> bool:
        """A date or an instant."""
        return "format" in self.schema


def part_in(annotation: Any) -> type[Part] | None:
    """The part that an annotation speaks of, through Annotated, unions and lists."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    found = (part_in(argument) for argument in get_args(annotation))
    return next((part for part in found if part is not None), None)


@cache
def outlines(model: type[Part]) -> Mapping[str, Outline]:
    """The model's own fields by name, in declared order."""
    shapes = model.model_json_schema()["properties"]
    found = {}
    for name, field in model.model_fields.items():
        mark = mark_of(field)
        if mark is None:
            raise TypeError(f"{model.__name__}.{name} carries no mark")
        shape = shapes[name]
        part, many = part_in(field.annotation), shape.get("type") == "array"
        codes = (shape["items"] if many else shape).get("x-codes")
        required = field.is_required()
        found[name] = Outline(name, mark, required, shape, part, many, codes, _in_words(shape, part))
    return MappingProxyType(found)


def walk(model: type[Part], above: str = "") -> Iterator[tuple[str, Outline]]:
    """Every field below a model with its path: ``enterprise.uscc``, ``coverages[].code``."""
    for name, outline in outlines(model).items():
        path = f"{above}{name}{'[]' if outline.many else ''}"
        yield path, outline
        if outline.part is not None:
            yield from walk(outline.part, f"{path}.")


def _in_words(shape: Mapping[str, Any], part: type[Part] | None) -> str:
    if "x-codes" in shape:
        return f"代码表“{CODE_LISTS[shape['x-codes']].title}”（{shape['x-codes']}）中的代码"
    if shape.get("pattern") in _SPOKEN:
        return _SPOKEN[shape["pattern"]]
    match shape.get("type"):
        case "string" if "const" in shape:
            return f'"{shape["const"]}"'
        case "string":
            return f"{shape['minLength']}至{shape['maxLength']}个字符的文本，不含换行等控制字符"
        case "integer":
            return f"{shape['minimum']}至{shape['maximum']}的整数"
        case "boolean":
            return "true 或 false"
        case "array":
            inner = "JSON 对象" if part else _in_words(shape["items"], None)
            return f"{shape.get('minItems', 0)}至{shape['maxItems']}项的数组，每项为{inner}"
    return "JSON 对象"
