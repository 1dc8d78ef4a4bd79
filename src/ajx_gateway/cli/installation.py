"""WHERE is this machine's gateway? The data folder, what ``ajx up`` noted there, and the keys kept in it."""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ajx_gateway.identity import KeyFault, SigningKey

DEFAULT = Path("ajx-data")
DataFolder = Annotated[Path, typer.Option("--data", help="数据目录（ajx up 所用的同一个目录）。")]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def stop(message: str, code: int = 1) -> NoReturn:
    """End the command with a sentence on stderr; stdout stays clean for pipes."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def note(data: Path, *, base_url: str, database_url: str, jwks: Mapping[str, Any]) -> None:
    """Write where the gateway answers and what verifies its receipts, for the other commands."""
    # The database's address holds its password, hence 0600.
    _write(data / "gateway.json", {"base_url": base_url, "database_url": database_url}, 0o600)
    _write(data / "jwks.json", jwks, 0o644)


def _write(path: Path, content: Mapping[str, Any], mode: int) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".note-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        os.fchmod(file.fileno(), mode)
    os.replace(draft, path)


def base_url(data: Path, given: str | None) -> str:
    """The gateway's address: as given, else as ``ajx up`` noted it."""
    return given.rstrip("/") if given else _noted(data, "base_url", "请用 --url 指明网关地址")


def database_url(data: Path) -> str:
    """The database: AJX_DATABASE_URL, else the embedded one of a running ``ajx up``."""
    return os.environ.get("AJX_DATABASE_URL") or _noted(data, "database_url", "请设置 AJX_DATABASE_URL")


def _noted(data: Path, member: str, otherwise: str) -> str:
    path = data / "gateway.json"
    try:
        return str(json.loads(path.read_text("utf-8"))[member])
    except FileNotFoundError:
        stop(f"{path} 不存在：先运行 ajx up，或用 --data 指明其数据目录；{otherwise}。")
    except (OSError, ValueError, KeyError, TypeError):
        stop(f"{path} 无法读取；{otherwise}。")


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
        stop(f"本机没有 {name} 的私钥（{path}）。已有密钥文件时，请放到该处，权限 0600。")
    except (KeyFault, OSError) as fault:
        stop(f"{name} 的私钥无法使用：{fault}")
