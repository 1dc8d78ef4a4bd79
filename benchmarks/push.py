"""HOW many records a second does the gateway take over HTTP? ``uv run python -m benchmarks.push``.

A fresh installation on a temporary folder, two server processes, four clients, batches of 1,000 policies of about
2.4 KB (the fictitious 南海 portfolio). Every status, count and sum is asserted. One machine's seconds mean little:
compare figures of one run only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from ajx_gateway.demo import pushes

BATCH = 1_000
CLIENTS = 4
INSURERS = ("insurer-a", "insurer-b", "insurer-c", "insurer-d")


def documents(count: int) -> list[dict[str, Any]]:
    """Policies of the fictitious portfolio, repeated under new numbers and enterprises as often as needed."""
    from ajx_gateway.demo.codes import uscc

    found: list[dict[str, Any]] = []
    for push in pushes("nanhai"):
        if push.op == "push" and push.collection == "policies" and not push.faulty:
            found += [json.loads(line) for line in push.body.splitlines()]
        if len(found) >= count:
            break
    made = []
    for number in range(count):
        document = dict(found[number % len(found)])
        document["policy_no"] = f"BENCH-{number}"
        code = uscc(f"44060{number // 900_000 + 1}", 100_000 + number % 900_000)
        document["enterprise"] = {**document["enterprise"], "uscc": code}
        for member in ("renewal_of", "co_insurers"):
            document.pop(member, None)
        made.append(document)
    return made


class Server:
    """``ajx up --no-demo`` in a temporary folder, with the benchmark's insurers registered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Server:
        ajx = str(Path(sys.executable).parent / "ajx")
        self.process = subprocess.Popen(
            [ajx, "up", "--no-demo", "--port", "0", "--data", str(self.folder)],
            stdout=subprocess.DEVNULL,
            env={**os.environ, "COLUMNS": "200"},
        )
        self.base_url = self._address()
        self.tokens = [self._token(ajx, name, number) for number, name in enumerate(INSURERS)]
        return self

    def _address(self) -> str:
        until = time.monotonic() + 60
        place = self.folder / "gateway.json"
        while time.monotonic() < until:
            if place.exists():
                base_url: str = json.loads(place.read_text())["base_url"]
                try:
                    if httpx.get(f"{base_url}/readyz").status_code == 200:
                        return base_url
                except httpx.TransportError:
                    pass
            time.sleep(0.2)
        raise SystemExit("the gateway did not come up")

    def _token(self, ajx: str, name: str, number: int) -> str:
        folder = ["--data", str(self.folder)]
        code = f"91440605BENCH000{number:02}"
        role = ["--role", "insurer", "--insurer", code, "--title", f"压测示例{number}（虚构）"]
        subprocess.run([ajx, "clients", "register", name, *role, *folder], check=True, capture_output=True)
        said = subprocess.run([ajx, "token", name, *folder], check=True, capture_output=True, text=True)
        return said.stdout.strip()

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)


async def storm(server: Server, batches: Sequence[bytes], label: str, expected: str) -> float:
    """All batches once, spread over the clients; returns records a second."""
    queue = list(enumerate(batches))

    async def client(number: int) -> int:
        stored = 0
        headers = {
            "Authorization": f"Bearer {server.tokens[number]}",
            "Content-Type": "application/x-ndjson",
        }
        async with httpx.AsyncClient(base_url=server.base_url, headers=headers, timeout=120) as http:
            while queue:
                index, body = queue.pop()
                key = {"Idempotency-Key": f"{label}-{index}"}
                answer = await http.post("/v1/policies", content=body, headers=key)
                if answer.status_code != 200:
                    raise SystemExit(answer.text)
                counts = answer.json()["counts"]
                if counts[expected] != body.count(b"\n"):
                    raise SystemExit(f"{label}: unexpected {counts}")
                stored += counts[expected]
        return stored

    begun = time.perf_counter()
    stored = sum(await asyncio.gather(*(client(number) for number in range(CLIENTS))))
    return stored / (time.perf_counter() - begun)


def lines(made: Sequence[dict[str, Any]]) -> list[bytes]:
    return [
        b"".join(json.dumps(d, ensure_ascii=False).encode() + b"\n" for d in made[begin : begin + BATCH])
        for begin in range(0, len(made), BATCH)
    ]


async def run(records: int, rounds: int) -> None:
    # One insurer a batch: unchanged and changed rounds must find the record of the same insurer.
    new, changed, unchanged = [], [], []
    with tempfile.TemporaryDirectory(prefix="ajx-bench-") as folder, Server(Path(folder) / "data") as server:
        server.tokens = server.tokens[:1] * CLIENTS
        made = documents(records * rounds)
        await storm(server, lines(documents(2 * BATCH)), "warm", "created")
        for number in range(rounds):
            part = made[number * records : (number + 1) * records]
            for document in part:
                document["policy_no"] = f"R{number}-{document['policy_no']}"
            new.append(await storm(server, lines(part), f"new-{number}", "created"))
            turned = [dict(reversed(document.items())) for document in part]
            unchanged.append(await storm(server, lines(turned), f"same-{number}", "unchanged"))
            later = [{**document, "revised_at": "2026-11-01T00:00:00+08:00"} for document in part]
            changed.append(await storm(server, lines(later), f"changed-{number}", "updated"))
    report(new, changed, unchanged)


def report(new: list[float], changed: list[float], unchanged: list[float]) -> None:
    rates = {"new": new, "changed": changed, "unchanged": unchanged}
    for name, found in rates.items():
        print(f"{name:>10}: {statistics.median(found):8,.0f} records/s (median of {len(found)})")
    base = statistics.median(new)
    ratios = {f"{name}_over_new": round(statistics.median(found) / base, 2) for name, found in rates.items()}
    print(json.dumps({**ratios, "new_records_per_second": round(base)}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=8_000, help="policies a round")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    asyncio.run(run(given.records, given.rounds))
