"""HOW many invented lives of an insurer end as the reference says? ``uv run python -m benchmarks.model``.

The long form of tests/model/test_model.py: a state machine files, corrects, repeats, reorders and voids records, lets the
clock jump, asks to be excused and reads what was known before, against a reference written from the contract. After every
``--lives-a-database`` lives everything is rebuilt from the filings and compared, and a fresh database is begun.
The exit code is 0 only when all agree; a disagreement is printed as the shortest life that shows it.
``--examples 5000 --steps 100`` takes some hours on two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from ajx_gateway.store import migrating
from ajx_gateway.store.embedded import EmbeddedPostgres

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from model.river import River
from model.running import run

# A killed run loses nothing worth a flush.
IN_A_HURRY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


async def _fresh(server: str, name: str) -> str:
    """A new database with the gateway's tables in it."""
    url = make_url(server)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    made = url.set(database=name).render_as_string(hide_password=False)
    await migrating.upgrade(made)
    return made


def lives(server: str, *, examples: int, steps: int, number: int, portion: int) -> bool:
    counted: Counter[str] = Counter()
    differences = 0
    began = time.monotonic()
    for turn, first in enumerate(range(0, examples, portion)):
        river = River(asyncio.run(_fresh(server, f"model_{turn}")))
        run(river, counted, examples=min(portion, examples - first), steps=steps, number=number + turn)
        found = river.differences()
        river.close()
        differences += len(found)
        print(
            f"{counted['examples']} lives, {counted['steps']} steps, {time.monotonic() - began:.0f} s",
            flush=True,
        )
        if found:
            print(f"differences found by a rebuild: {found}")
    print(json.dumps({**dict(sorted(counted.items())), "rebuild_differences": differences}))
    return differences == 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200, help="lives to live")
    parser.add_argument("--steps", type=int, default=30, help="steps a life at most")
    parser.add_argument("--seed", type=int, default=1, help="other lives for another number")
    parser.add_argument(
        "--lives-a-database", type=int, default=250, help="lives before a rebuild and a new database"
    )
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="ajx-model-") as folder,
        EmbeddedPostgres(Path(folder) / "data", settings=IN_A_HURRY) as postgres,
    ):
        agreed = lives(
            postgres.start(),
            examples=given.examples,
            steps=given.steps,
            number=given.seed,
            portion=given.lives_a_database,
        )
    sys.exit(0 if agreed else 1)
