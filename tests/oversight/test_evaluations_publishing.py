"""An evaluation is published by two, once, and stays the same for ever, whatever becomes of the records."""

import asyncio
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from evaluating import DAY, PLACE, SCORE, Doors
from judging import GENG, JUDGED, XIN, entry, finding, policy, service
from shelving import Shelf
from sqlalchemy import text

from ajx_gateway.identity import system_scope
from ajx_gateway.standard.sample import sample
from ajx_gateway.store import tables


async def test_publication_needs_two_and_happens_once(evaluated: Doors) -> None:
    as_of = (JUDGED - DAY).isoformat()
    first = await evaluated.post("suzhou-city", f"{PLACE}/publication", 200, reason="年度评价", as_of=as_of)
    assert (first["state"], first["published"]) == ("awaiting_second", None)
    await evaluated.post("suzhou-city", f"{PLACE}/publication", 409, reason="再来一次")
    waiting = (await evaluated.get("suzhou-reviewer", PLACE))["awaiting_second"]
    assert (waiting["stated_by"], waiting["as_of"]) == ("suzhou-city", first["as_of"])
    assert (await evaluated.ask("yongqiao", "GET", PLACE)).status_code == 404
    assert (await evaluated.ask("geng", "GET", "/v1/evaluations/341300/2024")).status_code == 404
    second = await evaluated.post("suzhou-reviewer", f"{PLACE}/publication", 200, reason="复核无误")
    assert (second["state"], second["scorecards"], second["as_of"]) == ("published", 2, first["as_of"])
    await evaluated.post("suzhou-reviewer", f"{PLACE}/publication", 409, reason="再来一次")
    await evaluated.post("anhui", f"{PLACE}/publication", 409, reason="再来一次")


async def test_of_many_who_confirm_at_once_exactly_one_publishes(evaluated: Doors) -> None:
    await evaluated.post("suzhou-city", f"{PLACE}/publication", 200, reason="年度评价")

    async def confirm() -> int:
        while True:
            answer = await evaluated.ask(
                "suzhou-reviewer", "POST", f"{PLACE}/publication", json={"reason": "同意"}
            )
            if answer.status_code != 503:
                return answer.status_code
            # Busy: the others hold what it needs, and each of them works on.
            assert answer.headers["retry-after"]

    answers = await asyncio.gather(*(confirm() for _ in range(6)))
    assert sorted(answers) == [200, 409, 409, 409, 409, 409]


async def test_a_place_publishes_by_its_own_text_only(evaluated: Doors) -> None:
    path = "/v1/oversight/evaluations/341300/2024H1/publication"
    refused = await evaluated.post("suzhou-city", path, 422, reason="按草案", scheme="foshan-2020-draft")
    assert refused["parameter"] == "scheme"


async def test_a_proposal_of_another_instant_takes_the_place_of_the_first(evaluated: Doors) -> None:
    await evaluated.post(
        "suzhou-city", f"{PLACE}/publication", 200, reason="一", as_of=(JUDGED - DAY).isoformat()
    )
    other = (JUDGED - 2 * DAY).isoformat()
    told = await evaluated.post("suzhou-reviewer", f"{PLACE}/publication", 200, reason="二", as_of=other)
    assert told["state"] == "awaiting_second"
    await evaluated.post("suzhou-city", f"{PLACE}/publication", 200, reason="同意", as_of=other)


@pytest.mark.parametrize(
    ("path", "as_of", "now"),
    [
        (PLACE, "2025-03-31T10:00:00+08:00", JUDGED),  # this very instant: filings may still be on their way
        (PLACE, "2024-12-31T23:59:59+08:00", JUDGED),  # the period is not over
        (PLACE, None, datetime(2024, 12, 31, 15, 59, tzinfo=UTC)),
        ("/v1/oversight/evaluations/341300/2024H1", None, JUDGED),
    ],
)
async def test_what_cannot_be_published_yet_is_refused(
    evaluated: Doors, path: str, as_of: str | None, now: datetime
) -> None:
    evaluated.now[0] = now
    body = {"reason": "年度评价"} | ({"as_of": as_of} if as_of else {})
    await evaluated.post("suzhou-city", f"{path}/publication", 422, **body)


async def test_a_published_evaluation_is_the_same_for_ever_word_for_word(
    evaluated: Doors, shelf: Shelf
) -> None:
    await evaluated.published()
    paths = (PLACE, f"{PLACE}.csv", f"{PLACE}/{GENG}", f"{PLACE}/{GENG}/items/6", f"{PLACE}/{GENG}/items/4")
    before = [(await evaluated.ask("suzhou-city", "GET", path)).content for path in paths]
    evaluated.now[0] += 400 * DAY
    await policy(shelf, "P2", division="440605011", recorded_at=evaluated.now[0])
    await policy(shelf, "P3", voided=True, fund_amount=Decimal("9999.00"), recorded_at=evaluated.now[0])
    await service(shelf, "S2", "P1", state="confirmed", recorded_at=evaluated.now[0])
    await entry(shelf, "E1", "300.00", recorded_at=evaluated.now[0])
    await finding(shelf, "data", decided_at=evaluated.now[0])
    after = [(await evaluated.ask("suzhou-city", "GET", path)).content for path in paths]
    assert after == before
    now = evaluated.now[0].isoformat()
    cards = (await evaluated.get("suzhou-city", PLACE, as_of=now))["cards"]
    assert next(card["score"] for card in cards if card["insurer"] == GENG) != SCORE
    checked = await evaluated.get("suzhou-city", f"{PLACE}/publication/check")
    assert (checked["equal"], checked["items"]) == (True, [])


