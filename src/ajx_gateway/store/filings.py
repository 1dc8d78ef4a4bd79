"""WHAT was filed? One append-only row a push, its body byte for byte in sealed frames, and the answer that was given."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ajx_gateway.events import Event
from ajx_gateway.store import outbox
from ajx_gateway.store.arrays import RAW, literals, unnested
from ajx_gateway.store.database import Transaction
from ajx_gateway.store.together import Question, Rows

FRAME_ITEMS = 256
_PORTION = 4 * 2**20
_LEVEL = 3


@dataclass(frozen=True, slots=True)
class Filed:
    """What a replay needs: the request's fingerprint and the answer given the first time."""

    fingerprint: bytes
    status: int
    answer: bytes
    etag: str | None


@dataclass(frozen=True, slots=True)
class Filing:
    """One push as it is sealed. ``spans`` are the items' (start, end) byte ranges in ``body``."""

    filing_id: uuid.UUID
    insurer: str
    idempotency_key: str
    kind: str
    op: str
    record_key: str | None
    body: bytes
    body_sha256: bytes  # of the body as it is after its Content-Encoding was removed
    media: str
    fingerprint: bytes
    standard: str
    rules: str
    received_at: datetime
    spans: Sequence[tuple[int, int]]


def digest(body: bytes) -> bytes:
    """SHA-256 of the body as it is after its Content-Encoding was removed."""
    return hashlib.sha256(body).digest()


def claim(insurer: str, keys: Sequence[str]) -> Question:
    """Asks for the right to file under each key, until this transaction ends; ``claimed`` reads the answer.

    Its snapshot may be older than the lock it got; the key's uniqueness then refuses the seal (``is_repeated``).
    """
    return Question(("mine", "fingerprint", "status", "answer", "etag"), _CLAIM, (insurer, list(keys)))


def claimed(rows: Rows) -> list[tuple[bool, Filed | None]]:
    """Per key: this transaction may file under it, what was already filed under it."""
    return [
        (mine, None if answer is None else Filed(fingerprint, status, _unpacked(answer), etag))
        for mine, fingerprint, status, answer, etag in rows
    ]


