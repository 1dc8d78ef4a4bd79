"""A body is kept byte for byte, however large and however badly it can be compressed."""

from __future__ import annotations

import json
import random
import uuid
from typing import Literal

import pytest

from ajx_gateway.identity import Caller, scope_of
from ajx_gateway.intake.desk import Desk
from ajx_gateway.intake.submit import submit
from ajx_gateway.standard import KINDS
from ajx_gateway.store import filings

from .conftest import NOW, Make


@pytest.mark.parametrize("media", ["json", "ndjson"])
async def test_a_body_of_many_portions_comes_back_byte_for_byte(
    desk: Desk, make: Make, insurer: Caller, media: Literal["json", "ndjson"]
) -> None:
    rng = random.Random(7)
    lines = []
    for number in range(1_300):
        own = {f"ext_{n:02}": rng.randbytes(250).hex() for n in range(20)}
        lines.append(json.dumps(make("fund_entry", entry_no=f"F{number}") | own, ensure_ascii=False))
    body = ("[" + ", ".join(lines) + "]" if media == "json" else "\n".join(lines)).encode()
    answer = await submit(
        desk, insurer, KINDS["fund_entry"], body, media=media, key=media, version="1.0", now=NOW
    )
    filing = uuid.UUID(json.loads(answer.body)["filing"])
    async with desk.store.reading(scope_of(insurer)) as tx:
        rows = await tx.fetch("SELECT length(body) AS size FROM filing_frame WHERE filing_id = $1", filing)
        assert len(rows) == 6
        assert sum(row["size"] for row in rows) > 5 * 2**20
        assert await filings.body(tx, filing) == body
        found = await filings.items(tx, [(filing, 0), (filing, 700), (filing, 1_299)])
    assert [raw.decode() for raw in found.values()] == [lines[0], lines[700], lines[1_299]]
