"""The database gone, or its disk full: 503 with Retry-After everywhere, nothing acknowledged lost, and no restart afterwards."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from ajx_gateway.store import migrating
from ajx_gateway.store.embedded import EmbeddedPostgres

from . import disks
from .doors import DOORS, INSURER, OPERATOR, Answer, Call, World, document_of, json_call, world
from .oversight_doors import STORING_NOTHING, WRITING

READING = (
    ("/v1/policies/N-1", INSURER),
    ("/v1/policies/N-1/history", INSURER),
    ("/v1/deadlines", INSURER),
    ("/v1/events", INSURER),
    ("/v1/oversight/aggregates?measures=policies", OPERATOR),
    ("/v1/oversight/outages", OPERATOR),
    ("/readyz", None),
)
CAN_MOUNT = disks.can_be_had()
SIZE_MB = 160


@pytest.fixture(scope="module")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("away") / "data") as server:
        await migrating.upgrade(server.start())
        yield server


@pytest.fixture(scope="module")
async def own(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A gateway whose database these tests may take away."""
    async with world(tmp_path_factory.mktemp("away-gateway"), postgres.start()) as made:
        yield made


def is_refused_for_now(answer: Answer) -> bool:
    return answer.status == 503 and int(answer.headers["retry-after"]) > 0


async def until_answered(gateway: World, call: Call, seconds: float = 60.0) -> Answer:
    deadline = time.monotonic() + seconds
    answer = await gateway.send(call)
    while is_refused_for_now(answer) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
        answer = await gateway.send(call)
    return answer


async def test_without_its_database_every_address_says_503_and_all_is_well_when_it_is_back(
    own: World, postgres: EmbeddedPostgres
) -> None:
    first = await DOORS["POST", "/v1/policies"](own, 1)
    acknowledged = await own.send(first)
    assert acknowledged.is_good, acknowledged
    doors = {**STORING_NOTHING, **WRITING}
    writing = {door: await make(own, next(own.numbers) + 100) for door, make in doors.items()}
    reading = {path: Call("GET", path, b"", {}, caller) for path, caller in READING}
    postgres.stop()
    for name, call in [*writing.items(), *reading.items()]:
        own.gateway.callers.clear()
        answer = await own.send(call)
        assert is_refused_for_now(answer), f"{name}: {answer}"
    assert (await own.send(Call("GET", "/livez", b"", {}, None))).status == 200
    postgres.start()
    for name, call in [*writing.items(), *reading.items()]:
        answer = await own.send(call)
        assert answer.is_good, f"{name}: {answer}"
    again = await own.send(first)
    assert (again.content, again.is_repeated) == (acknowledged.content, True)
    assert own.connections_out() == 0
    print(
        f"\n{len(writing)} writing and {len(reading)} reading addresses: 503 without, 2xx with the database"
    )


@pytest.mark.parametrize("state", ["53100", "53200", "53400", "58030", "57014"])
async def test_what_only_the_operator_can_mend_is_a_503(
    own: World, postgres: EmbeddedPostgres, state: str
) -> None:
    """Disk full, out of memory, a configured limit, an I/O error, a cancelled statement: said by the server itself."""
    owner = await _owner(postgres)
    await owner.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$;"
        " CREATE TRIGGER refuses BEFORE INSERT ON event EXECUTE FUNCTION refuse()"
    )
    for door in (("POST", "/v1/policies"), ("PUT", "/v1/policies/{policy_no}/document")):
        call = await DOORS[door](own, next(own.numbers) + 1_000)
        assert is_refused_for_now(await own.send(call))
    await owner.execute("DROP FUNCTION refuse() CASCADE")
    await owner.close()
    assert (await own.send(call)).is_good


async def _owner(postgres: EmbeddedPostgres) -> Any:
    url = make_url(postgres.start()).set(drivername="postgresql")
    return await asyncpg.connect(url.render_as_string(hide_password=False))


if CAN_MOUNT:

    async def test_a_full_disk_refuses_for_now_keeps_what_was_acknowledged_and_heals_by_itself(
        tmp_path: Path,
    ) -> None:
        with (
            disks.small_disk(tmp_path / "disk", SIZE_MB) as disk,
            EmbeddedPostgres(disk / "data", settings={"log_min_messages": "fatal"}) as server,
        ):
            await migrating.upgrade(server.start())
            async with world(tmp_path / "gateway", server.start()) as gateway:
                await _fill_and_free(gateway, disk)

    async def _fill_and_free(gateway: World, disk: Path) -> None:
        acknowledged: dict[int, tuple[Call, Answer]] = {}
        seen: Counter[int] = Counter()

        async def push(number: int) -> Answer:
            documents = [document_of("policy", number * 100 + n) for n in range(50)]
            call = json_call("POST", "/v1/policies", documents, INSURER, key=f"full-{number}")
            answer = await gateway.send(call)
            seen[answer.status] += 1
            if answer.is_good:
                acknowledged[number] = (call, answer)
            return answer

        for number in range(5):
            assert (await push(number)).is_good
        filler = disks.fill(disk)
        refused = [number for number in range(5, 60) if not (await push(number)).is_good]
        assert len(refused) >= 5, "the disk was never full"
        assert set(seen) == {200, 503}, seen
        filler.unlink()
        for number in refused:
            call = json_call(
                "POST",
                "/v1/policies",
                [document_of("policy", number * 100 + n) for n in range(50)],
                INSURER,
                key=f"full-{number}",
            )
            answer = await until_answered(gateway, call)
            assert answer.is_good, answer
            acknowledged[number] = (call, answer)
        for call, answer in acknowledged.values():
            again = await until_answered(gateway, call)
            assert (again.content, again.is_repeated) == (answer.content, True)
            assert json.loads(again.content)["counts"]["created"] == 50
        print(f"\nfull disk: {dict(seen)}; {len(acknowledged)} acknowledged, all answered alike afterwards")
