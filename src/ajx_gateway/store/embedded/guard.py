"""WHO stops PostgreSQL when the gateway dies, and starts it again when PostgreSQL dies? This small process.

It is run as a plain script, so it imports the standard library only. Its standard input is a pipe held by
the gateway: the pipe closes however the gateway ends, kill -9 included, and then PostgreSQL is shut down.
One byte on the pipe says "it was ready once: from now on start it again when it dies".
Arguments: the uid and gid to run under ("-" for our own), then the command.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys

FAST_SHUTDOWN_SECONDS = 60
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 5.0
NEWS, STOP = b"n", b"s"


def main(arguments: list[str]) -> int:
    """Run the command until the gateway goes away; the exit code says why it could not be run."""
    uid, gid, *command = arguments
    news = _signals_as_bytes()
    armed, pause = False, SHORTEST_PAUSE_SECONDS
    while True:
        server = _spawn(command, uid, gid)
        ended, armed = _until_it_ends(server, news, armed)
        if not ended:
            return _shut_down(server)
        if not armed:
            return server.returncode or 1
        # One that was ready and then died is wanted back at once, however often; one that cannot start is not.
        pause = SHORTEST_PAUSE_SECONDS if was_ready(server.pid) else min(pause * 2, LONGEST_PAUSE_SECONDS)
        if _gateway_went_away(pause):
            return 0


def _signals_as_bytes() -> int:
    """The reading end of a pipe that wakes ``select`` when the server ends or somebody asks us to stop."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)

    def tell(message: bytes) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(writing, message)

    signal.signal(signal.SIGCHLD, lambda *_: tell(NEWS))
    for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(asked, lambda *_: tell(STOP))
    return reading


def _spawn(command: list[str], uid: str, gid: str) -> subprocess.Popen[bytes]:
    if uid == "-":
        return subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603
    return subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.DEVNULL, user=int(uid), group=int(gid), extra_groups=[]
    )


def _until_it_ends(server: subprocess.Popen[bytes], news: int, armed: bool) -> tuple[bool, bool]:
    """(True, armed) when the server ended by itself, (False, armed) when we are to stop it."""
    while server.poll() is None:
        readable, _, _ = select.select([sys.stdin.fileno(), news], [], [])
        if news in readable and STOP in os.read(news, 4096):
            return False, armed
        if sys.stdin.fileno() in readable:
            if not os.read(sys.stdin.fileno(), 16):
                return False, armed
            armed = True
    return True, armed


def was_ready(pid: int) -> bool:
    """Whether the dead server had taken connections: its last words stand in our working directory, the cluster."""
    try:
        with open("postmaster.pid", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _gateway_went_away(pause: float) -> bool:
    readable, _, _ = select.select([sys.stdin.fileno()], [], [], pause)
    return bool(readable) and not os.read(sys.stdin.fileno(), 16)


def _shut_down(server: subprocess.Popen[bytes]) -> int:
    """SIGINT is PostgreSQL's fast shutdown (checkpoint, no wait for clients), SIGQUIT the immediate one."""
    for asked, seconds in (
        (signal.SIGINT, FAST_SHUTDOWN_SECONDS),
        (signal.SIGQUIT, 10),
        (signal.SIGKILL, 10),
    ):
        server.send_signal(asked)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(seconds)
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
