"""WHERE do the survival tests fight? A real PostgreSQL that syncs, real server processes, registered insurers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ajx_gateway.cli.keys import make_keys
from ajx_gateway.cli.listening import bind, environment_of, port_of, server_processes, wait_until_ready
from ajx_gateway.cli.processes import Child, Processes
from ajx_gateway.identity import Caller, SigningKey, system_scope
from ajx_gateway.identity.tokens import issue_access_token
from ajx_gateway.settings import Settings, read_data_key
from ajx_gateway.store import clients, migrating
from ajx_gateway.store.database import Store
from ajx_gateway.store.embedded import EmbeddedPostgres
from ajx_gateway.store.embedded.orphans import postmaster

HOST = "127.0.0.1"
WORKERS = 2
REGULATOR = Caller("foshan-city", "regulator", "佛山市应急管理局（示例）", territory="4406")


def insurers(count: int) -> list[Caller]:
    return [
        Caller(f"insurer-{n}", "insurer", f"示例保险{n}（虚构）", insurer=f"91440605SURV0000{n:02}")
        for n in range(count)
    ]


@dataclass
class Arena:
    """A gateway as `ajx up` runs it, in pieces that can be killed one by one."""

    folder: Path
    settings: Settings
    postgres: EmbeddedPostgres
    url: str
    callers: list[Caller]
    processes: Processes
    bound: socket.socket
    tokens: Mapping[str, str] = field(default_factory=dict)
    until_the_end: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def base_url(self) -> str:
        return self.settings.public_url

    @property
    def address(self) -> tuple[str, int]:
        return HOST, self.settings.port

    def store(self) -> Store:
        return Store(self.url, data_key=read_data_key(self.settings), pool_size=2)

    def workers(self) -> list[int]:
        """The server processes that live now."""
        running = [child.running for child in self.processes.children]
        return [process.pid for process in running if process is not None and process.poll() is None]

    def kill_worker(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def kill_postgres(self) -> int:
        """kill -9 of the postmaster; its number, or 0 when there is none to kill."""
        found = postmaster(self.postgres.cluster)
        if found is None or not found.ready:
            return 0
        with contextlib.suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGKILL)
        return found.pid

    async def supervise(self) -> None:
        """Revive what dies, as `ajx up` does, with a patience that these tests do not wear out."""
        while True:
            for child in self.processes.children:
                child.pause = 0.0
            self.processes.revive()
            await asyncio.sleep(0.05)

    def stop_serving(self) -> None:
        """SIGTERM to the server processes, as `ajx serve` sends it; returns when they have ended."""
        self.bound.close()
        self.processes.stop()

    def serve_again(self) -> None:
        """New server processes at the same address."""
        self.bound = bind(HOST, self.settings.port)
        again = server_children(self.bound, self.settings, self.url, WORKERS)
        self.processes.children = self.until_the_end.enter_context(again)
        for child in self.processes.children:
            child.start()

    async def is_ready(self) -> None:
        """Until every server process answers, so that the next kill has something to interrupt."""
        await asyncio.to_thread(wait_until_ready, self.processes, HOST, self.settings.port)


def settings_of(folder: Path, url: str, port: int) -> Settings:
    chosen = Settings(
        _env_file=None,  # type: ignore[call-arg,unused-ignore]
        database_url=url,  # type: ignore[arg-type,unused-ignore]
        data_dir=folder,
        host=HOST,
        port=port,
    )
    make_keys(chosen)
    return chosen


async def register(url: str, settings: Settings, callers: list[Caller]) -> dict[str, str]:
    """Their access tokens by name, valid for longer than any run."""
    store = Store(url, data_key=read_data_key(settings), pool_size=1)
    key, now = SigningKey.load(settings.signing_key_path), datetime.now(UTC)
    try:
        async with store.writing(system_scope("register the survival tests' callers")) as tx:
            for caller in callers:
                await clients.register(tx, caller, SigningKey.generate().public_jwk(), now=now)
    finally:
        await store.close()
    return {
        caller.name: issue_access_token(
            key,
            subject=caller.name,
            role=caller.role,
            issuer=settings.token_issuer,
            audience=settings.public_url,
            now=now,
            lifetime=timedelta(days=2),
        )
        for caller in callers
    }


def server_children(
    bound: socket.socket, settings: Settings, url: str, workers: int
) -> contextlib.AbstractContextManager[list[Child]]:
    return server_processes(bound, workers, environment_of(settings, url))


@contextlib.asynccontextmanager
async def arena(
    folder: Path, *, workers: int = WORKERS, callers: int = 8, database: Mapping[str, str] | None = None
) -> AsyncIterator[Arena]:
    """Everything up and ready; everything stopped at the end. ``database`` overrides postgresql.conf."""
    with (
        EmbeddedPostgres(folder, settings=database or {}) as postgres,
        bind(HOST, 0) as bound,
        _started(folder, postgres.start(), bound, workers) as (settings, processes),
    ):
        url = postgres.start()
        await migrating.upgrade(url)
        who = insurers(callers)
        tokens = await register(url, settings, [*who, REGULATOR])
        made = Arena(folder, settings, postgres, url, who, processes, bound, tokens)
        await made.is_ready()
        with made.until_the_end:
            yield made


@contextlib.contextmanager
def _started(
    folder: Path, url: str, bound: socket.socket, workers: int
) -> Iterator[tuple[Settings, Processes]]:
    settings = settings_of(folder, url, port_of(bound))
    with server_children(bound, settings, url, workers) as servers, Processes(servers) as processes:
        yield settings, processes
