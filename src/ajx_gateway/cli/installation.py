"""WHERE is this machine's gateway? What ``ajx up`` noted in the data folder, and the keys kept there."""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ajx_gateway.cli.speaking import complain
from ajx_gateway.identity import KeyFault, SigningKey
from ajx_gateway.settings import Settings

DataFolder = Annotated[Path | None, typer.Option("--data", help="数据目录，默认 ajx-data。")]
Url = Annotated[str | None, typer.Option("--url", help="网关地址；缺省取数据目录中 gateway.json 所记。")]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


def stop(message: str, code: int = 1) -> NoReturn:
    """End the command with a sentence on stderr; stdout stays clean for pipes."""
    complain(message)
    raise typer.Exit(code)


def note(data: Path, *, base_url: str, database_url: str, jwks: Mapping[str, Any]) -> None:
    """Write where the gateway answers and what verifies its receipts, for the other commands."""
    # The database's address holds its password, hence 0600.
    _write(data / "gateway.json", {"base_url": base_url, "database_url": database_url}, 0o600)
    _write(jwks_path(data), jwks, 0o644)


def jwks_path(data: Path) -> Path:
    return data / "jwks.json"


def _write(path: Path, content: Mapping[str, Any], mode: int) -> None:
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".note-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        os.fchmod(file.fileno(), mode)
    os.replace(draft, path)


def address(settings: Settings, given: str | None) -> str:
    """The gateway's address: as given, else as configured, else as ``ajx up`` noted it."""
    stated = given or settings.base_url or _noted(settings.data_dir / "gateway.json")
    return stated.rstrip("/")


def _noted(path: Path) -> str:
    try:
        return str(json.loads(path.read_text("utf-8"))["base_url"])
    except FileNotFoundError:
        stop(f"{path} 不存在：先运行 ajx up，或用 --data 指明其数据目录，或用 --url 指明网关地址。")
    except (OSError, ValueError, KeyError, TypeError):
        stop(f"{path} 无法读取，请用 --url 指明网关地址。")


def key_path(data: Path, name: str) -> Path:
    """Where the private key of an identity lies."""
    if not _NAME.fullmatch(name):
        stop("名称只能使用字母、数字和 . _ -，以字母或数字开头，最长64个字符。")
    return data / "keys" / f"{name}.pem"


def signing_key(data: Path, name: str) -> SigningKey:
    path = key_path(data, name)
    try:
        return SigningKey.load(path)
    except FileNotFoundError:
        stop(f"本机没有 {name} 的私钥。已有密钥文件时，请放到 {path}，权限 0600。")
    except (KeyFault, OSError) as fault:
        stop(f"{name} 的私钥无法使用：{fault}")
