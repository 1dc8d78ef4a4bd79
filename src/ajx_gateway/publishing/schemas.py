"""WHAT is published about a record's shape? JSON Schema 2020-12 per kind, generated from the models alone."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from ajx_gateway.standard import KINDS, VERSIONS, kinds_at, model_for, sample
from ajx_gateway.standard.fields import outlines, part_in
from ajx_gateway.standard.record import Part
from ajx_gateway.standard.sample import example

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MEND = "ajx publish"


class _Published(GenerateJsonSchema):
    """An optional member has no default: it is left out."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


@cache
def _document(kind: str, version: str) -> str:
    known, model = KINDS[kind], model_for(kind, version)
    generated = model.model_json_schema(schema_generator=_Published)
    _say(generated, model)
    parts = generated.pop("$defs", {})
    for part in _parts(model):
        _say(parts[part.__name__], part)
    head = {
        "$schema": DIALECT,
        "$id": f"urn:ajx:standard:{version}:{kind}",
        "x-kind": kind,
        "x-collection": known.collection,
        "x-key": known.key,
        "x-standard": version,
        "x-since": known.since,
    }
    parts = {name: _ordered(parts[name]) for name in sorted(parts)}
    whole = {**head, **_ordered(generated), "$defs": parts, "examples": [_sample(model, kind)]}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _parts(model: type[Part]) -> Iterator[type[Part]]:
    for field in model.model_fields.values():
        part = part_in(field.annotation)
        if part is not None:
            yield part
            yield from _parts(part)


def _say(generated: dict[str, Any], part: type[Part]) -> None:
    """The part's Chinese name instead of the class's, and an example on every field."""
    generated["title"] = (part.__doc__ or part.__name__).strip()
    generated.pop("description", None)
    for name, outline in outlines(part).items():
        shape = generated["properties"][name]
        if "examples" not in shape and outline.part is not None:
            inner = example(outline.part)
            shape["examples"] = [[inner] if outline.many else inner]


def _ordered(generated: dict[str, Any]) -> dict[str, Any]:
    first = ("title", "type", "required", "properties")
    return {
        name: generated[name]
        for name in (*first, *sorted(generated.keys() - set(first)))
        if name in generated
    }


def _sample(model: type[Part], kind: str) -> dict[str, Any]:
    """The kind's sample without members that this version does not know."""
    return _known(sample(kind), model)


def _known(document: dict[str, Any], part: type[Part]) -> dict[str, Any]:
    fields = outlines(part)
    return {
        name: _known_value(value, fields[name].part) for name, value in document.items() if name in fields
    }


def _known_value(value: Any, part: type[Part] | None) -> Any:
    if part is None:
        return value
    return [_known(item, part) for item in value] if isinstance(value, list) else _known(value, part)


def schema(kind: str, version: str) -> dict[str, Any]:
    """The published schema; KeyError when the standard has no such kind or version."""
    found: dict[str, Any] = json.loads(_document(kind, version))
    return found


def files() -> dict[str, str]:
    """Every published file's text by its path below ``schemas/``."""
    return {
        f"{version}/{kind}.json": _document(kind, version)
        for version in VERSIONS
        for kind in kinds_at(version)
    }


def write(folder: Path) -> list[Path]:
    """Writes the files whose text differs; returns them."""
    written = []
    for name, text in files().items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    return written


def check(folder: Path) -> list[str]:
    """What differs between the folder and the code, one Chinese line each with the command that mends it."""
    wanted = files()
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.glob("*/*.json"))}
    lines = [f"schemas/{name} 缺少：请运行 {MEND}" for name in wanted if name not in found]
    lines += [f"schemas/{name} 不属于任何类别：请删除后运行 {MEND}" for name in found if name not in wanted]
    lines += [
        f"schemas/{name} 与代码不一致：请运行 {MEND}"
        for name, path in found.items()
        if name in wanted and path.read_text(encoding="utf-8") != wanted[name]
    ]
    return lines
