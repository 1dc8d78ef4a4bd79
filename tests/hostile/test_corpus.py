"""Two thousand bodies that nobody should send: each is judged or refused as it says, and none is ever a 5xx."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from structlog.testing import capture_logs

from ajx_gateway import standard

from .corpus import MARKED, Case, cases
from .gateway import Gateway

BY_GROUP: dict[str, list[Case]] = defaultdict(list)
for _case in cases():
    BY_GROUP[_case.group].append(_case)
_MEMBERS = {"filing", "verdict", "dry_run", "standard", "rules", "received_at", "counts", "items", "receipt"}
_PROBLEM = {"type", "title", "status", "detail", "code", "request_id"}


def test_the_corpus_is_large_and_every_body_has_a_name_of_its_own() -> None:
    every = cases()
    assert len(every) >= 2_000
    assert len({(case.group, case.name, case.media) for case in every}) == len(every)


def faults_of(case: Case, answer: httpx.Response) -> Iterator[str]:
    """What is wrong with an answer; nothing, when all is well."""
    personal = [
        value for value in MARKED.values() if value in answer.text or json.dumps(value)[1:-1] in answer.text
    ]
    if personal:
        yield f"repeats {personal}"
    if len(answer.content) > 200_000 + 5_000 * case.body.count(b"\n") + 5_000 * case.body.count(b"},"):
        yield f"is {len(answer.content)} bytes long"
    if answer.status_code != 200:
        yield from _refusal(case, answer)
        return
    told = answer.json()
    if set(told) != _MEMBERS:
        yield f"has the members {sorted(told)}"
    if told["verdict"] != case.expected:
        yield f"is {told['verdict']}: {sorted(_rules(told))}"
    if case.rule is not None and case.rule not in _rules(told):
        yield f"lacks {case.rule}: {sorted(_rules(told))}"
    if "rule.internal" in _rules(told):
        yield "says that a rule failed"
    for item in told["items"]:
        if item["result"] == "rejected" and not any(f["severity"] == "error" for f in item["findings"]):
            yield f"rejects item {item['index']} without an error"
        if len(item["findings"]) > 101:
            yield f"has {len(item['findings'])} findings of one item"


def _refusal(case: Case, answer: httpx.Response) -> Iterator[str]:
    if answer.status_code != case.expected:
        yield f"is a {answer.status_code}: {answer.text[:200]}"
    if answer.headers["content-type"] != "application/problem+json":
        yield f"is {answer.headers['content-type']}"
    elif not set(answer.json()) >= _PROBLEM or answer.json()["status"] != answer.status_code:
        yield f"is a poor problem: {answer.text[:200]}"


def _rules(told: dict[str, Any]) -> set[str]:
    return {finding["rule"] for item in told["items"] for finding in item["findings"]}


@pytest.mark.parametrize("group", sorted(BY_GROUP))
async def test_every_body_is_judged_or_refused_as_it_should_be(gateway: Gateway, group: str) -> None:
    wrong = []
    with capture_logs() as logs:
        async with gateway.client("insurer-a") as client:
            for number, case in enumerate(BY_GROUP[group]):
                path = f"/v1/{standard.KINDS[case.kind].collection}"
                headers = {"Content-Type": case.media, "Idempotency-Key": f"{group} {number}"}
                answer = await client.post(path, content=case.body, headers=headers)
                wrong += [f"{case.name} ({case.media}): {fault}" for fault in faults_of(case, answer)]
    print(f"\ncorpus: {group}: {len(BY_GROUP[group])} bodies")
    assert wrong == []
    assert [entry for entry in logs if entry["log_level"] in ("error", "critical")] == []


async def test_what_was_accepted_is_given_back_as_it_was_sent_in_every_form(gateway: Gateway) -> None:
    """Whatever stands in the texts: emoji, noncharacters, formulas, keys with slashes."""
    read = 0
    wrong = []
    async with gateway.client("insurer-b") as client:
        for number, case in enumerate(
            case for group in ("strings", "own members", "keys") for case in BY_GROUP[group]
        ):
            if case.expected != "accepted":
                continue
            headers = {"Content-Type": case.media, "Idempotency-Key": f"again {number}"}
            assert (await client.post("/v1/policies", content=case.body, headers=headers)).status_code == 200
            sent = json.loads(case.body)
            path = f"/v1/policies/{quote(sent['policy_no'], safe='')}"
            found = await client.get(path)
            if found.status_code != 200 or found.json()["record"] != sent:
                wrong.append(f"{case.name}: {found.status_code} {found.text[:200]}")
            for form in ("", ".csv", ".xlsx"):
                history = await client.get(f"{path}/history{form}")
                if history.status_code != 200:
                    wrong.append(f"{case.name}: history{form} {history.status_code}")
            read += 1
    assert read > 40
    assert wrong == []
