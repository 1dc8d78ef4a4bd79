"""HOW does one server process serve? uvicorn on a socket its parent has bound; run as a module by `ajx`."""

import gc
import socket
import sys

import uvicorn

from ajx_gateway.cli.leaving import stop_when_orphaned
from ajx_gateway.cli.protocol import Protocol

# Longer than the longest transaction, shorter than the parent's patience.
GRACE_SECONDS = 30


def look_for_garbage_rarely() -> None:
    """A batch makes hundreds of thousands of short-lived objects without cycles."""
    gc.set_threshold(50_000, 20, 100)


def serve(descriptor: int) -> int:
    """Serve until SIGTERM; the exit code says whether the application could be started."""
    stop_when_orphaned()
    look_for_garbage_rarely()
    config = uvicorn.Config(
        "ajx_gateway.app:create_app",
        factory=True,
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
    server = uvicorn.Server(config)
    server.run(sockets=[socket.socket(fileno=descriptor)])
    return 0 if server.started else 3


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[1])))
