"""HOW are a batch's records held? As plain objects with a slot for each member and nothing else.

A pydantic model keeps beside each part a dictionary, which members were given and what came in addition: three quarters
of the memory of a batch, and half of the time to build it and to let it go. Derived from the same core schema, the plain
form takes and refuses the same documents. It knows no ``ext_`` members, which nothing judges and the filing keeps:
documents that have some are read by the model, and their records made plain afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import make_dataclass
from functools import lru_cache
from typing import Any, NamedTuple, cast

from pydantic_core import SchemaSerializer, SchemaValidator, core_schema

from ajx_gateway.standard.fields import part_in
from ajx_gateway.standard.record import Part, Record

# What the class line of a record says, read from the instance elsewhere.
_SAID = ("kind", "collection", "key_field", "title_zh", "since", "key")


class Plain(NamedTuple):
    """The plain form of a part, and which of its members are parts, or lists of parts, themselves."""

    form: type
    parts: tuple[str, ...]


class Lean(NamedTuple):
    """Reads documents into plain objects, and writes those as the model writes its own."""

    validator: SchemaValidator
    serializer: SchemaSerializer
    classes: Mapping[type[Part], Plain]

    def read(self, raw: bytes) -> Record:
        """The record; pydantic's ValidationError when the model would refuse it, too, or it has ``ext_`` members."""
        return cast(Record, self.validator.validate_json(raw))

    def write(self, record: Record) -> bytes:
        """The canonical form of a record that was read here."""
        written: bytes = self.serializer.to_json(record, exclude_none=True)
        return written

    def without_extensions(self, record: Record) -> Record:
        """What the model has read as ``read`` would have given it, had the sender added nothing of its own."""
        return cast(Record, self._plain(record))

    def _plain(self, part: Any) -> Any:
        if part is None:
            return None
        if isinstance(part, list):
            return [self._plain(each) for each in part]
        plain, parts = self.classes[type(part)]
        members = dict(vars(part))
        for name in parts:
            members[name] = self._plain(members[name])
        return plain(**members)


@lru_cache(maxsize=256)
def lean(model: type[Record]) -> Lean:
    """The plain reader and writer of a record's model."""
    classes: dict[type[Part], Plain] = {}
    schema = _plain(model.__pydantic_core_schema__, classes)
    return Lean(SchemaValidator(schema), SchemaSerializer(_written(schema)), classes)


def _written(schema: Any) -> Any:
    """The same schema for writing alone, which need not find out what the validator has made of each value."""
    if isinstance(schema, list):
        return [_written(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    match schema.get("type"):
        case "literal":
            return core_schema.str_schema()
        case "chain" if schema["steps"][-1]["type"] == "function-plain":  # an amount
            return core_schema.any_schema(serialization=core_schema.to_string_ser_schema(when_used="json"))
        case "chain":
            return _written(schema["steps"][-1])
    return {name: _written(each) for name, each in schema.items()}


def _plain(schema: Any, known: dict[type[Part], Plain]) -> Any:
    """The core schema with every model turned into a dataclass that forbids what it does not know."""
    if isinstance(schema, list):
        return [_plain(each, known) for each in schema]
    if isinstance(schema, tuple):
        return tuple(_plain(each, known) for each in schema)
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") != "model":
        return {name: _plain(each, known) for name, each in schema.items() if name != "metadata"}
    fields: Mapping[str, Any] = schema["schema"]["fields"]
    plain = _class(schema["cls"], list(fields), known)
    members = [
        {
            "type": "dataclass-field",
            "name": name,
            "schema": _plain(field["schema"], known),
            "kw_only": True,
        }
        for name, field in fields.items()
    ]
    return {
        "type": "dataclass",
        "cls": plain,
        "fields": list(fields),
        "schema": {
            "type": "dataclass-args",
            "dataclass_name": plain.__name__,
            "fields": members,
            "extra_behavior": "forbid",
        },
        "config": {"strict": True, "extra_fields_behavior": "forbid"},
        "slots": True,
    }


def _class(model: type[Part], fields: list[str], known: dict[type[Part], Plain]) -> type:
    found = known.get(model)
    if found is None:
        said = {name: getattr(model, name) for name in _SAID if hasattr(model, name) and name not in fields}
        # At an older version of the standard, what was born later reads as left out.
        later = {name: None for name, value in vars(model).items() if value is None and name[:1] != "_"}
        form = make_dataclass(model.__name__, fields, frozen=True, slots=True, namespace=said | later)
        parts = tuple(name for name in fields if part_in(model.model_fields[name].annotation))
        found = known[model] = Plain(form, parts)
    return found.form
