"""HOW does one server process serve? uvicorn on a socket its parent has bound; run as a module by `ajx`."""

import asyncio
import socket
import sys
import time
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from ajx_gateway.app import create_app
from ajx_gateway.cli.door import Board, Door
from ajx_gateway.cli.garbage import look_for_garbage_rarely, watch_garbage
from ajx_gateway.cli.leaving import stop_when_orphaned
from ajx_gateway.cli.protocol import Protocol

# Longer than the longest transaction, shorter than the parent's patience.
GRACE_SECONDS = 30
# So long readiness is off while requests are still taken: load balancers look away first.
FAREWELL_SECONDS = 1.0
# So long at most a request that is on its way when the door closes may take to arrive.
LAST_WORDS_SECONDS = 2.0

# So long a batch that is being judged may keep the interpreter from a small request that waits for it.
_SWITCH_SECONDS = 0.001


class Server(uvicorn.Server):
    """Ends in order: readiness off, connections let go one by one, the door shut, the rest answered.

    Whoever was let in is answered. What HTTP leaves open stays open: a client may reuse an idle connection in the
    instant in which it is closed, and repeats the request under the same key when no byte of an answer comes.
    """

    def __init__(self, config: uvicorn.Config, app: FastAPI, board: Board) -> None:
        super().__init__(config)
        self._app = app
        self._board = board
        self._doors: list[Door] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        self._garbage = asyncio.create_task(watch_garbage())
        for listening in sockets or []:
            door = Door(listening, self._board, self._protocol, lambda: len(self.server_state.connections))
            door.open(self.config.backlog)
            self._doors.append(door)
            self.servers.append(door)  # type: ignore[arg-type]

    def _protocol(self) -> Protocol:
        return Protocol(self.config, self.server_state, self.lifespan.state)

    async def main_loop(self) -> None:
        await super().main_loop()
        self._app.state.stopping = True
        # Every answer from now on asks its client to come back on another connection: none is cut while idle.
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        for connection in self._connections():
            connection.last_answer()
        await self._linger(FAREWELL_SECONDS, lambda: True)
        for server in self.servers:
            server.close()
        # Nothing is awaited between the last look and the closing of what is idle, which uvicorn does next.
        await self._linger(LAST_WORDS_SECONDS, self._somebody_speaks)

    def _connections(self) -> list[Protocol]:
        return [each for each in self.server_state.connections if isinstance(each, Protocol)]

    def _somebody_speaks(self) -> bool:
        return any(door.entering() for door in self._doors) or any(
            connection.about_to_speak(LAST_WORDS_SECONDS) for connection in self._connections()
        )

    async def _linger(self, seconds: float, reason: Callable[[], bool]) -> None:
        """So long at most, and while there is reason to."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.force_exit and reason():  # noqa: ASYNC110 no event tells
            await asyncio.sleep(0.02)


def serve(descriptor: int, board: int, slot: int) -> int:
    """Serve until SIGTERM; the exit code says whether the application could be started.

    ``descriptor`` is the bound socket, ``board`` the memory shared with the other processes at it, ``slot`` this one's
    place on the board.
    """
    stop_when_orphaned()
    look_for_garbage_rarely()
    sys.setswitchinterval(_SWITCH_SECONDS)
    app = create_app()
    config = uvicorn.Config(
        app,
        http=Protocol,
        loop="uvloop",
        lifespan="on",
        ws="none",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=65,
        backlog=2048,
    )
    server = Server(config, app, Board(board, slot))
    server.run(sockets=[socket.socket(fileno=descriptor)])
    return 0 if server.started else 3


if __name__ == "__main__":
    sys.exit(serve(*map(int, sys.argv[1:4])))
