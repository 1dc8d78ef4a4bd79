"""WHICH models do the rules read? The records of the current standard; older ones read alike."""

from ajx_gateway.standard.v1.annual_report import AnnualReport
from ajx_gateway.standard.v1.claim import Claim
from ajx_gateway.standard.v1.endorsement import Endorsement
from ajx_gateway.standard.v1.fund_entry import FundEntry
from ajx_gateway.standard.v1.hazard import Hazard
from ajx_gateway.standard.v1.policy import Policy
from ajx_gateway.standard.v1.service import Service
from ajx_gateway.standard.v1.service_plan import ServicePlan

__all__ = [
    "AnnualReport",
    "Claim",
    "Endorsement",
    "FundEntry",
    "Hazard",
    "Policy",
    "Service",
    "ServicePlan",
]
