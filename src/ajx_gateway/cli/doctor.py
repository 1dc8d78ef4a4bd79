"""WHAT is wrong with this installation, and what mends it? `ajx doctor` changes nothing."""

import json
from pathlib import Path
from typing import Annotated, Final

import typer

from ajx_gateway.cli.checkup import Finding, Level, examine
from ajx_gateway.cli.speaking import out, read_settings

_SHOWN: Final = {
    Level.GOOD: ("正常", "green"),
    Level.WARNING: ("注意", "yellow"),
    Level.FAULT: ("故障", "red"),
}


def register(app: typer.Typer) -> None:
    app.command("doctor", help="检查本机安装：逐项说明问题与处理办法，不做任何改动。")(doctor)


def doctor(
    data: Annotated[Path | None, typer.Option("--data", help="数据目录，默认 ajx-data。")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="以 JSON 输出。")] = False,
) -> None:
    """Exit code 1 when something is at fault, 0 otherwise (warnings included)."""
    findings = examine(read_settings(data_dir=data))
    if as_json:
        out.print_json(json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False))
    else:
        _print(findings)
    if any(finding.level is Level.FAULT for finding in findings):
        raise typer.Exit(1)


def _print(findings: list[Finding]) -> None:
    """Lines, not a table: a mend is there to be copied."""
    for finding in findings:
        word, style = _SHOWN[finding.level]
        out.print(word, style=style, end="  ")
        out.print(f"{finding.subject}：{finding.found}", markup=False, soft_wrap=True)
        if finding.mend:
            out.print(f"      处理：{finding.mend}", markup=False, soft_wrap=True)
