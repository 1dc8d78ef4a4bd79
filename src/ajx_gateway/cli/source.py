"""WHICH records does a file hold? Cuts JSON, NDJSON, CSV and XLSX files into bodies, bytes as they stand."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Literal

from ajx_gateway.cli.sheets import TableFault, records_of, rows_of
from ajx_gateway.standard import CURRENT, KINDS, Kind, by_collection, model_for

Media = Literal["json", "ndjson"]
_TABLES: Final = frozenset({".csv", ".xlsx", ".xlsm", ".xls", ".ods"})


class SourceFault(ValueError):
    """The file cannot be pushed at all; the message is Chinese."""


@dataclass(frozen=True, slots=True)
class Body:
    """One request's worth of records; ``first`` is the first record's position in the file, from 0."""

    content: bytes
    media: Media
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Source:
    """A file as bodies of a chosen size; ``size`` is what its bodies weigh together, for a progress bar."""

    kind: Kind
    size: int
    bodies: Callable[[int], Iterator[Body]]


def open_source(path: Path, collection: str | None) -> Source:
    kind = _kind(path, collection)
    suffix = path.suffix.lower()
    if suffix in {".ndjson", ".jsonl"}:
        return Source(kind, path.stat().st_size, lambda batch: _lines(path, batch))
    if suffix == ".json":
        content = path.read_bytes()
        return Source(kind, len(content), lambda batch: _elements(content, batch))
    if suffix in _TABLES:
        records = _table(path, kind)
        return Source(kind, sum(map(len, records)) + len(records), lambda batch: _grouped(records, batch))
    raise SourceFault("只接受 .json、.ndjson（.jsonl）、.csv、.xlsx 文件")


def _kind(path: Path, collection: str | None) -> Kind:
    """The kind by --collection, else by the file's name (policies.ndjson, faulty-policies.csv)."""
    wanted = collection or path.name.split(".")[0].removeprefix("faulty-")
    try:
        return by_collection(wanted)
    except KeyError:
        known = "、".join(kind.collection for kind in KINDS.values())
        raise SourceFault(f"不知道文件里是哪类记录，请用 --collection 指明：{known}") from None


def _lines(path: Path, batch: int) -> Iterator[Body]:
    """Raw lines in groups; a file of one group is sent byte for byte, so its receipt matches the file."""
    first = 0
    with path.open("rb") as file:
        while group := list(islice(file, batch)):
            count = sum(1 for line in group if line.strip())
            if count:
                yield Body(b"".join(group), "ndjson", first, count)
            first += count


def _elements(content: bytes, batch: int) -> Iterator[Body]:
    elements = _slices(content)
    if elements is None or len(elements) <= batch:
        yield Body(content, "json", 0, 1 if elements is None else len(elements))
        return
    for start in range(0, len(elements), batch):
        group = elements[start : start + batch]
        yield Body(("[" + ",".join(group) + "]").encode(), "json", start, len(group))


def _slices(content: bytes) -> list[str] | None:
    """The elements of a JSON array as written; None for one object, and for what the gateway must judge."""
    decoder = json.JSONDecoder()
    try:
        text = content.decode("utf-8")
        at = len(text) - len(text.lstrip(" \t\r\n"))
        if text[at] != "[":
            return None
        found: list[str] = []
        at = _skip(text, at + 1)
        while text[at] != "]":
            _, end = decoder.raw_decode(text, at)
            found.append(text[at:end])
            at = _skip(text, end)
            if text[at] == ",":
                at = _skip(text, at + 1)
            elif text[at] != "]":
                return None
        return found if not text[at + 1 :].strip() else None
    except (ValueError, IndexError, RecursionError):
        return None


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _table(path: Path, kind: Kind) -> list[bytes]:
    schema = model_for(kind.name, CURRENT).model_json_schema()
    try:
        return list(records_of(rows_of(path), schema))
    except (TableFault, csv.Error, UnicodeDecodeError) as fault:
        raise SourceFault(f"{path.name}：{fault}") from fault


def _grouped(records: list[bytes], batch: int) -> Iterator[Body]:
    for start in range(0, len(records), batch):
        group = records[start : start + batch]
        yield Body(b"".join(record + b"\n" for record in group), "ndjson", start, len(group))
