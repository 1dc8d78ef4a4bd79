"""WHICH models do the rules read? The records of the current standard; older ones have the same attributes."""

from typing import Any

Policy = Any
Endorsement = Any
Claim = Any
ServicePlan = Any
Service = Any
Hazard = Any
FundEntry = Any
AnnualReport = Any
