"""Documents to read, and what was found in them."""

import copy
import json
import random
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


SPOILS: list[Any] = [
    None,
    "",
    "x" * 3000,
    -1,
    1.5,
    True,
    [],
    {},
    "2026-02-30",
    "1e5",
    "１２",
    "12.345",
    [None],
    {"a": 1},
]


def spoiled(document: Any, rng: random.Random) -> Any:
    """The document with one member left out, added or changed, anywhere in it."""
    place = document
    while isinstance(place, dict | list) and place:
        key = rng.choice(list(place) if isinstance(place, dict) else list(range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or rng.random() < 0.3:
            break
        place = place[key]
    match rng.randrange(3), place:
        case 0, dict():
            del place[key]
        case 1, dict():
            place["unknown"] = copy.deepcopy(rng.choice(SPOILS))
        case _:
            place[key] = copy.deepcopy(rng.choice(SPOILS))
    return document
