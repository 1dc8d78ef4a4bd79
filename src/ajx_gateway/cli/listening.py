"""WHERE does the gateway listen, and does it answer yet?"""

import http.client
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client.multiprocess import mark_process_dead

from ajx_gateway.api import metering
from ajx_gateway.cli.door import new_board
from ajx_gateway.cli.processes import Child, Processes, ProcessFault
from ajx_gateway.settings import Settings, SettingsFault

READY_SECONDS = 60.0
_MEMORY = Path("/dev/shm")  # noqa: S108  the folder in it is our own, under a name that nobody can guess


def bind(host: str, port: int) -> socket.socket:
    """A bound socket, not yet listening: nobody is let in before the server processes are there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as fault:
        bound.close()
        raise SettingsFault(
            f"无法监听 {host}:{port}（{fault.strerror}）。请用 --port 指定另一个端口（0 表示自动选择），"
            "或先停止占用该端口的程序。"
        ) from None
    return bound


def port_of(bound: socket.socket) -> int:
    return int(bound.getsockname()[1])


@contextmanager
def server_processes(
    bound: socket.socket, count: int, environment: Mapping[str, str]
) -> Iterator[list[Child]]:
    """``count`` processes that share the socket, and a folder for their figures."""
    inherited = [bound.fileno(), new_board(count)]
    with TemporaryDirectory(prefix="ajx-figures-", dir=_in_memory()) as folder:
        yield [
            Child(
                "服务进程",
                "ajx_gateway.cli.serving",
                [*map(str, inherited), str(slot)],
                {**environment, metering.FOLDER: folder},
                inherited,
                # What it was working on it works on no more; what it has counted stays.
                on_death=partial(mark_process_dead, path=folder),
            )
            for slot in range(count)
        ]


def _in_memory() -> Path | None:
    """Where files lie in memory, if anywhere: who writes a mapped file on a full disk is killed by the system."""
    return _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None


def wait_until_ready(processes: Processes, host: str, port: int) -> None:
    """Until /readyz answers 200; a process that dies meanwhile ends the waiting."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  compared, not bound
    deadline = time.monotonic() + READY_SECONDS
    answer = "没有响应"
    while time.monotonic() < deadline:
        processes.fail_if_dead()
        connection = http.client.HTTPConnection(here, port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            reply = connection.getresponse()
            answer = f"HTTP {reply.status}"
            if reply.status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    raise ProcessFault(f"服务在 {READY_SECONDS:.0f} 秒内未就绪（/readyz：{answer}），请查看上文日志。")


def environment_of(settings: Settings, database_url: str) -> dict[str, str]:
    """The settings of a server process: this process's environment with what was decided here over it."""
    return {
        "AJX_DATABASE_URL": database_url,
        "AJX_DATA_DIR": str(settings.data_dir.absolute()),
        "AJX_HOST": settings.host,
        "AJX_PORT": str(settings.port),
        "AJX_BASE_URL": settings.public_url,
        "AJX_ISSUER": settings.token_issuer,
        "AJX_DEMO_CLOCK": "true" if settings.demo_clock else "false",
        "AJX_WORKERS": str(settings.workers),
        # Several processes of one program: what the first one compiles the others need not.
        "PYTHONDONTWRITEBYTECODE": "",
    }
