"""WHERE can a disk be full without harm to anybody else? A small file system in memory, where this machine lets us have one."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """The folder with a file system of its own, as small as that."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", str(folder)]
    subprocess.run(["mount", *options], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def can_be_had() -> bool:
    """Mounting needs root and a container that allows it. Several test processes may ask at once."""
    with tempfile.TemporaryDirectory(prefix="ajx-survival-disk-") as own:
        try:
            with small_disk(Path(own) / "probe", 1):
                return True
        except (OSError, subprocess.CalledProcessError):
            return False


def fill(disk: Path) -> Path:
    """A file that takes every byte that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while True:
            out.write(bytes(64 * 1024))
    free = os.statvfs(disk)
    if free.f_bavail * free.f_frsize >= 64 * 1024:
        raise AssertionError("the disk is not full")
    return filler
