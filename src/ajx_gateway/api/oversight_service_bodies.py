"""WHAT do regulators send about agencies, experts, samples, inspections and alerts? The bodies of those doors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ajx_gateway.api.oversight_parts import Words
from ajx_gateway.oversight.agencies import Registering
from ajx_gateway.oversight.inspections import Found, Inspected

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Short = Annotated[str, Field(min_length=1, max_length=200, pattern=_PLAIN)]
Uscc = Annotated[str, Field(pattern="^[0-9A-Z]{18}$")]
Key = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$")]
Code = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$")]
# An expert's registration number; letters, digits and marks, so that no name is given in its place.
Number = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9._/-]{3,39}$")]
Day = Annotated[date, Field(strict=False)]
Sectors = Annotated[list[Code], Field(max_length=50)]
Status = Literal["active", "suspended", "revoked"]


class Body(BaseModel):
    """Unknown members are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Answer(Body):
    """What a department did about a refused major hazard."""

    words: Words


class Agency(Body):
    """A technical service agency as an authority registers it."""

    uscc: Uscc
    name: Short
    qualification: Short
    qualification_no: Short | None = None
    sectors: Sectors = []
    valid_from: Day
    valid_to: Day | None = None
    status: Status = "active"
    status_on: Day | None = None
    source: Short

    def registering(self) -> Registering:
        return Registering(
            "agency", self.uscc, self.name, self.qualification, self.qualification_no, None, tuple(self.sectors),
            self.valid_from, self.valid_to, self.status, self.status_on, self.source,
        )  # fmt: skip


class Expert(Body):
    """An expert under a registered number: no name, no telephone."""

    number: Number
    qualification: Code
    agency_uscc: Uscc | None = None
    sectors: Sectors = []
    valid_from: Day
    valid_to: Day | None = None
    status: Status = "active"
    status_on: Day | None = None
    source: Short

    def registering(self) -> Registering:
        return Registering(
            "expert", self.number, None, self.qualification, None, self.agency_uscc, tuple(self.sectors),
            self.valid_from, self.valid_to, self.status, self.status_on, self.source,
        )  # fmt: skip


class Draw(Body):
    """A sample to be drawn: without a ratio, the law's least."""

    period: Annotated[str, Field(pattern="^[0-9]{4}Q[1-4]$")]
    ratio: Annotated[str, Field(pattern=r"^(0\.[0-9]{1,4}|1(\.0{1,4})?)$")] | None = None
    seed: Annotated[str, Field(pattern="^[!-~]{1,64}$")]

    def share(self) -> Decimal | None:
        return None if self.ratio is None else Decimal(self.ratio)


class Result(Body):
    """The answer to one question."""

    question: Code
    answer: Literal["yes", "no", "partly", "not_applicable"]
    words: Annotated[str, Field(max_length=500, pattern=_PLAIN)] = ""


class Finding(Body):
    """What is raised as a case."""

    category: Code = "inspection"
    title: Short
    detail: Words
    clause: Short


class Inspection(Body):
    """The result of one inspection, under the policy that was looked at."""

    sample_id: Annotated[UUID, Field(strict=False)] | None = None
    insurer: Uscc
    policy_no: Key
    inspected_on: Day
    results: Annotated[list[Result], Field(min_length=1, max_length=20)]
    findings: Annotated[list[Finding], Field(max_length=20)] = []

    def inspected(self) -> Inspected:
        return Inspected(
            self.sample_id, self.insurer, self.policy_no, self.inspected_on,
            {each.question: (each.answer, each.words) for each in self.results},
            [Found(each.category, each.title, each.detail, each.clause) for each in self.findings],
        )  # fmt: skip
