"""HOW does one get an access token by hand? ``ajx token NAME`` prints one, and nothing else, on stdout."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ajx_gateway.cli import installation
from ajx_gateway.cli.installation import DataFolder
from ajx_gateway.client import ClientFault, GatewayClient
from ajx_gateway.identity import SigningKey

Url = Annotated[str | None, typer.Option("--url", help="网关地址；缺省取数据目录中 gateway.json 所记。")]


def register(app: typer.Typer) -> None:
    app.command("token", help="取得访问令牌（私钥在本机数据目录的 keys/NAME.pem）。")(token)


def token(
    name: Annotated[str, typer.Argument(help="登记的身份名称，例如 insurer-a。")],
    data: DataFolder = installation.DEFAULT,
    url: Url = None,
) -> None:
    """Print an access token of a registered identity whose key this machine holds."""
    typer.echo(obtain(name, data, url))


def obtain(name: str, data: Path, url: str | None) -> str:
    key = installation.signing_key(data, name)
    address = installation.base_url(data, url)
    try:
        return asyncio.run(_ask(address, name, key))
    except ClientFault as fault:
        installation.stop(f"未能取得令牌：{fault}")


async def _ask(address: str, name: str, key: SigningKey) -> str:
    async with GatewayClient(address, name, key) as gateway:
        return await gateway.access_token()
