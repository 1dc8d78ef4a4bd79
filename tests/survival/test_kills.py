"""Nothing acknowledged is lost and nothing is counted twice, whatever is killed and whenever."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ajx_gateway.store.embedded import guard

from .arena import arena
from .killing import ledger_in, report, storm, verdict

WORKER_KILLS = POSTGRES_KILLS = 25
# kill -9 leaves the kernel alone: what was written is there, synced or not. The long form of this test syncs.
UNSYNCED = {"fsync": "off"}


async def test_what_was_acknowledged_survives_25_kills_of_a_server_process_and_25_of_postgresql(
    tmp_path: Path,
) -> None:
    ledger = ledger_in(tmp_path)
    async with arena(tmp_path / "data", workers=3, database=UNSYNCED) as gateway:
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


def test_a_server_that_was_ready_is_wanted_back_at_once_and_one_that_cannot_start_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard reads what the dead server left in its folder: 25 kills in a minute must not wear its patience out."""
    monkeypatch.chdir(tmp_path)
    left = ["4711", "/data", "1700000000", "5432", "/data", "*", "1 1", "ready   "]
    assert not guard.was_ready(4711)
    for pid, status, ready in ((4711, "ready  ", True), (4711, "starting", False), (4712, "ready", False)):
        (tmp_path / "postmaster.pid").write_text("\n".join([*left[:7], status]) + "\n")
        assert guard.was_ready(pid) is ready
