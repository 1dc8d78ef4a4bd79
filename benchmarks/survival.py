"""HOW many kills does the gateway survive with nothing lost? ``uv run python -m benchmarks.survival``.

The long form of tests/survival/test_kills.py: eight insurers push over HTTP, correct, void, claim and file documents
while server processes and PostgreSQL are killed with SIGKILL at random moments. A ledger outside the gateway keeps
every acknowledgement. At the end all of them are compared with the stored state: none lost, none stored twice, retries
answered byte for byte alike, sums equal to the ledger's, and a rebuild from the filings without a difference.
The exit code is 0 only when all of that holds. ``--worker-kills 1000 --postgres-kills 500`` takes most of an hour.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from survival.arena import arena
from survival.killing import ledger_in, report, storm, verdict


async def run(worker_kills: int, postgres_kills: int, workers: int, replays: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="ajx-survival-") as folder:
        ledger = ledger_in(Path(folder))
        async with arena(Path(folder) / "data", workers=workers) as gateway:
            began = time.monotonic()
            done = await storm(
                gateway, ledger, worker_kills=worker_kills, postgres_kills=postgres_kills, say=print
            )
            seconds = time.monotonic() - began
            judged = await verdict(gateway, ledger, replays=replays)
        ledger.close()
    print(report(done, ledger, judged, seconds))
    figures = {
        "worker_kills": done.workers,
        "postgres_kills": done.postgres,
        "acknowledged": ledger.seen["acknowledged"],
        "acknowledged_lost": judged.lost,
        "stored_twice": judged.duplicated,
        "wrong_sums": len(judged.other_sums),
        "rebuild_differences": len(judged.differences),
        "wrong_answers": len(judged.faults),
    }
    print(json.dumps(figures))
    return not any(list(figures.values())[3:])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worker-kills", type=int, default=100, help="server processes to kill")
    parser.add_argument("--postgres-kills", type=int, default=50, help="times to kill PostgreSQL")
    parser.add_argument("--workers", type=int, default=3, help="server processes running at once")
    parser.add_argument(
        "--replays", type=int, default=5_000, help="acknowledged requests sent again at the end"
    )
    given = parser.parse_args()
    survived = asyncio.run(run(given.worker_kills, given.postgres_kills, given.workers, given.replays))
    sys.exit(0 if survived else 1)
