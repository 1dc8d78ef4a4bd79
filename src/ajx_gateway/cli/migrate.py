"""HOW does the database get this version's layout? `ajx migrate`, before the new version serves."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from ajx_gateway.cli.database import owner_url
from ajx_gateway.cli.speaking import out, read_settings
from ajx_gateway.store import migrating, revisions


def register(app: typer.Typer) -> None:
    app.command("migrate", help="把数据库结构升级到本版本（可重复执行）。")(migrate)


def migrate(
    data: Annotated[Path | None, typer.Option("--data", help="内置数据库的数据目录，默认 ajx-data。")] = None,
) -> None:
    with owner_url(read_settings(data_dir=data)) as url:
        asyncio.run(migrating.upgrade(url))
    out.print(f"数据库结构已是最新版本（{revisions.head()}）。")
