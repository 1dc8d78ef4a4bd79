"""WHERE does each item of a request begin and end? Exact byte ranges, whatever the items hold.

Nothing is repaired: what cannot be told apart refuses the request, what can be is one item's fault.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from ajx_gateway.errors import Malformed, TooLarge

_SPACE = re.compile(r"[ \t\n\r]*")
_LINE = re.compile(rb"[^ \t\r\n][^\n]*")
_OTHER_ENCODINGS = {
    b"\xef\xbb\xbf": "请求以 BOM 开头",
    b"\xff\xfe": "请求是 UTF-16 编码",
    b"\xfe\xff": "请求是 UTF-16 编码",
}


@dataclass(slots=True)
class Look:
    """What a lenient look sees in an item, before the model judges it."""

    tree: Any  # as Python values, numbers as ``Digits``; None when ``fault`` says why not
    repeated: bool = False  # some object in it names a member twice
    fault: str | None = None  # the shape rule that says why it could not be read


@dataclass(slots=True)
class Slice:
    """One item's bytes, ``body[start:end]``; a line is looked into only when its reader asks."""

    start: int
    end: int
    raw: bytes
    look: Look | None


class Digits(str):
    """A number as it was written."""

    __slots__ = ()


class Lenient:
    """A decoder that finds an item's end and its repeated members, and leaves judging to the model."""

    def __init__(self) -> None:
        self.repeated = False
        # Numbers stay text: int() of thousands of digits is refused by Python and slow before that.
        self._decode = json.JSONDecoder(
            object_pairs_hook=self._members,
            parse_int=Digits,
            parse_float=Digits,
            parse_constant=Digits,
            strict=False,
        ).raw_decode

    def _members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            self.repeated = True
        return members

    def read(self, text: str, start: int) -> tuple[Look, int]:
        """The value at ``start``, and where it ends."""
        self.repeated = False
        value, end = self._decode(text, start)
        return Look(value, self.repeated), end


def split(body: bytes, media: Literal["json", "ndjson"], limit: int) -> Iterator[Slice]:
    """The items of a request, one by one; Malformed or TooLarge when it cannot be read as a whole."""
    _must_be_utf8(body)
    count = 0
    for count, piece in enumerate(_lines(body) if media == "ndjson" else _values(body), start=1):
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


def _lines(body: bytes) -> Iterator[Slice]:
    for line in _LINE.finditer(body):
        raw = line.group().rstrip(b" \t\r")
        yield Slice(line.start(), line.start() + len(raw), raw, None)


def look_into(raw: bytes) -> Look:
    """What a line holds; whatever is wrong with it is this line's fault alone."""
    try:
        text = raw.decode()
        look, end = Lenient().read(text, 0)
    except UnicodeDecodeError:
        return Look(None, fault="shape.not_utf8")
    except RecursionError:
        return Look(None, fault="shape.depth")
    except ValueError:
        return Look(None, fault="shape.not_json")
    return look if end == len(text) else Look(None, fault="shape.not_json")


def _values(body: bytes) -> Iterator[Slice]:
    """The elements of the body's array, or the body's one value."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Malformed(
            f"第 {error.start} 字节起不是有效的 UTF-8：请使用 UTF-8 编码", position=error.start
        ) from None
    at = _skip(text, 0)
    if at == len(text):
        return
    if text[at] != "[":
        value = _Cursor(text, at, len(text[:at].encode()))
        yield value.take()
        value.must_end("多条记录请放在一个数组中，或者使用 application/x-ndjson 每行一条")
        return
    yield from _elements(_Cursor(text, at, len(text[:at].encode())))


def _elements(cursor: "_Cursor") -> Iterator[Slice]:
    cursor.step()
    if cursor.peek() == "]":
        cursor.step()
        cursor.must_end("数组之后不能再有内容")
        return
    while True:
        yield cursor.take()
        mark = cursor.peek()
        if mark not in (",", "]"):
            raise cursor.malformed("数组的元素之间应为逗号，末尾应为 ]")
        cursor.step()
        if mark == "]":
            cursor.must_end("数组之后不能再有内容")
            return
        cursor.peek()


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


class _Cursor:
    """A place in the text that knows its byte position, counted forward once."""

    def __init__(self, text: str, at: int, byte: int) -> None:
        self._text, self._at, self._byte = text, at, byte
        self._lenient = Lenient()

    def take(self) -> Slice:
        """The value that begins here."""
        try:
            look, end = self._lenient.read(self._text, self._at)
        except RecursionError:
            raise self.malformed("JSON 嵌套过深，无法读取") from None
        except json.JSONDecodeError as error:
            raise self.malformed("不是有效的 JSON，请检查引号、逗号和括号", error.pos) from None
        raw = self._text[self._at : end].encode()
        piece = Slice(self._byte, self._byte + len(raw), raw, look)
        self._at, self._byte = end, piece.end
        return piece

    def peek(self) -> str:
        """Skips white space; the next character, or "" at the end."""
        end = _skip(self._text, self._at)
        self._byte += end - self._at
        self._at = end
        return self._text[end : end + 1]

    def step(self) -> None:
        """Past one structural character."""
        self._at += 1
        self._byte += 1

    def must_end(self, mend: str) -> None:
        """Nothing but white space may follow."""
        if self.peek():
            raise self.malformed(f"有多余的内容：{mend}")

    def malformed(self, what: str, at: int | None = None) -> Malformed:
        """The refusal that names the byte."""
        ahead = self._text[self._at : at] if at is not None else ""
        byte = self._byte + len(ahead.encode())
        return Malformed(f"第 {byte} 字节处{what}", position=byte)
