"""WHICH tables are there in all? Every module that lays some out, and the one MetaData that they share."""

from ajx_gateway.store import (
    attached_tables,
    case_tables,
    cover_tables,
    evaluation_tables,
    report_tables,
    roster_tables,
    service_tables,
    timeliness_tables,
)
from ajx_gateway.store.tables import metadata

__all__ = [
    "attached_tables",
    "case_tables",
    "cover_tables",
    "evaluation_tables",
    "metadata",
    "report_tables",
    "roster_tables",
    "service_tables",
    "timeliness_tables",
]
