"""Nothing acknowledged is lost and nothing is counted twice, whatever is killed and whenever."""

from __future__ import annotations

import time
from pathlib import Path

from .arena import arena
from .killing import ledger_in, report, storm, verdict

WORKER_KILLS = POSTGRES_KILLS = 25


async def test_what_was_acknowledged_survives_25_kills_of_a_server_process_and_25_of_postgresql(
    tmp_path: Path,
) -> None:
    ledger = ledger_in(tmp_path)
    async with arena(tmp_path / "data", workers=3) as gateway:
        began = time.monotonic()
        done = await storm(gateway, ledger, worker_kills=WORKER_KILLS, postgres_kills=POSTGRES_KILLS)
        seconds = time.monotonic() - began
        judged = await verdict(gateway, ledger)
    ledger.close()
    print(report(done, ledger, judged, seconds))
    assert (done.workers, done.postgres) == (WORKER_KILLS, POSTGRES_KILLS)
    # The kills did hit work: otherwise this test shows nothing.
    assert ledger.seen["connections broken off"] >= WORKER_KILLS
    assert ledger.seen["acknowledged"] > 200
    assert (judged.lost, judged.duplicated) == (0, 0)
    assert judged.faults == []
    assert judged.other_sums == []
    assert judged.differences == []
