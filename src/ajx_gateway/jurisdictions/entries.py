"""WHAT may stand in a place's TOML file? Its tables, key by key; a key that is not here is refused."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ajx_gateway.jurisdictions.model import Counting, Period, Subject

Start = Literal[
    "policy.signed_on", "policy.effective_on", "policy.expires_on",
    "claim.reported_on", "claim.registered_on", "claim.adjudicated_on", "claim.completed_on",
    "complaint.received_on",
    "period.begin", "period.end",
]  # fmt: skip
Stop = Literal[
    "policy.document", "policy.renewed",
    "service_plan.assigned", "service_plan.submitted", "service.completed", "service.confirmed",
    "claim.decided", "claim.paid", "claim.closed", "claim.result",
    "complaint.answered", "complaint.checked",
    "report.accepted", "organisation.report",
]  # fmt: skip
Size = Literal["large", "medium", "small", "micro"]
ReportType = Literal["annual_service", "quarterly_fund", "quarterly_operation"]


# A day that exists in the calendar; 29 February is refused by the loader, as not of every year.
_DAY_OF_YEAR = (
    r"^((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))$"
)


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TextEntry(Entry):
    title: str = Field(min_length=1)
    number: str = Field(min_length=1)
    issuer: str = Field(min_length=1)
    issued: date | None = None
    in_force_from: date | None = None
    in_force_to: date | None = None
    status_note: str = Field(min_length=1)


class CitedEntry(Entry):
    text: str
    clause: str = Field(min_length=1)
    valid_from: date
    valid_to: date | None = None
    note: str = ""


class ValueEntry(CitedEntry):
    name: str
    value: Any


class SeverityEntry(CitedEntry):
    rule: str = Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")
    severity: Literal["error", "warning", "notice"]


class ClockEntry(CitedEntry):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    subject: Subject
    start: Start
    stop: Stop
    days: int | None = Field(default=None, ge=0, le=3660)
    fixed: str | None = Field(default=None, pattern=_DAY_OF_YEAR)
    counting: Counting = "calendar"
    roll: bool = True
    applies_to: list[Size] = []
    due_soon_days: int = Field(default=3, ge=0, le=366)
    period: Period | None = None
    report_type: ReportType | None = None
    responsible: str = "保险机构"


class FileEntry(Entry):
    code: str = Field(pattern=r"^[0-9]{6}([0-9]{3})?$")
    name: str = Field(min_length=1)
    status: str = Field(min_length=1)
    text: dict[str, TextEntry]
    value: list[ValueEntry] = []
    clock: list[ClockEntry] = []
    severity: list[SeverityEntry] = []
