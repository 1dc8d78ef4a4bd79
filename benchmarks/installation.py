"""WHERE does a benchmark run? A gateway of its own in a folder, databases beside its own, and services beside it."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import asyncpg
import uvloop
from sqlalchemy.engine import make_url

from ajx_gateway.client import GatewayClient
from ajx_gateway.identity import SigningKey
from ajx_gateway.store import migrating
from benchmarks.figures import Figures
from benchmarks.wire import Wire, connected, request

START_SECONDS = 120.0
# Tokens live for fifteen minutes.
TOKEN_SECONDS = 600.0
# At rest is who uses less than this part of a core for so long: longer than the worker rests between its errands.
_IDLE, _QUIET_SECONDS, _REST_SECONDS = 0.15, 5.5, 120.0
INSURER = "insurer"
INSURER_CODE = "91440605BENCH00000"
_HELLO = request("GET", "/livez", "")
_AJX = str(Path(sys.executable).parent / "ajx")


def runner() -> asyncio.Runner:
    """The loop that costs least: the client must not be what is measured."""
    # SIGTERM ends like Ctrl-C, by way of every ``with``: nothing that was started is left running.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


class Gateway:
    """``ajx up --no-demo`` in a folder, with a registered insurer; a folder that was used before is used again."""

    def __init__(
        self, folder: Path, *, workers: int = 2, environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self._workers = workers
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._tokens: dict[str, tuple[float, str]] = {}

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "gateway.json").unlink(missing_ok=True)
        command = ["up", "--no-demo", "--port", "0", "--workers", str(self._workers), "--data"]
        self._said = self.folder / "benchmark-said.log"
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [_AJX, *command, str(self.folder)],
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
                env={**os.environ, "COLUMNS": "200", **self._environment},
            )
        try:
            self._wait()
            self.register(INSURER, "--role", "insurer", "--insurer", INSURER_CODE)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            _end(self._process)
            self._process = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise AssertionError("not started")
        return self._process.pid

    def _wait(self) -> None:
        noted = self.folder / "gateway.json"
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self._process is None or self._process.poll() is not None:
                raise SystemExit(f"ajx up ended early:\n{self._said.read_text()[-3000:]}")
            if noted.exists():
                told = json.loads(noted.read_text())
                self.base_url: str = told["base_url"]
                self.database_url: str = told["database_url"]
                if _answers(f"{self.base_url}/readyz"):
                    return
            time.sleep(0.2)
        raise SystemExit("the gateway did not come up")

    def register(self, name: str, *role: str) -> None:
        """Register an identity, unless an earlier benchmark on this folder has."""
        if (self.folder / "keys" / f"{name}.pem").exists():
            return
        command = [_AJX, "clients", "register", name, "--title", f"压测{name}（虚构）", *role]
        done = subprocess.run(
            [*command, "--data", str(self.folder)], check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(done.stderr or done.stdout)

    async def token(self, name: str = INSURER) -> str:
        """An access token that lives longer than any single storm."""
        begun, token = self._tokens.get(name, (0.0, ""))
        if not token or time.monotonic() - begun > TOKEN_SECONDS:
            key = SigningKey.load(self.folder / "keys" / f"{name}.pem")
            async with GatewayClient(self.base_url, name, key) as client:
                token = await client.access_token()
            self._tokens[name] = (time.monotonic(), token)
        return token

    async def rest(self) -> None:
        """Wait until nobody works on what the last storm left (sums, findings): each phase pays for its own work alone."""
        until = time.monotonic() + _REST_SECONDS
        while time.monotonic() < until:
            before = _worked()
            await asyncio.sleep(_QUIET_SECONDS)
            if _worked() - before < _IDLE * _QUIET_SECONDS:
                return
        raise SystemExit("the machine does not come to rest: something else works on it")

    @asynccontextmanager
    async def wires(self, count: int) -> AsyncIterator[list[Wire]]:
        """Connections to this gateway, spread over its processes, for one storm."""
        async with connected(self.base_url, count, _HELLO, self.pid) as wires:
            yield wires

    async def push(self, body: bytes, key: str, media: str = "application/x-ndjson", **headers: str) -> bytes:
        """A push of policies as bytes."""
        return request(
            "POST",
            "/v1/policies",
            await self.token(),
            body,
            content_type=media,
            idempotency_key=key,
            **headers,
        )


def _worked() -> float:
    """Seconds of CPU that all processes of this machine have used so far."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split(maxsplit=4)[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def on_a_fresh_gateway(
    told: str | None,
    run: Callable[[Gateway, int, int], Coroutine[Any, Any, Figures]],
    *,
    records: int,
    rounds: int,
    what: str,
) -> Figures:
    """What a benchmark finds with ``--records`` (``what``) and ``--rounds`` on a gateway in a temporary folder."""
    parser = argparse.ArgumentParser(description=told)
    parser.add_argument("--records", type=int, default=records, help=what)
    parser.add_argument("--rounds", type=int, default=rounds)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="ajx-bench-") as folder,
        Gateway(Path(folder) / "data") as gateway,
        runner() as loop,
    ):
        return loop.run(run(gateway, given.records, given.rounds))


