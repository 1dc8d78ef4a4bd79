"""HOW does the server read HTTP? uvicorn's httptools, with a limit on headers, deaf to offers of HTTP/2, polite at the end.

Java's default HttpClient offers ``Upgrade: h2c`` with its first plain-http request. RFC 9110 lets a server ignore
that; uvicorn stops reading instead, and the body would be lost.
"""

import asyncio
import os
import re
import socket

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 64 * 1024
_END = b"\r\n\r\n"
_OFFER = re.compile(rb"\r\n(?:upgrade|http2-settings):[^\r\n]*(?=\r\n)", re.IGNORECASE)


class Protocol(HttpToolsProtocol):
    """Holds a request's head back until it is whole; bodies pass untouched."""

    _head = b""
    _in_body = False
    _born = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._born = self.loop.time()

    def data_received(self, data: bytes) -> None:
        if self._in_body:
            super().data_received(data)
            return
        self._head += data
        end = self._head.find(_END)
        if end < 0 and len(self._head) <= MAX_HEAD:
            return
        if end < 0 or end > MAX_HEAD:
            self.send_400_response("Request header too large.")
            return
        # An upgraded websocket is not served here either: without the offer it is a plain request.
        head, rest = _OFFER.sub(b"", self._head[:end]), self._head[end:]
        self._head, self._in_body = b"", True
        super().data_received(head + rest)

    def on_message_begin(self) -> None:
        # A pipelined request begins inside another one's bytes: its body must not be taken for a head.
        self._in_body = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_body = False

    def last_answer(self) -> None:
        """The answer under way, if there is one, asks the client to come back on another connection."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False

    def about_to_speak(self, patience: float) -> bool:
        """A request is on its way that would be lost if the connection were closed now.

        It has begun, or it lies unread in the socket, or the connection is not yet ``patience`` seconds old and has
        not said anything. A request that is being answered does not count: closing waits for it.
        """
        if self.transport.is_closing():
            return False
        if self._head:
            return True
        if self.cycle is None and self.loop.time() - self._born < patience:
            return True
        return (self.cycle is None or self.cycle.response_complete) and self._unread()

    def _unread(self) -> bool:
        try:
            with socket.socket(fileno=os.dup(self.transport.get_extra_info("socket").fileno())) as twin:
                return bool(twin.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except OSError:
            return False
