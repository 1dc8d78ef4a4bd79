"""WHAT was filed? One append-only row a push, its body byte for byte in sealed frames, and the answer that was given."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ajx_gateway.store import tables
from ajx_gateway.store.database import Transaction

FRAME_ITEMS = 256
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
    media: str
    fingerprint: bytes
    standard: str
    rules: str
    received_at: datetime
    spans: Sequence[tuple[int, int]]


def digest(body: bytes) -> bytes:
    """SHA-256 of the body as it is after its Content-Encoding was removed."""
    return hashlib.sha256(body).digest()


async def try_claim(tx: Transaction, insurer: str, key: str) -> tuple[bool, Filed | None]:
    """(this transaction may file under the key, what was already filed under it)."""
    rows = await tx.fetch(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1 || chr(10) || $2, 0)) AS mine", insurer, key
    )
    if not rows[0]["mine"]:
        return False, None
    # A second statement: its snapshot sees what the previous holder of the lock committed.
    return True, await find(tx, insurer, key)


async def find(tx: Transaction, insurer: str, key: str) -> Filed | None:
    rows = await tx.fetch(
        "SELECT fingerprint, status, answer, etag FROM filing WHERE insurer = $1 AND idempotency_key = $2",
        insurer,
        key,
    )
    if not rows:
        return None
    row = rows[0]
    answer = zstandard.ZstdDecompressor().decompress(row["answer"])
    return Filed(row["fingerprint"], row["status"], answer, row["etag"])


async def seal(
    tx: Transaction,
    filing: Filing,
    *,
    verdict: str,
    counts: dict[str, int],
    status: int,
    answer: bytes,
    etag: str | None = None,
) -> None:
    """Write the filing, its frames and its answer: the evidence, in the push's own transaction."""
    await tx.execute(
        tables.filing.insert(),
        {
            "filing_id": filing.filing_id,
            "insurer": filing.insurer,
            "idempotency_key": filing.idempotency_key,
            "kind": filing.kind,
            "op": filing.op,
            "record_key": filing.record_key,
            "body_sha256": digest(filing.body),
            "body_bytes": len(filing.body),
            "media": filing.media,
            "fingerprint": filing.fingerprint,
            "standard": filing.standard,
            "rules": filing.rules,
            "received_at": filing.received_at,
            "verdict": verdict,
            **counts,
            "status": status,
            "etag": etag,
            "answer": zstandard.ZstdCompressor(_LEVEL).compress(answer),
        },
    )
    frames = _frames(filing, AESGCM(tx.data_key))
    columns = list(zip(*frames, strict=True))
    await tx.fetch(_FRAMES, filing.filing_id, filing.insurer, *(list(c) for c in columns))


# Offsets travel as array literals: unnest would flatten an array of arrays.
_FRAMES = (
    "INSERT INTO filing_frame (filing_id, insurer, frame, first_ordinal, items, offsets, body)"
    " SELECT $1, $2, frame, first_ordinal, items, offsets::int[], body"
    " FROM unnest($3::int[], $4::int[], $5::int[], $6::text[], $7::bytea[])"
    " AS f(frame, first_ordinal, items, offsets, body)"
)


def _frames(filing: Filing, cipher: AESGCM) -> list[tuple[int, int, int, str, bytes]]:
    """The body cut at item boundaries; joined again, the frames are the body byte for byte."""
    compressor = zstandard.ZstdCompressor(_LEVEL)
    spans = filing.spans
    starts = list(range(0, len(spans), FRAME_ITEMS)) or [0]
    frames = []
    begin = 0
    for number, first in enumerate(starts):
        inside = spans[first : first + FRAME_ITEMS]
        last = number == len(starts) - 1
        end = len(filing.body) if last else inside[-1][1]
        offsets = ",".join(f"{start - begin},{stop - begin}" for start, stop in inside)
        sealed = _encrypt(cipher, filing.filing_id, number, compressor.compress(filing.body[begin:end]))
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
    return zstandard.ZstdDecompressor().decompress(packed)


async def items(
    tx: Transaction, places: Sequence[tuple[uuid.UUID, int]]
) -> dict[tuple[uuid.UUID, int], bytes]:
    """The raw bytes of items by (filing, ordinal): one statement, each frame opened once."""
    rows = await tx.fetch(
        "SELECT DISTINCT f.filing_id, f.frame, f.first_ordinal, f.items, f.offsets, f.body FROM filing_frame f"
        " JOIN unnest($1::uuid[], $2::int[]) AS p(filing_id, ordinal) ON f.filing_id = p.filing_id"
        " AND p.ordinal >= f.first_ordinal AND p.ordinal < f.first_ordinal + f.items",
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
    return zstandard.ZstdDecompressor().decompress(rows[0]["answer"])
