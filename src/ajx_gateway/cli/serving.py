"""HOW does one server process serve? uvicorn on a socket its parent has bound; run as a module by `ajx`."""

import asyncio
import gc
import socket
import sys
import time

import uvicorn
from fastapi import FastAPI

from ajx_gateway.app import create_app
from ajx_gateway.cli.leaving import stop_when_orphaned
from ajx_gateway.cli.protocol import Protocol

# Longer than the longest transaction, shorter than the parent's patience.
GRACE_SECONDS = 30
# So long readiness is off while requests are still taken: load balancers look away first.
FAREWELL_SECONDS = 1.0
# So long a connection that was let in at the last moment may take to say what it wants.
LAST_WORDS_SECONDS = 0.3


class Server(uvicorn.Server):
    """Ends in order: readiness off, connections let go one by one, the door shut, the rest answered."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def main_loop(self) -> None:
        await super().main_loop()
        self._app.state.stopping = True
        # Every answer from now on asks its client to come back on another connection: none is cut while idle.
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        await self._linger(FAREWELL_SECONDS)
        for server in self.servers:
            server.close()
        await self._linger(LAST_WORDS_SECONDS)

    async def _linger(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.force_exit:  # noqa: ASYNC110 uvicorn's flag is no event
            await asyncio.sleep(0.05)


def look_for_garbage_rarely() -> None:
    """A batch makes hundreds of thousands of short-lived objects without cycles."""
    gc.set_threshold(50_000, 20, 100)


def serve(descriptor: int) -> int:
    """Serve until SIGTERM; the exit code says whether the application could be started."""
    stop_when_orphaned()
    look_for_garbage_rarely()
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
    server = Server(config, app)
    server.run(sockets=[socket.socket(fileno=descriptor)])
    return 0 if server.started else 3


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[1])))
