"""HOW does one talk to a gateway? The one module that uses httpx: tokens, pushes, bounded retries.

For insurers in Python, for our own command line and for the demo. A retry repeats the ``Idempotency-Key``, so
a lost answer never becomes a second filing.
"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Literal, Self
from urllib.parse import quote

import httpx
import zstandard

from ajx_gateway.identity.keys import SigningKey
from ajx_gateway.identity.tokens import ASSERTION_TYPE, sign_client_assertion

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]
Headers = Mapping[str, str] | None
Query = Mapping[str, str] | None

MEDIA: Final = {"json": "application/json", "ndjson": "application/x-ndjson"}
PROBLEM: Final = "application/problem+json"
_RETRIED: Final = frozenset({409, 429, 502, 503, 504})
# A token is renewed before it ends, so that it cannot end on the way.
_TOKEN_MARGIN: Final = timedelta(seconds=30)


class ClientFault(Exception):
    """Nothing usable came back; the message is Chinese and fit for a terminal."""


class Unreachable(ClientFault):
    """No answer within the attempts and the waiting time that were allowed."""


class Refused(ClientFault):
    """The gateway answered with a problem (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.problem = dict(problem)
        super().__init__(str(problem.get("detail") or problem.get("title") or f"HTTP {status}"))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came: the bytes matter (receipts, replays), ``json()`` reads them."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def replayed(self) -> bool:
        return self.headers.get("idempotent-replayed", "").lower() == "true"


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to try: ``attempts`` requests at most, ``seconds`` of waiting between them."""

    attempts: int = 6
    seconds: float = 60.0

    def delay(self, attempt: int, retry_after: float | None, waited: float) -> float | None:
        """Seconds to wait before the next attempt; None when patience ends here."""
        if attempt >= self.attempts:
            return None
        if retry_after is None:
            ceiling = min(8.0, 0.25 * 2.0**attempt)
            # Jitter spreads the clients that one restart has turned away together.
            retry_after = ceiling * (0.5 + secrets.randbelow(500) / 1000)
        return retry_after if waited + retry_after <= self.seconds else None


def _now() -> datetime:
    return datetime.now(UTC)


class GatewayClient:
    """One registered identity's connection to one gateway; use as ``async with``.

    ``audience`` is the issuer that assertions are addressed to; None asks the gateway's discovery document,
    which is right for a gateway of one's own. Integrations against another's should configure it.
    """

    def __init__(
        self,
        base_url: str,
        name: str,
        key: SigningKey,
        *,
        audience: str | None = None,
        patience: Patience | None = None,
        timeout: float = 120.0,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = _now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._name = name
        self._key = key
        self._audience = audience
        self._patience = patience or Patience()
        self._clock = clock
        self._sleep = sleep
        self._token: tuple[str, datetime] | None = None
        self._renewing = asyncio.Lock()
        # trust_env=False: a proxy of the environment has no business between a machine and its own loopback.
        loopback = httpx.URL(base_url).host in {"127.0.0.1", "localhost", "::1"}
        self._http = httpx.AsyncClient(
            base_url=base_url, timeout=timeout, transport=transport, trust_env=not loopback
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, fault, trace)

    async def access_token(self) -> str:
        """A valid access token, kept until shortly before it expires."""
        async with self._renewing:
            if self._token is None or self._token[1] <= self._clock():
                self._token = await self._obtain()
            return self._token[0]

    async def _obtain(self) -> tuple[str, datetime]:
        if self._audience is None:
            discovery = self._http.build_request("GET", "/.well-known/oauth-authorization-server")
            found = await self._attempt(discovery)
            self._audience = str(_checked(found).json()["issuer"])
        asked_at = self._clock()
        reply = await self._attempt(
            lambda: self._http.build_request("POST", "/oauth2/token", data=self._assertion_form())
        )
        answer = _checked(reply).json()
        lifetime = timedelta(seconds=int(answer.get("expires_in", 60)))
        return str(answer["access_token"]), asked_at + max(lifetime - _TOKEN_MARGIN, lifetime / 2)

    def _assertion_form(self) -> dict[str, str]:
        """A fresh assertion for every attempt: the one of a lost answer may already be spent."""
        signed = sign_client_assertion(
            self._key, client=self._name, audience=self._audience or "", now=self._clock()
        )
        return {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": signed,
        }

    async def push(
        self,
        collection: str,
        body: bytes,
        *,
        media: Literal["json", "ndjson"],
        key: str,
        dry_run: bool = False,
        atomic: bool = False,
        compress: bool = False,
        headers: Headers = None,
    ) -> Reply:
        """File one body; the reply may be a 200 or, for a refused atomic push, a 422 of the same shape."""
        query = {name: "true" for name, on in (("dry_run", dry_run), ("atomic", atomic)) if on}
        sent = {**(headers or {}), "Content-Type": MEDIA[media], "Idempotency-Key": key}
        if compress:
            body = zstandard.compress(body)
            sent["Content-Encoding"] = "zstd"
        return await self.send("POST", f"/v1/{collection}", query=query, headers=sent, body=body)

    async def put_record(
        self, collection: str, record_key: str, body: bytes, *, key: str, headers: Headers = None
    ) -> Reply:
        """Replace one record; an ``If-Match`` header makes it conditional."""
        sent = {**(headers or {}), "Content-Type": MEDIA["json"], "Idempotency-Key": key}
        return await self.send("PUT", _record_path(collection, record_key), headers=sent, body=body)

    async def void(
        self, collection: str, record_key: str, body: bytes, *, key: str, headers: Headers = None
    ) -> Reply:
        """Take one record back, with its reason."""
        sent = {**(headers or {}), "Content-Type": MEDIA["json"], "Idempotency-Key": key}
        path = f"{_record_path(collection, record_key)}/void"
        return await self.send("POST", path, headers=sent, body=body)

    async def put_document(
        self, policy_no: str, body: bytes, *, media_type: str, key: str, headers: Headers = None
    ) -> Reply:
        """Hand in the electronic policy (PDF or OFD)."""
        sent = {**(headers or {}), "Content-Type": media_type, "Idempotency-Key": key}
        path = f"{_record_path('policies', policy_no)}/document"
        return await self.send("PUT", path, headers=sent, body=body)

    async def get(self, path: str, query: Query = None, *, headers: Headers = None) -> Reply:
        return await self.send("GET", path, query=query, headers=headers)

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Query = None,
        headers: Headers = None,
        body: bytes | None = None,
    ) -> Reply:
        """One authorised request; a refused token is renewed once (the gateway's keys may have changed)."""
        for renewed in (False, True):
            token = await self.access_token()
            request = self._http.build_request(
                method, path, params=query or None, headers=headers, content=body
            )
            request.headers["Authorization"] = f"Bearer {token}"
            reply = await self._attempt(request)
            if reply.status != 401 or renewed:
                break
            if self._token is not None and self._token[0] == token:
                self._token = None
        return _checked(reply)

    async def _attempt(self, request: httpx.Request | Callable[[], httpx.Request]) -> Reply:
        """Ask until there is an answer other than "later", within the bounds of our patience."""
        attempt, waited = 0, 0.0
        while True:
            attempt += 1
            reply = await self._once(request if isinstance(request, httpx.Request) else request())
            if reply is not None and reply.status not in _RETRIED:
                return reply
            retry_after = None if reply is None else _retry_after(reply.headers, self._clock())
            delay = self._patience.delay(attempt, retry_after, waited)
            if delay is None:
                if reply is None:
                    raise Unreachable(f"连接不上网关 {self._http.base_url}（尝试 {attempt} 次）")
                return reply
            waited += delay
            await self._sleep(delay)

    async def _once(self, request: httpx.Request) -> Reply | None:
        """One request; None when the connection failed before a whole answer had come."""
        try:
            response = await self._http.send(request)
        except httpx.TransportError:
            return None
        return Reply(response.status_code, response.headers, response.content)


def _record_path(collection: str, record_key: str) -> str:
    return f"/v1/{collection}/{quote(record_key, safe='')}"


def _checked(reply: Reply) -> Reply:
    """The reply, unless it is a problem or no answer of a gateway at all."""
    media = reply.headers.get("content-type", "").partition(";")[0].strip()
    if reply.status < 400 or (reply.status == 422 and media == "application/json"):
        return reply
    try:
        problem = reply.json()
    except ValueError:
        problem = {}
    raise Refused(reply.status, problem if isinstance(problem, dict) else {})


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds of a Retry-After header in either of its forms; None when there is none worth following."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return max(0.0, (moment - now).total_seconds())


async def fetch_json(url: str) -> Any:
    """A public JSON document, such as a gateway's JWKS."""
    try:
        async with httpx.AsyncClient(timeout=10.0) as http:
            response = await http.get(url)
            response.raise_for_status()
            return response.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise Unreachable(f"取不到 {url}") from None
