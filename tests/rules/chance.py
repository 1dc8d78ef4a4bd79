"""HOW do random valid documents look? Any member present or absent, values at the ends of their ranges."""

from typing import Any

from hypothesis import strategies as st

from ajx_gateway.standard import KINDS, Part
from ajx_gateway.standard.codes import CODE_LISTS
from ajx_gateway.standard.fields import Outline, outlines
from ajx_gateway.standard.sample import example

AMOUNTS = ("0", "0.01", "1", "99.99", "1000000", "999999999999.99")
FRACTIONS = ("0", "0.000001", "0.12", "0.15", "0.5", "1")
DAYS = (
    "1900-01-01",
    "2016-08-17",
    "2024-02-29",
    "2026-02-24",
    "2026-05-12",
    "2026-11-21",
    "2027-03-01",
    "2199-12-31",
)
INSTANTS = ("1900-01-01T00:00:00+14:00", "2026-05-12T14:20:00+08:00", "2199-12-31T23:59:59-12:00")


def documents(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.composite(lambda draw: _part(draw, KINDS[kind].model))()


def _part(draw: st.DrawFn, model: type[Part]) -> dict[str, Any]:
    return {
        name: _value(draw, model, outline)
        for name, outline in outlines(model).items()
        if outline.required or draw(st.booleans())
    }


def _value(draw: st.DrawFn, model: type[Part], outline: Outline) -> Any:
    shape = outline.schema
    if outline.many:
        least, most = int(shape.get("minItems", 0)), min(int(shape["maxItems"]), 3)
        return [_single(draw, model, outline) for _ in range(draw(st.integers(least, max(least, most))))]
    return _single(draw, model, outline)


def _single(draw: st.DrawFn, model: type[Part], outline: Outline) -> Any:
    shape = outline.schema
    if outline.part is not None:
        return _part(draw, outline.part)
    if outline.codes is not None:
        return draw(st.sampled_from(CODE_LISTS[outline.codes].codes()))
    if shape.get("type") == "integer":
        return draw(st.sampled_from(_counts(int(shape["minimum"]), int(shape["maximum"]))))
    if shape.get("type") == "boolean":
        return draw(st.booleans())
    if shape.get("format") == "date":
        return draw(st.sampled_from(DAYS))
    if shape.get("format") == "date-time":
        return draw(st.sampled_from(INSTANTS))
    if outline.is_amount:
        ratio = "9]{1,6}" in str(shape["pattern"])
        return draw(st.sampled_from(FRACTIONS if ratio else AMOUNTS))
    return example(model)[outline.name]


def _counts(least: int, most: int) -> tuple[int, ...]:
    return least, max(least, min(most, 5)), min(most, 10**6)
