"""The inbox of clocks, excuses, and the feed."""

import uuid

import pytest

from ajx_gateway.standard.sample import sample

from .conftest import OTHER, Running


@pytest.fixture(scope="module")
async def clock(gateway: Running) -> dict[str, str]:
    async with gateway.client(OTHER) as client:
        suzhou = {**sample("policy"), "policy_no": "INBOX-1"}
        suzhou["enterprise"] = {**suzhou["enterprise"], "division": "341302001"}
        answer = await client.post("/v1/policies", json=suzhou, headers={"Idempotency-Key": uuid.uuid4().hex})
        assert answer.json()["verdict"] == "accepted", answer.text
        listed = (await client.get("/v1/deadlines")).json()["items"]
    assert listed
    found: dict[str, str] = listed[0]
    return found


async def test_the_inbox_pages_by_a_cursor(gateway: Running, clock: dict[str, str]) -> None:
    async with gateway.client(OTHER) as client:
        everything = (await client.get("/v1/deadlines")).json()
        seen, after = [], None
        while True:
            page = (
                await client.get("/v1/deadlines", params={"limit": 1, **({"after": after} if after else {})})
            ).json()
            seen += [each["id"] for each in page["items"]]
            after = page["next"]
            if after is None:
                break
    assert seen == [each["id"] for each in everything["items"]]
    assert len(set(seen)) == len(seen)


async def test_states_may_be_repeated_or_listed(gateway: Running, clock: dict[str, str]) -> None:
    async with gateway.client(OTHER) as client:
        repeated = await client.get("/v1/deadlines?state=overdue&state=pending")
        listed = await client.get("/v1/deadlines?state=overdue,pending")
        unknown = await client.get("/v1/deadlines?state=late")
    assert repeated.json()["items"] == listed.json()["items"]
    assert unknown.status_code == 422
    assert "overdue" in unknown.json()["detail"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "limit=ten", "after=%00", "page=2", "after=made-up"]
)
async def test_a_wrong_parameter_is_a_422(gateway: Running, query: str) -> None:
    async with gateway.client(OTHER) as client:
        assert (await client.get(f"/v1/deadlines?{query}")).status_code == 422


async def test_the_inbox_comes_as_csv_and_xlsx(gateway: Running, clock: dict[str, str]) -> None:
    async with gateway.client(OTHER) as client:
        sheet = await client.get("/v1/deadlines.csv")
        book = await client.get("/v1/deadlines.xlsx?limit=1")
    assert clock["id"] in sheet.text
    assert book.content.startswith(b"PK")


async def test_an_excuse_is_asked_once_and_a_retry_gets_the_first_answer_again(
    gateway: Running, clock: dict[str, str]
) -> None:
    wanted = {"reason_code": "gateway_outage", "reason": "网关停机", "evidence": []}
    async with gateway.client(OTHER) as client:
        first = await client.post(f"/v1/deadlines/{clock['id']}/excuse", json=wanted)
        again = await client.post(f"/v1/deadlines/{clock['id']}/excuse", json=wanted)
        other = await client.post(
            f"/v1/deadlines/{clock['id']}/excuse", json={**wanted, "reason": "另一理由"}
        )
    assert (first.status_code, first.json()["state"]) == (201, "open")
    assert (again.status_code, again.content) == (201, first.content)
    assert other.status_code == 422


@pytest.mark.parametrize(
    "spoilt",
    [
        {},
        {"reason_code": "lazy", "reason": "x"},
        {"reason_code": "other", "reason": ""},
        {"reason_code": "other", "reason": "a\0b"},
        {
            "reason_code": "other",
            "reason": "说明",
            "evidence": [{"sha256": 64 * "0", "title": "a\0b"}],
        },
        [],
    ],
)
async def test_a_spoilt_excuse_is_a_422_without_its_content(
    gateway: Running, clock: dict[str, str], spoilt: object
) -> None:
    async with gateway.client(OTHER) as client:
        answer = await client.post(f"/v1/deadlines/{clock['id']}/excuse", json=spoilt)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.unprocessable")
    assert answer.json()["errors"]


@pytest.mark.parametrize("unknown", ["not-a-uuid", str(uuid.UUID(int=0))])
async def test_an_excuse_for_an_unknown_clock_is_a_404(gateway: Running, unknown: str) -> None:
    async with gateway.client(OTHER) as client:
        answer = await client.post(
            f"/v1/deadlines/{unknown}/excuse", json={"reason_code": "other", "reason": "说明"}
        )
    assert answer.status_code == 404


async def test_the_feed_continues_where_it_ended(gateway: Running, clock: dict[str, str]) -> None:
    async with gateway.client(OTHER) as client:
        first = (await client.get("/v1/events?limit=1")).json()
        rest = (await client.get("/v1/events", params={"after": first["next"]})).json()
        everything = (await client.get("/v1/events")).json()
        sheet = await client.get("/v1/events.csv")
    assert first["items"] + rest["items"] == everything["items"]
    assert "filing.accepted" in sheet.text
