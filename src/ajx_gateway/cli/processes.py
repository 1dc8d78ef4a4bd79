"""HOW are several processes kept running together? Started, revived when they die, and stopped in order.

A child's standard input is a pipe that this process holds: it closes however we end, and the child stops.
"""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

# Longer than uvicorn's own grace, which is longer than the longest transaction.
STOP_SECONDS = 40.0
LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 60.0


class ProcessFault(Exception):
    """A process cannot be kept running; what it said is on standard error above."""


@dataclass(slots=True)
class Child:
    """One process: a Python module with arguments, its settings, and the sockets it inherits."""

    title: str
    module: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    sockets: Sequence[int] = ()
    on_death: Callable[[int], object] = lambda _pid: None
    running: "subprocess.Popen[bytes] | None" = None
    born: float = 0.0
    pause: float = 0.0
    again_at: float | None = None

    def start(self) -> None:
        self.running = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", self.module, *self.arguments],
            stdin=subprocess.PIPE,
            env={**os.environ, **self.environment},
            pass_fds=tuple(self.sockets),
            # Ctrl-C reaches us alone; we stop the children, and the database after them.
            start_new_session=True,
        )
        self.born = time.monotonic()
        self.again_at = None


class Processes:
    """A set of children; leaving the ``with`` block stops all of them."""

    def __init__(self, children: Sequence[Child]) -> None:
        self.children = children

    def __enter__(self) -> Self:
        for child in self.children:
            child.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def fail_if_dead(self) -> None:
        """At the start a dead child is a fault to be mended, not something to try again."""
        for child in self.children:
            if child.running is not None and child.running.poll() is not None:
                raise ProcessFault(
                    f"{child.title}启动失败（退出码 {child.running.returncode}），原因见上文。"
                )

    def revive(self) -> None:
        """Start again what died, after a pause that grows while it keeps dying. Call it again and again."""
        now = time.monotonic()
        for child in self.children:
            if child.running is None or child.running.poll() is None:
                continue
            if child.again_at is None:
                child.on_death(child.running.pid)
                steady = now - child.born > STEADY_SECONDS
                child.pause = 0.5 if steady else min(max(child.pause * 2, 0.5), LONGEST_PAUSE_SECONDS)
                child.again_at = now + child.pause
            elif now >= child.again_at:
                child.start()

    def stop(self) -> None:
        """Ask all at once, wait for each, end by force what does not listen."""
        living = [child.running for child in self.children if child.running is not None]
        for process in living:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in living:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
        for child in self.children:
            child.running = None
