"""A PostgreSQL that is there and says nothing: 503 within a bound, not ready, and all is well when it goes on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import pytest

from ajx_gateway.store import migrating
from ajx_gateway.store.embedded import EmbeddedPostgres
from ajx_gateway.store.embedded.orphans import postmaster

from .doors import DOORS, INSURER, OPERATOR, Answer, Call, World, world

READING = (
    ("/v1/policies/N-1", INSURER),
    ("/v1/deadlines", INSURER),
    ("/v1/events", INSURER),
    ("/v1/oversight/aggregates?measures=policies", OPERATOR),
    ("/readyz", None),
)
# A second for the statement, one more for a server that does not keep its word, the pool, a new connection.
BOUND_SECONDS = 30.0
Processes = Callable[[], Mapping[int, object]]


@pytest.fixture(scope="module")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("hanging") / "data") as server:
        await migrating.upgrade(server.start())
        yield server


@pytest.fixture(scope="module")
async def own(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AJX_STATEMENT_TIMEOUT", "1")
        async with world(tmp_path_factory.mktemp("hanging-gateway"), postgres.start()) as made:
            yield made


def family(pid: int, processes: Processes) -> set[int]:
    """The process and all that it has started."""
    living, found = processes(), {pid}
    while more := {pid for pid, each in living.items() if getattr(each, "parent", 0) in found} - found:
        found |= more
    return found


@contextlib.contextmanager
def frozen(pids: set[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


async def within_bound(gateway: World, calls: Mapping[str, Call]) -> dict[str, Answer]:
    async with asyncio.timeout(BOUND_SECONDS):
        answers = await asyncio.gather(*(gateway.send(call) for call in calls.values()))
    return dict(zip(calls, answers, strict=True))


@pytest.mark.parametrize("new_ones_too", [False, True], ids=["its connections", "all of it"])
async def test_while_postgresql_hangs_requests_end_with_503_and_afterwards_all_is_well(
    own: World, postgres: EmbeddedPostgres, processes: Processes, new_ones_too: bool
) -> None:
    first = await DOORS["POST", "/v1/policies"](own, 1)
    acknowledged = await own.send(first)
    assert acknowledged.is_good
    writing = {
        f"push {n}": await DOORS["POST", "/v1/policies"](own, next(own.numbers) + 100) for n in range(4)
    }
    calls = {**writing, **{path: Call("GET", path, b"", {}, caller) for path, caller in READING}}
    await within_bound(own, calls)  # the pool has connections now, and all of them are idle
    fresh = {f"push {n}": await DOORS["POST", "/v1/policies"](own, next(own.numbers) + 100) for n in range(4)}
    calls |= fresh
    found = postmaster(postgres.cluster)
    assert found is not None
    stopped = family(found.pid, processes) - (set() if new_ones_too else {found.pid})
    with frozen(stopped):
        answers = await within_bound(own, calls)
        assert {answer.status for answer in answers.values()} <= {200, 503}
        # What hung was given up, so that the postmaster may make new connections; when it hangs, too, there are none.
        wanted = list(answers) if new_ones_too else [name for name in answers if answers[name].status == 503]
        assert wanted
        for name in wanted:
            assert answers[name].status == 503, name
            assert int(answers[name].headers["retry-after"]) > 0
        assert (await own.send(Call("GET", "/livez", b"", {}, None))).status == 200
    for name, call in calls.items():
        answer = await own.send(call)
        assert answer.is_good, f"{name}: {answer}"
    again = await own.send(first)
    assert (again.content, again.is_repeated) == (acknowledged.content, True)
    assert own.connections_out() == 0


async def test_a_statement_that_takes_too_long_is_given_up_by_the_server(own: World) -> None:
    from ajx_gateway.errors import Unavailable
    from ajx_gateway.identity import system_scope

    with pytest.raises(Unavailable):
        async with own.store.reading(system_scope("sleep for too long")) as tx:
            await tx.fetch("SELECT pg_sleep(60)")
    assert own.connections_out() == 0
    async with own.store.reading(system_scope("go on")) as tx:
        assert (await tx.fetch("SHOW statement_timeout"))[0][0] == "1s"
