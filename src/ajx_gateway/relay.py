"""WHO must be told? The outbox as an ordered feed for each insurer: nothing is skipped, nothing comes twice."""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import timedelta, timezone
from typing import Any

from ajx_gateway import errors, identity
from ajx_gateway.identity import Caller
from ajx_gateway.store import outbox
from ajx_gateway.store.database import Store
from ajx_gateway.store.outbox import FeedRow

_CHINA = timezone(timedelta(hours=8))
_START = (0, -1, uuid.UUID(int=0))


async def feed(store: Store, caller: Caller, *, after: str | None, limit: int) -> dict[str, Any]:
    """The insurer's next events. ``next`` is the place to continue from, also when there are none yet."""
    if caller.insurer is None:
        raise errors.Forbidden("事件流只向保险机构提供；请使用保险机构的身份凭证。")
    place = _START if after is None else _place(after)
    async with store.reading(identity.scope_of(caller)) as tx:
        rows = await outbox.after(tx, caller.insurer, place, limit)
    return {
        "items": [_shown(row) for row in rows],
        "next": _cursor(rows[-1]) if rows else after,
    }


def _shown(row: FeedRow) -> dict[str, Any]:
    return {
        "sequence": _cursor(row),
        "type": row.type,
        "happened_at": row.happened_at.astimezone(_CHINA).isoformat(),
        "payload": row.payload,
    }


def _cursor(row: FeedRow) -> str:
    packed = row.xid.to_bytes(8, "big") + row.seq.to_bytes(4, "big") + row.event_id.bytes
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _place(cursor: str) -> tuple[int, int, uuid.UUID]:
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        if len(packed) != 28:
            raise ValueError("wrong length")
        xid = int.from_bytes(packed[:8], "big")
        if xid >= 2**63:
            raise ValueError("out of range")
        return xid, int.from_bytes(packed[8:12], "big", signed=True), uuid.UUID(bytes=packed[12:])
    except (ValueError, binascii.Error):
        raise errors.Unprocessable("after 不是本网关给出的位置；请原样使用上一页的 next。") from None
