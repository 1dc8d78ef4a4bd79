"""WHO may call? ``ajx clients`` lists, registers, rotates and revokes, directly in the database."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from ajx_gateway.cli import installation
from ajx_gateway.cli.database import owner_url
from ajx_gateway.cli.installation import DataFolder
from ajx_gateway.cli.speaking import out, read_settings
from ajx_gateway.errors import GatewayError
from ajx_gateway.identity import Caller, KeyFault, SigningKey, VerifyingKey, system_scope
from ajx_gateway.settings import Settings
from ajx_gateway.store import clients as registry
from ajx_gateway.store.clients import Client
from ajx_gateway.store.database import Store, Transaction

T = TypeVar("T")
PublicKey = Annotated[
    Path | None,
    typer.Option(
        "--public-jwk",
        exists=True,
        dir_okay=False,
        help="对方的公钥文件：JWK（JSON）或 openssl 导出的PEM。省略则在本机生成密钥。",
    ),
]
Name = Annotated[str, typer.Argument(help="身份名称。")]
# Identities are kept in the clear; the key that seals filings is none of this command's business.
_NO_DATA_KEY = bytes(32)


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True)
    group.command("list", help="列出全部身份（含已撤销）。")(list_all)
    group.command("register", help="登记新的身份及其公钥。")(register_client)
    group.command("rotate", help="更换密钥，原有密钥立即停用。")(rotate)
    group.command("revoke", help="撤销身份，其已报送的数据保留。")(revoke)
    app.add_typer(group, name="clients", help="登记、更换密钥、撤销调用方身份。")


def list_all(data: DataFolder = None) -> None:
    table = Table()
    for heading in ("名称", "角色", "单位", "保险机构代码", "辖区", "密钥", "登记于", "状态"):
        table.add_column(heading, overflow="fold")
    settings = read_settings(data_dir=data)
    for client in _in_database(settings, registry.list_all, "list clients"):
        table.add_row(*_row(client))
    out.print(table)


def _row(client: Client) -> tuple[str, ...]:
    caller = client.caller
    return (
        caller.name,
        caller.role,
        caller.title,
        caller.insurer or "",
        caller.territory or "",
        "\n".join(client.keys),
        f"{client.created_at.astimezone():%Y-%m-%d %H:%M}",
        "有效" if client.revoked_at is None else f"撤销 {client.revoked_at.astimezone():%Y-%m-%d %H:%M}",
    )


def register_client(
    name: Name,
    *,
    role: Annotated[str, typer.Option(help="insurer、regulator、consultant、adviser、auditor 或 operator。")],
    title: Annotated[str | None, typer.Option(help="单位名称；缺省同身份名称。")] = None,
    insurer: Annotated[str | None, typer.Option(help="保险机构的统一社会信用代码。")] = None,
    territory: Annotated[str | None, typer.Option(help="辖区行政区划代码前缀，例如 4406、440605。")] = None,
    standard: Annotated[str | None, typer.Option(help="固定使用的数据标准版本，例如 1.0。")] = None,
    public_jwk: PublicKey = None,
    data: DataFolder = None,
) -> None:
    settings = read_settings(data_dir=data)
    try:
        caller = Caller(name, role, title or name, insurer, territory, standard)  # type: ignore[arg-type]
    except ValueError as fault:
        installation.stop(f"不能登记：{fault}。")
    with _NewKey(settings, name, public_jwk) as key:
        jwk, now = key.public_jwk(), datetime.now(UTC)
        _in_database(settings, lambda tx: registry.register(tx, caller, jwk, now=now), "register a client")
    _say(f"已登记 {name}", key, settings, name, public_jwk)


def rotate(name: Name, *, public_jwk: PublicKey = None, data: DataFolder = None) -> None:
    settings = read_settings(data_dir=data)
    with _NewKey(settings, name, public_jwk, replace=True) as key:
        jwk, now = key.public_jwk(), datetime.now(UTC)
        _in_database(settings, lambda tx: registry.rotate(tx, name, jwk, now=now), "rotate a client's key")
    _say(f"已更换 {name} 的密钥，原有密钥停用", key, settings, name, public_jwk)


def revoke(name: Name, data: DataFolder = None) -> None:
    settings, now = read_settings(data_dir=data), datetime.now(UTC)
    _in_database(settings, lambda tx: registry.revoke(tx, name, now=now), "revoke a client")
    out.print(f"已撤销 {name}。", markup=False)


def _say(done: str, key: VerifyingKey, settings: Settings, name: str, given: Path | None) -> None:
    out.print(f"{done}。密钥编号（kid）：{key.kid}", markup=False, soft_wrap=True)
    if given is None:
        out.print(
            f"私钥（0600）：{installation.key_path(settings.data_dir, name)}", markup=False, soft_wrap=True
        )


class _NewKey:
    """The public key to enter: from a file, or of a new pair that is kept only when the entry held."""

    def __init__(self, settings: Settings, name: str, given: Path | None, *, replace: bool = False) -> None:
        self._target = installation.key_path(settings.data_dir, name)
        self._draft = self._target.with_name(f"{name}.new")
        self._given = given
        if given is None and self._target.exists() and not replace:
            installation.stop(f"{self._target} 已存在：先移走该文件，或用 --public-jwk 登记已有公钥。")

    def __enter__(self) -> VerifyingKey:
        if self._given is not None:
            return _public_key(self._given)
        self._draft.unlink(missing_ok=True)
        generated = SigningKey.generate()
        generated.save(self._draft)
        return generated.verifying

    def __exit__(self, kind: type[BaseException] | None, fault: object, trace: object) -> None:
        if self._given is not None:
            return
        if kind is None:
            self._draft.replace(self._target)
        else:
            self._draft.unlink(missing_ok=True)


def _public_key(path: Path) -> VerifyingKey:
    content = path.read_bytes()
    try:
        if content.lstrip().startswith(b"-----BEGIN"):
            return VerifyingKey.from_pem(content)
        jwk = json.loads(content)
        if not isinstance(jwk, dict):
            raise KeyFault("不是JWK")
        return VerifyingKey.of(jwk)
    except KeyFault as fault:
        installation.stop(f"{path.name}：{fault}。")
    except (ValueError, RecursionError):
        installation.stop(f"{path.name} 既不是JWK（JSON），也不是PEM公钥。")


def _in_database(settings: Settings, act: Callable[[Transaction], Awaitable[T]], purpose: str) -> T:
    async def run(url: str) -> T:
        store = Store(url, data_key=_NO_DATA_KEY, pool_size=1)
        try:
            async with store.writing(system_scope(purpose)) as tx:
                return await act(tx)
        finally:
            await store.close()

    try:
        with owner_url(settings) as url:
            return asyncio.run(run(url))
    except GatewayError as refusal:
        installation.stop(refusal.detail)
