"""WHAT do linked rules know besides the record itself? Facts the store fetched once for the whole batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from ajx_gateway.rules.days import local_day


class PolicyFacts(NamedTuple):
    """One current policy of the sender (a voided one is still a fact, with ``voided``)."""

    policy_no: str
    enterprise_uscc: str
    division: str
    industry: str
    size: str | None
    signed_on: date
    effective_on: date
    expires_on: date
    per_person_death: Decimal
    per_accident: Decimal
    aggregate: Decimal
    insured_count: int
    premium_received: Decimal
    premium_refunded: Decimal
    fund_amount: Decimal
    voided: bool = False


class CoverFacts(NamedTuple):
    """A period of cover of one enterprise; of another insurer's policy nothing but the period is known."""

    own: bool
    policy_no: str | None
    subject_type: str
    subject_code: str | None
    effective_on: date
    expires_on: date


class ClaimFacts(NamedTuple):
    """``paid`` is the sum of payments and advance payments."""

    claim_no: str
    paid: Decimal
    occurred_on: date


class FundFacts(NamedTuple):
    """One ledger entry; ``amount`` keeps its sign. ``policy_no`` and ``reversed_no`` may be unknown."""

    entry_no: str
    type: str
    amount: Decimal
    service_no: str | None
    policy_no: str | None = None
    reverses_entry_no: str | None = None


class ServiceFacts(NamedTuple):
    service_no: str
    policy_no: str
    started_on: date
    state: str


class PlanFacts(NamedTuple):
    plan_no: str
    policy_no: str
    state: str


class EndorsementFacts(NamedTuple):
    endorsement_no: str
    type: str
    effective_on: date
    new_expires_on: date | None


class EvidenceUse(NamedTuple):
    """One service that shows this evidence; of another insurer's service the number stays hidden (None)."""

    own: bool
    service_no: str | None


class ReportFigures(NamedTuple):
    """What the gateway itself counts for the period and place of one report."""

    policies: int
    services: int
    hazards_general: int
    hazards_major: int
    hazards_rectified: int
    fund_accrued: Decimal
    fund_spent: Decimal


class StoredFacts(NamedTuple):
    """What is stored under the key of an item: its first start of a clock and its current version.

    ``first_start_on`` is the first signing day (policy) or completion day (claim) ever received;
    ``content_hash`` lets the same ``revised_at`` with other content be refused (None: not compared);
    ``earlier`` does so for older versions, at the instants that items of this batch name. ``version`` and
    ``recorded_at`` are those of the current state, ``clean_edition`` the edition whose rules found nothing wrong in it.
    """

    first_start_on: date | None
    signed_on: date | None
    revised_at: datetime
    content_hash: bytes | None = None
    earlier: Mapping[datetime, bytes] = MappingProxyType({})
    version: int = 0
    recorded_at: datetime | None = None
    clean_edition: int | None = None

    def content_at(self, revised_at: datetime) -> bytes | None:
        """The content hash of the version with this ``revised_at``, as far as it is known."""
        return self.content_hash if revised_at == self.revised_at else self.earlier.get(revised_at)


@dataclass(frozen=True, slots=True)
class Known:
    """Everything outside the records that rules may look at; a missing key means "not known yet"."""

    insurer: str
    received_at: datetime
    policies: dict[str, PolicyFacts] = field(default_factory=dict)
    covers: dict[str, list[CoverFacts]] = field(default_factory=dict)  # by enterprise USCC
    claims: dict[str, list[ClaimFacts]] = field(default_factory=dict)  # by policy_no
    funds: dict[str, list[FundFacts]] = field(default_factory=dict)  # by policy_no
    services: dict[str, ServiceFacts] = field(default_factory=dict)
    plans: dict[str, PlanFacts] = field(default_factory=dict)
    endorsements: dict[str, list[EndorsementFacts]] = field(default_factory=dict)  # by policy_no
    evidence: dict[str, list[EvidenceUse]] = field(default_factory=dict)  # by SHA-256
    stored: dict[str, StoredFacts] = field(default_factory=dict)  # by key of the item
    entries: dict[str, FundFacts] = field(default_factory=dict)  # ledger entries by entry_no
    figures: dict[str, ReportFigures] = field(default_factory=dict)  # by report_no
    # What the rules have worked out already for this batch; never given, never compared.
    today: date = field(init=False, repr=False, compare=False)  # the day of receipt in China
    overlaps: dict[tuple[str, bool], Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    sums: dict[tuple[str, str], Decimal] = field(default_factory=dict, init=False, repr=False, compare=False)
    last_days: dict[str, date] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", local_day(self.received_at))
