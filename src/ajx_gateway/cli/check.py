"""WOULD the gateway take this file? ``ajx check`` judges it offline, by rules that need no other record."""

from datetime import UTC, datetime
from typing import Any

import typer

from ajx_gateway.cli import installation
from ajx_gateway.cli.source import Body, Source
from ajx_gateway.cli.verdicts import All, AsJson, Batch, Collection, File, finish, opened, verdict_of
from ajx_gateway.errors import GatewayError
from ajx_gateway.rules import RULES, RULESET, Known, judge
from ajx_gateway.standard import CURRENT, read


def register(app: typer.Typer) -> None:
    app.command("check", help="离线校验文件，不提交。退出码：0全部通过，1部分，2全部拒绝，3无法校验。")(check)


def check(
    file: File,
    *,
    collection: Collection = None,
    batch: Batch = 1000,
    as_json: AsJson = False,
    show_all: All = False,
) -> None:
    source = opened(file, collection)
    now = datetime.now(UTC)
    try:
        answers = [_judged(source, body, now) for body in source.bodies(batch)]
    except GatewayError as refusal:
        installation.stop(refusal.detail, 3)
    finish(answers, as_json=as_json, show_all=show_all)


def _judged(source: Source, body: Body, now: datetime) -> dict[str, Any]:
    """The shape of the gateway's answer, without what only the gateway knows."""
    items = read(source.kind, CURRENT, body.content, body.media)
    judged = judge(source.kind.name, items, Known(insurer="", received_at=now))
    shown = [
        {
            "index": one.item.index,
            "key": one.item.key,
            "result": "accepted" if one.accepted else "rejected",
            # Offline nothing is known about other records: what depends on them would be noise.
            "findings": [found.as_dict() for found in one.findings if not _linked(found.rule)],
        }
        for one in judged
    ]
    refused = sum(1 for one in judged if not one.accepted)
    counts = {"accepted": len(judged) - refused, "rejected": refused}
    return {
        "verdict": verdict_of(counts),
        "standard": CURRENT,
        "rules": RULESET,
        "counts": counts,
        "items": shown,
    }


def _linked(rule: str) -> bool:
    found = RULES.get(rule)
    return found is not None and found.linked
