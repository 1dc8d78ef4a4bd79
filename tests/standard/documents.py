"""Documents to read, and what was found in them."""

import json
from typing import Any

from ajx_gateway.standard import CURRENT, KINDS, Item, read, sample


def text_of(kind: str = "fund_entry", **changes: Any) -> str:
    return json.dumps({**sample(kind), **changes}, ensure_ascii=False)


def only(body: str | bytes, kind: str = "fund_entry", media: Any = "json") -> Item:
    raw = body.encode() if isinstance(body, str) else body
    items = read(KINDS[kind], CURRENT, raw, media)
    assert len(items) == 1
    return items[0]


def rules_at(item: Item) -> set[tuple[str, str]]:
    assert item.record is None
    assert item.content_hash == b""
    return {(finding.rule, finding.pointer) for finding in item.findings}
