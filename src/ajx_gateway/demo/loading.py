"""How does the demo get into a gateway? Through its HTTP door, insurer by insurer, each answer checked."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ajx_gateway.client import GatewayClient, Reply
from ajx_gateway.demo import RECORDS, TITLES, fieldwork, portfolios, pushes
from ajx_gateway.demo.casework import OPERATIONS, Casework
from ajx_gateway.demo.excusing import Excuses
from ajx_gateway.demo.fieldwork import Office
from ajx_gateway.demo.portfolio import Push
from ajx_gateway.demo.roster import as_csv, rosters
from ajx_gateway.demo.suzhou import REGULATOR
from ajx_gateway.identity import SigningKey

Report = Callable[[str, int, int], None]
# Requests that may wait in one insurer's stream: enough to keep it busy, few enough to stay small.
_AHEAD = 24
_FINISHED = None
_COUNTS = re.compile(rb'"counts":\s*(\{[^}]*\})')


class LoadFault(Exception):
    """The gateway answered otherwise than the demo foresees."""


@dataclass(slots=True)
class LoadSummary:
    """What was sent, and how the gateway judged it (items, documents, voids, decisions, roster rows, inspections …)."""

    requests: int = 0
    records: int = 0
    results: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Loader:
    """The state of one run: a stream per insurer, a client per identity."""

    base_url: str
    data_dir: Path
    report: Report
    summary: LoadSummary = field(default_factory=LoadSummary)
    done: Counter[str] = field(default_factory=Counter)
    clients: dict[str, GatewayClient] = field(default_factory=dict)
    excuses: Excuses | None = None
    casework: Casework = field(default_factory=Casework)

    def client(self, name: str) -> GatewayClient:
        if name not in self.clients:
            key = SigningKey.load(self.data_dir / "keys" / f"{name}.pem")
            self.clients[name] = GatewayClient(self.base_url, name, key)
        return self.clients[name]

    async def portfolio(self, portfolio: str) -> None:
        """Feed the streams in the order of receipt; each insurer's requests stay in order."""
        streams: dict[str, asyncio.Queue[Push | None]] = {}
        async with asyncio.TaskGroup() as group:
            for push in pushes(portfolio):
                if push.insurer not in streams:
                    streams[push.insurer] = asyncio.Queue(_AHEAD)
                    group.create_task(self._stream(portfolio, streams[push.insurer]))
                await streams[push.insurer].put(push)
                # Generating is plain computation: let the answers in between two requests.
                await asyncio.sleep(0)
            for stream in streams.values():
                await stream.put(_FINISHED)

    async def roster(self, portfolio: str) -> None:
        """File the must-insure roster; a repeated load finds it unchanged."""
        roster = await asyncio.to_thread(lambda: rosters()[portfolio])
        headers = {"Demo-Clock": roster.at.isoformat(), "Content-Type": "text/csv"}
        body = await asyncio.to_thread(as_csv, roster)
        reply = await self.client(roster.by).send("POST", "/v1/oversight/roster", headers=headers, body=body)
        counts = reply.json()["counts"]
        if counts["created"] + counts["unchanged"] != len(roster.rows):
            raise LoadFault(f"{portfolio} 应保名录：预期 {len(roster.rows)} 行，实际 {counts}")
        self.summary.requests += 1
        self.summary.results["roster"] += len(roster.rows)

    async def registry(self, office: Office) -> None:
        """The agencies and experts of a place."""
        entered = await fieldwork.register(office, self.client(office.by))
        self.summary.results["registration"] += entered

    async def visits(self) -> None:
        """What is drawn and looked at once the policies are there."""
        for found in await asyncio.gather(
            *(fieldwork.visit(each, self.client(each.by)) for each in fieldwork.ROUNDS)
        ):
            self.summary.results["inspection"] += found

    async def _stream(self, portfolio: str, stream: asyncio.Queue[Push | None]) -> None:
        while (push := await stream.get()) is not None:
            await self._send(push)
            self.summary.requests += 1
            self.done[portfolio] += push.items if push.op == "push" else 0
            self.report(TITLES[portfolio], self.done[portfolio], RECORDS[portfolio])

    async def _send(self, push: Push) -> None:
        client, headers = self.client(push.by), {"Demo-Clock": push.at.isoformat()}
        if push.op == "push":
            reply = await client.push(
                push.collection, push.body, media="ndjson", key=push.key, headers=headers
            )
            self.summary.results.update(check(push, reply))
            self.summary.records += push.items
        elif push.op == "document":
            policy_no = push.record_key or ""
            reply = await client.put_document(
                policy_no, push.body, media_type=push.media, key=push.key, headers=headers
            )
            self._check_single(push, reply, "document")
        elif push.op == "void":
            reply = await client.void(
                push.collection, push.record_key or "", push.body, key=push.key, headers=headers
            )
            self._check_single(push, reply, "void")
        elif push.op in OPERATIONS:
            await self.casework.send(push, client, self.client(REGULATOR))
            self.summary.results[push.op] += 1
        else:
            if self.excuses is None:
                self.excuses = Excuses(self.client(REGULATOR))
            await self.excuses.send(push, client, headers)
            self.summary.results[push.op] += 1

    def _check_single(self, push: Push, reply: Reply, result: str) -> None:
        answer = reply.json()
        if answer.get("verdict") != "accepted":
            raise LoadFault(f"{push.key}: {json.dumps(answer, ensure_ascii=False)[:1000]}")
        self.summary.results[result] += 1


def check(push: Push, reply: Reply) -> dict[str, int]:
    """The counts of the answer, or a fault where they are not the foreseen ones."""
    counts = _counts(reply)
    if counts != {name: number for name, number in push.expected.items() if number}:
        odd = _first_refusal(reply.json(), push)
        raise LoadFault(f"{push.key}: 预期 {push.expected}，实际 {counts}；{odd}")
    return counts


def _counts(reply: Reply) -> dict[str, int]:
    """The counts of an answer that are not zero, read without the thousand items that follow them."""
    found = _COUNTS.search(reply.body)
    if found is None:
        raise LoadFault(f"回执没有 counts：{reply.body[:300]!r}")
    return {name: number for name, number in json.loads(found[1]).items() if number}


def _first_refusal(answer: dict[str, Any], push: Push) -> str:
    """The first item whose result is not what was expected, for whoever has to find the mistake."""
    wanted = {name for name, number in push.expected.items() if number}
    odd = next((item for item in answer.get("items", ()) if item["result"] not in wanted), None)
    return json.dumps(odd, ensure_ascii=False)[:1000]


def _first(faults: ExceptionGroup[Exception]) -> Exception:
    """The fault that ended the load; the others only followed from it."""
    fault: Exception = faults
    while isinstance(fault, ExceptionGroup):
        fault = fault.exceptions[0]
    return fault


async def load(base_url: str, data_dir: Path, report: Report) -> LoadSummary:
    """Push both portfolios; repeating an interrupted load is safe, since every request keeps its key.

    data_dir holds `keys/NAME.pem` of the registered identities; report(what, records done, of how many).
    """
    loader = _Loader(base_url, data_dir, report)
    try:
        async with asyncio.TaskGroup() as group:
            for portfolio in portfolios():
                group.create_task(loader.portfolio(portfolio))
                group.create_task(loader.roster(portfolio))
            for office in fieldwork.OFFICES:
                group.create_task(loader.registry(office))
        await loader.visits()
    except ExceptionGroup as faults:
        raise _first(faults) from faults
    finally:
        for client in loader.clients.values():
            await client.__aexit__(None, None, None)
    return loader.summary
