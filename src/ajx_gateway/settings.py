"""WHAT does the environment say? Read once by ``app`` and ``cli``; nothing secret has a default."""

import json
import secrets
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DATA_KEY_BYTES = 32


class SettingsFault(Exception):
    """The installation lacks something only its operator can give; the Chinese text says what and where."""


class Settings(BaseSettings):
    """Every setting is ``AJX_`` and the field's name in capitals; docs/settings.md explains each."""

    model_config = SettingsConfigDict(
        env_prefix="AJX_", extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    database_url: SecretStr | None = Field(
        None, description="PostgreSQL 18 to use; without it the bundled one runs in the data folder."
    )
    data_dir: Path = Field(
        Path("ajx-data"), description="Folder of the bundled PostgreSQL, of the secrets and of the demo."
    )
    host: str = Field("127.0.0.1", description="Address to listen on; a reverse proxy stands before others.")
    port: int = Field(8321, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    base_url: str | None = Field(
        None, description="The address callers use (https://…); by default the one listened on."
    )
    issuer: str | None = Field(
        None, description="Issuer named in access tokens and receipts; by default the base URL."
    )
    workers: int = Field(2, ge=1, le=64, description="Server processes sharing the port.")
    max_body_bytes: int = Field(
        64 * 1024 * 1024, ge=1024, description="Largest request body, counted after decompression."
    )
    signing_key_file: Path | None = Field(
        None,
        description="ES256 private key (PEM) that signs tokens and receipts; by default in the data folder.",
    )
    data_key_file: Path | None = Field(
        None, description="32-byte AES key that seals filings at rest; by default in the data folder."
    )
    retired_keys_file: Path | None = Field(
        None,
        description="JWKS of earlier public signing keys that still verify; by default in the data folder.",
    )
    calendar_file: Path | None = Field(
        None, description="CSV of the State Council's holidays and make-up days; by default the one shipped."
    )
    jurisdictions_dir: Path | None = Field(
        None, description="Folder of the operator's own jurisdiction files, laid over the shipped ones."
    )
    templates: Path | None = Field(
        None,
        description="Folder of the operator's own report templates (docx, typ), before the shipped ones.",
    )
    fonts: Path | None = Field(
        None, description="Folder of Chinese fonts for reports, beside those of the system."
    )
    demo_clock: bool = Field(
        False, description="Believe the Demo-Clock header. Only the demo's loader sets it, on loopback."
    )
    pool_size: int = Field(13, ge=1, le=200, description="Database connections held by one server process.")
    pool_timeout: float = Field(
        2.0, gt=0, le=60, description="Seconds a request waits for a connection before it is answered 503."
    )
    bulk_in_flight: int = Field(
        2,
        ge=1,
        le=100,
        description="Large pushes (above 128 KiB, or compressed) that one process works on at once;"
        " one, while small pushes come.",
    )
    bulk_bytes: int = Field(
        64 * 1024 * 1024,
        ge=1024,
        description="Bytes that their bodies may have together; one alone may have more.",
    )
    pushes_in_flight: int = Field(
        64,
        ge=1,
        le=1000,
        description="Other pushes that one process works on at once; they share a few transactions.",
    )
    reads_in_flight: int = Field(
        2, ge=1, le=100, description="Reading requests at once: so many of insurers, so many of regulators."
    )
    statement_timeout: float = Field(
        20.0, gt=0, le=3600, description="Seconds a database statement of a request may take; then 503."
    )
    rate_limit_per_second: float = Field(
        0.0, ge=0, description="Requests a second one identity may make in one server process; 0: no limit."
    )
    rate_limit_burst: int = Field(200, ge=1, description="Requests one identity may make at once.")

    @model_validator(mode="after")
    def _demo_clock_stays_at_home(self) -> Self:
        if self.demo_clock and self.host not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError("AJX_DEMO_CLOCK 只能与回环地址（127.0.0.1）一起使用")
        return self

    @property
    def embedded(self) -> bool:
        """Whether the bundled PostgreSQL is used."""
        return self.database_url is None

    @property
    def public_url(self) -> str:
        """The base URL without a trailing slash."""
        if self.base_url:
            return self.base_url.rstrip("/")
        # A wildcard is no address to call; the machine itself is.
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def token_issuer(self) -> str:
        return self.issuer or self.public_url

    @property
    def secrets_dir(self) -> Path:
        return self.data_dir / "secrets"

    @property
    def signing_key_path(self) -> Path:
        return self.signing_key_file or self.secrets_dir / "signing-key.pem"

    @property
    def retired_keys_path(self) -> Path:
        return self.retired_keys_file or self.secrets_dir / "retired-keys.json"

    @property
    def data_key_path(self) -> Path:
        return self.data_key_file or self.secrets_dir / "data-key"


def read_data_key(settings: Settings) -> bytes:
    """The AES key of the filings; its absence is a fault, never an occasion to make another one."""
    path = settings.data_key_path
    try:
        key = path.read_bytes()
    except OSError as fault:
        raise SettingsFault(
            f"读不到报送原文的加密密钥 {path}（{fault.strerror}）。"
            "请用 AJX_DATA_KEY_FILE 指向 32 字节的密钥文件；密钥遗失后，"
            "已归档的报送原文无法解密，请从备份恢复。"
        ) from None
    if len(key) != DATA_KEY_BYTES:
        raise SettingsFault(f"密钥文件 {path} 应为 32 字节，实为 {len(key)} 字节。请从备份恢复原文件。")
    return key


def read_retired_keys(settings: Settings) -> list[dict[str, str]]:
    """The public JWKs of earlier signing keys; none when there is no such file."""
    path = settings.retired_keys_path
    try:
        keys = json.loads(path.read_text("utf-8"))["keys"]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError):
        raise SettingsFault(
            f'{path} 应为 JWKS（{{"keys": [ … ]}}），无法读取。请修正或移走该文件。'
        ) from None
    if not isinstance(keys, list):
        raise SettingsFault(f'{path} 应为 JWKS（{{"keys": [ … ]}}）。请修正或移走该文件。')
    return keys


def generate_data_key(path: Path) -> None:
    """A fresh random key (0600); an existing file is kept."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_bytes(secrets.token_bytes(DATA_KEY_BYTES))
    try:
        # link() fails when the name is taken: of two first starts at once, one key wins for both.
        path.hardlink_to(fresh)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
