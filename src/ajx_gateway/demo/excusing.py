"""How does an insurer ask to be excused, and the regulator answer? Through the clock in its inbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ajx_gateway.client import GatewayClient
from ajx_gateway.demo.portfolio import Push

CLOCK = "first_service"


@dataclass(slots=True)
class Excuses:
    """The excuses of a portfolio by policy number; those of an interrupted earlier load count as filed."""

    regulator: GatewayClient
    _filed: dict[str, dict[str, Any]] = field(default_factory=dict)
    _looked: bool = False

    async def send(self, push: Push, client: GatewayClient, headers: Mapping[str, str]) -> None:
        """File the excuse, or the decision on it, unless an earlier load has done so."""
        await self._look()
        policy_no = push.record_key or ""
        sent = {**headers, "Content-Type": push.media, "Idempotency-Key": push.key}
        if push.op == "excuse" and policy_no not in self._filed:
            clock_id = await _clock_id(client, policy_no, headers)
            reply = await client.send(
                "POST", f"/v1/deadlines/{clock_id}/excuse", headers=sent, body=push.body
            )
            self._filed[policy_no] = {"excuse_id": reply.json()["id"], "decision": None}
        elif push.op == "decision" and not _stated(self._filed[policy_no], push.by):
            path = f"/v1/oversight/excuses/{self._filed[policy_no]['excuse_id']}/decision"
            answer = await client.send("POST", path, headers=sent, body=push.body)
            self._filed[policy_no] = answer.json()["excuse"]

    async def _look(self) -> None:
        if self._looked:
            return
        self._looked = True
        query = {"limit": "1000"}
        async for item in _pages(self.regulator, "/v1/oversight/excuses", query, {}):
            self._filed.setdefault(item["subject_key"], item)


def _stated(excuse: Mapping[str, Any], by: str) -> bool:
    """Is it decided, or waiting for somebody else than this identity?"""
    waiting = excuse.get("awaiting_second")
    return excuse["decision"] is not None or (waiting is not None and waiting["stated_by"] == by)


async def _clock_id(client: GatewayClient, policy_no: str, headers: Mapping[str, str]) -> str:
    """The overdue clock of that policy in the sender's inbox."""
    query = {"clock": CLOCK, "state": "overdue", "limit": "1000"}
    async for item in _pages(client, "/v1/deadlines", query, headers):
        if item["subject_key"] == policy_no:
            return str(item["id"])
    raise LookupError(f"{policy_no}: 没有逾期的 {CLOCK} 期限")


async def _pages(
    client: GatewayClient, path: str, query: dict[str, str], headers: Mapping[str, str]
) -> AsyncIterator[dict[str, Any]]:
    """Every item of a paged list."""
    while True:
        page = (await client.get(path, query, headers=headers)).json()
        for item in page["items"]:
            yield item
        if not page.get("next"):
            return
        query = {**query, "after": page["next"]}
