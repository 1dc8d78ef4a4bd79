"""WHERE does each item of a request begin and end? Exact byte ranges, whatever the items hold.

The bytes are never read as one text: a body lies in memory once, and of its items only the one that is being read. Where
an item of an array ends is guessed by counting braces, and proved by reading it: a complete JSON object is never the
beginning of another. Only what cannot be read as one is measured bracket by bracket.

Nothing is repaired: what cannot be told apart refuses the request, what can be is one item's fault.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from ajx_gateway.errors import Malformed, TooLarge
from ajx_gateway.standard.looking import LARGEST, SMALL, Lenient, Look, look_into

S = TypeVar("S")

_PIECE = 2**20
_SPACES = b" \t\r\n"
_SPACE = re.compile(rb"[ \t\n\r]*")
_LINE = re.compile(rb"[^ \t\r\n][^\n]*")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]"]', re.DOTALL)
_FIRST_NAME = re.compile(rb'\{[ \t\r\n]*"[^"\\]{1,64}"')
_SCALAR = re.compile(rb'[^ \t\r\n,:"{}\[\]]+')
# Deeper than Python's own reader follows.
_BOTTOMLESS = 1_000
_TOO_DEEP = "JSON 嵌套过深，无法读取"
_NO_JSON = "不是有效的 JSON，请检查引号、逗号和括号"
_OTHER_ENCODINGS = {
    b"\xef\xbb\xbf": "请求以 BOM 开头",
    b"\xff\xfe": "请求是 UTF-16 编码",
    b"\xfe\xff": "请求是 UTF-16 编码",
}


@dataclass(slots=True)
class Slice(Generic[S]):
    """One item's bytes, ``body[start:end]``, and what was read in them at sight."""

    start: int
    end: int
    raw: bytes
    seen: S | None
    look: Look | None = None  # only where it was needed to find the end


def split(
    body: bytes, media: Literal["json", "ndjson"], limit: int, sight: Callable[[bytes], S | None]
) -> Iterator[Slice[S]]:
    """The items of a request, one by one; Malformed or TooLarge when it cannot be read as a whole.

    ``sight`` reads an item's bytes and gives None for everything that is not one complete JSON object.
    """
    _must_be_utf8(body)
    count = 0
    pieces = _lines(body, sight) if media == "ndjson" else _values(body, sight)
    for count, piece in enumerate(pieces, start=1):
        if count > limit:
            raise TooLarge(f"一次请求最多 {limit} 条记录，请分批报送")
        yield piece
    if not count:
        raise Malformed("请求中没有记录：请至少报送一条记录")


def _must_be_utf8(body: bytes) -> None:
    for start, what in _OTHER_ENCODINGS.items():
        if body.startswith(start):
            raise Malformed(f"{what}（第 0 字节起）：请使用不带 BOM 的 UTF-8 编码", position=0)
    if b"\x00" in body[:2]:
        raise Malformed("请求不是 UTF-8 编码（开头有零字节）：请使用 UTF-8 编码", position=0)


def _lines(body: bytes, sight: Callable[[bytes], S | None]) -> Iterator[Slice[S]]:
    for line in _LINE.finditer(body):
        raw = line.group().rstrip(_SPACES)
        yield Slice(line.start(), line.start() + len(raw), raw, sight(raw))


def _values(body: bytes, sight: Callable[[bytes], S | None]) -> Iterator[Slice[S]]:
    """The elements of the body's array, or the body's one value."""
    cursor = _Cursor(body)
    mark = cursor.peek()
    if mark == b"[":
        yield from _elements(cursor, sight)
    elif mark:
        yield cursor.take(sight, len(body.rstrip(_SPACES)) if len(body) <= 2 * SMALL else 0)
        cursor.must_end("多条记录请放在一个数组中，或者使用 application/x-ndjson 每行一条")


def _elements(cursor: "_Cursor", sight: Callable[[bytes], S | None]) -> Iterator[Slice[S]]:
    mark = cursor.step()
    while mark != b"]":
        yield cursor.take(sight, cursor.likely_end())
        mark = cursor.peek()
        if mark == b",":
            if cursor.next() == b"]":
                raise cursor.malformed(_NO_JSON)
        elif mark != b"]":
            raise cursor.malformed("数组的元素之间应为逗号，末尾应为 ]")
    cursor.step()
    cursor.must_end("数组之后不能再有内容")


