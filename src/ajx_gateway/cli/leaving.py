"""WHEN does a process of the gateway stop? On Ctrl-C and SIGTERM alike, and when its parent is gone."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def sigterm_like_ctrl_c() -> None:
    """Both unwind the ``with`` blocks, which stop what was started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """A second Ctrl-C must not leave half of it running; stopping is bounded in time anyway."""
    kept = {asked: signal.signal(asked, signal.SIG_IGN) for asked in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for asked, handler in kept.items():
            signal.signal(asked, handler)


def stop_when_orphaned() -> None:
    """Send ourselves SIGTERM when the pipe on standard input closes, as it does however our parent ends."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True, name="parent-watch").start()
