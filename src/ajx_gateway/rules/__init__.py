"""IS a record acceptable here? Pure rules with stable ids, bound to the law of the place and the day."""

from ajx_gateway.rules import book as book  # importing the book registers every rule
from ajx_gateway.rules.catalogue import catalogue
from ajx_gateway.rules.edition import edition
from ajx_gateway.rules.judging import Judged, conflicted, judge
from ajx_gateway.rules.known import (
    ClaimFacts,
    CoverFacts,
    EndorsementFacts,
    EvidenceUse,
    FundFacts,
    Known,
    PlanFacts,
    PolicyFacts,
    ReportFigures,
    ServiceFacts,
    StoredFacts,
)
from ajx_gateway.rules.registry import RULES, Fault, Rule, rule, ruleset

RULESET = ruleset()

__all__ = [
    "RULES",
    "RULESET",
    "ClaimFacts",
    "CoverFacts",
    "EndorsementFacts",
    "EvidenceUse",
    "Fault",
    "FundFacts",
    "Judged",
    "Known",
    "PlanFacts",
    "PolicyFacts",
    "ReportFigures",
    "Rule",
    "ServiceFacts",
    "StoredFacts",
    "catalogue",
    "conflicted",
    "edition",
    "judge",
    "rule",
]