class _Cursor:
    """A place in the body."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at, self._ended = body, 0, 0
        # How this sender ends an item and begins the next, as far as the name of its first member; b"" is not known.
        self._between: bytes | None = None

    def peek(self) -> bytes:
        """Skips white space; the next byte, or nothing at the end."""
        body, at = self._body, self._at
        if body[at : at + 1] in _SPACES:  # so is nothing
            space = _SPACE.match(body, at)
            self._at = at = space.end() if space else at
        return body[at : at + 1]

    def step(self) -> bytes:
        """Past one structural byte; the next one."""
        self._at += 1
        return self.peek()

    def next(self) -> bytes:
        """Past the comma to the next element; its first byte."""
        mark = self.step()
        if self._between is None:
            name = _FIRST_NAME.match(self._body, self._at)
            self._between = self._body[self._ended - 1 : name.end()] if name else b""
        return mark

    def take(self, sight: Callable[[bytes], S | None], likely: int) -> Slice[S]:
        """The value that begins here and is likely to end there."""
        start = self._at
        raw = self._body[start:likely] if likely - start <= SMALL else b""
        seen = sight(raw) if raw else None
        look = look_into(raw) if raw and seen is None else None
        if seen is not None or (look is not None and look.fault is None):
            self._at = self._ended = likely
            return Slice(start, likely, raw, seen, look)
        raw, look = self._measured()
        self._at = self._ended = end = start + len(raw)
        if end != likely:
            self._between = b""
        return Slice(start, end, raw, sight(raw) if end != likely else None, look)

    def likely_end(self) -> int:
        """Where the object that begins here is likely to end; here itself when there is no telling.

        Before the next place that looks as the first two items met; otherwise where its braces are closed, if no text in
        it holds one.
        """
        find, count, start = self._body.find, self._body.count, self._at
        begin, last, depth = start, start + SMALL, 0
        if self._between and (end := find(self._between, start, last)) >= 0:
            return end + 1
        while (close := find(b"}", begin, last)) >= 0:
            depth += count(b"{", begin, close) - 1
            begin = close + 1
            if depth <= 0:
                return begin
        return start

    def _measured(self) -> tuple[bytes, Look]:
        """The exact bytes of the value that begins here, and what is in them; Malformed when it is no value."""
        closed = self._closed()
        raw = self._body[self._at : closed]
        if len(raw) > LARGEST:
            if closed is None:
                self._at = len(self._body)
                raise self.malformed(_NO_JSON)
            self._must_be_utf8()
            return raw, look_into(raw)
        try:
            text = raw.decode()
            look, end = Lenient().read(text)
        except RecursionError:
            raise self.malformed(_TOO_DEEP) from None
        except UnicodeDecodeError:
            raise self.malformed(_NO_JSON) from None
        except json.JSONDecodeError as error:
            self._at += len(text[: error.pos].encode())
            raise self.malformed(_NO_JSON) from None
        return (raw if end == len(text) else text[:end].encode()), look

    def _closed(self) -> int | None:
        """Where the brackets that open here are closed, so that no value reaches beyond; None when nowhere.

        Malformed when they have no bottom.
        """
        body, depth = self._body, 0
        scalar = _SCALAR.match(body, self._at)
        if scalar:
            return scalar.end()
        for token in _TOKEN.finditer(body, self._at):
            mark = body[token.start()]
            if mark in b"{[":
                depth += 1
                if depth > _BOTTOMLESS:
                    raise self.malformed(_TOO_DEEP)
            elif mark in b"]}":
                depth -= 1
            elif token.end() - token.start() == 1:  # a text without an end
                return None
            if depth <= 0:
                return token.end()
        return None

    def must_end(self, mend: str) -> None:
        """Nothing but white space may follow."""
        if self.peek():
            raise self.malformed(f"有多余的内容：{mend}")

    def malformed(self, what: str) -> Malformed:
        """The refusal that names the byte where the cursor is; bad UTF-8 anywhere is named before anything else."""
        self._must_be_utf8()
        return Malformed(f"第 {self._at} 字节处{what}", position=self._at)

    def _must_be_utf8(self) -> None:
        decoder, body = codecs.getincrementaldecoder("utf-8")(), memoryview(self._body)
        for begin in range(0, len(body) + 1, _PIECE):
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(body[begin : begin + _PIECE], begin + _PIECE > len(body))
            except UnicodeDecodeError as error:
                at = begin - held + error.start
                raise Malformed(f"第 {at} 字节起不是有效的 UTF-8：请使用 UTF-8 编码", position=at) from None
