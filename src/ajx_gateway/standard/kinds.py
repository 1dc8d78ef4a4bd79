"""WHICH kinds of record are there, and what does each look like at an older minor version?"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from ajx_gateway.standard.marks import order
from ajx_gateway.standard.record import Record
from ajx_gateway.standard.v1.annual_report import AnnualReport
from ajx_gateway.standard.v1.claim import Claim
from ajx_gateway.standard.v1.endorsement import Endorsement
from ajx_gateway.standard.v1.fund_entry import FundEntry
from ajx_gateway.standard.v1.hazard import Hazard
from ajx_gateway.standard.v1.policy import Policy
from ajx_gateway.standard.v1.service import Service
from ajx_gateway.standard.v1.service_plan import ServicePlan
from ajx_gateway.standard.versions import at_version

VERSIONS: tuple[str, ...] = ("1.0",)
CURRENT = "1.0"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: ``collection`` is its path, ``key`` the field that names a record within its insurer."""

    name: str
    collection: str
    key: str
    title: str
    since: str
    model: type[Record]


def _kind(model: type[Record]) -> Kind:
    return Kind(model.kind, model.collection, model.key_field, model.title_zh, model.since, model)


_MODELS: tuple[type[Record], ...] = (
    Policy,
    Endorsement,
    Claim,
    ServicePlan,
    Service,
    Hazard,
    FundEntry,
    AnnualReport,
)
KINDS: Mapping[str, Kind] = MappingProxyType({model.kind: _kind(model) for model in _MODELS})
_BY_COLLECTION = {kind.collection: kind for kind in KINDS.values()}


def by_collection(collection: str) -> Kind:
    """The kind that is pushed to ``/v1/<collection>``; KeyError when there is none."""
    return _BY_COLLECTION[collection]


@cache
def kinds_at(version: str) -> Mapping[str, Kind]:
    """The kinds a version knows; KeyError when the standard has no such version."""
    if version not in VERSIONS:
        raise KeyError(version)
    return MappingProxyType(
        {name: kind for name, kind in KINDS.items() if order(kind.since) <= order(version)}
    )


@cache
def model_for(kind: str, version: str) -> type[Record]:
    """The concrete model of a kind at a version; KeyError when that version has no such kind."""
    return at_version(kinds_at(version)[kind].model, version)
