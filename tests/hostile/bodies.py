"""WHAT is sent to the doors? The standard's samples moved to a place, and one good body for each door of oversight."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, Literal

from ajx_gateway.demo.codes import uscc
from ajx_gateway.oversight.roster_file import COLUMNS
from ajx_gateway.standard.sample import sample

Whose = Literal["foshan", "suzhou"]
# The samples' own values are public: they stand in the dictionary.
SAMPLE = ("91440605MA0000015R", "示例一号五金制品有限公司（虚构）")
ENTERPRISE = {
    "foshan": (uscc("440605", 55), "佛山示例九号五金厂（虚构）"),
    "suzhou": (uscc("341302", 77), "宿州示例七号机械厂（虚构）"),
}
DISTRICT = {"foshan": "440605", "suzhou": "341302"}
OUTAGE = {"begins": "2026-11-18T02:00:00Z", "ends": "2026-11-18T03:00:00Z", "reason": "断电（虚构）"}
SAMPLED = {"period": "2026Q4", "ratio": "1"}
EXCUSE = {"reason_code": "enterprise_refused", "reason": "投保单位不配合（虚构）"}
EVIDENCE = {
    "policy_no": "集团保单（虚构）",
    "insurer_name": "虚构保险",
    "policyholder_name": "虚构集团",
    "effective_on": "2026-01-01",
    "expires_on": "2026-12-31",
    "document_sha256": "c" * 64,
    "reason": "虚构的理由",
}
_REGISTERED = {"valid_from": "2025-01-01", "source": "虚构文件"}
About = Mapping[str, str]


def finding(about: About) -> dict[str, Any]:
    return {
        "insurer": about["insurer"],
        "category": "product",
        "title": f"虚构{about['place']}",
        "detail": "虚构",
        "clause": "附件 第1项",
        "happened_on": "2026-01-05",
        "division": about["district"],
    }


def complaint(about: About) -> dict[str, Any]:
    return {
        "insurer": about["insurer"],
        "kind": "claims",
        "channel": "platform",
        "received_on": "2026-01-05",
        "text": f"虚构{about['place']}",
        "division": about["district"],
    }


def roster(about: About) -> bytes:
    row = {
        "uscc": about["uscc"],
        "name": f"虚构{about['place']}",
        "division": about["town"],
        "sector_tags": "机械制造",
        "effective_from": "2023-01-01",
        "source": "区名录（虚构）",
    }
    sheet = io.StringIO()
    csv.writer(sheet).writerows(
        [[each.title for each in COLUMNS], [row.get(each.name, "") for each in COLUMNS]]
    )
    return sheet.getvalue().encode()


def agency(about: About) -> dict[str, Any]:
    told = {"uscc": about["agency"], "name": "示例安全技术服务有限公司（虚构）", "qualification": "乙级"}
    return {**told, **_REGISTERED}


def expert(about: About) -> dict[str, Any]:
    told = {"number": "ZJ-0001", "qualification": "senior_engineer", "agency_uscc": about["agency"]}
    return {**told, **_REGISTERED}


def inspection(about: About) -> dict[str, Any]:
    return {
        "sample_id": about["sample"],
        "insurer": about["insurer"],
        "policy_no": about["policy_no"],
        "inspected_on": "2026-11-19",
        "results": [{"question": "service_delivered", "answer": "no", "words": f"虚构{about['place']}"}],
        "findings": [{"title": "服务未开展", "detail": "虚构", "clause": "附件4"}],
    }


def document(kind: str, place: Whose) -> dict[str, Any]:
    """The standard's sample of a kind, moved to the place."""
    text = json.dumps(sample(kind), ensure_ascii=False)
    for ours, theirs in zip(SAMPLE, ENTERPRISE[place], strict=True):
        text = text.replace(ours, theirs)
    text = text.replace("2026-440605-", f"77-{DISTRICT[place]}-").replace("AR2026-440600", f"AR77-{place}")
    if place == "suzhou":
        for code in ("440605011", "440605", "440600"):
            moved = {"440605011": "341302001", "440605": "341302", "440600": "341300"}[code]
            text = text.replace(f'"{code}"', f'"{moved}"')
    found: dict[str, Any] = json.loads(text)
    return found
