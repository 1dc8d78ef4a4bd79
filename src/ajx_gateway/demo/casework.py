"""How are the demo's findings and complaints worked on? Through the doors; what an earlier load did is left alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ajx_gateway.client import GatewayClient
from ajx_gateway.demo.portfolio import Push

OPERATIONS = frozenset({"finding", "reply", "ruling", "complaint", "handling"})
_DOORS = {"finding": "/v1/oversight/findings", "complaint": "/v1/oversight/complaints"}


@dataclass(slots=True)
class Casework:
    """The findings and complaints of a load by the story's name: where each is, and what was done about it."""

    _findings: dict[str, str] = field(default_factory=dict)
    _complaints: dict[str, str] = field(default_factory=dict)

    async def send(self, push: Push, client: GatewayClient, regulator: GatewayClient) -> None:
        """Do one step, unless an earlier load has done it: the trail tells."""
        name, headers = push.record_key or "", {"Demo-Clock": push.at.isoformat()}
        sent = {**headers, "Content-Type": push.media, "Idempotency-Key": push.key}
        if push.op in _DOORS:
            # The same key enters the same thing: sent again, it is found.
            answer = (await client.send("POST", _DOORS[push.op], headers=sent, body=push.body)).json()
            if push.op == "finding":
                self._findings[name] = answer["finding"]["case_id"]
            else:
                self._complaints[name] = answer["complaint"]["complaint_id"]
            return
        where = await self._place(push, name, regulator)
        trail = (await regulator.get(where)).json()["trail"]
        if not _is_done(push, trail):
            await client.send("POST", _door(push, where), headers=sent, body=push.body)

    async def _place(self, push: Push, name: str, regulator: GatewayClient) -> str:
        if push.op == "handling":
            return f"{_DOORS['complaint']}/{self._complaints[name]}"
        if name not in self._findings:  # what followed from a complaint
            found = await regulator.get(f"{_DOORS['complaint']}/{self._complaints[name]}")
            self._findings[name] = found.json()["complaint"]["case_id"]
        return f"{_DOORS['finding']}/{self._findings[name]}"


def _door(push: Push, where: str) -> str:
    if push.op == "reply":
        return f"{where.replace('/v1/oversight', '/v1')}/reply"
    return f"{where}/{'decision' if push.op == 'ruling' else 'steps'}"


def _is_done(push: Push, trail: list[Mapping[str, Any]]) -> bool:
    """Has this identity said just this before?"""
    body = json.loads(push.body)
    words = body.get("reply") or body.get("reason") or body["words"]
    return any(
        step["by"] == push.by
        and str(step["words"]).endswith(words)
        and body.get("step", step["step"]) == step["step"]
        for step in trail
    )
