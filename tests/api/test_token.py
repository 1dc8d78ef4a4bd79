"""The way in: private_key_jwt, its refusals, and what the token opens."""

from datetime import timedelta

import httpx
import pytest

from ajx_gateway.identity import Caller, SigningKey, system_scope
from ajx_gateway.identity.tokens import ASSERTION_TYPE, sign_client_assertion
from ajx_gateway.store import clients

from .conftest import BASE, INSURER, REGULATOR, Running


def form(gateway: Running, name: str = INSURER.name, audience: str = BASE, **changed: str) -> dict[str, str]:
    key = gateway.keys.get(name) or SigningKey.generate()
    assertion = sign_client_assertion(key, client=name, audience=audience, now=gateway.clock())
    told = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
    return {**told, "client_assertion": assertion, **changed}


@pytest.mark.parametrize("audience", [BASE, f"{BASE}/oauth2/token"])
async def test_a_client_gets_a_token_for_its_assertion(
    gateway: Running, anyone: httpx.AsyncClient, audience: str
) -> None:
    answer = await anyone.post("/oauth2/token", data=form(gateway, audience=audience))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
    opened = await anyone.get(
        "/v1/policies/NONE", headers={"Authorization": f"Bearer {told['access_token']}"}
    )
    assert opened.status_code == 404


async def test_an_assertion_is_good_only_once(gateway: Running, anyone: httpx.AsyncClient) -> None:
    sent = form(gateway)
    assert (await anyone.post("/oauth2/token", data=sent)).status_code == 200
    again = await anyone.post("/oauth2/token", data=sent)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_assertion_type": "basic"}, 400, "invalid_request"),
        ({"client_assertion": ""}, 400, "invalid_request"),
        ({"client_assertion": "not.a.jws"}, 401, "invalid_client"),
        ({"client_id": "insurer-b"}, 401, "invalid_client"),
    ],
)
async def test_refusals_have_the_shape_of_rfc_6749(
    gateway: Running, anyone: httpx.AsyncClient, changed: dict[str, str], status: int, error: str
) -> None:
    answer = await anyone.post("/oauth2/token", data=form(gateway, **changed))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]
    assert answer.headers["cache-control"] == "no-store"


async def test_a_stranger_and_a_foreign_key_look_the_same(
    gateway: Running, anyone: httpx.AsyncClient
) -> None:
    stranger = await anyone.post("/oauth2/token", data=form(gateway, name="nobody"))
    forged = form(gateway)
    forged["client_assertion"] = sign_client_assertion(
        SigningKey.generate(), client=INSURER.name, audience=BASE, now=gateway.clock()
    )
    foreign = await anyone.post("/oauth2/token", data=forged)
    assert (stranger.status_code, stranger.content) == (foreign.status_code, foreign.content)
    assert stranger.status_code == 401


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"grant_type=client_credentials&grant_type=client_credentials", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"a=%ff%fe", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(100)), "application/x-www-form-urlencoded"),
        (b"a=" + b"x" * 20_000, "application/x-www-form-urlencoded"),
    ],
)
async def test_a_form_that_is_no_form_is_an_invalid_request(
    anyone: httpx.AsyncClient, body: bytes, media: str
) -> None:
    answer = await anyone.post("/oauth2/token", content=body, headers={"Content-Type": media})
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_request", "unsupported_grant_type")


async def test_discovery_leads_to_the_token_endpoint_and_the_keys(
    gateway: Running, anyone: httpx.AsyncClient
) -> None:
    told = (await anyone.get("/.well-known/oauth-authorization-server")).json()
    assert told["issuer"] == BASE
    assert told["token_endpoint"] == f"{BASE}/oauth2/token"
    keys = (await anyone.get(told["jwks_uri"])).json()["keys"]
    assert [key["kid"] for key in keys] == [gateway.app.state.gateway.desk.key.kid]
    assert "d" not in keys[0]


@pytest.mark.parametrize(
    "stated",
    [None, "", "Bearer", "Bearer ", "Basic aW5zOg==", "Bearer a.b.c", "Bearer é", "Bearer x, Bearer y"],
)
async def test_every_bad_credential_is_the_same_401(anyone: httpx.AsyncClient, stated: str | None) -> None:
    headers = {} if stated is None else {"Authorization": stated.encode()}
    answer = await anyone.get("/v1/deadlines", headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.invalid_token")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_whose_role_is_no_longer_the_registered_one_is_refused(gateway: Running) -> None:
    token = gateway.token(INSURER, role="operator")
    async with gateway.client() as client:
        answer = await client.get("/v1/deadlines", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


async def test_a_regulator_may_not_use_the_insurers_doors(gateway: Running) -> None:
    async with gateway.client(REGULATOR) as client:
        for answer in (
            await client.get("/v1/policies/P1"),
            await client.post("/v1/policies", json={}, headers={"Idempotency-Key": "k"}),
            await client.get("/v1/deadlines"),
            await client.get("/v1/events"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "auth.forbidden")


async def test_a_revoked_caller_is_out_within_ten_seconds_though_the_token_lives_on(gateway: Running) -> None:
    leaver = Caller("leaver", "insurer", "离场保险", insurer="91440600MA00000037")
    scope = system_scope("register and revoke a caller of this test")
    async with gateway.store.writing(scope) as tx:
        await clients.register(tx, leaver, SigningKey.generate().public_jwk(), now=gateway.clock())
    async with gateway.client(leaver) as client:
        assert (await client.get("/v1/policies/P1")).status_code == 404
        async with gateway.store.writing(scope) as tx:
            await clients.revoke(tx, leaver.name, now=gateway.clock())
        gateway.clock.offset[0] += timedelta(seconds=11)
        assert (await client.get("/v1/policies/P1")).status_code == 401


async def test_an_expired_token_is_refused_though_it_was_remembered(gateway: Running) -> None:
    async with gateway.client(INSURER) as client:
        assert (await client.get("/v1/policies/P1")).status_code == 404
        gateway.clock.offset[0] += timedelta(minutes=6)
        assert (await client.get("/v1/policies/P1")).status_code == 401
