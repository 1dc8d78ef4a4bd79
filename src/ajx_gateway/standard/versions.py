"""WHAT did a model look like at an older minor version? The same, without the fields and codes born later."""

from copy import copy
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

from pydantic import create_model
from pydantic.fields import FieldInfo

from ajx_gateway.standard.marks import mark_of, order
from ajx_gateway.standard.record import Part
from ajx_gateway.standard.vocabulary import Coded, list_codes

M = TypeVar("M", bound=Part)


def born_later(model: type[Part], version: str) -> tuple[str, ...]:
    """The model's own fields that the version does not know yet."""
    found = ((name, mark_of(field)) for name, field in model.model_fields.items())
    return tuple(name for name, mark in found if mark is not None and order(mark.since) > order(version))


def at_version(model: type[M], version: str) -> type[M]:
    """The model itself when nothing in it was born later, otherwise a concrete model without those fields."""
    later = born_later(model, version)
    fields: dict[str, Any] = {}
    changed = bool(later)
    for name, field in model.model_fields.items():
        if name in later:
            continue
        annotation, older = _rewritten(field.annotation, version), _dated(field, version)
        changed = changed or annotation is not field.annotation or older is not field
        fields[name] = (annotation, older)
    if not changed:
        return model
    made: Any = create_model(
        model.__name__, __base__=_root(model), __module__=model.__module__, __doc__=model.__doc__, **fields
    )
    derived = cast(type[M], made)
    _carry(model, derived, later)
    return derived


def _root(model: type[Part]) -> Any:
    """The class that gives behaviour but no fields of its own: Part or Record."""
    return next(base for base in model.__mro__[1:] if base.__module__ == Part.__module__)


def _carry(model: type[Part], derived: type[Part], later: tuple[str, ...]) -> None:
    # Rules are written against the newest model: a field not born yet reads as left out.
    for name in later:
        setattr(derived, name, None)
    for name in ("kind", "collection", "key_field", "title_zh", "since"):
        if hasattr(model, name):
            setattr(derived, name, getattr(model, name))


def _dated(field: FieldInfo, version: str) -> FieldInfo:
    """The field with its codes as that version knows them; the same object when it has none born later."""
    metadata = [_as_known(each, version) for each in field.metadata]
    if all(one is other for one, other in zip(metadata, field.metadata, strict=True)):
        return field
    older = copy(field)
    older.metadata = metadata
    return older


def _as_known(constraint: Any, version: str) -> Any:
    if isinstance(constraint, Coded) and list_codes(constraint.list, version) != list_codes(constraint.list):
        return Coded(constraint.list, version)
    return constraint


def _rewritten(annotation: Any, version: str) -> Any:
    """The annotation with every part inside it taken at that version; the same object when none changes."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return at_version(annotation, version)
    arguments = get_args(annotation)
    if not arguments or get_origin(annotation) is Annotated:
        if not arguments:
            return annotation
        inner = (_rewritten(arguments[0], version), *(_as_known(each, version) for each in arguments[1:]))
        same = all(one is other for one, other in zip(arguments, inner, strict=True))
        return annotation if same else Annotated[inner]
    new = tuple(_rewritten(argument, version) for argument in arguments)
    if all(one is other for one, other in zip(arguments, new, strict=True)):
        return annotation
    origin = get_origin(annotation)
    return Union[new] if origin in (Union, UnionType) else origin[new]  # noqa: UP007
