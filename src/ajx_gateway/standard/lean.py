"""HOW are a batch's records held? As plain objects with their members and nothing else.

A pydantic model remembers beside each part which members were given and what came in addition: more than half of the
memory of a batch, and of the time to build it and to let it go. Derived from the same core schema, the plain form
takes and refuses the same documents. It knows no ``ext_`` members: documents that have some are read by the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import make_dataclass
from functools import lru_cache
from typing import Any, NamedTuple, cast

from pydantic_core import SchemaSerializer, SchemaValidator

from ajx_gateway.standard.record import Part, Record

# What the class line of a record says, read from the instance elsewhere.
_SAID = ("kind", "collection", "key_field", "title_zh", "since", "key")


class Lean(NamedTuple):
    """Reads documents into plain objects, and writes those as the model writes its own."""

    validator: SchemaValidator
    serializer: SchemaSerializer

    def read(self, raw: bytes) -> Record:
        """The record; pydantic's ValidationError when the model would refuse it, too, or it has ``ext_`` members."""
        return cast(Record, self.validator.validate_json(raw))

    def write(self, record: Record) -> bytes:
        written: bytes = self.serializer.to_json(record, exclude_none=True)
        return written


@lru_cache(maxsize=256)
def lean(model: type[Record]) -> Lean:
    """The plain reader and writer of a record's model."""
    schema = _plain(model.__pydantic_core_schema__, {})
    return Lean(SchemaValidator(schema), SchemaSerializer(schema))


def _plain(schema: Any, known: dict[type[Part], type]) -> Any:
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
    }


def _class(model: type[Part], fields: list[str], known: dict[type[Part], type]) -> type:
    found = known.get(model)
    if found is None:
        said = {name: getattr(model, name) for name in _SAID if hasattr(model, name) and name not in fields}
        # At an older version of the standard, what was born later reads as left out.
        later = {name: None for name, value in vars(model).items() if value is None and name[:1] != "_"}
        found = known[model] = make_dataclass(model.__name__, fields, frozen=True, namespace=said | later)
    return found
