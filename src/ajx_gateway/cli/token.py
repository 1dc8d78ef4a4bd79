"""HOW does one get an access token by hand? ``ajx token NAME`` prints one, and nothing else, on stdout."""

import asyncio
from typing import Annotated

import typer

from ajx_gateway.cli import installation
from ajx_gateway.cli.installation import DataFolder, Url
from ajx_gateway.cli.speaking import read_settings
from ajx_gateway.client import ClientFault, GatewayClient, Patience
from ajx_gateway.identity import SigningKey


def register(app: typer.Typer) -> None:
    app.command("token", help="取得访问令牌（需本机持有该身份的私钥）；标准输出只有令牌。")(token)


def token(
    name: Annotated[str, typer.Argument(help="登记的身份名称，例如 insurer-a。")],
    data: DataFolder = None,
    url: Url = None,
) -> None:
    """Print an access token of a registered identity whose key this machine holds."""
    settings = read_settings(data_dir=data)
    key = installation.signing_key(settings.data_dir, name)
    try:
        typer.echo(asyncio.run(_ask(installation.address(settings, url), name, key)))
    except ClientFault as fault:
        installation.stop(f"未能取得令牌：{fault}")


async def _ask(address: str, name: str, key: SigningKey) -> str:
    # Somebody is waiting at a terminal: say soon that nobody answers.
    async with GatewayClient(address, name, key, patience=Patience(attempts=3)) as gateway:
        return await gateway.access_token()
