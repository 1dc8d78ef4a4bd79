"""DO the figures follow from the filings? `ajx rebuild` replays every filing beside what is stored and compares."""

import asyncio
import json
from typing import Annotated

import typer
from rich.progress import Progress

from ajx_gateway.cli.database import owner_url
from ajx_gateway.cli.installation import DataFolder
from ajx_gateway.cli.speaking import err, out, read_settings
from ajx_gateway.deadlines import Calendar
from ajx_gateway.intake.rebuilding import rebuild
from ajx_gateway.settings import Settings, read_data_key
from ajx_gateway.store.database import Store
from ajx_gateway.store.shadow import Difference


def register(app: typer.Typer) -> None:
    app.command("rebuild", help="由报送原文重算全部记录与期限并与库中比对，不做改动；有差异时退出码为1。")(
        rebuild_all
    )


def rebuild_all(
    data: DataFolder = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出差异。")] = False,
) -> None:
    differences = asyncio.run(_rebuild(read_settings(data_dir=data)))
    if as_json:
        shown = [vars_of(one) for one in differences]
        typer.echo(json.dumps({"differences": shown}, ensure_ascii=False))
    else:
        _say(differences)
    raise typer.Exit(1 if differences else 0)


def vars_of(difference: Difference) -> dict[str, object]:
    """A difference as plain members."""
    return {
        "table": difference.table,
        "stored_only": difference.stored_only,
        "recomputed_only": difference.recomputed_only,
        "examples": list(difference.examples),
    }


def _say(differences: list[Difference]) -> None:
    if not differences:
        out.print("重算完成：全部记录与期限与报送原文一致，没有差异。")
        return
    for one in differences:
        out.print(
            f"{one.table}：库中多出 {one.stored_only} 行，重算多出 {one.recomputed_only} 行；"
            f"例如 {'、'.join(one.examples)}"
        )


async def _rebuild(settings: Settings) -> list[Difference]:
    with owner_url(settings) as url, Progress(console=err) as progress:
        task = progress.add_task("重放报送", total=None)
        store = Store(url, data_key=read_data_key(settings), pool_size=2)
        try:
            return await rebuild(
                store,
                Calendar.load(settings.calendar_file),
                lambda done, total: progress.update(task, completed=done, total=total),
            )
        finally:
            await store.close()
