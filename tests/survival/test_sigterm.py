"""SIGTERM under load: readiness goes off first, what was begun is answered, what comes later is refused, nothing is lost."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from .arena import Arena, arena
from .killing import ledger_in, verdict
from .ledger import Ledger, Sent
from .storming import Client, Insurer


@dataclass
class Watched:
    """What the clients saw around the signal; instants of one monotonic clock."""

    asked_to_stop: float = 0.0
    off: float = 0.0
    last_answer: float = 0.0
    seen: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


async def test_sigterm_under_load_loses_nothing_and_leaves_no_request_without_an_answer(
    tmp_path: Path,
) -> None:
    ledger, watched = ledger_in(tmp_path), Watched()
    async with arena(tmp_path / "data") as gateway:
        clients = [Client(gateway, caller.name, ledger) for caller in gateway.callers]
        pushing = [
            asyncio.create_task(_until_refused(client, Insurer(n, str(caller.insurer), ledger), watched))
            for n, (client, caller) in enumerate(zip(clients, gateway.callers, strict=True))
        ]
        looking = asyncio.create_task(_watch_readiness(gateway, watched))
        while ledger.seen["acknowledged"] < 40:
            await asyncio.sleep(0.02)
        watched.asked_to_stop = time.monotonic()
        # As `ajx serve` stops: nobody else listens, the server processes are asked, and waited for.
        await asyncio.to_thread(gateway.stop_serving)
        pending = await asyncio.gather(*pushing)
        looking.cancel()
        print(f"\n{dict(ledger.seen)}; around the signal {dict(watched.seen)}")
        await _serve_again(gateway, ledger, [sent for sent in pending if sent is not None])
        judged = await verdict(gateway, ledger)
    ledger.close()
    assert watched.broken == []
    assert watched.seen["answered after the signal"] > 0, "nothing was under way: this shows nothing"
    assert 0 < watched.off < watched.last_answer, "readiness must go off while requests are still answered"
    assert (judged.lost, judged.duplicated, judged.faults) == (0, 0, [])
    assert (judged.other_sums, judged.differences) == ([], [])


async def _until_refused(client: Client, insurer: Insurer, watched: Watched) -> Sent | None:
    """Push until the gateway listens no more; the request that was refused then."""
    for sent in insurer.requests():
        begun = time.monotonic()
        headers = {"Idempotency-Key": sent.key, "Content-Type": sent.media}
        try:
            answer = await client.http.request(sent.method, sent.path, content=sent.body, headers=headers)
        except httpx.ConnectError:
            watched.seen["refused at the door"] += 1
            break
        except httpx.TransportError as fault:
            when = begun - watched.asked_to_stop
            watched.broken.append(f"{fault!r}, begun {when:.3f} s after the signal")
            break
        if watched.asked_to_stop:
            watched.last_answer = time.monotonic()
            watched.seen["answered after the signal"] += 1
        assert answer.status_code == 200, answer.text
        client.ledger.acknowledge(client.name, sent, answer.content, replayed=False, attempts=1)
    await client.http.aclose()
    return sent


async def _watch_readiness(gateway: Arena, watched: Watched) -> None:
    async with httpx.AsyncClient(base_url=gateway.base_url, trust_env=False) as http:
        while not watched.off:
            try:
                answer = await http.get("/readyz")
            except httpx.TransportError:
                return
            if answer.status_code == 503 and watched.asked_to_stop:
                watched.off = time.monotonic()
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
        replayed = answer.headers.get("Idempotent-Replayed") == "true"
        ledger.acknowledge(client.name, sent, answer.content, replayed=replayed, attempts=1)
        await client.http.aclose()