async def test_nobody_can_write_over_what_was_published(evaluated: Doors) -> None:
    await evaluated.published()
    store = evaluated.app.state.gateway.desk.store
    async with store.writing(system_scope("try to change a published evaluation")) as tx:
        changed = await tx.execute(text("UPDATE evaluation SET as_of = now()"))
        deleted = await tx.execute(text("DELETE FROM evaluation"))
    assert (changed.rowcount, deleted.rowcount) == (0, 0)
    for table in ("scorecard", "scorecard_unit"):
        with pytest.raises(Exception, match="permission denied"):
            async with store.writing(system_scope("try to change a scorecard")) as tx:
                await tx.execute(text(f"DELETE FROM {table}"))


async def test_a_check_names_what_was_tampered_with(evaluated: Doors, shelf: Shelf) -> None:
    await evaluated.published()
    async with shelf.engine.begin() as connection:
        await connection.execute(
            text("UPDATE scorecard SET card = replace(card, :old, :new)"),
            {"old": f'"score":"{SCORE}"', "new": '"score":"97.00"'},
        )
        await connection.execute(
            text("DELETE FROM scorecard_unit WHERE item = 6 AND unit LIKE '%\"P2\"%' AND insurer = :insurer"),
            {"insurer": GENG},
        )
    checked = await evaluated.get("suzhou-city", f"{PLACE}/publication/check")
    assert checked["equal"] is False
    assert [(row["item"], row["published"], row["derived"]) for row in checked["items"]] == [
        (None, "97.00", SCORE),
        (6, None, None),
    ]
    listed = await evaluated.ask("suzhou-city", "GET", f"{PLACE}/publication/check.csv")
    assert "不一致" in listed.text


async def test_a_published_evaluation_follows_again_after_thousands_of_corrections(evaluated: Doors) -> None:
    """Pushed through the insurers' door: 300 policies, then 3,000 corrections of them, and voids."""
    evaluated.now[0] = datetime(2024, 3, 6, 2, 0, tzinfo=UTC)
    await _push(evaluated, [_policy(number, "2024-03-05T10:00:00+08:00") for number in range(300)])
    evaluated.now[0] = JUDGED
    await evaluated.published()
    before = await evaluated.ask("suzhou-city", "GET", PLACE)
    found = next(card for card in before.json()["cards"] if card["insurer"] == GENG)
    assert (found["items"][5]["units"], found["items"][1]["units"]) == (302, 300)
    for turn in range(10):
        evaluated.now[0] += DAY
        revised_at = evaluated.now[0].isoformat()
        await _push(evaluated, [_policy(number, revised_at, turn + 1) for number in range(300)])
    for number in range(20):
        answer = await evaluated.ask(
            "geng",
            "POST",
            f"/v1/policies/Q{number}/void",
            json={"reason": "虚构更正", "revised_at": (evaluated.now[0] + DAY / 24).isoformat()},
            headers={"Idempotency-Key": f"void-{number}"},
        )
        assert answer.status_code == 200, answer.text
    now = await evaluated.get("suzhou-city", PLACE, as_of=evaluated.now[0].isoformat())
    assert next(c for c in now["cards"] if c["insurer"] == GENG)["items"] != found["items"]
    checked = await evaluated.get("suzhou-city", f"{PLACE}/publication/check")
    assert checked["items"] == []
    assert (await evaluated.ask("suzhou-city", "GET", PLACE)).content == before.content


def _policy(number: int, revised_at: str, turn: int = 0) -> dict[str, Any]:
    """A medium enterprise of 宿州; corrections change its size, its town (Foshan's for some), its fee."""
    document: dict[str, Any] = sample("policy")
    document |= {
        "policy_no": f"Q{number}",
        "signed_on": "2024-03-01",
        "effective_on": "2024-03-02",
        "expires_on": "2025-03-01",
        "revised_at": revised_at,
        "service_fund": {"ratio": f"0.{150 + turn}000", "amount": f"{2025 + Decimal('13.5') * turn:.2f}"},
    }
    division = "440605011" if turn and (number + turn) % 7 == 0 else "341302001"
    size = "medium" if turn == 0 else ("small", "large", "medium")[(number + turn) % 3]
    document["enterprise"] |= {"division": division, "operating_division": division, "size": size}
    document["enterprise"]["employee_count_on"] = "2024-02-20"
    document["premium"] |= {"received_on": "2024-03-01"}
    return document


async def _push(evaluated: Doors, documents: list[dict[str, Any]]) -> None:
    answer = await evaluated.ask(
        "geng",
        "POST",
        "/v1/policies",
        content=json.dumps(documents),
        headers={"Content-Type": "application/json", "Idempotency-Key": documents[0]["revised_at"]},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["rejected"] == 0, answer.json()["items"][0]["findings"]


async def test_the_insurer_is_told_of_publication_and_decision(evaluated: Doors, shelf: Shelf) -> None:
    await evaluated.published()
    events = [row["type"] for row in await shelf.rows(tables.event) if row["insurer"] == XIN]
    assert events == ["evaluation.published"]
