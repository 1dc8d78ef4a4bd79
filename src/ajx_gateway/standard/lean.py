"""HOW are a batch's records held? As plain objects with a slot for each member and nothing else.

A pydantic model keeps beside each part a dictionary, which members were given and what came in addition: three quarters
of the memory of a batch, and most of the time to build it and to let it go. The plain form is a msgspec struct derived
from the model's own core schema: shapes that both say alike are msgspec's, every other value is read by its own piece of
the core schema. What it takes the model takes, with the same content and the same canonical form; whatever it does not
take (an ``ext_`` member, a fault, a line end in a text) is the model's to judge (docs/decisions/0027).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, cast

import msgspec
from pydantic_core import SchemaValidator

from ajx_gateway.standard.fields import part_in
from ajx_gateway.standard.record import Part, Record
from ajx_gateway.standard.vocabulary import PARAGRAPHS, TEXT

# What the class line of a record says, read from the instance elsewhere.
_SAID = ("kind", "collection", "key_field", "title_zh", "since", "key")
# Values that recur from record to record.
_RECURRING = frozenset({"function-plain", "date"})
_MOST_KEPT = 16_384
# No more than their length: control characters are looked for in what was read.
_TEXTS = frozenset({TEXT, PARAGRAPHS})
_HARMLESS = re.compile(rb'\\["\\]')


class Plain(NamedTuple):
    """The plain form of a part, and which of its members are parts, or lists of parts, themselves."""

    form: Any
    parts: tuple[str, ...]


class Lean(NamedTuple):
    """Reads documents into plain objects, and writes those as the model writes its own."""

    decoder: msgspec.json.Decoder[Any]
    encoder: msgspec.json.Encoder
    classes: Mapping[type[Part], Plain]

    def read(self, raw: bytes) -> tuple[Record, bytes] | None:
        """The record and its canonical form; None for what only the model can judge."""
        try:
            record = self.decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        written = self.write(record)
        return None if _holds_control(written) else (record, written)

    def write(self, record: Record) -> bytes:
        """The canonical form of a plain record."""
        return self.encoder.encode(record)

    def without_extensions(self, record: Record) -> Record:
        """What the model has read as ``read`` would have given it, had the sender added nothing of its own."""
        return cast(Record, self._plain(record))

    def _plain(self, part: Any) -> Any:
        if part is None:
            return None
        if isinstance(part, list):
            return [self._plain(each) for each in part]
        form, parts = self.classes[type(part)]
        members = dict(vars(part))
        for name in parts:
            members[name] = self._plain(members[name])
        return form(**members)


def _holds_control(written: bytes) -> bool:
    """Whether a text may hold a control character: all are escaped but the last, as are quotation marks and backslashes."""
    return b"\x7f" in written or (b"\\" in written and b"\\" in _HARMLESS.sub(b"", written))


@lru_cache(maxsize=256)
def lean(model: type[Record]) -> Lean:
    """The plain reader and writer of a record's model."""
    known = _Known({}, {})
    form = _form(model.__pydantic_core_schema__, known)
    encoder = msgspec.json.Encoder(decimal_format="string")
    return Lean(msgspec.json.Decoder(form, dec_hook=operator.call), encoder, known.classes)


class _Known(NamedTuple):
    classes: dict[type[Part], Plain]
    values: dict[str, type]  # by their piece of core schema


def _value_read_by(read: Callable[[object], object]) -> type:
    """A type that is called to read a value, and that everything so read is an instance of.

    Both are asked for each value: there is no Python function between msgspec and what reads it. ``type`` says something
    true of any object.
    """
    asked = {"__call__": staticmethod(read), "__instancecheck__": staticmethod(type)}
    kind = type("AsJudged", (type,), asked)
    return cast(type, type.__call__(kind, "Value", (), {}))


def _form(schema: Any, known: _Known) -> Any:
    """The type that msgspec reads where the model has this core schema."""
    match schema["type"]:
        case "model":
            return _struct(schema, known)
        case "list":
            items = _form(schema["items_schema"], known)
            return Annotated[list[items], _bounds(schema, "min_length", "max_length")]  # type: ignore[valid-type]
        case "literal":
            return Literal[tuple(schema["expected"])]
        case "bool":
            return bool
        case "str" if schema.get("pattern") in _TEXTS:
            return Annotated[str, _bounds(schema, "min_length", "max_length")]
        case "chain" if schema["steps"][-1]["type"] == "int":  # 3.0 is left to the model
            return Annotated[int, _bounds(schema["steps"][-1], "ge", "le")]
    return _judged(schema, known)


def _bounds(schema: Any, *names: str) -> msgspec.Meta:
    """The bounds of the core schema, which msgspec calls the same."""
    return msgspec.Meta(**{name: schema[name] for name in names if name in schema})


def _judged(schema: Any, known: _Known) -> type:
    """A type whose values are read by this piece of core schema."""
    found = known.values.get(repr(schema))
    if found is None:
        read: Callable[[object], object] = SchemaValidator(schema).validate_python
        if schema["type"] == "chain" and schema["steps"][-1]["type"] in _RECURRING:
            read = lru_cache(_MOST_KEPT)(read)
        found = known.values[repr(schema)] = _value_read_by(read)
    return found


def _struct(schema: Any, known: _Known) -> Any:
    """A struct for the model; it forbids what it does not know."""
    model: type[Part] = schema["cls"]
    found = known.classes.get(model)
    if found is None:
        named: Mapping[str, Any] = schema["schema"]["fields"]
        fields = [_member(name, field["schema"], known) for name, field in named.items()]
        said = {name: getattr(model, name) for name in _SAID if hasattr(model, name) and name not in named}
        # At an older version of the standard, what was born later reads as left out.
        later = {name: None for name, value in vars(model).items() if value is None and name[:1] != "_"}
        form = msgspec.defstruct(
            model.__name__,
            fields,
            namespace=said | later,
            frozen=True,
            kw_only=True,
            forbid_unknown_fields=True,
            omit_defaults=True,
            gc=False,  # nothing in a record leads back to it
        )
        parts = tuple(name for name in named if part_in(model.model_fields[name].annotation))
        found = known.classes[model] = Plain(form, parts)
    return found.form


def _member(name: str, schema: Any, known: _Known) -> tuple[str, Any] | tuple[str, Any, None]:
    """A member, which may be left out where the model says None for it; written null is refused by its type."""
    if schema["type"] == "default":
        if schema["default"] is not None:
            raise TypeError(f"{name} has a default of its own, which would not be written")
        return name, _form(schema["schema"], known), None
    return name, _form(schema, known)
