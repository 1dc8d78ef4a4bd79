"""WHAT came of it? Adds up the answers of several bodies and shows findings to a person in a terminal."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

EXIT: Final = {"accepted": 0, "partial": 1, "rejected": 2}
_SHOWN = 20
_SEVERITIES = {"error": "[red]错误[/]", "warning": "[yellow]警告[/]", "notice": "提示"}
_RESULTS = {"created": "新增", "updated": "更新", "unchanged": "未变", "stale": "过时", "rejected": "拒绝"}


def verdict(counts: dict[str, int]) -> str:
    """accepted, partial or rejected: the words of the interface, for any number of items."""
    rejected = counts.get("rejected", 0)
    if not rejected:
        return "accepted"
    return "partial" if sum(counts.values()) > rejected else "rejected"


def total(answers: Iterable[dict[str, Any]]) -> dict[str, int]:
    counts = dict.fromkeys(_RESULTS, 0)
    for answer in answers:
        for name, number in answer["counts"].items():
            counts[name] = counts.get(name, 0) + int(number)
    return counts


def show(console: Console, answers: Iterable[dict[str, Any]], *, all_items: bool) -> None:
    """Items with findings, refused ones and others alike; the first twenty unless all are wanted."""
    shown = hidden = 0
    for position, item in _with_findings(answers):
        if shown >= _SHOWN and not all_items:
            hidden += 1
            continue
        shown += 1
        result = _RESULTS.get(item["result"], item["result"])
        console.print(
            f"[bold]第{position + 1}条[/] {escape(str(item.get('key') or '（无业务号）'))} {result}"
        )
        for finding in item["findings"]:
            console.print(f"  {_line(finding)}", highlight=False)
    if hidden:
        console.print(f"……另有 {hidden} 条有问题的记录未列出，用 --all 或 --json 查看。")


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


def summary(counts: dict[str, int]) -> str:
    words = {"accepted": "全部接受", "partial": "部分接受", "rejected": "全部拒绝"}
    parts = "，".join(f"{_RESULTS.get(name, name)} {number}" for name, number in counts.items() if number)
    return f"{words[verdict(counts)]}：{parts or '没有记录'}"
