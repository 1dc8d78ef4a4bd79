"""WHAT did somebody change in a Word file after it was issued? Its words beside those of the sealed figures, block by block.

Empty paragraphs, spacing, fonts and pictures do not count; text that Word tracks as inserted counts, as deleted does not.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from xml.etree import ElementTree

from ajx_gateway.errors import Unprocessable

NO_PICTURE = "（本机没有中文字体，图从略，数字见上表。）"
_MOST = 64 * 1024 * 1024
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BODY, _FEET = "word/document.xml", re.compile("word/(header|footer)[0-9]*[.]xml")
_NUMBER = re.compile("[-+]?[0-9][0-9,]*(?:[.][0-9]+)?%?")
_UNREADABLE = "文件不是完好的 Word 文档（docx），无法逐段核对正文。"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or one row of a table; ``place`` says in Chinese where it stands."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """One place where the file says something else: what the sealed report says there, what the file says.

    ``figures``: the numbers that are in one of the two only, empty when only words were changed.
    """

    place: str
    then: str
    now: str
    figures: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def is_word(content: bytes) -> bool:
    """Is this a docx file, by its content?"""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return _BODY in parts.namelist()
    except zipfile.BadZipFile:
        return False


def blocks(content: bytes) -> list[Block]:
    """The words of a docx file, in order; 422 when it cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            feet = sorted(name for name in parts.namelist() if _FEET.fullmatch(name))
            if sum(parts.getinfo(name).file_size for name in (_BODY, *feet)) > _MOST:
                raise Unprocessable(_UNREADABLE)
            found = list(_of_body(_tree(parts.read(_BODY))))
            for name in feet:
                title = "页眉" if "header" in name else "页脚"
                found += [Block(title, text) for text in _paragraphs(_tree(parts.read(name)))]
            return found
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, RuntimeError, NotImplementedError):
        raise Unprocessable(_UNREADABLE) from None


def edits(issued: Sequence[Block], given: Sequence[Block]) -> list[Edit]:
    """What ``given`` says otherwise than ``issued``, in the order of the document."""
    found = []
    # Rows and paragraphs repeat seldom; nothing may be passed over as too frequent to matter.
    compared = SequenceMatcher(None, [b.text for b in issued], [b.text for b in given], autojunk=False)
    for tag, first, last, begin, end in compared.get_opcodes():
        if tag == "equal":
            continue
        for then, now in zip_longest(issued[first:last], given[begin:end]):
            place = then.place if then is not None else now.place
            words = (then.text if then is not None else "", now.text if now is not None else "")
            found.append(Edit(place, *words, "、".join(_differing(*words))))
    return found


def _differing(then: str, now: str) -> list[str]:
    """The numbers that are not the same in both, those of the sealed report first."""
    one, other = Counter(_NUMBER.findall(then)), Counter(_NUMBER.findall(now))
    return [*(one - other).elements(), *(other - one).elements()]


def _tree(content: bytes) -> ElementTree.Element:
    if b"<!" in content:
        raise Unprocessable(_UNREADABLE)
    return ElementTree.fromstring(content)  # noqa: S314  a document type was refused above


def _of_body(root: ElementTree.Element) -> Iterator[Block]:
    paragraph, table = 0, 0
    for element in _standing(root.find(f"{_W}body")):
        if element.tag == f"{_W}tbl":
            table += 1
            for number, row in enumerate(element.iter(f"{_W}tr"), start=1):
                cells = (_text(cell) for cell in row.iter(f"{_W}tc"))
                yield Block(f"第{table}张表第{number}行", " | ".join(cells))
        elif (text := _text(element)) and text != NO_PICTURE:
            paragraph += 1
            yield Block(f"正文第{paragraph}段", text)


def _standing(body: ElementTree.Element | None) -> Iterator[ElementTree.Element]:
    """The paragraphs and tables of the body, those inside content controls as well."""
    for element in body if body is not None else ():
        if element.tag in (f"{_W}p", f"{_W}tbl"):
            yield element
        elif element.tag == f"{_W}sdt":
            yield from _standing(element.find(f"{_W}sdtContent"))


def _paragraphs(root: ElementTree.Element) -> Iterator[str]:
    return (text for paragraph in root.iter(f"{_W}p") if (text := _text(paragraph)))


def _text(element: ElementTree.Element) -> str:
    told = (
        part.text or "" if part.tag == f"{_W}t" else " "
        for part in element.iter()
        if part.tag in (f"{_W}t", f"{_W}tab", f"{_W}br")
    )
    return " ".join("".join(told).split())
