"""The demo as plain data: what is current after all pushes, computed without the gateway."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ajx_gateway import demo
from ajx_gateway.demo.portfolio import Push


@dataclass
class Portfolio:
    """The current state after all pushes, computed without any of the gateway's code."""

    current: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    pushes: list[Push] = field(default_factory=list)
    faulty: list[Push] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    digest: str = ""

    def records(self, collection: str) -> list[dict[str, Any]]:
        return list(self.current[collection].values())


KEYS = {
    "policies": "policy_no",
    "endorsements": "endorsement_no",
    "claims": "claim_no",
    "service-plans": "plan_no",
    "services": "service_no",
    "hazards": "hazard_no",
    "fund-entries": "entry_no",
    "annual-reports": "report_no",
}


def gather(name: str) -> Portfolio:
    found = Portfolio()
    digest = hashlib.sha256()
    for push in demo.pushes(name):
        digest.update(push.key.encode() + push.at.isoformat().encode() + push.body)
        found.counts[push.op] += 1
        if push.op == "push":
            found.counts["records"] += push.items
            (found.faulty if push.faulty else found.pushes).append(push)
        else:
            found.pushes.append(push)
        if push.op == "push" and not push.faulty:
            kept = found.current.setdefault(push.collection, {})
            for line in push.body.splitlines():
                record = json.loads(line)
                key = record[KEYS[push.collection]]
                assert key not in kept or kept[key]["revised_at"] < record["revised_at"]
                kept[key] = record
        if push.op == "void":
            del found.current["policies"][push.record_key or ""]
    found.digest = digest.hexdigest()
    return found
