"""ARE the committed schemas and OpenAPI document what the code says? ``--check`` compares, else written."""

from pathlib import Path
from typing import Annotated

import typer

from ajx_gateway.app import create_app
from ajx_gateway.publishing import openapi, schemas
from ajx_gateway.settings import Settings

ROOT = Path(__file__).parents[3]
MEND = "请运行 ajx publish 重新生成，并把变更一并提交。"


def publish(
    check: Annotated[bool, typer.Option("--check", help="只比较，不写入；有差异时退出码为 1。")] = False,
    root: Annotated[Path, typer.Option("--root", help="代码仓库的根目录。")] = ROOT,
) -> None:
    """重新生成 schemas/ 与 openapi/，或检查它们与代码一致。"""
    # The document does not depend on the installation, so nobody's environment may colour it.
    document = create_app(Settings(_env_file=None)).openapi()
    if not check:
        for path in [*schemas.write(root / "schemas"), openapi.write(document, root / "openapi")]:
            typer.echo(f"已写入 {path}")
        return
    differences = [*schemas.check(root / "schemas"), *openapi.check(document, root / "openapi")]
    for line in differences:
        typer.echo(line, err=True)
    if differences:
        typer.echo(MEND, err=True)
        raise typer.Exit(1)
    typer.echo("schemas/ 与 openapi/ 与代码一致。")


def register(app: typer.Typer) -> None:
    """Adds ``ajx publish``."""
    app.command("publish")(publish)
