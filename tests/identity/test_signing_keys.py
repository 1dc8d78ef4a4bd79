"""Keys: P-256 or nothing, private keys stay private, ids follow from the key."""

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.jwk import ECKey

from ajx_gateway.identity import KeyFault, KeyRing, SigningKey, VerifyingKey

PKCS8 = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def test_a_saved_key_is_pkcs8_and_readable_by_its_owner_only(tmp_path: Path, key: SigningKey) -> None:
    path = tmp_path / "keys" / "insurer-a.pem"
    key.save(path)
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SigningKey.load(path) == key
    assert [file.name for file in path.parent.iterdir()] == ["insurer-a.pem"]


def test_an_existing_key_is_never_overwritten(tmp_path: Path, key: SigningKey, stranger: SigningKey) -> None:
    path = tmp_path / "a.pem"
    key.save(path)
    with pytest.raises(FileExistsError):
        stranger.save(path)
    assert SigningKey.load(path) == key
    assert len(list(tmp_path.iterdir())) == 1


def test_the_key_id_is_the_rfc_7638_thumbprint(key: SigningKey) -> None:
    assert key.kid == ECKey.import_key(key.public_jwk()).thumbprint()


def test_no_representation_shows_the_private_key(key: SigningKey) -> None:
    assert "d" not in key.public_jwk()
    assert "private" not in repr(key).lower().replace("_private", "")
    assert "EllipticCurve" not in repr(key)


def test_the_openssl_public_key_and_its_jwk_are_the_same_key(key: SigningKey) -> None:
    pem = key._private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert VerifyingKey.from_pem(pem) == key.verifying


def test_the_sec1_form_of_older_openssl_is_read_too(tmp_path: Path, key: SigningKey) -> None:
    path = tmp_path / "old.pem"
    path.write_bytes(
        key._private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    assert SigningKey.load(path) == key


@pytest.mark.parametrize(
    "private",
    [ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256K1())],
    ids=["P-384", "secp256k1"],
)
def test_another_curve_is_no_key_here(tmp_path: Path, private: ec.EllipticCurvePrivateKey) -> None:
    path = tmp_path / "k.pem"
    path.write_bytes(private.private_bytes(serialization.Encoding.PEM, *PKCS8))
    with pytest.raises(KeyFault, match="P-256"):
        SigningKey.load(path)


def test_an_rsa_key_or_no_key_at_all_is_refused(tmp_path: Path) -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = tmp_path / "k.pem"
    path.write_bytes(private.private_bytes(serialization.Encoding.PEM, *PKCS8))
    with pytest.raises(KeyFault):
        SigningKey.load(path)
    path.write_bytes(b"not a key")
    with pytest.raises(KeyFault):
        SigningKey.load(path)
    with pytest.raises(KeyFault):
        VerifyingKey.from_pem(b"not a key")


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "RSA"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"crv": "P-384"},
        {"alg": "HS256"},
        {"use": "enc"},
        {"d": "AAAA"},
        {"x": "A" * 43},
        {"x": "A" * 42 + "B"},
        {"x": "A" * 44},
        {"x": "A" * 100_000},
        {"x": 5},
        {"y": None},
        {"kid": ""},
        {"kid": "a\nb"},
        {"kid": 7},
    ],
)
def test_a_jwk_that_is_not_a_p256_public_key_is_refused(key: SigningKey, change: dict[str, Any]) -> None:
    with pytest.raises(KeyFault, match=r"[一-鿿]"):
        VerifyingKey.of({**key.public_jwk(), **change})


def test_a_key_ring_publishes_the_signing_key_and_the_retired_ones(
    key: SigningKey, stranger: SigningKey
) -> None:
    ring = KeyRing.of(key, [stranger.public_jwk()])
    assert {jwk["kid"] for jwk in ring.jwks()["keys"]} == {key.kid, stranger.kid}
    assert ring.find(stranger.kid) == stranger.verifying
    assert ring.find("nobody") is None
    assert KeyRing.from_jwks(json.loads(json.dumps(ring.jwks()))).jwks() == ring.jwks()


@pytest.mark.parametrize("jwks", [{}, {"keys": None}, {"keys": ["x"]}, {"keys": [{"kty": "RSA"}]}])
def test_what_is_not_a_jwks_is_refused(jwks: dict[str, Any]) -> None:
    with pytest.raises(KeyFault):
        KeyRing.from_jwks(jwks)


def test_the_slow_pure_python_backend_is_refused_at_import() -> None:
    # Blocks python-jose's cryptography backend as a broken installation would.
    program = (
        "import sys; sys.modules['jose.backends.cryptography_backend'] = None\nimport ajx_gateway.identity"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert outcome.returncode != 0
    assert "ImportError" in outcome.stderr or "ModuleNotFoundError" in outcome.stderr
