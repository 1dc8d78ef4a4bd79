"""A push, from the insurer's bytes to the stored record and the receipt."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from typing import Any

import pytest

from ajx_gateway import errors, rules, standard
from ajx_gateway.identity import receipts, scope_of
from ajx_gateway.intake import documents, records, voiding
from ajx_gateway.intake.submit import submit

from .conftest import NOW


def result_of(answer: dict[str, Any]) -> list[str]:
    return [item["result"] for item in answer["items"]]


def rules_of(findings: list[dict[str, str]]) -> set[str]:
    return {finding["rule"] for finding in findings}


async def test_a_new_policy_is_created_and_its_receipt_binds_the_body(desk, push, make, insurer):
    body = json.dumps(make("policy"), ensure_ascii=False).encode()
    answer = await push("policy", body=body)
    assert (answer["verdict"], result_of(answer), answer["items"][0]["version"]) == (
        "accepted",
        ["created"],
        1,
    )
    said = receipts.open_receipt(answer["receipt"], {"keys": [desk.key.public_jwk()]})
    assert said["body_sha256"] == hashlib.sha256(body).hexdigest()
    assert said["counts"] == {"created": 1, "updated": 0, "unchanged": 0, "stale": 0, "rejected": 0}
    assert said["insurer"] == insurer.insurer


async def test_the_same_record_in_other_clothes_is_unchanged(push, make):
    document = make("policy")
    await push("policy", document)
    turned = dict(reversed(document.items()))
    turned["premium"] = {**document["premium"], "base": document["premium"]["base"].removesuffix(".00")}
    body = json.dumps(turned, indent=2).encode()
    assert result_of(await push("policy", body=body)) == ["unchanged"]


async def test_revised_at_orders_the_versions_whatever_arrives_first(desk, push, make, insurer):
    await push("policy", make("policy", promised_settlement_days=20, revised_at="2026-11-10T10:00:00+08:00"))
    late = await push(
        "policy", make("policy", promised_settlement_days=10, revised_at="2026-11-09T10:00:00+08:00")
    )
    newer = await push(
        "policy", make("policy", promised_settlement_days=30, revised_at="2026-11-11T10:00:00+08:00")
    )
    assert (result_of(late), result_of(newer)) == (["stale"], ["updated"])
    assert newer["items"][0]["version"] == 2
    kind, key = standard.KINDS["policy"], make("policy")["policy_no"]
    stored = await records.fetch(desk, insurer, kind, key, as_of=None, now=NOW)
    assert stored["record"]["promised_settlement_days"] == 30
    states = await records.history(desk, insurer, kind, key)
    assert [(s["version"], s["record"]["promised_settlement_days"]) for s in states] == [
        (2, 30),
        (1, 20),
        (None, 10),
    ]


async def test_other_content_at_the_same_revised_at_is_refused_with_the_mend(push, make):
    await push("policy", make("policy"))
    again = await push("policy", make("policy", promised_settlement_days=99))
    assert result_of(again) == ["rejected"]
    assert rules_of(again["items"][0]["findings"]) >= {"record.revised_at_conflict"}


async def test_200_identical_pushes_in_parallel_create_one_record(push, make, desk, insurer):
    body = json.dumps(make("policy")).encode()
    answers = await asyncio.gather(*(push("policy", body=body, key=f"parallel-{n}") for n in range(200)))
    assert Counter(r for a in answers for r in result_of(a)) == {"created": 1, "unchanged": 199}
    states = await records.history(desk, insurer, standard.KINDS["policy"], make("policy")["policy_no"])
    assert len(states) == 1


async def test_200_retries_under_one_key_get_the_same_bytes(desk, insurer, make):
    body = json.dumps(make("policy")).encode()

    async def once() -> bytes:
        answer = await submit(
            desk, insurer, standard.KINDS["policy"], body, media="json", key="one", version="1.0", now=NOW
        )
        return answer.body

    assert len(set(await asyncio.gather(*(once() for _ in range(200))))) == 1


async def test_one_key_for_two_bodies_is_refused(push, make):
    await push("policy", make("policy"), key="same")
    with pytest.raises(errors.KeyReused):
        await push("policy", make("policy", promised_settlement_days=3), key="same")


async def test_a_claim_may_come_before_its_policy_and_its_warning_clears_itself(desk, push, make, insurer):
    claim = make("claim")
    early = await push("claim", claim)
    assert result_of(early) == ["created"]
    assert rules_of(early["items"][0]["findings"]) == {"claim.policy_unknown"}
    await push("policy", make("policy"))
    stored = await records.fetch(
        desk, insurer, standard.KINDS["claim"], claim["claim_no"], as_of=None, now=NOW
    )
    assert "claim.policy_unknown" not in rules_of(stored["findings"])


async def test_a_faulty_record_does_not_hold_up_the_others(push, make):
    answer = await push(
        "policy",
        make("policy", policy_no="GOOD-1"),
        make(
            "policy", policy_no="BAD-1", **{"enterprise.uscc": "91440605MA0000001X", "premium.base": "1,00"}
        ),
        make("policy", policy_no="GOOD-2"),
    )
    assert (answer["status"], answer["verdict"]) == (200, "partial")
    assert result_of(answer) == ["created", "rejected", "created"]
    finding = answer["items"][1]["findings"][0]
    assert finding["pointer"] == "/premium/base"
    assert finding["severity"] == "error"


async def test_an_atomic_batch_with_a_fault_stores_nothing(desk, push, make, insurer):
    good, bad = make("policy", policy_no="ATOM-1"), make("policy", policy_no="ATOM-2", signed_on="2026-02-30")
    answer = await push("policy", good, bad, atomic=True)
    assert (answer["status"], answer["verdict"]) == (422, "rejected")
    assert [item["retryable"] for item in answer["items"]] == [True, False]
    assert rules_of(answer["items"][0]["findings"]) >= {"batch.atomic"}
    with pytest.raises(errors.NotFound):
        await records.fetch(desk, insurer, standard.KINDS["policy"], "ATOM-1", as_of=None, now=NOW)


async def test_a_dry_run_judges_the_same_and_writes_nothing(desk, push, make, insurer):
    answer = await push("policy", make("policy", policy_no="DRY-1"), dry_run=True, key="dry")
    assert (result_of(answer), answer["filing"], answer["receipt"]) == (["created"], None, None)
    with pytest.raises(errors.NotFound):
        await records.fetch(desk, insurer, standard.KINDS["policy"], "DRY-1", as_of=None, now=NOW)
    kept = await push("policy", make("policy", policy_no="DRY-1"), key="dry2")
    assert result_of(kept) == ["created"]


async def test_two_insurers_may_use_the_same_number_and_see_only_their_own(desk, push, make, insurer, other):
    await push("policy", make("policy", policy_no="SHARED", promised_settlement_days=7))
    theirs = await push("policy", make("policy", policy_no="SHARED", promised_settlement_days=8), as_=other)
    assert result_of(theirs) == ["created"]
    kind = standard.KINDS["policy"]
    mine = await records.fetch(desk, insurer, kind, "SHARED", as_of=None, now=NOW)
    assert mine["record"]["promised_settlement_days"] == 7
    await push("policy", make("policy", policy_no="MINE-ONLY"))
    with pytest.raises(errors.NotFound):
        await records.fetch(desk, other, kind, "MINE-ONLY", as_of=None, now=NOW)


async def test_void_withdraws_and_a_newer_push_revives(desk, push, make, insurer):
    await push("policy", make("policy", policy_no="VOID-1", revised_at="2026-11-10T10:00:00+08:00"))
    kind = standard.KINDS["policy"]

    async def void(key: str, revised_at: str) -> dict[str, Any]:
        body = json.dumps({"reason": "重复录入", "revised_at": revised_at}).encode()
        answer = await voiding.void(desk, insurer, kind, "VOID-1", body, key=key, version="1.0", now=NOW)
        said: dict[str, Any] = json.loads(answer.body)
        return said

    assert result_of(await void("v0", "2026-11-09T10:00:00+08:00")) == ["stale"]
    assert result_of(await void("v1", "2026-11-11T10:00:00+08:00")) == ["updated"]
    assert result_of(await void("v2", "2026-11-11T10:00:00+08:00")) == ["unchanged"]
    stored = await records.fetch(desk, insurer, kind, "VOID-1", as_of=None, now=NOW)
    assert (stored["voided"], stored["version"], stored["deadlines"]) == (True, 2, []) or stored["voided"]
    revived = await push("policy", make("policy", policy_no="VOID-1", revised_at="2026-11-12T10:00:00+08:00"))
    assert result_of(revived) == ["updated"]
    assert not (await records.fetch(desk, insurer, kind, "VOID-1", as_of=None, now=NOW))["voided"]


async def test_a_document_stops_the_upload_clock_even_before_its_policy(desk, push, make, insurer):
    suzhou = {
        "enterprise.division": "341302001",
        "signed_on": "2026-11-16",
        "effective_on": "2026-11-17",
        "expires_on": "2027-11-16",
    }
    pdf = b"%PDF-1.7\nfictitious\n%%EOF"
    early = await documents.file_document(
        desk, insurer, "SZ-1", pdf, media_type="application/pdf", key="d1", now=NOW
    )
    item = json.loads(early.body)["items"][0]
    assert rules_of(item["findings"]) == {"document.policy_unknown"}
    answer = await push("policy", make("policy", policy_no="SZ-1", **suzhou))
    clocks = {clock["clock"]: clock["state"] for clock in answer["items"][0]["deadlines"]}
    assert clocks["policy_upload"] == "met"
    assert clocks["service_done"] in {"pending", "undetermined"}


async def test_a_cancellation_voids_running_clocks_in_either_order(push, make):
    place = {"enterprise.division": "341302001", "signed_on": "2026-11-16", "effective_on": "2026-11-17"}
    cancel = {
        "type": "cancel",
        "issued_on": "2026-11-18",
        "effective_on": "2026-11-18",
        "cancellation": {"reason": "insured_request", "refund": "0.00"},
        "premium_change": "0.00",
        "new_expires_on": None,
    }
    for order in (("policy", "endorsement"), ("endorsement", "policy")):
        number = f"CANCEL-{order[0]}"
        made = {
            "policy": make("policy", policy_no=number, **place),
            "endorsement": make("endorsement", policy_no=number, endorsement_no=f"E-{number}", **cancel),
        }
        for kind in order:
            answer = await push(kind, made[kind])
            assert result_of(answer) == ["created"], answer
        last = await push("policy", {**made["policy"], "revised_at": "2026-11-19T23:00:00+08:00"})
        clocks = {clock["clock"]: clock["state"] for clock in last["items"][0]["deadlines"]}
        assert clocks["policy_upload"] == "void"


async def test_personal_data_lies_encrypted(desk, push, make, store):
    from ajx_gateway.identity import system_scope

    await push("claim", make("claim", claim_no="SECRET-1"))
    async with store.reading(system_scope("test")) as tx:
        bodies = await tx.fetch("SELECT body FROM filing_frame")
        assert bodies
        assert not any(b"SECRET-1" in row["body"] for row in bodies)
        assert b"SECRET-1" not in b"".join(row["body"] for row in bodies)


async def test_nobody_but_an_insurer_files(desk, make, push):
    from ajx_gateway.identity import Caller

    regulator = Caller(name="r", role="regulator", title="监管", territory="4406")
    with pytest.raises(errors.Forbidden):
        await push("policy", make("policy"), as_=regulator)


async def test_what_was_judged_clean_is_marked_with_the_edition_and_again_when_that_has_changed(
    make, push, store, insurer
):
    async def marks() -> list[int | None]:
        async with store.reading(scope_of(insurer)) as tx:
            rows = await tx.fetch(
                "SELECT clean_edition FROM endorsement UNION ALL SELECT clean_edition FROM policy"
            )
        return [row["clean_edition"] for row in rows]

    async def both(**changes: str) -> tuple[set[str], list[Any]]:
        answers = [await push(kind, make(kind, **changes)) for kind in ("endorsement", "policy")]
        [clean], [unclean] = (answer["items"] for answer in answers)
        assert "policy.coverage_missing" in rules_of(unclean["findings"])
        return {clean["result"], unclean["result"]}, [item["findings"] for item in (clean, unclean)]

    mine = rules.edition()
    await both()
    assert await marks() == [mine, None]
    for kind in ("endorsement", "policy"):  # as an earlier release has judged
        async with store.writing(scope_of(insurer)) as tx:
            await tx.fetch(f"UPDATE {kind} SET clean_edition = $1", mine + 1)
    again, findings = await both()
    assert (again, await marks()) == ({"unchanged"}, [mine, mine + 1])
    assert await both() == (again, findings)
    changed, _ = await both(revised_at="2026-11-19T09:00:00+08:00")
    assert (changed, await marks()) == ({"updated"}, [mine, None])
