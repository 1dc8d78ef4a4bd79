"""WHAT would it be under another text? The same records judged by another scheme, or by a draft; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ajx_gateway.errors import NotFound, Unprocessable
from ajx_gateway.identity import Caller
from ajx_gateway.jurisdictions.schemes import ReadScheme, SchemeError, read
from ajx_gateway.oversight import asking
from ajx_gateway.oversight.admission import territory_words
from ajx_gateway.oversight.evaluation_reading import scheme_named
from ajx_gateway.oversight.evaluation_rights import ABSENT, reach_of
from ajx_gateway.oversight.evaluation_stored import described
from ajx_gateway.oversight.evaluations import asked_of, preview, scorecards
from ajx_gateway.oversight.shown import shown_instant
from ajx_gateway.store.database import Store


@dataclass(frozen=True, slots=True)
class Supposed:
    """The other text: the id of a known scheme, or a draft as TOML; as known at which instant."""

    scheme: str | None = None
    draft: str | None = None
    as_of: datetime | None = None


async def what_if(
    store: Store, caller: Caller, jurisdiction: str, period: str, supposed: Supposed, *, now: datetime
) -> dict[str, Any]:
    """The scorecards under the other text, each beside the score that the place's own text gives."""
    scope, reach = reach_of(caller, jurisdiction)
    if reach != "whole":
        raise NotFound(ABSENT)
    asking.not_later("as_of", supposed.as_of, now)
    other = _text(supposed)
    as_of = supposed.as_of or now
    asked = asked_of(jurisdiction, period, other)
    if asked is None:
        raise NotFound(ABSENT)
    cards = await preview(store, asked, as_of=as_of)
    return {
        "scope": territory_words(scope),
        "as_of": shown_instant(as_of),
        "jurisdiction": jurisdiction,
        "period": asked.period.as_dict(),
        "state": "what_if",
        "scheme": described(other),
        "own": await _own(store, jurisdiction, period, as_of),
        "cards": [card.as_dict() for card in cards],
    }


def _text(supposed: Supposed) -> ReadScheme:
    if (supposed.scheme is None) == (supposed.draft is None):
        raise Unprocessable("请给出 scheme（已有办法的编号）或 draft（TOML 草案）之一。")
    found = scheme_named(supposed.scheme)
    if found is not None:
        return found
    try:
        return read(supposed.draft or "")
    except SchemeError as refusal:
        faults = [{"pointer": fault.pointer, "message": fault.message} for fault in refusal.faults]
        raise Unprocessable("草案不能使用，逐项说明见 errors。", errors=faults) from None


async def _own(store: Store, jurisdiction: str, period: str, as_of: datetime) -> list[dict[str, Any]] | None:
    """Scores and tiers by the place's own text; None where it has none for such a period."""
    try:
        asked = asked_of(jurisdiction, period, None)
    except Unprocessable:
        asked = None
    if asked is None:
        return None
    names = ("insurer", "score", "score_low", "score_high", "tier", "tier_title")
    told = [card.as_dict() for card in await scorecards(store, asked, as_of=as_of)]
    return [{name: card[name] for name in names} for card in told]
