"""HOW does one file a file? ``ajx check`` judges it here, ``ajx push`` sends it; the exit code is the verdict."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ajx_gateway.cli import installation, verdicts
from ajx_gateway.cli.installation import DataFolder
from ajx_gateway.cli.source import Body, Source, SourceFault, open_source
from ajx_gateway.cli.token import Url
from ajx_gateway.client import ClientFault, GatewayClient
from ajx_gateway.errors import GatewayError
from ajx_gateway.rules import RULES, RULESET, Known, judge
from ajx_gateway.standard import CURRENT, read

# Above the verdicts' own codes: there is no verdict.
NO_VERDICT = 3
LARGEST_BATCH = 10_000

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON、NDJSON、CSV 或 XLSX 文件。")]
Collection = Annotated[
    str | None, typer.Option(help="记录种类，例如 policies；缺省按文件名判断（policies.ndjson）。")
]
Batch = Annotated[int, typer.Option(min=1, max=LARGEST_BATCH, help="每次提交的记录数。")]
AsJson = Annotated[bool, typer.Option("--json", help="以JSON输出完整结果。")]
All = Annotated[bool, typer.Option("--all", help="列出全部有问题的记录。")]


def register(app: typer.Typer) -> None:
    app.command("check", help="离线校验文件，不提交。退出码：0全部通过，1部分，2全部拒绝，3无法校验。")(check)
    app.command("push", help="报送文件。退出码：0全部接受，1部分，2全部拒绝，3未能报送。")(push)


def check(
    file: File,
    *,
    collection: Collection = None,
    batch: Batch = 1000,
    as_json: AsJson = False,
    show_all: All = False,
) -> None:
    """Judge by shape and by every rule that needs no other record."""
    source = _source(file, collection)
    now = datetime.now(UTC)
    try:
        answers = [_judged(source, body, now) for body in source.bodies(batch)]
    except GatewayError as refusal:
        installation.stop(refusal.detail, NO_VERDICT)
    _finish(answers, as_json=as_json, show_all=show_all)


def _judged(source: Source, body: Body, now: datetime) -> dict[str, Any]:
    """The answer's shape, without what only the gateway knows."""
    items = read(source.kind, CURRENT, body.content, body.media)
    judged = judge(source.kind.name, items, Known(insurer="", received_at=now))
    shown = [
        {
            "index": one.item.index,
            "key": one.item.key,
            "result": "accepted" if one.accepted else "rejected",
            # Offline nothing is known about other records, so what depends on them would be noise.
            "findings": [found.as_dict() for found in one.findings if not _linked(found.rule)],
        }
        for one in judged
    ]
    refused = sum(1 for one in judged if not one.accepted)
    counts = {"accepted": len(judged) - refused, "rejected": refused}
    return {"standard": CURRENT, "rules": RULESET, "counts": counts, "items": shown}


def _linked(rule: str) -> bool:
    found = RULES.get(rule)
    return found is not None and found.linked


def push(
    file: File,
    *,
    name: Annotated[str, typer.Option("--as", help="以哪个身份报送（本机持有其私钥）。")],
    collection: Collection = None,
    atomic: Annotated[bool, typer.Option(help="全部接受才入库，任一拒绝则全部不入库。")] = False,
    dry_run: Annotated[bool, typer.Option(help="由网关校验，不入库。")] = False,
    batch: Batch = 1000,
    fresh: Annotated[bool, typer.Option(help="作为新的一次报送，不沿用同一内容以往的结果。")] = False,
    receipts: Annotated[
        Path | None, typer.Option(file_okay=False, help="把每次报送的回执存入此目录。")
    ] = None,
    as_json: AsJson = False,
    show_all: All = False,
    data: DataFolder = installation.DEFAULT,
    url: Url = None,
) -> None:
    """File every record; repeating the command after a failure repeats the same requests and is safe."""
    source = _source(file, collection)
    bodies = _bodies(source, batch, atomic=atomic)
    key = installation.signing_key(data, name)
    address = installation.base_url(data, url)
    salt = secrets.token_hex(8) if fresh else ""

    async def send() -> list[dict[str, Any]]:
        answers = []
        async with GatewayClient(address, name, key) as gateway:
            for body in _with_progress(bodies, source.size):
                reply = await gateway.push(
                    source.kind.collection,
                    body.content,
                    media=body.media,
                    key=idempotency_key(source.kind.collection, body.content, atomic=atomic, salt=salt),
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
    _finish(answers, as_json=as_json, show_all=show_all)


def idempotency_key(collection: str, content: bytes, *, atomic: bool, salt: str = "") -> str:
    """The same for the same content, whenever and from wherever it is sent: a retry is a retry."""
    digest = hashlib.sha256(f"{collection}\n{atomic}\n{salt}\n".encode() + content)
    return f"ajx-{digest.hexdigest()}"


def _source(file: Path, collection: str | None) -> Source:
    try:
        return open_source(file, collection)
    except SourceFault as fault:
        installation.stop(f"{fault}。", NO_VERDICT)


def _bodies(source: Source, batch: int, *, atomic: bool) -> Iterator[Body]:
    """All or nothing holds within one request only, so an atomic push is one request or none."""
    if not atomic:
        return source.bodies(batch)
    bodies = source.bodies(LARGEST_BATCH)
    first = list(islice(bodies, 2))
    if len(first) > 1:
        installation.stop(f"--atomic 只能用于不超过 {LARGEST_BATCH} 条记录的文件。", NO_VERDICT)
    return chain(first)


def _with_progress(bodies: Iterator[Body], size: int) -> Iterator[Body]:
    """Each body in turn; the bar moves when its answer has come. On stderr, and only on a terminal."""
    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%  {task.fields[records]} 条"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
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
    (folder / f"{answer['filing']}.jws").write_text(str(answer["receipt"]) + "\n", "ascii")


def _finish(answers: list[dict[str, Any]], *, as_json: bool, show_all: bool) -> None:
    if not answers:
        installation.stop("文件里没有记录。", NO_VERDICT)
    counts = verdicts.total(answers)
    outcome = verdicts.verdict(counts)
    if as_json:
        whole = {"verdict": outcome, "counts": counts, "answers": answers}
        typer.echo(json.dumps(whole, ensure_ascii=False, indent=1))
    else:
        console = Console(soft_wrap=True)
        verdicts.show(console, answers, all_items=show_all)
        console.print(verdicts.summary(counts))
    raise typer.Exit(verdicts.EXIT[outcome])
