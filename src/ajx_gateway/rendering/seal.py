"""WHICH report is this file? The seal in its properties and in its footer, written and read back.

One line of words is the same in every form: a property that Word, Excel and PDF readers all show.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from xml.etree import ElementTree

from ajx_gateway.errors import Unprocessable

_MOST = 64 * 1024 * 1024
_SEAL = re.compile(
    "ajx-report id=(?P<report_id>[0-9a-f-]{36}) sha256=(?P<digest>[0-9a-f]{64}) kind=(?P<kind>[a-z-]+)"
    " period=(?P<period>[0-9HQ-]+) edition=(?P<edition>[0-9]+) as-of=(?P<as_of>[0-9T:.+-]+)"
)
_UNSEALED = "文件中没有报告编号与校验码，或已被改动：请使用网关生成的 docx、xlsx 或 pdf 原文件。"


@dataclass(frozen=True, slots=True)
class Seal:
    """What binds a file to the frozen figures that it shows."""

    report_id: UUID
    digest: str
    kind: str
    period: str
    edition: int
    as_of: str
    made_at: datetime

    @property
    def words(self) -> str:
        """The line that goes into the file's properties."""
        return (
            f"ajx-report id={self.report_id} sha256={self.digest} kind={self.kind} period={self.period}"
            f" edition={self.edition} as-of={self.as_of}"
        )

    @property
    def code(self) -> str:
        """The beginning of the digest, as people compare it."""
        short = self.digest[:16].upper()
        return "-".join(short[place : place + 4] for place in range(0, 16, 4))

    @property
    def footer(self) -> str:
        """The line at the foot of every page."""
        return (
            f"数据时点：{self.as_of}　校验码：{self.code}　报告编号：{self.report_id}（第{self.edition}版）"
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The seal of a file, as it was read."""

    report_id: UUID
    digest: str
    kind: str
    period: str
    edition: int
    as_of: str


def seal_of(content: bytes) -> Found:
    """The seal of a docx, xlsx or pdf file; 422 when it carries none, or two that differ."""
    told = _properties(content) if content[:2] == b"PK" else content.decode("latin-1")
    found = {match.groups() for match in _SEAL.finditer(told)}
    if len(content) > _MOST or len(found) != 1:
        raise Unprocessable(_UNSEALED)
    report_id, digest, kind, period, edition, as_of = found.pop()
    return Found(UUID(report_id), digest, kind, period, int(edition), as_of)


def _properties(content: bytes) -> str:
    """The text of the core properties of an Office file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if parts.getinfo("docProps/core.xml").file_size > 1024 * 1024:
                raise Unprocessable(_UNSEALED)
            core = parts.read("docProps/core.xml")
        if b"<!" in core:
            raise Unprocessable(_UNSEALED)
        return "\n".join(ElementTree.fromstring(core).itertext())  # noqa: S314  a document type was refused above
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, RuntimeError, NotImplementedError):
        raise Unprocessable(_UNSEALED) from None
