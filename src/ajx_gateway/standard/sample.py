"""WHAT does a good document look like? One fictitious, consistent story, from the fields' own examples."""

from collections.abc import Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any

from ajx_gateway.standard.fields import Outline, outlines
from ajx_gateway.standard.kinds import KINDS
from ajx_gateway.standard.marks import PART
from ajx_gateway.standard.record import Part

# Members that contradict the story the samples tell: a plain annual policy, one closed claim, one service.
_LEFT_OUT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "policy": (
            "insured_persons",
            "co_insurers",
            "renewal_of",
            "converted_from",
            "parent_cover",
            "remote_placement_filing",
        ),
        "endorsement": ("new_expires_on", "new_limits", "cancellation"),
        "claim": ("third_party_claim_on", "refusal", "reopened_on", "reopen_reason"),
        "service": ("cancel_reason",),
        "hazard": ("refused_on", "refusal_report"),
        "fund_entry": ("reverses_entry_no",),
        "annual_report": ("quarter",),
    }
)
_REVISED_AT: Mapping[str, str] = MappingProxyType(
    {
        "endorsement": "2026-06-10T11:00:00+08:00",
        "claim": "2026-06-09T17:00:00+08:00",
        "service_plan": "2026-03-12T10:00:00+08:00",
        "service": "2026-04-15T15:00:00+08:00",
        "hazard": "2026-04-20T16:00:00+08:00",
        "fund_entry": "2026-04-15T16:00:00+08:00",
        "annual_report": "2026-11-18T09:00:00+08:00",
    }
)


def sample(kind: str) -> dict[str, Any]:
    """A fictitious document of the kind that fits the other kinds' samples; a fresh copy each time."""
    document = every_member(kind)
    for name in _LEFT_OUT.get(kind, ()):
        del document[name]
    if kind == "policy":
        _tell(document)
    return document


def every_member(kind: str) -> dict[str, Any]:
    """A document with every member the kind knows, also those that exclude each other in practice."""
    document = example(KINDS[kind].model)
    document["revised_at"] = _REVISED_AT.get(kind, document["revised_at"])
    return document


def example(part: type[Part]) -> dict[str, Any]:
    """The part filled with its fields' examples."""
    return {name: _example(outline) for name, outline in outlines(part).items()}


def _example(outline: Outline) -> Any:
    if outline.mark.example is not PART or outline.part is None:
        return deepcopy(outline.mark.example)
    inner = example(outline.part)
    return [inner] if outline.many else inner


def _tell(policy: dict[str, Any]) -> None:
    """An enterprise is the subject itself, and two further coverages stand beside death."""
    policy["subject"] = {"type": "enterprise"}
    del policy["subsidy"]["reason"]
    del policy["coverages"][0]["deductible"]
    policy["coverages"] += [
        {"code": "emp_disability", "limit": "600000.00"},
        {
            "code": "emp_medical",
            "limit": "60000.00",
            "deductible": {"type": "amount", "amount": "500.00"},
        },
    ]
