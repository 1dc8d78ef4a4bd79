"""HOW is the bundled PostgreSQL started, found again after a crash, and stopped?"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from ajx_gateway.store.embedded import cluster as clusters
from ajx_gateway.store.embedded import guard, places
from ajx_gateway.store.embedded.orphans import postmaster, stop_orphan
from ajx_gateway.store.embedded.places import CannotStart

START_SECONDS = 300.0
# After kill -9 the old backends need a moment to notice; PostgreSQL refuses to start beside them.
LEFT_OVER_SECONDS = 30.0
LEFT_OVER = "pre-existing shared memory block"


class EmbeddedPostgres:
    """One PostgreSQL 18 in ``data_dir/postgres``, for this process alone while it is started.

    ``settings`` override postgresql.conf; ``installed`` names another pginstall folder than the wheel's.
    """

    def __init__(
        self, data_dir: Path, *, settings: Mapping[str, str] | None = None, installed: Path | None = None
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.cluster = self.data_dir / "postgres"
        self._settings = settings or {}
        self._installed = installed
        self._lock: IO[str] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start the server (creating the cluster at first) and answer its URL, which holds the password."""
        if self._guard is not None:
            return url(self.data_dir)
        places.prepare_data_folder(self.data_dir)
        self._lock = _take(self.data_dir)
        try:
            self._start_locked()
        except OSError as fault:
            self.stop()
            raise CannotStart(f"内置 PostgreSQL 无法启动：{fault.strerror}（{fault.filename}）。") from fault
        except BaseException:
            self.stop()
            raise
        return url(self.data_dir)

    def stop(self) -> None:
        """Shut the server down (with a checkpoint) and give the folder free; nothing happens when stopped."""
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._guard.wait(guard.FAST_SHUTDOWN_SECONDS + 20)
        self._guard = None
        if self._lock is not None:
            stop_orphan(self.cluster)
            _forget_temporary(self.data_dir)
            self._lock.close()
            self._lock = None

    def is_running(self) -> bool:
        """Whether the server accepts connections now."""
        return self._guard is not None and _ready(self.cluster)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_locked(self) -> None:
        stop_orphan(self.cluster)
        _forget_temporary(self.data_dir)
        account = places.server_account()
        installed = self._installed or places.bundled_binaries()
        binaries, copied = places.readable_binaries(installed, account)
        _remember_temporary(self.data_dir, copied)
        if not (self.cluster / "PG_VERSION").exists():
            clusters.create(self.data_dir, self.cluster, binaries, account)
        clusters.check(self.cluster, account)
        sockets = places.socket_folder(self.cluster, account)
        _remember_temporary(self.data_dir, sockets if sockets != self.cluster else None)
        (self.data_dir / "postgres.socket").write_text(str(sockets))
        clusters.configure(self.cluster, sockets, account, self._settings)
        command = [str(binaries / "bin" / "postgres"), "-D", clusters.pgdata(self.cluster, account)]
        self._launch(command, account)

    def _launch(self, command: list[str], account: places.Account) -> None:
        """Start the guard with the server under it, and again while a dead server's backends linger."""
        first_words = self.data_dir / "postgres-start.log"
        give_up = time.monotonic() + LEFT_OVER_SECONDS
        while True:
            already_said = _log_sizes(self.cluster)
            self._guard = _spawn_guard(command, account, self.cluster, first_words)
            if _wait_until_ready(self._guard, self.cluster):
                break
            said = first_words.read_text(errors="replace") + _said_since(already_said, self.cluster)
            if LEFT_OVER not in said or time.monotonic() > give_up:
                raise CannotStart(
                    f"内置 PostgreSQL 启动失败（日志在 {self.cluster}/log）：\n{said.strip()[-2000:]}"
                )
            time.sleep(0.2)
        if self._guard.stdin is not None:
            self._guard.stdin.write(b"r")
            self._guard.stdin.flush()


def url(data_dir: Path) -> str:
    """The owner's URL of the cluster in this folder."""
    sockets = (data_dir / "postgres.socket").read_text()
    return (
        f"postgresql+asyncpg://{clusters.OWNER}:{quote(clusters.password(data_dir))}@/{clusters.DATABASE}"
        f"?host={quote(sockets, safe='/')}"
    )


def running_url(data_dir: Path) -> str | None:
    """The URL of the server another process keeps running on this folder, or None."""
    data_dir = data_dir.absolute()
    return url(data_dir) if _ready(data_dir / "postgres") else None


def _take(data_dir: Path) -> IO[str]:
    """The lock of the folder; the kernel gives it free however the holder ends."""
    try:
        lock = (data_dir / "gateway.lock").open("a+")
    except OSError as fault:
        raise CannotStart(places.why_not(data_dir, fault)) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "?"
        lock.close()
        raise CannotStart(
            f"数据目录 {data_dir} 正由另一个网关使用（进程 {holder}）。"
            "请先停止它，或用 --data 指定另一个目录。"
        ) from None
    lock.seek(0)
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _spawn_guard(
    command: list[str], account: places.Account, cluster: Path, log: Path
) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl-C in the terminal reaches the gateway, which stops the server last."""
    who = ["-", "-"] if account.uid is None else [str(account.uid), str(account.gid)]
    with log.open("wb") as out:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", guard.__file__, *who, *command],
            cwd=cluster,
            env=clusters.ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


def _log_sizes(cluster: Path) -> dict[Path, int]:
    return {file: file.stat().st_size for file in cluster.glob("log/*.log")}


def _said_since(sizes: Mapping[Path, int], cluster: Path) -> str:
    """What the server wrote into its log files since they had these sizes."""
    said = b""
    for file in cluster.glob("log/*.log"):
        text = file.read_bytes()
        said += text[sizes.get(file, 0) :] if len(text) >= sizes.get(file, 0) else text
    return said.decode(errors="replace")


def _wait_until_ready(process: subprocess.Popen[bytes], cluster: Path) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return False
        if _ready(cluster):
            return True
        time.sleep(0.02)
    return False


def _ready(cluster: Path) -> bool:
    found = postmaster(cluster)
    return found is not None and found.ready


def _remember_temporary(data_dir: Path, folder: Path | None) -> None:
    if folder is not None:
        with (data_dir / "postgres.temporary").open("a") as out:
            out.write(f"{folder}\n")


def _forget_temporary(data_dir: Path) -> None:
    """Remove the temporary folders of this or a killed start."""
    notes = data_dir / "postgres.temporary"
    with contextlib.suppress(FileNotFoundError):
        for line in notes.read_text().splitlines():
            if Path(line).name.startswith("ajx-"):
                shutil.rmtree(line, ignore_errors=True)
        notes.unlink()