class Service:
    """One of the compared services: uvicorn, two processes, uvloop and httptools, against a database of its own."""

    def __init__(self, gateway: Gateway, app: str, database_url: str, *, pool: int = 10) -> None:
        self._gateway = gateway
        self._app = app
        self._pool = pool
        self._database_url = database_url
        self._ready = False
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        port = _free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        options = ["--workers", "2", "--loop", "uvloop", "--http", "httptools"]
        # As long as the gateway keeps an idle connection.
        options += ["--timeout-keep-alive", "65"]
        quiet = ["--no-access-log", "--log-level", "warning", "--host", "127.0.0.1", "--port", str(port)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", f"benchmarks.services.{self._app}:app", *options, *quiet],
            start_new_session=True,
            env={
                **os.environ,
                "BENCH_DATABASE_URL": self._database_url,
                "BENCH_ISSUER": self._gateway.base_url,
                "BENCH_SIGNING_KEY": str(self._gateway.folder / "secrets" / "signing-key.pem"),
                "BENCH_INSURER": INSURER_CODE,
                "BENCH_POOL": str(self._pool),
            },
        )
        return self

    def ready(self) -> int:
        """Waits until the service answers; the number of its process. Several may be started at once before."""
        if self._process is None:
            raise AssertionError("not started")
        until = time.monotonic() + START_SECONDS
        while not self._ready and not _answers(f"{self.base_url}/livez"):
            if time.monotonic() > until or self._process.poll() is not None:
                raise SystemExit(f"the service {self._app} did not come up")
            time.sleep(0.2)
        self._ready = True
        return self._process.pid

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            _end(self._process)
            self._process = None

    @asynccontextmanager
    async def wires(self, count: int) -> AsyncIterator[list[Wire]]:
        """Connections to this service, spread over its processes, for one storm."""
        async with connected(self.base_url, count, _HELLO, self.ready()) as wires:
            yield wires

    async def push(self, body: bytes) -> bytes:
        """A push of policies as bytes; these services take JSON arrays."""
        token = await self._gateway.token()
        return request("POST", "/policies", token, body, content_type="application/json")


def _end(process: subprocess.Popen[bytes]) -> None:
    """In order, or by force when that takes longer than any shutdown should."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(90)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def database(url: str, name: str) -> str:
    """A fresh database of this name in the same cluster, with the gateway's own tables and indexes."""
    connection = await connect(url)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
    made = make_url(url).set(database=name).render_as_string(hide_password=False)
    await migrating.upgrade(made)
    return made


async def connect(url: str) -> asyncpg.Connection:
    """A connection of the owner's."""
    return await asyncpg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    )
