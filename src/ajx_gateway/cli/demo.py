"""WHAT does the demo push? ``ajx demo`` writes both portfolios as files, with the commands that push them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from ajx_gateway.cli.speaking import complain, err, out
from ajx_gateway.demo import RECORDS, TITLES
from ajx_gateway.demo.writing import write


def register(app: typer.Typer) -> None:
    app.command("demo", help="把演示数据（全部虚构）写成文件，附报送命令。")(demo)


def demo(
    folder: Annotated[
        Path, typer.Option("--out", file_okay=False, help="写入的目录；同名文件会被替换。")
    ] = Path("ajx-demo"),
) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err) as progress:
        tasks: dict[str, TaskID] = {
            name: progress.add_task(title, total=RECORDS[name]) for name, title in TITLES.items()
        }
        try:
            write(folder, lambda name, done: progress.update(tasks[name], completed=done))
        except OSError as fault:
            complain(f"写不进 {folder}：{fault.strerror}")
            raise typer.Exit(1) from None
    out.print(f"已写入 {folder.absolute()}", markup=False, soft_wrap=True)
    out.print("报送方法见其中的 README.md 与 push.sh。")
