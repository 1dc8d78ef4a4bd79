"""WHY does a document miss the schema? The whole list at once, never repeating a personal value."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import Any

from pydantic import ValidationError

from ajx_gateway.standard.fields import Outline, outlines
from ajx_gateway.standard.finding import Finding
from ajx_gateway.standard.looking import MOST_DEPTH, Look, may_hide_faults
from ajx_gateway.standard.record import Record
from ajx_gateway.standard.shape_rules import SHAPE_RULES
from ajx_gateway.standard.vocabulary import EXTENSION_KEY

MOST_FINDINGS = 100
_MOST_ERRORS = 20_000  # beyond it even the list of what is wrong would be a burden
# Line ends and tabs may stand in paragraphs; where they may not, the place's own pattern says so.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Integers of more digits are none: no double holds them.
_MOST_DIGITS = 300
# Guessing the name that was meant costs a tenth of a millisecond.
_MOST_GUESSES = 20
_SPOKEN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_EXTENSION = re.compile(EXTENSION_KEY.removesuffix("$") + r"\Z")

_BY_ERROR: Mapping[str, str] = {
    "missing": "shape.missing",
    "string_pattern_mismatch": "shape.pattern",
    "string_too_short": "shape.length",
    "string_too_long": "shape.length",
    "too_short": "shape.length",
    "too_long": "shape.length",
    "greater_than_equal": "shape.range",
    "less_than_equal": "shape.range",
    "int_parsing_size": "shape.range",
    "finite_number": "shape.not_finite",
    "literal_error": "shape.code",
}
_WRITTEN = frozenset({"shape.type", "shape.pattern"})
# What the model would say of these places only repeats the root cause.
_OF_VALUES = frozenset({"shape.depth", "shape.not_finite", "shape.lone_surrogate", "shape.control_character"})


@dataclass(slots=True)
class _Fault:
    """One fault at one place; the finding is worded from the place's outline."""

    rule: str
    pointer: str
    actual: str
    outline: Outline | None = None
    name: str = ""


@dataclass(slots=True)
class _Tree:
    """Faults that the model cannot see, and the document without them, so that the model sees the rest."""

    faults: list[_Fault] = field(default_factory=list)

    def pruned(self, value: Any, pointer: str, depth: int) -> Any:
        if depth > MOST_DEPTH:
            self.faults.append(_Fault("shape.depth", pointer, f"超过{MOST_DEPTH}层"))
            return None
        if isinstance(value, _Members):
            for name in value.repeated:
                self.faults.append(_Fault("shape.duplicate_member", _below(pointer, name), "重复"))
            spoken = (name for name in value if self._can_be_named(name, pointer))
            return {name: self.pruned(value[name], _below(pointer, name), depth + 1) for name in spoken}
        if isinstance(value, list):
            return [self.pruned(item, f"{pointer}/{index}", depth + 1) for index, item in enumerate(value)]
        if isinstance(value, _Odd):
            self.faults.append(_Fault("shape.not_finite", pointer, "不是有限的数值"))
            return None
        return self._text(value, pointer) if isinstance(value, str) else value

    def _text(self, value: str, pointer: str) -> str | None:
        if _SURROGATE.search(value):
            self.faults.append(_Fault("shape.lone_surrogate", pointer, _described(value, False)))
            return None
        if _CONTROL.search(value):
            self.faults.append(_Fault("shape.control_character", pointer, _described(value, False)))
            return None
        return value

    def _can_be_named(self, name: str, pointer: str) -> bool:
        if _SURROGATE.search(name):
            self.faults.append(_Fault("shape.lone_surrogate", pointer, "成员名称"))
            return False
        return True


class _Members(dict[str, Any]):
    """An object that remembers which of its members were written twice."""

    repeated: tuple[str, ...] = ()


class _Odd:
    """A number that is none: NaN, Infinity, or one that no double can hold."""


def _members(pairs: list[tuple[str, Any]]) -> _Members:
    members = _Members(pairs)
    if len(members) != len(pairs):
        written = Counter(name for name, _ in pairs)
        members.repeated = tuple(name for name, times in written.items() if times > 1)
    return members


def _integer(digits: str) -> int | _Odd:
    return int(digits) if len(digits) <= _MOST_DIGITS else _Odd()


def _number(digits: str) -> float | _Odd:
    value = float(digits)
    return value if value - value == 0 else _Odd()


_DIAGNOSING = json.JSONDecoder(
    object_pairs_hook=_members,
    parse_int=_integer,
    parse_float=_number,
    parse_constant=lambda _: _Odd(),
    strict=False,
)


def whole(model: type[Record], version: str, rule: str, actual: str) -> list[Finding]:
    """The one finding on a document that cannot be looked into."""
    return [_worded(_Fault(rule, "", actual), model, version)]


def diagnose(
    model: type[Record], version: str, raw: bytes, look: Look, most: int = MOST_FINDINGS
) -> list[Finding]:
    """Everything that is wrong with a refused document, at most so many findings and their count."""
    try:
        faults, error = _found(model, raw, look)
    except RecursionError:
        return whole(model, version, "shape.depth", "嵌套过深")
    covered = {fault.pointer for fault in faults if fault.rule in _OF_VALUES and fault.pointer}
    count = len(faults)
    if error is not None:
        if error.error_count() > _MOST_ERRORS:
            return [_too_many(error.error_count(), most, model, version)]
        told = (fault for fault in _model_faults(model, error) if not _under(fault.pointer, covered))
        own = list(told if most > 1 else islice(told, 1))
        faults, count = faults + own, count + (len(own) if most > 1 else error.error_count())
    guesses = _MOST_GUESSES if most > 1 else 0
    findings = [_worded(fault, model, version, at < guesses) for at, fault in enumerate(faults[:most])]
    if count > most:
        findings.append(_too_many(count, most, model, version))
    return findings or whole(model, version, "shape.not_json", f"{len(raw)}个字节")


