"""DOES any request the OpenAPI document allows or forbids get an undocumented answer? ``uv run python -m benchmarks.fuzz``.

The long form of tests/hostile/test_openapi.py: requests invented by schemathesis from the document, fitting and not
fitting it, and records with something spoiled in them, by every identity of the demo and by nobody. Every answer must
have a status, a media type and a shape that the document promises, and none may be a 5xx. The exit code is 0 only then.
``--cases 50000``, the default, takes half an hour to an hour.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from ajx_gateway.store import migrating
from ajx_gateway.store.embedded import EmbeddedPostgres

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from hostile.fuzzing import attack, fuzzer

ROUND = 6


def run(cases: int, first: int) -> bool:
    wrong: dict[str, None] = {}
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="ajx-fuzz-") as folder,
        EmbeddedPostgres(Path(folder) / "data", settings={"fsync": "off"}) as postgres,
    ):
        url = postgres.start()
        asyncio.run(migrating.upgrade(url))
        with fuzzer(url, Path(folder) / "gateway") as asking:
            for number in count(first):
                for fault in attack(asking, ROUND, first=number):
                    if fault not in wrong:
                        print(fault, flush=True)
                    wrong[fault] = None
                done = asking.counted["cases"]
                print(f"{done} cases, {len(wrong)} wrong, {time.monotonic() - begun:.0f} s", flush=True)
                if done >= cases:
                    break
            print(json.dumps({**dict(sorted(asking.counted.items())), "wrong": len(wrong)}))
    return not wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument(
        "--first", type=int, default=1, help="number of the first round: other numbers, other cases"
    )
    given = parser.parse_args()
    sys.exit(0 if run(given.cases, given.first) else 1)
