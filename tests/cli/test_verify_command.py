"""`ajx verify`: what it believes, and what it does not."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard
from commands import ajx

from ajx_gateway.identity import KeyRing, SigningKey
from ajx_gateway.identity.receipts import seal

KEY = SigningKey.generate()
BODY = b'{"policy_no":"P-1"}'
ITEMS = [{"index": 0, "key": "P-1", "result": "created", "version": 1, "findings": []}]
PAYLOAD: dict[str, Any] = {
    "iss": "https://gateway.example",
    "iat": 1795248000,
    "filing": "0198f0c2-0000-7000-8000-000000000001",
    "kind": "policy",
    "insurer": "91440600MA4W3X2H0K",
    "body_sha256": hashlib.sha256(BODY).hexdigest(),
    "received_at": "2026-11-21T16:00:00+08:00",
    "standard": "1.0",
    "rules": "2026.11-00000000",
    "verdict": "accepted",
    "counts": {"created": 1, "updated": 0, "unchanged": 0, "stale": 0, "rejected": 0},
    "items_sha256": hashlib.sha256(b"0,P-1,created,1\n").hexdigest(),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with the gateway's published keys, and a receipt in it."""
    (tmp_path / "jwks.json").write_text(json.dumps(KeyRing.of(KEY).jwks()))
    (tmp_path / "r.jws").write_text(seal(KEY, PAYLOAD) + "\n")
    return tmp_path


def answer(**changes: Any) -> str:
    bound = ("filing", "verdict", "counts", "standard", "rules", "received_at")
    whole = {name: PAYLOAD[name] for name in bound} | {"items": ITEMS, "receipt": seal(KEY, PAYLOAD)}
    return json.dumps({**whole, **changes})


def test_a_genuine_receipt_is_shown_in_chinese(folder: Path) -> None:
    said = ajx("verify", folder / "r.jws", "--data", folder)
    assert said.exit_code == 0
    for shown in ("回执真实有效", "91440600MA4W3X2H0K", "全部接受", "新增 1", "2026-11-21T16:00:00+08:00"):
        assert shown in said.stdout


def test_the_receipt_comes_from_standard_input_too_and_the_keys_from_a_file(folder: Path) -> None:
    (folder / "jwks.json").rename(folder / "other.json")
    said = ajx("verify", "-", "--jwks", folder / "other.json", stdin=seal(KEY, PAYLOAD))
    assert said.exit_code == 0


@pytest.mark.parametrize(
    "packed", [BODY, gzip.compress(BODY), zstandard.compress(BODY)], ids=["plain", "gzip", "zstd"]
)
def test_the_body_of_the_filing_matches_however_it_was_packed(folder: Path, packed: bytes) -> None:
    (folder / "body").write_bytes(packed)
    said = ajx("verify", folder / "r.jws", "--data", folder, "--body", folder / "body")
    assert said.exit_code == 0
    assert "报文与回执一致" in said.stdout


@pytest.mark.parametrize("other", [b"", BODY + b"\n", b"\x1f\x8bno gzip", b"\x28\xb5\x2f\xfdno zstd"])
def test_another_body_does_not_match(folder: Path, other: bytes) -> None:
    (folder / "body").write_bytes(other)
    said = ajx("verify", folder / "r.jws", "--data", folder, "--body", folder / "body")
    assert said.exit_code == 1
    assert "摘要不符" in said.stderr


def test_a_whole_answer_is_checked_against_its_receipt(folder: Path) -> None:
    (folder / "answer.json").write_text(answer())
    assert ajx("verify", folder / "answer.json", "--data", folder).exit_code == 0


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "partial"},
        {"counts": {**PAYLOAD["counts"], "created": 2}},
        {"received_at": "2026-11-20T16:00:00+08:00"},
        {"items": []},
        {"items": [{**ITEMS[0], "version": 2}]},
        {"items": [{**ITEMS[0], "result": "rejected"}]},
        {"items": None},
        {"items": ["x"]},
    ],
    ids=str,
)
def test_an_answer_that_says_more_than_its_receipt_is_refused(folder: Path, change: dict[str, Any]) -> None:
    said = ajx("verify", "-", "--data", folder, stdin=answer(**change))
    assert said.exit_code == 1
    assert "与回执不符" in said.stderr


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b.c",
        seal(SigningKey.generate(), PAYLOAD),
        seal(KEY, PAYLOAD)[:-2],
        KEY.sign(PAYLOAD, "JWT"),
        "{",
        '{"receipt": 5}',
        '{"receipt": "a.b.c"}',
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
    ids=lambda text: text[:16],
)
def test_what_is_no_receipt_of_this_gateway_is_refused(folder: Path, text: str) -> None:
    said = ajx("verify", "-", "--data", folder, stdin=text)
    assert said.exit_code == 1
    assert said.stdout == ""
    assert "错误" in said.stderr


def test_missing_files_are_named(folder: Path) -> None:
    assert "no.jws" in ajx("verify", folder / "no.jws", "--data", folder).stderr
    said = ajx("verify", folder / "r.jws", "--data", folder / "elsewhere")
    assert said.exit_code == 1
    assert "--jwks" in said.stderr
    assert ajx("verify", folder / "r.jws", "--jwks", "http://127.0.0.1:9/jwks").exit_code == 1