def _unpacked(packed: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(packed)


_CLAIM = (
    "SELECT l.mine, f.fingerprint, f.status, f.answer, f.etag"
    " FROM (SELECT k.key, k.place, pg_try_advisory_xact_lock(hashtextextended($1 || chr(10) || k.key, 0)) AS mine"
    " FROM unnest($2::text[]) WITH ORDINALITY AS k(key, place)) l"
    # One key after the other: the plan is kept, and made over few filings it would read all of the insurer's.
    " LEFT JOIN LATERAL (SELECT * FROM filing f WHERE f.insurer = $1 AND f.idempotency_key = l.key LIMIT 1) f ON true"
    " ORDER BY l.place"
)


def is_repeated(failure: BaseException) -> bool:
    """True when another transaction has sealed a filing under the same key in the meantime."""
    return (
        isinstance(failure, asyncpg.UniqueViolationError)
        and failure.constraint_name == "uq_filing_insurer_idempotency_key"
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was answered to a filing; ``counts`` by result."""

    verdict: str
    counts: dict[str, int]
    status: int
    answer: bytes
    etag: str | None = None


Sealed = tuple[list[Any], list[tuple[Any, ...]]]


def sealed(filing: Filing, verdict: Verdict, data_key: bytes) -> Sealed:
    """A filing as it will lie in the tables: its row, and its frames compressed and encrypted."""
    row = [
        filing.filing_id,
        filing.insurer,
        filing.idempotency_key,
        filing.kind,
        filing.op,
        filing.record_key,
        filing.body_sha256,
        len(filing.body),
        filing.media,
        filing.fingerprint,
        filing.standard,
        filing.rules,
        filing.received_at,
        verdict.verdict,
        *(verdict.counts[name] for name in ("created", "updated", "unchanged", "stale", "rejected")),
        verdict.status,
        verdict.etag,
        zstandard.ZstdCompressor(_LEVEL).compress(verdict.answer),
    ]
    return row, _frames(filing, AESGCM(data_key))


async def seal(tx: Transaction, filings: Sequence[Sealed], events: Sequence[Event]) -> None:
    """Write filings, their frames and their answers, and what they tell: the last that the push's own transaction does."""
    rows = list(zip(*(row for row, _ in filings), strict=True))
    first, *others = _portions([(row[0], row[1], *frame) for row, frames in filings for frame in frames])
    types = [*_FILING.values(), *_FRAME.values()]
    frames = list(zip(*first, strict=True))
    for portion in others:
        await tx.fetch(_MORE, *literals(list(_FRAME.values()), list(zip(*portion, strict=True))))
    await tx.finish(_SEAL, [*literals(types, [*rows, *frames]), *outbox.columns(events)])


def _portions(frames: Sequence[tuple[Any, ...]]) -> list[list[tuple[Any, ...]]]:
    """The frames by so many megabytes: the driver holds twice what a statement carries."""
    portions: list[list[tuple[Any, ...]]] = [[]]
    size = 0
    for frame in frames:
        size += len(frame[-1])
        if size > _PORTION and portions[-1]:
            portions.append([])
            size = len(frame[-1])
        portions[-1].append(frame)
    return portions


_FILING = {
    "filing_id": "uuid",
    "insurer": "text",
    "idempotency_key": "text",
    "kind": "text",
    "op": "text",
    "record_key": "text",
    "body_sha256": "bytea",
    "body_bytes": "bigint",
    "media": "text",
    "fingerprint": "bytea",
    "standard": "text",
    "rules": "text",
    "received_at": "timestamptz",
    "verdict": "text",
    "created": "int",
    "updated": "int",
    "unchanged": "int",
    "stale": "int",
    "rejected": "int",
    "status": "int",
    "etag": "text",
    "answer": RAW,
}
# Offsets travel as array literals: unnest would flatten an array of arrays.
_FRAME = {
    "filing_id": "uuid",
    "insurer": "text",
    "frame": "int",
    "first_ordinal": "int",
    "items": "int",
    "offsets": "text",
    "body": RAW,
}


def _unnested(columns: Mapping[str, str], first: int) -> str:
    return unnested(list(columns), list(columns.values()), first, "f")


_MORE = (
    f"INSERT INTO filing_frame ({', '.join(_FRAME)}) SELECT f.filing_id, f.insurer, f.frame, f.first_ordinal,"  # noqa: S608
    f" f.items, f.offsets::int[], f.body FROM {_unnested(_FRAME, 1)}"
)
_SEAL = (
    f"WITH sealed AS (INSERT INTO filing ({', '.join(_FILING)}) SELECT * FROM {_unnested(_FILING, 1)}),"  # noqa: S608
    f" told AS ({outbox.inserted(len(_FILING) + len(_FRAME) + 1)})"
    f" INSERT INTO filing_frame ({', '.join(_FRAME)}) SELECT f.filing_id, f.insurer, f.frame, f.first_ordinal,"
    f" f.items, f.offsets::int[], f.body FROM {_unnested(_FRAME, len(_FILING) + 1)}"
)


def _frames(filing: Filing, cipher: AESGCM) -> list[tuple[Any, ...]]:
    """The body cut at item boundaries; joined again, the frames are the body byte for byte."""
    compressor = zstandard.ZstdCompressor(_LEVEL)
    spans = filing.spans
    starts = list(range(0, len(spans), FRAME_ITEMS)) or [0]
    frames: list[tuple[Any, ...]] = []
    begin, body = 0, memoryview(filing.body)
    for number, first in enumerate(starts):
        inside = spans[first : first + FRAME_ITEMS]
        last = number == len(starts) - 1
        end = len(body) if last else inside[-1][1]
        offsets = ",".join(f"{start - begin},{stop - begin}" for start, stop in inside)
        sealed = _encrypt(cipher, filing.filing_id, number, compressor.compress(body[begin:end]))
        frames.append((number, first, len(inside), "{" + offsets + "}", sealed))
        begin = end
    return frames


def _encrypt(cipher: AESGCM, filing_id: uuid.UUID, frame: int, plain: bytes) -> bytes:
    """AES-256-GCM; the nonce is the frame's own name, so no (key, nonce) pair is ever used twice."""
    nonce = hashlib.sha256(filing_id.bytes + frame.to_bytes(4, "big")).digest()[:12]
    return cipher.encrypt(nonce, plain, filing_id.bytes)


def _open(tx: Transaction, filing_id: uuid.UUID, frame: int, sealed: bytes) -> bytes:
    nonce = hashlib.sha256(filing_id.bytes + frame.to_bytes(4, "big")).digest()[:12]
    packed = AESGCM(tx.data_key).decrypt(nonce, sealed, filing_id.bytes)
    return _unpacked(packed)


async def items(
    tx: Transaction, places: Sequence[tuple[uuid.UUID, int]]
) -> dict[tuple[uuid.UUID, int], bytes]:
    """The raw bytes of items by (filing, ordinal): one statement, each frame opened once."""
    rows = await tx.fetch(
        "SELECT DISTINCT f.filing_id, f.frame, f.first_ordinal, f.items, f.offsets, f.body"
        " FROM unnest($1::uuid[], $2::int[]) AS p(filing_id, ordinal) CROSS JOIN LATERAL (SELECT * FROM filing_frame"
        " WHERE filing_id = p.filing_id AND p.ordinal >= first_ordinal AND p.ordinal < first_ordinal + items OFFSET 0) AS f",
        [p[0] for p in places],
        [p[1] for p in places],
    )
    wanted = set(places)
    found: dict[tuple[uuid.UUID, int], bytes] = {}
    for row in rows:
        plain = _open(tx, row["filing_id"], row["frame"], row["body"])
        for position in range(row["items"]):
            place = (uuid.UUID(bytes=row["filing_id"].bytes), row["first_ordinal"] + position)
            if place in wanted:
                start, stop = row["offsets"][2 * position : 2 * position + 2]
                found[place] = plain[start:stop]
    return found


async def body(tx: Transaction, filing_id: uuid.UUID) -> bytes:
    """The whole body as it was received, byte for byte."""
    rows = await tx.fetch(
        "SELECT frame, body FROM filing_frame WHERE filing_id = $1 ORDER BY frame", filing_id
    )
    return b"".join(_open(tx, filing_id, row["frame"], row["body"]) for row in rows)


async def standard_of(tx: Transaction, filing_id: uuid.UUID) -> str:
    """The version of the data standard a filing was judged under."""
    rows = await tx.fetch("SELECT standard FROM filing WHERE filing_id = $1", filing_id)
    version: str = rows[0]["standard"]
    return version


async def answer_of(tx: Transaction, filing_id: uuid.UUID) -> bytes:
    """The answer that was given, byte for byte."""
    rows = await tx.fetch("SELECT answer FROM filing WHERE filing_id = $1", filing_id)
    return _unpacked(rows[0]["answer"])