def _found(model: type[Record], raw: bytes, look: Look) -> tuple[list[_Fault], ValidationError | None]:
    """The faults that the model cannot see, and what the model says of the rest."""
    if not may_hide_faults(raw, look):
        error = _refusal(model, raw)
        if error is None or error.errors(include_input=False)[0]["type"] != "json_invalid":
            return [], error
    tree = _Tree()
    document = tree.pruned(_DIAGNOSING.decode(raw.decode()), "", 0)
    return tree.faults, _refusal(model, json.dumps(document, ensure_ascii=False).encode())


def _refusal(model: type[Record], raw: bytes) -> ValidationError | None:
    try:
        model.__pydantic_validator__.validate_json(raw)
    except ValidationError as error:
        return error
    return None


def _under(pointer: str, covered: set[str]) -> bool:
    while pointer:
        if pointer in covered:
            return True
        pointer = pointer.rpartition("/")[0]
    return False


def _model_faults(model: type[Record], error: ValidationError) -> Iterator[_Fault]:
    seen: set[tuple[str, str]] = set()
    for line in error.errors(include_url=False, include_context=False):
        fault = _fault(model, line["loc"], line["type"], line["input"])
        if (fault.rule, fault.pointer) not in seen:
            seen.add((fault.rule, fault.pointer))
            yield fault


def _fault(model: type[Record], loc: tuple[int | str, ...], kind: str, value: Any) -> _Fault:
    """The place of one error of pydantic's, followed from the top through the outlines."""
    pointer, part, outline = "", outlines(model), None
    for step in loc:
        if isinstance(step, int):
            pointer += f"/{step}"
            continue
        if part is None or step not in part:
            known = bool(_EXTENSION.match(step))
            rule = "shape.extension" if known else "shape.unknown_member"
            spoken = step if _SPOKEN_NAME.fullmatch(step) else ""
            actual = _described(value, False) if known else "多余"
            return _Fault(rule, _below(pointer, step), actual, None, spoken)
        outline, pointer = part[step], f"{pointer}/{step}"
        part = outlines(outline.part) if outline.part else {}
    if kind == "missing":
        return _Fault("shape.missing", pointer, "缺少", outline)
    open_value = outline is not None and outline.mark.privacy in ("C0", "C1")
    return _Fault(_rule(kind, outline), pointer, _described(value, open_value), outline)


def _rule(kind: str, outline: Outline | None) -> str:
    if kind.startswith("date"):
        return "shape.date"
    rule = _BY_ERROR.get(kind, "shape.type")
    if outline is None or rule not in _WRITTEN:
        return rule
    if outline.is_amount:
        return "shape.money"
    return "shape.date" if outline.is_time else rule


def _below(pointer: str, name: str) -> str:
    """RFC 6901; a name that is not a plain identifier may hold anything, so the pointer stays above it."""
    if not _SPOKEN_NAME.fullmatch(name):
        return pointer
    return f"{pointer}/{name}"


def _described(value: Any, open_value: bool) -> str:
    """What stands there: its type and length, and the value itself only where anyone concerned may see it."""
    match value:
        case None:
            return "null"
        case bool():
            return f"布尔值 {str(value).lower()}" if open_value else "布尔值"
        case int() | float():
            return f"数值 {value}" if open_value and len(str(value)) <= 60 else "数值"
        case str():
            shown = open_value and len(value) <= 60 and value.isprintable()
            return f'文本 "{value}"' if shown else f"文本（{len(value)}个字符）"
        case list():
            return f"数组（{len(value)}项）"
        case _:
            return "对象"


def _worded(fault: _Fault, model: type[Record], version: str, guess: bool = False) -> Finding:
    rule, outline = SHAPE_RULES[fault.rule], fault.outline
    place = f"“{outline.mark.title}”（{fault.pointer}）" if outline else fault.pointer or "记录"
    expected = outline.expected if outline else rule.mend
    mend = (
        f"{rule.mend}。应为：{outline.expected}" if outline and fault.rule != "shape.missing" else rule.mend
    )
    clause = " ".join(
        part for part in (f"数据标准{version}", model.title_zh, outline.mark.title if outline else "") if part
    )
    message = f"{place}{rule.title}：{mend}。{_hint(fault, model, guess)}"
    return Finding(fault.rule, rule.severity, fault.pointer, expected, fault.actual, message, clause)


def _hint(fault: _Fault, model: type[Record], guess: bool) -> str:
    """For a name the standard does not have: the name that was probably meant."""
    if fault.rule != "shape.unknown_member" or not fault.name:
        return ""
    part: Mapping[str, Outline] = outlines(model)
    for step in fault.pointer.split("/")[1:-1]:
        inner = part[step].part if step in part else None
        part = outlines(inner) if inner else part
    meant = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", fault.name).lower()
    if meant not in part:
        meant = _closest(meant, tuple(part)) if guess else ""
    return f"是否应为 {meant}？" if meant else ""


@lru_cache(maxsize=4_096)  # one sender's systems make one mistake a thousand times
def _closest(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.75)
    return close[0] if close else ""


def _too_many(count: int, most: int, model: type[Record], version: str) -> Finding:
    found = _worded(_Fault("shape.too_many", "", f"{count}个问题"), model, version)
    return found._replace(expected=f"至多{most}个", message=f"共{count}个问题。{found.message}")
