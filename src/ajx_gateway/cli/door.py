"""HOW do several processes share one door fairly? Each lets one guest in at a time, while no other has fewer.

Left to itself, the first process that wakes takes every waiting connection, and clients keep theirs for hours:
one core would work while the other looks on. The board is a few shared bytes on which each process writes how many
it has; what stands there is advice, so a dead process or a stale number costs a moment and never a connection.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import socket
from collections.abc import Callable

_WIDTH = 8
# So long a process with more guests than another leaves the next one to it.
_COURTESY_SECONDS = 0.002
_NEWS_SECONDS = 0.1


def new_board(slots: int) -> int:
    """A descriptor of shared memory with one number a process; children inherit it."""
    descriptor = os.memfd_create("ajx-door")
    os.ftruncate(descriptor, slots * _WIDTH)
    return descriptor


class Board:
    """The numbers of all processes at one door; this process writes its own."""

    def __init__(self, descriptor: int, slot: int) -> None:
        self._bytes = mmap.mmap(descriptor, 0)
        self._slot = slot
        self._slots = len(self._bytes) // _WIDTH

    def write(self, guests: int) -> None:
        at = self._slot * _WIDTH
        self._bytes[at : at + _WIDTH] = guests.to_bytes(_WIDTH, "little")

    def fewest_elsewhere(self) -> int | None:
        """The smallest number of the other processes; None when there is no other."""
        others = (
            int.from_bytes(self._bytes[slot * _WIDTH : (slot + 1) * _WIDTH], "little")
            for slot in range(self._slots)
            if slot != self._slot
        )
        return min(others, default=None)


class Door:
    """A listening socket served one guest at a time; closes like an asyncio server."""

    def __init__(
        self,
        listening: socket.socket,
        board: Board,
        protocol: Callable[[], asyncio.Protocol],
        guests: Callable[[], int],
    ) -> None:
        self._listening = listening
        self._board = board
        self._protocol = protocol
        self._guests = guests
        self._loop = asyncio.get_running_loop()
        self._entering: set[asyncio.Task[object]] = set()
        self._open = False

    def open(self, backlog: int) -> None:
        self._listening.setblocking(False)
        self._listening.listen(backlog)
        self._open = True
        self._loop.add_reader(self._listening, self._knock)
        self._tell()

    def close(self) -> None:
        """Whoever has knocked by now is let in first: a closed socket turns them away without an answer."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._listening)
            while self._let_in():
                pass
            self._listening.close()

    def entering(self) -> bool:
        """Somebody was let in and has not sat down yet."""
        return bool(self._entering)

    async def wait_closed(self) -> None:
        while self._entering:
            await asyncio.wait(self._entering)

    def _knock(self) -> None:
        fewest = self._board.fewest_elsewhere()
        if fewest is not None and self._present() > fewest:
            self._loop.remove_reader(self._listening)
            self._loop.call_later(_COURTESY_SECONDS, self._insist)
            return
        self._let_in()

    def _insist(self) -> None:
        """Nobody else opened: whoever still stands there comes in."""
        if self._open:
            self._let_in()
            self._loop.add_reader(self._listening, self._knock)

    def _let_in(self) -> bool:
        """False when nobody stands there."""
        try:
            guest, _ = self._listening.accept()
        except ConnectionAbortedError:  # the guest has gone; another may stand behind it
            return True
        except OSError:  # another process was quicker
            return False
        guest.setblocking(False)
        entering = self._loop.create_task(self._loop.connect_accepted_socket(self._protocol, guest))
        self._entering.add(entering)
        entering.add_done_callback(self._entered)
        self._tell_now()
        return True

    def _entered(self, entering: asyncio.Task[object]) -> None:
        self._entering.discard(entering)
        if not entering.cancelled():
            entering.exception()  # a guest that left on the threshold is no fault of ours

    def _present(self) -> int:
        return self._guests() + len(self._entering)

    def _tell_now(self) -> None:
        self._board.write(self._present())

    def _tell(self) -> None:
        """Guests leave unseen: the number is written afresh from time to time."""
        if self._open:
            self._tell_now()
            self._loop.call_later(_NEWS_SECONDS, self._tell)
