"""WHICH server still runs in this cluster folder, and how is one left over by a killed gateway stopped?"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from ajx_gateway.store.embedded.places import SOCKET_NAME


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What postmaster.pid says of a server that is truly there."""

    pid: int
    ready: bool


def postmaster(cluster: Path) -> Postmaster | None:
    """The live server of this folder; None when postmaster.pid is missing or stale."""
    try:
        lines = (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    if not _serves(pid, cluster):
        return None
    return Postmaster(pid, len(lines) > 7 and lines[7].strip() == "ready")


def stop_orphan(cluster: Path) -> None:
    """Stop whatever server runs in the folder and remove its stale lock files.

    Only for the holder of the folder's lock. PostgreSQL itself would take a recycled process number for a
    running server and refuse to start; the shared memory of the dead server still protects the data.
    """
    found = postmaster(cluster)
    if found is not None:
        for asked, seconds in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(found.pid, asked)
            if _gone(found.pid, cluster, seconds):
                break
    for stale in ("postmaster.pid", f"{SOCKET_NAME}.lock"):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            (cluster / stale).unlink()


def _gone(pid: int, cluster: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not _serves(pid, cluster):
            return True
        time.sleep(0.02)
    return False


def _serves(pid: int, cluster: Path) -> bool:
    """Whether the process is a PostgreSQL working in this folder (a zombie is not)."""
    if sys.platform == "linux":
        return _serves_on_linux(Path(f"/proc/{pid}"), cluster)
    shown = subprocess.run(  # noqa: S603
        ["/bin/ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return "postgres" in shown.stdout and str(cluster) in shown.stdout


def _serves_on_linux(process: Path, cluster: Path) -> bool:
    try:
        if "\nState:\tZ" in (process / "status").read_text():
            return False
        named = (process / "comm").read_text().strip() == "postgres"
        try:
            return named and (process / "cwd").samefile(cluster)
        except PermissionError:
            # Root in a container may not look into another user's process: name and owner have to do.
            return named and process.stat().st_uid == cluster.stat().st_uid
    except OSError:
        return False
