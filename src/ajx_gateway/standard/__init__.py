"""WHAT is a record? The data standard: its kinds, their fields, code lists and exact shape."""

from ajx_gateway.standard import checkdigits, codes, divisions, industries
from ajx_gateway.standard.canonical import canonical
from ajx_gateway.standard.finding import Finding, Severity
from ajx_gateway.standard.kinds import CURRENT, KINDS, VERSIONS, Kind, by_collection, kinds_at, model_for
from ajx_gateway.standard.reading import Item, read
from ajx_gateway.standard.record import Part, Record
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.standard.sample import sample
from ajx_gateway.standard.shape_rules import SHAPE_RULES, ShapeRule

__all__ = [
    "CURRENT",
    "KINDS",
    "SHAPE_RULES",
    "VERSIONS",
    "Finding",
    "Item",
    "Kind",
    "Part",
    "Record",
    "Severity",
    "ShapeRule",
    "by_collection",
    "canonical",
    "checkdigits",
    "codes",
    "divisions",
    "industries",
    "kinds_at",
    "model_for",
    "read",
    "record_id",
    "sample",
]
