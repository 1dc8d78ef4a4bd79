"""WHOSE signature is it? P-256 keys for ES256 and nothing else; the one module that touches python-jose."""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jws as jose_jws
from jose.backends import ECKey
from jose.backends.cryptography_backend import CryptographyECKey

from ajx_gateway.identity import strict

ALGORITHM: Final = "ES256"
_COORDINATE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

# python-jose falls back in silence to a slow pure-Python backend when `cryptography` is missing.
if ECKey is not CryptographyECKey:  # pragma: no cover - depends on the installation
    raise ImportError("python-jose must run on the cryptography backend: install python-jose[cryptography]")


class KeyFault(ValueError):
    """The key material is not a P-256 key in an accepted form; the message is Chinese and names no secret."""


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The key's id after RFC 7638: the same whoever computes it."""
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return strict.encode(hashlib.sha256(canonical.encode("ascii")).digest())


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public P-256 key, built once from the registry and bound to ES256."""

    kid: str
    x: str
    y: str
    _key: CryptographyECKey = field(repr=False, compare=False)

    @classmethod
    def of(cls, jwk: Mapping[str, Any]) -> "VerifyingKey":
        """From a public JWK; ``kid`` is the one it carries, else its thumbprint. Raises ``KeyFault``."""
        public = _public_members(jwk)
        try:
            key = CryptographyECKey(public, ALGORITHM)
        except Exception:
            raise KeyFault("公钥坐标不在 P-256 曲线上") from None
        kid = jwk.get("kid", thumbprint(public))
        if not isinstance(kid, str) or not strict.is_kid(kid):
            raise KeyFault("kid 须为1至128个可见ASCII字符")
        return cls(kid, public["x"], public["y"], key)

    @classmethod
    def from_pem(cls, pem: bytes) -> "VerifyingKey":
        """From an SPKI public key as ``openssl ec -pubout`` writes it."""
        try:
            public = serialization.load_pem_public_key(pem)
        except Exception:
            raise KeyFault("不是PEM格式的公钥") from None
        return cls.of(_jwk_of(public))

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        return bool(self._key.verify(signing_input, signature))  # type: ignore[no-untyped-call]

    def public_jwk(self) -> dict[str, str]:
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": self.x,
            "y": self.y,
            "kid": self.kid,
            "alg": ALGORITHM,
            "use": "sig",
        }


def _public_members(jwk: Mapping[str, Any]) -> dict[str, str]:
    if "d" in jwk:
        raise KeyFault("这是私钥：只登记公钥，私钥不得离开持有人；此密钥应视为已泄露，请更换")
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise KeyFault("只接受 P-256 曲线的 EC 公钥（ES256）")
    if jwk.get("alg", ALGORITHM) != ALGORITHM or jwk.get("use", "sig") != "sig":
        raise KeyFault("公钥须用于签名（use=sig），算法须为 ES256")
    for name in ("x", "y"):
        coordinate = jwk.get(name)
        if not isinstance(coordinate, str) or not _COORDINATE.fullmatch(coordinate):
            raise KeyFault(f"坐标 {name} 须为43个字符的base64url")
        _canonical(coordinate)
    return {"kty": "EC", "crv": "P-256", "x": str(jwk["x"]), "y": str(jwk["y"])}


def _canonical(coordinate: str) -> None:
    try:
        strict.decode(coordinate)
    except Exception:
        raise KeyFault("坐标不是规范的base64url") from None


def _jwk_of(public: object) -> dict[str, str]:
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise KeyFault("只接受 P-256 曲线的 EC 密钥（ES256）")
    numbers = public.public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": strict.encode(numbers.x.to_bytes(32, "big")),
        "y": strict.encode(numbers.y.to_bytes(32, "big")),
    }


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private P-256 key; ``kid`` is its RFC 7638 thumbprint."""

    verifying: VerifyingKey
    _private: ec.EllipticCurvePrivateKey = field(repr=False, compare=False)
    _key: CryptographyECKey = field(repr=False, compare=False)

    @classmethod
    def generate(cls) -> "SigningKey":
        return cls._of(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def load(cls, path: Path) -> "SigningKey":
        """From an unencrypted PEM file (PKCS#8, or SEC 1 as older openssl writes it). Raises ``KeyFault``."""
        data = path.read_bytes()
        try:
            private = serialization.load_pem_private_key(data, password=None)
        except Exception:
            raise KeyFault(f"{path.name} 不是未加密的PEM私钥") from None
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise KeyFault("只接受 P-256 曲线的 EC 密钥（ES256）")
        return cls._of(private)

    @classmethod
    def _of(cls, private: ec.EllipticCurvePrivateKey) -> "SigningKey":
        verifying = VerifyingKey.of(_jwk_of(private.public_key()))
        return cls(verifying, private, CryptographyECKey(private, ALGORITHM))

    @property
    def kid(self) -> str:
        return self.verifying.kid

    def save(self, path: Path) -> None:
        """Write PKCS#8 PEM with mode 0600; whole or not at all, and never over an existing file."""
        pem = self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp creates with 0600; link() refuses when another process was first.
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".key-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(pem)
            os.link(draft, path)
        finally:
            os.unlink(draft)

    def public_jwk(self) -> dict[str, str]:
        return self.verifying.public_jwk()

    def sign(self, claims: Mapping[str, Any], typ: str) -> str:
        """A compact JWS whose header holds alg, kid and typ."""
        return jose_jws.sign(
            dict(claims), self._key, headers={"kid": self.kid, "typ": typ}, algorithm=ALGORITHM
        )


class KeyRing:
    """The gateway's own keys: one signs, retired ones still verify what they signed."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Iterable[VerifyingKey]) -> None:
        self._keys = {key.kid: key for key in keys}

    @classmethod
    def of(cls, signing: SigningKey, retired: Iterable[Mapping[str, Any]] = ()) -> "KeyRing":
        return cls([*(VerifyingKey.of(jwk) for jwk in retired), signing.verifying])

    @classmethod
    def from_jwks(cls, jwks: Mapping[str, Any]) -> "KeyRing":
        """From a published JWKS; raises ``KeyFault`` when it holds anything but P-256 public keys."""
        keys = jwks.get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise KeyFault("不是JWKS：缺少 keys 数组")
        return cls(VerifyingKey.of(key) for key in keys)

    def find(self, kid: str) -> VerifyingKey | None:
        return self._keys.get(kid)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        return {"keys": [key.public_jwk() for key in self._keys.values()]}
