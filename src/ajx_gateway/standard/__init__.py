"""WHAT is a record? The data standard: eight kinds, their fields, code lists and exact shape."""

from ajx_gateway.standard import checkdigits, codes
from ajx_gateway.standard.finding import Finding, Severity
from ajx_gateway.standard.kinds import CURRENT, KINDS, VERSIONS, Kind, by_collection, model_for
from ajx_gateway.standard.record import Part, Record
from ajx_gateway.standard.record_id import record_id

__all__ = [
    "CURRENT",
    "KINDS",
    "VERSIONS",
    "Finding",
    "Kind",
    "Part",
    "Record",
    "Severity",
    "by_collection",
    "checkdigits",
    "codes",
    "model_for",
    "record_id",
]
