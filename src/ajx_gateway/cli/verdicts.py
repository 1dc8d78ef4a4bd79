"""WHAT came of it? The options that `check` and `push` share, their findings and exit codes."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from ajx_gateway.cli import installation
from ajx_gateway.cli.source import Source, SourceFault, open_source
from ajx_gateway.cli.speaking import out

EXIT: Final = {"accepted": 0, "partial": 1, "rejected": 2}
# Above the verdicts' own codes: there is no verdict.
NO_VERDICT: Final = 3
LARGEST_BATCH: Final = 10_000
_SHOWN: Final = 20
_SEVERITIES: Final = {"error": "[red]错误[/]", "warning": "[yellow]警告[/]", "notice": "提示"}
_VERDICTS: Final = {"accepted": "全部接受", "partial": "部分接受", "rejected": "全部拒绝"}
_RESULTS: Final = {
    "accepted": "通过",
    "created": "新增",
    "updated": "更新",
    "unchanged": "未变",
    "stale": "过时",
    "rejected": "拒绝",
}

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON、NDJSON、CSV 或 XLSX 文件。")]
Collection = Annotated[
    str | None, typer.Option(help="记录种类，例如 policies；缺省按文件名判断（policies.ndjson）。")
]
Batch = Annotated[int, typer.Option(min=1, max=LARGEST_BATCH, help="每批的记录数。")]
AsJson = Annotated[bool, typer.Option("--json", help="以JSON输出完整结果。")]
All = Annotated[bool, typer.Option("--all", help="列出全部有问题的记录。")]


def opened(file: Path, collection: str | None) -> Source:
    try:
        return open_source(file, collection)
    except SourceFault as fault:
        installation.stop(f"{fault}。", NO_VERDICT)


def verdict_of(counts: Mapping[str, int]) -> str:
    """accepted, partial or rejected: the words of the interface, for any number of items."""
    rejected = counts.get("rejected", 0)
    if not rejected:
        return "accepted"
    return "partial" if sum(counts.values()) > rejected else "rejected"


def overall(verdicts: Iterable[str]) -> str:
    """The verdict over several answers (an atomic refusal refuses more than its counts say)."""
    found = set(verdicts)
    return found.pop() if len(found) == 1 else "partial"


def finish(answers: list[dict[str, Any]], *, as_json: bool, show_all: bool) -> None:
    """Say what came of it and end with the verdict's exit code."""
    if not answers:
        installation.stop("文件里没有记录。", NO_VERDICT)
    counts: Counter[str] = Counter()
    for answer in answers:
        counts.update(answer["counts"])
    verdict = overall(answer["verdict"] for answer in answers)
    if as_json:
        whole = {"verdict": verdict, "counts": dict(counts), "answers": answers}
        typer.echo(json.dumps(whole, ensure_ascii=False, indent=1))
    else:
        _show(answers, all_items=show_all)
        parts = "，".join(f"{_RESULTS.get(name, name)} {number}" for name, number in counts.items() if number)
        out.print(f"{_VERDICTS[verdict]}：{parts or '没有记录'}")
    raise typer.Exit(EXIT[verdict])


def _show(answers: Iterable[dict[str, Any]], *, all_items: bool) -> None:
    """Items with findings, refused ones first; twenty of them unless all are wanted."""
    found = sorted(_with_findings(answers), key=lambda each: each[1]["result"] != "rejected")
    for number, (position, item) in enumerate(found):
        if number == _SHOWN and not all_items:
            out.print("……还有，用 --all 或 --json 查看全部。")
            return
        result = _RESULTS.get(item["result"], item["result"])
        key = escape(str(item.get("key") or "（无业务号）"))
        out.print(f"[bold]第{position + 1}条[/] {key} {result}", soft_wrap=True)
        for finding in item["findings"]:
            out.print(f"  {_line(finding)}", soft_wrap=True)


def _with_findings(answers: Iterable[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    offset = 0
    for answer in answers:
        for item in answer["items"]:
            if item["findings"]:
                yield offset + int(item["index"]), item
        offset += len(answer["items"])


def _line(finding: dict[str, Any]) -> str:
    severity = _SEVERITIES.get(finding["severity"], finding["severity"])
    where = escape(finding["pointer"] or "整条记录")
    clause = f"（{escape(finding['clause'])}）" if finding.get("clause") else ""
    return f"{severity} {where} {escape(finding['message'])}{clause} [dim]{escape(finding['rule'])}[/]"
