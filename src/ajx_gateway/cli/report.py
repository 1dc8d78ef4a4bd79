"""HOW is a report made and checked by hand? ``ajx report make``, ``check`` and ``templates``."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table
from rich.text import Text

from ajx_gateway.cli import installation
from ajx_gateway.cli.installation import DataFolder, Url
from ajx_gateway.cli.speaking import out, read_settings
from ajx_gateway.client import ClientFault, GatewayClient
from ajx_gateway.errors import Unprocessable
from ajx_gateway.rendering.edited import blocks, edits, is_word
from ajx_gateway.rendering.layouts import SHIPPED
from ajx_gateway.rendering.seal import seal_of

_FORMS: Final = ("docx", "pdf", "xlsx")
_SHOWN: Final = 40
_CHECK: Final = "核对报告文件：数字（含 Word 正文中的）与重新推算一致为0，否则为1；此后的重述、改动的文字只列出，不算错误。"
Name = Annotated[str, typer.Option("--as", help="以哪个身份（本机持有其私钥），例如 foshan-city。")]
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出。")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True)
    group.command("make", help="编制报告并下载文件。")(make)
    group.command("check", help=_CHECK)(check)
    group.command("templates", help="把随附的模板写出，供修改后以 AJX_TEMPLATES 指定。")(templates)
    app.add_typer(group, name="report", help="编制、核对报告，取得模板。")


def make(
    kind: Annotated[
        str,
        typer.Argument(
            help="种类：monthly-bulletin、quarterly-operation、half-yearly-evaluation、annual-white-paper、insurer-service。"
        ),
    ],
    period: Annotated[str, typer.Argument(help="期间：2023-12、2023Q4、2023H2、2023。")],
    *,
    name: Name,
    form: Annotated[
        str, typer.Option("--format", help="文件格式，逗号分隔：docx、pdf、xlsx。")
    ] = "docx,pdf,xlsx",
    insurer: Annotated[str | None, typer.Option(help="承保机构代码（仅保险机构服务报告）。")] = None,
    as_of: Annotated[str | None, typer.Option(help="数据时点，例如 2024-01-09T00:00:00+08:00。")] = None,
    folder: Annotated[Path, typer.Option("--out", file_okay=False, help="写入的目录。")] = Path("."),
    data: DataFolder = None,
    url: Url = None,
) -> None:
    wanted = [part.strip() for part in form.split(",") if part.strip()]
    if not wanted or set(wanted) - set(_FORMS):
        installation.stop(f"--format 可用：{'、'.join(_FORMS)}。")
    told = {name: value for name, value in (("insurer", insurer), ("as_of", as_of)) if value is not None}

    async def work(gateway: GatewayClient) -> dict[str, Any]:
        made = await gateway.send(
            "POST",
            f"/v1/oversight/reports/{kind}/{period}",
            headers={"Content-Type": "application/json"},
            body=json.dumps(told).encode(),
        )
        report: dict[str, Any] = made.json()
        folder.mkdir(parents=True, exist_ok=True)
        for each in wanted:
            file = await gateway.get(report["links"][each])
            (folder / _file_name(report, each)).write_bytes(file.body)
        return report

    report = _asked(work, name, data, url)
    out.print(f"{report['title']}，第{report['edition']}版", markup=False, soft_wrap=True)
    out.print(f"数据时点 {report['as_of']}，校验码 {report['code']}", markup=False, soft_wrap=True)
    for each in wanted:
        out.print(str(folder / _file_name(report, each)), markup=False, soft_wrap=True)


def _file_name(report: dict[str, Any], form: str) -> str:
    return f"{report['kind']}-{report['territory'] or 'all'}-{report['period']}-{report['edition']}.{form}"


def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="网关生成的 docx、pdf 或 xlsx。")],
    *,
    name: Name,
    as_json: AsJson = False,
    data: DataFolder = None,
    url: Url = None,
) -> None:
    content = file.read_bytes()
    try:
        seal = seal_of(content)
        given = blocks(content) if is_word(content) else None
    except Unprocessable as fault:
        installation.stop(fault.detail)

    async def work(gateway: GatewayClient) -> dict[str, Any]:
        base = f"/v1/oversight/reports/{seal.report_id}"
        found: dict[str, Any] = (await gateway.get(f"{base}/check", {"digest": seal.digest})).json()
        if given is not None:
            issued = blocks((await gateway.get(f"{base}.docx")).body)
            found["edits"] = [each.as_dict() for each in edits(issued, given)]
            found["sound"] = found["sound"] and not any(each["figures"] for each in found["edits"])
        return found

    found = _asked(work, name, data, url)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _say(found)
    raise typer.Exit(0 if found["sound"] else 1)


def _say(found: dict[str, Any]) -> None:
    out.print(
        f"{found['title']}，第{found['edition']}版，数据时点 {found['as_of']}", markup=False, soft_wrap=True
    )
    out.print(found["verdict"], style="green" if found["sound"] else "red", markup=False, soft_wrap=True)
    _list("同一数据时点下不同的数字", found["differences"])
    restated = found["restatements"]
    if restated:
        out.print(f"此后有{len(restated)}处数字因更正、补报或期限届满而变化（重述，不是错误）：")
        _list("重述", restated)
    else:
        out.print("此后没有数字变化。")
    if "edits" in found:
        _say_edits(found["edits"])


def _say_edits(edited: list[dict[str, str]]) -> None:
    """What the words of a Word file say, beside the figures that its seal stands for."""
    if not edited:
        out.print("正文与按留存数字排出的原文逐段一致。")
        return
    figures = [each for each in edited if each["figures"]]
    out.print(
        f"正文有{len(edited)}处与按留存数字排出的原文不同，其中{len(figures)}处涉及数字。"
        "改动的文字由改动者负责，不在网关校验之列；模板此后改过的，也列在内。",
        style="red" if figures else "yellow",
        markup=False,
        soft_wrap=True,
    )
    table = Table(title="正文的改动")
    for heading in ("位置", "原文", "文件中", "不同的数字"):
        table.add_column(heading, overflow="fold")
    for each in [*figures, *(each for each in edited if not each["figures"])][:_SHOWN]:
        table.add_row(*(Text(each[member]) for member in ("place", "then", "now", "figures")))
    out.print(table)
    if len(edited) > _SHOWN:
        out.print(f"只列出前{_SHOWN}处，全部见 --json。")


def _list(title: str, differences: list[dict[str, str]]) -> None:
    if not differences:
        return
    table = Table(title=title)
    for heading in ("部分", "表", "行", "栏", "报告所载", "重新推算"):
        table.add_column(heading, overflow="fold")
    for each in differences[:_SHOWN]:
        table.add_row(*(each[member] for member in ("section", "table", "row", "column", "then", "now")))
    out.print(table)
    if len(differences) > _SHOWN:
        out.print(f"只列出前{_SHOWN}处，全部见 --json。")


def templates(
    folder: Annotated[Path, typer.Option("--out", file_okay=False, help="写入的目录；已有的文件保留。")],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(SHIPPED.iterdir()):
        target = folder / source.name
        if source.suffix in (".docx", ".typ") and not target.exists():
            shutil.copyfile(source, target)
            out.print(str(target), markup=False, soft_wrap=True)


def _asked(work: Any, name: str, data: Path | None, url: str | None) -> dict[str, Any]:
    settings = read_settings(data_dir=data)
    key = installation.signing_key(settings.data_dir, name)
    address = installation.address(settings, url)

    async def run() -> dict[str, Any]:
        async with GatewayClient(address, name, key) as gateway:
            found: dict[str, Any] = await work(gateway)
            return found

    try:
        return asyncio.run(run())
    except ClientFault as fault:
        installation.stop(str(fault))
