"""`ajx clients` on a real database: who gets in, with which key, and who no longer does."""

import asyncio
import json
import stat
from pathlib import Path

import pytest
from commands import ajx
from cryptography.hazmat.primitives import serialization

from ajx_gateway.identity import SigningKey, system_scope
from ajx_gateway.store import clients
from ajx_gateway.store.clients import Client
from ajx_gateway.store.database import Store

USCC = "91440600MA4W3X2H0K"


@pytest.fixture(autouse=True)
def environment(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AJX_DATABASE_URL", database_url)
    monkeypatch.setenv("AJX_DATA_DIR", str(tmp_path))


def registered(database_url: str, name: str) -> Client | None:
    async def ask() -> Client | None:
        store = Store(database_url, data_key=bytes(32), pool_size=1)
        try:
            async with store.reading(system_scope("look at a test's client")) as tx:
                return await clients.find(tx, name)
        finally:
            await store.close()

    return asyncio.run(ask())


def test_an_insurer_is_registered_with_a_new_key_that_only_its_owner_reads(
    database_url: str, tmp_path: Path
) -> None:
    said = ajx(
        "clients", "register", "a", "--role", "insurer", "--insurer", USCC, "--title", "甲保险（虚构）"
    )
    assert said.exit_code == 0, said.stderr
    path = tmp_path / "keys" / "a.pem"
    client = registered(database_url, "a")
    assert client is not None
    assert (client.caller.role, client.caller.insurer, client.caller.title) == (
        "insurer",
        USCC,
        "甲保险（虚构）",
    )
    assert list(client.keys) == [SigningKey.load(path).kid]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["a.pem"]


@pytest.mark.parametrize("form", ["jwk", "pem"])
def test_a_partner_brings_its_own_public_key(database_url: str, tmp_path: Path, form: str) -> None:
    key = SigningKey.generate()
    file = tmp_path / "public"
    if form == "jwk":
        file.write_text(json.dumps(key.public_jwk()))
    else:
        public = key._private.public_key()
        file.write_bytes(
            public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
    name = f"city-{form}"
    said = ajx(
        "clients", "register", name, "--role", "regulator", "--territory", "4406", "--public-jwk", file
    )
    assert said.exit_code == 0, said.stderr
    client = registered(database_url, name)
    assert client is not None
    assert list(client.keys) == [key.kid]
    assert not (tmp_path / "keys").exists()


def test_a_rotated_key_retires_the_old_one_and_a_revoked_identity_is_a_stranger(
    database_url: str, tmp_path: Path
) -> None:
    ajx("clients", "register", "r", "--role", "auditor")
    first = SigningKey.load(tmp_path / "keys" / "r.pem").kid
    assert ajx("clients", "rotate", "r").exit_code == 0
    second = SigningKey.load(tmp_path / "keys" / "r.pem").kid
    client = registered(database_url, "r")
    assert client is not None
    assert list(client.keys) == [second] != [first]
    assert ajx("clients", "revoke", "r").exit_code == 0
    assert registered(database_url, "r") is None
    listed = ajx("clients", "list")
    assert listed.exit_code == 0
    assert "撤销" in next(line for line in listed.stdout.splitlines() if " r " in line)


def test_a_name_is_registered_once_and_its_key_is_not_touched(tmp_path: Path) -> None:
    assert ajx("clients", "register", "once", "--role", "auditor").exit_code == 0
    path = tmp_path / "keys" / "once.pem"
    key = path.read_bytes()
    again = ajx("clients", "register", "once", "--role", "auditor")
    assert (again.exit_code, path.read_bytes()) == (1, key)
    path.rename(tmp_path / "kept.pem")
    again = ajx("clients", "register", "once", "--role", "auditor")
    assert again.exit_code == 1
    assert "已登记" in again.stderr
    assert not path.exists(), "a key that the database does not know must not stay"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("x", "--role", "insurer"), "统一社会信用代码"),
        (("x", "--role", "regulator"), "辖区"),
        (("x", "--role", "king"), "角色"),
        (("../x", "--role", "auditor"), "名称"),
    ],
)
def test_an_identity_that_contradicts_its_role_is_refused_in_chinese(
    arguments: tuple[str, ...], reason: str, tmp_path: Path
) -> None:
    said = ajx("clients", "register", *arguments)
    assert said.exit_code == 1
    assert reason in said.stderr
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("command", ["rotate", "revoke"])
def test_who_is_not_registered_cannot_be_changed(command: str, tmp_path: Path) -> None:
    said = ajx("clients", command, "nobody")
    assert said.exit_code == 1
    assert "nobody" in said.stderr
    assert not (tmp_path / "keys" / "nobody.pem").exists()


def test_a_private_key_handed_in_as_public_is_refused_loudly(tmp_path: Path) -> None:
    file = tmp_path / "mistake.json"
    file.write_text(json.dumps({**SigningKey.generate().public_jwk(), "d": "AAAA"}))
    said = ajx("clients", "register", "x", "--role", "auditor", "--public-jwk", file)
    assert said.exit_code == 1
    assert "私钥" in said.stderr
    for content in ("[]", "nonsense", "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----"):
        file.write_text(content)
        assert ajx("clients", "register", "x", "--role", "auditor", "--public-jwk", file).exit_code == 1
