"""HOW does one file a file? ``ajx push`` sends batches that are safe to retry; the exit code is a verdict."""

import asyncio
import hashlib
import secrets
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ajx_gateway.cli import installation
from ajx_gateway.cli.installation import DataFolder, Url
from ajx_gateway.cli.source import Body, Source
from ajx_gateway.cli.speaking import err, read_settings
from ajx_gateway.cli.verdicts import (
    LARGEST_BATCH,
    NO_VERDICT,
    All,
    AsJson,
    Batch,
    Collection,
    File,
    finish,
    opened,
)
from ajx_gateway.client import ClientFault, GatewayClient


def register(app: typer.Typer) -> None:
    app.command("push", help="报送文件。退出码：0全部接受，1部分，2全部拒绝，3未能报送。")(push)


def push(
    file: File,
    *,
    name: Annotated[str, typer.Option("--as", help="以哪个身份报送（本机持有其私钥）。")],
    collection: Collection = None,
    atomic: Annotated[bool, typer.Option("--atomic", help="任一记录被拒绝则全部不入库。")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="由网关校验，不入库。")] = False,
    batch: Batch = 1000,
    fresh: Annotated[bool, typer.Option("--fresh", help="重新判定，不取同一内容以往的结果。")] = False,
    receipts: Annotated[Path | None, typer.Option(file_okay=False, help="回执存入此目录。")] = None,
    as_json: AsJson = False,
    show_all: All = False,
    data: DataFolder = None,
    url: Url = None,
) -> None:
    settings = read_settings(data_dir=data)
    source = opened(file, collection)
    bodies = _bodies(source, batch, atomic=atomic)
    key = installation.signing_key(settings.data_dir, name)
    address = installation.address(settings, url)
    switches = (f"atomic={atomic}", f"dry_run={dry_run}", secrets.token_hex(8) if fresh else "")

    async def send() -> list[dict[str, Any]]:
        answers = []
        async with GatewayClient(address, name, key) as gateway:
            for body in _with_progress(bodies, source.size):
                reply = await gateway.push(
                    source.kind.collection,
                    body.content,
                    media=body.media,
                    key=idempotency_key(body.content, source.kind.collection, *switches),
                    dry_run=dry_run,
                    atomic=atomic,
                    compress=True,
                )
                answers.append(reply.json())
                _keep_receipt(receipts, answers[-1])
        return answers

    try:
        answers = asyncio.run(send())
    except ClientFault as fault:
        installation.stop(
            f"报送中断：{fault}\n已提交的部分已经入库；原样重新运行本命令即可，不会重复。", NO_VERDICT
        )
    finish(answers, as_json=as_json, show_all=show_all)


def idempotency_key(content: bytes, *request: str) -> str:
    """The same for the same content and request, whenever and wherever it is sent: a retry is a retry."""
    digest = hashlib.sha256("\n".join([*request, ""]).encode() + content)
    return f"ajx-{digest.hexdigest()}"


def _bodies(source: Source, batch: int, *, atomic: bool) -> Iterator[Body]:
    """All or nothing holds within one request only, so an atomic push is one request or none."""
    if not atomic:
        return source.bodies(batch)
    bodies = list(islice(source.bodies(LARGEST_BATCH), 2))
    if len(bodies) > 1:
        installation.stop(f"--atomic 只能用于不超过 {LARGEST_BATCH} 条记录的文件。", NO_VERDICT)
    return iter(bodies)


def _with_progress(bodies: Iterator[Body], size: int) -> Iterator[Body]:
    """Each body in turn; the bar, on stderr, moves when its answer has come."""
    records = TextColumn("{task.percentage:>3.0f}%  {task.fields[records]} 条")
    with Progress(BarColumn(), records, TimeElapsedColumn(), console=err, transient=True) as progress:
        task = progress.add_task("push", total=size, records=0)
        done = 0
        for body in bodies:
            yield body
            done += body.count
            progress.update(task, advance=len(body.content), records=done)


def _keep_receipt(folder: Path | None, answer: dict[str, Any]) -> None:
    if folder is None or not answer.get("receipt"):
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{answer['filing']}.jws").write_text(f"{answer['receipt']}\n", "ascii")
