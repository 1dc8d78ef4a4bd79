"""A migration under load gives up rather than stop the traffic for long, is run again, and costs no acknowledgement."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from ajx_gateway import errors
from ajx_gateway.store import migrating, revisions
from ajx_gateway.store.database import is_transient

from .doors import INSURER, Answer, Call, World, document_of, json_call

MIGRATIONS = Path(__file__).parents[2] / "migrations"
PUSHERS = 8
# The next release's changes, in the order in which a push takes its tables; rows get wider under the
# statements that every connection has prepared.
CHANGES = (
    'op.execute("ALTER TABLE filing ALTER COLUMN media TYPE varchar")\n'
    '    op.execute("ALTER TABLE policy ADD COLUMN next_release text")\n'
    '    op.execute("ALTER TABLE clock ADD COLUMN next_release text")'
)


def alembic(url: str, scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.attributes["url"] = url
    return config


def next_release(folder: Path, url: str) -> Config:
    """The migrations and one more, drafted from the house's template as its author would find it."""
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    config = alembic(url, folder)
    script: Any = command.revision(config, "next release", rev_id="next")
    drafted = Path(script.path)
    text = drafted.read_text()
    assert "lock_timeout = '5s'" in text
    drafted.write_text(text.replace("'5s'", "'1s'").replace("pass", CHANGES, 1))
    return config


async def migrate(config: Config) -> None:
    await asyncio.to_thread(command.upgrade, config, "head")


async def migrate_until_done(config: Config) -> int:
    """As its operator would: once more when it gave up. How often it was run."""
    for attempt in range(1, 20):
        try:
            await migrate(config)
        except DBAPIError as gave_up:
            if not is_transient(gave_up):
                raise
        else:
            return attempt
    raise AssertionError("the traffic never lets the migration through")


class Load:
    """Insurers that push one policy after another and repeat what was refused for now."""

    def __init__(self, gateway: World) -> None:
        self.gateway, self.stop = gateway, asyncio.Event()
        self.acknowledged: list[tuple[Call, Answer]] = []
        self.seen: Counter[int] = Counter()

    async def push(self) -> None:
        while not self.stop.is_set():
            number = next(self.gateway.numbers)
            call = json_call(
                "POST", "/v1/policies", document_of("policy", number), INSURER, key=f"load-{number}"
            )
            answer = await self.once(call)
            while answer.status == 503 and int(answer.headers["retry-after"]) > 0:
                await asyncio.sleep(0.05)
                answer = await self.once(call)
            self.acknowledged.append((call, answer))

    async def once(self, call: Call) -> Answer:
        answer = await self.gateway.send(call)
        self.seen[answer.status] += 1
        return answer

    async def more(self, number: int) -> None:
        """Until so many more were acknowledged."""
        wanted = len(self.acknowledged) + number
        while len(self.acknowledged) < wanted:
            await asyncio.sleep(0.02)


async def test_a_migration_under_load_gives_up_is_run_again_and_no_push_fails(
    gateway: World, eye: Any, database_url: str, tmp_path: Path
) -> None:
    config = next_release(tmp_path / "migrations", database_url)
    load = Load(gateway)
    async with asyncio.TaskGroup() as pushing:
        for _ in range(PUSHERS):
            pushing.create_task(load.push())
        await load.more(5 * PUSHERS)
        report = eye.transaction()
        await report.start()
        await eye.execute("LOCK TABLE policy IN ACCESS SHARE MODE")  # a long report is running
        with pytest.raises(DBAPIError, match="lock timeout"):
            await migrate(config)
        await load.more(PUSHERS)
        await report.rollback()
        attempts = await migrate_until_done(config)
        await load.more(5 * PUSHERS)
        load.stop.set()
    print(
        f"\nmigrated under load at attempt {attempts}: {dict(load.seen)}, {len(load.acknowledged)} acknowledged"
    )
    assert set(load.seen) <= {200, 503}
    assert await eye.fetchval("SELECT version_num FROM alembic_version") == "next"
    for call, answer in load.acknowledged:
        again = await gateway.send(call)
        assert (again.content, again.is_repeated) == (answer.content, True)
    assert await eye.fetchval("SELECT count(*) FROM filing") == len(load.acknowledged)
    assert await eye.fetchval("SELECT count(*) FROM policy") == len(load.acknowledged)
    assert gateway.connections_out() == 0


def _pushed(gateway: World) -> Call:
    """Two records, so that it shares no transaction with others."""
    numbers = [next(gateway.numbers), next(gateway.numbers)]
    documents = [document_of("policy", number) for number in numbers]
    return json_call("POST", "/v1/policies", documents, INSURER, key=f"pair-{numbers[0]}")


async def test_a_push_is_taken_although_every_connection_remembers_the_layout_before(
    gateway: World, eye: Any
) -> None:
    """The first statement that fails says that all of them are out of date: no push meets one after another."""
    answers = await asyncio.gather(*(gateway.send(_pushed(gateway)) for _ in range(PUSHERS)))
    assert all(answer.is_good for answer in answers)
    assert gateway.connections() >= PUSHERS // 2
    # The result of the statement that reads clocks gets wider.
    await eye.execute("ALTER TABLE clock ADD COLUMN later text")
    answer = await gateway.send(_pushed(gateway))
    assert answer.is_good, answer


async def _connected(url: str) -> Any:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return await asyncpg.connect(plain)


async def test_a_migration_that_finds_a_table_in_use_says_what_to_do_and_changes_nothing(
    empty_database_url: str,
) -> None:
    await asyncio.to_thread(command.upgrade, alembic(empty_database_url, MIGRATIONS), "0001")
    busy = await _connected(empty_database_url)
    report = busy.transaction()
    await report.start()
    await busy.execute("LOCK TABLE policy IN ACCESS SHARE MODE")
    with pytest.raises(errors.Unavailable, match="再次运行 ajx migrate"):
        await migrating.upgrade(empty_database_url)
    assert await busy.fetchval("SELECT version_num FROM alembic_version") == "0001"
    await report.rollback()
    await migrating.upgrade(empty_database_url)
    assert await busy.fetchval("SELECT version_num FROM alembic_version") == revisions.head()
    await busy.close()


async def test_two_migrations_at_once_are_one(empty_database_url: str) -> None:
    owner = await _connected(empty_database_url)
    await owner.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await asyncio.gather(*(migrating.upgrade(empty_database_url) for _ in range(4)))
    assert await owner.fetchval("SELECT version_num FROM alembic_version") == revisions.head()
    await owner.close()
