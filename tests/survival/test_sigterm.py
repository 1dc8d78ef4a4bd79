"""SIGTERM under load: readiness goes off, what was begun is answered, what comes later is refused, nothing is lost.

What HTTP leaves open stays open: a client may reuse an idle connection in the instant in which the server closes it, or
reach the door in the instant in which it shuts. It gets no byte of an answer then, and repeats under the same key.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from .arena import Arena, arena
from .killing import ledger_in, verdict
from .ledger import Ledger, Sent
from .storming import Client, Insurer

STOPS = 2


@dataclass
class Watched:
    """What the clients saw around the signal; its instant is of the monotonic clock, 0 before it."""

    asked_to_stop: float = 0.0
    seen: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


async def test_sigterm_under_load_loses_nothing_and_breaks_no_answer_off(tmp_path: Path) -> None:
    ledger, watched = ledger_in(tmp_path), Watched()
    async with arena(tmp_path / "data") as gateway:
        pushing = [Insurer(n, str(caller.insurer), ledger) for n, caller in enumerate(gateway.callers)]
        for _ in range(STOPS):
            await stop_and_start(gateway, ledger, pushing, watched)
        judged = await verdict(gateway, ledger)
    ledger.close()
    print(f"\n{dict(ledger.seen)}; around the signal {dict(watched.seen)}")
    assert watched.broken == []
    assert watched.seen["answered after the signal"] > 0, "nothing was under way: this shows nothing"
    assert watched.seen["readiness seen off"] == STOPS, "readiness must go off while the door is still open"
    assert (judged.lost, judged.duplicated, judged.faults) == (0, 0, [])
    assert (judged.other_sums, judged.differences) == ([], [])


async def stop_and_start(gateway: Arena, ledger: Ledger, insurers: list[Insurer], watched: Watched) -> None:
    """One SIGTERM in the middle of everybody's pushes, and a new start that takes what was left."""
    watched.asked_to_stop = 0.0
    clients = [Client(gateway, caller.name, ledger) for caller in gateway.callers]
    pushing = [
        asyncio.create_task(_until_refused(client, insurer, watched))
        for client, insurer in zip(clients, insurers, strict=True)
    ]
    looking = asyncio.create_task(_watch_readiness(gateway, watched))
    enough = ledger.seen["acknowledged"] + 40
    while ledger.seen["acknowledged"] < enough:
        await asyncio.sleep(0.02)
    watched.asked_to_stop = time.monotonic()
    # As `ajx serve` stops: nobody else listens, the server processes are asked, and waited for.
    await asyncio.to_thread(gateway.stop_serving)
    pending = await asyncio.gather(*pushing)
    looking.cancel()
    await _serve_again(gateway, ledger, pending)


async def _until_refused(client: Client, insurer: Insurer, watched: Watched) -> Sent:
    """Push until the gateway listens no more; the request that was left without an answer then."""
    for sent in insurer.requests():
        begun = time.monotonic()
        steps: set[str] = set()

        async def trace(step: str, _info: Any, steps: set[str] = steps) -> None:
            steps.add(step)

        try:
            answer = await client.http.request(
                sent.method,
                sent.path,
                content=sent.body,
                headers={"Idempotency-Key": sent.key, "Content-Type": sent.media},
                extensions={"trace": trace},
            )
        except httpx.ConnectError:
            watched.seen["refused at the door"] += 1
            break
        except httpx.TransportError as fault:
            new = "connection.connect_tcp.complete" in steps
            watched.seen["let go unanswered on " + ("a new connection" if new else "an idle connection")] += 1
            when = begun - watched.asked_to_stop
            print(f"\n{fault!r}, new connection: {new}, begun {when:.3f} s after the signal")
            if "http11.receive_response_headers.complete" in steps or not watched.asked_to_stop:
                watched.broken.append(f"{fault!r} in the middle of an answer, or before the signal")
            break
        if watched.asked_to_stop:
            watched.seen["answered after the signal"] += 1
        assert answer.status_code == 200, answer.text
        client.ledger.acknowledge(client.name, sent, answer.content, replayed=False, attempts=1)
    await client.http.aclose()
    return sent


async def _watch_readiness(gateway: Arena, watched: Watched) -> None:
    async with httpx.AsyncClient(base_url=gateway.base_url, trust_env=False) as http:
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await http.get("/readyz")
                if answer.status_code == 503 and watched.asked_to_stop:
                    watched.seen["readiness seen off"] += 1
                    return
            await asyncio.sleep(0.01)


async def _serve_again(gateway: Arena, ledger: Ledger, pending: list[Sent]) -> None:
    """The next start takes the refused requests, and repeats what was acknowledged before."""
    gateway.serve_again()
    await gateway.is_ready()
    names = {str(caller.insurer): caller.name for caller in gateway.callers}
    for sent in pending:
        client = Client(gateway, names[sent.insurer], ledger)
        answer = await client.until_answered(sent)
        assert answer is not None
        # A clean first result, or the receipt of what was stored although its answer never left.
        replayed = answer.headers.get("Idempotent-Replayed") == "true"
        ledger.acknowledge(client.name, sent, answer.content, replayed=replayed, attempts=1)
        await client.http.aclose()
