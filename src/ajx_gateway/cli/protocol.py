"""HOW does the server read HTTP? uvicorn's httptools, with a limit on headers and deaf to offers of HTTP/2.

Java's default HttpClient offers ``Upgrade: h2c`` with its first plain-http request. RFC 9110 lets a server ignore
that; uvicorn stops reading instead, and the body would be lost.
"""

import re

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 64 * 1024
_END = b"\r\n\r\n"
_OFFER = re.compile(rb"\r\n(?:upgrade|http2-settings):[^\r\n]*(?=\r\n)", re.IGNORECASE)


class Protocol(HttpToolsProtocol):
    """Holds a request's head back until it is whole; bodies pass untouched."""

    _head = b""
    _in_body = False

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
