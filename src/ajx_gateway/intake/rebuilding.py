"""DO the stored records and clocks follow from the filings? Everything is replayed beside them and compared."""

from __future__ import annotations

import json
from collections.abc import Callable

from ajx_gateway import standard
from ajx_gateway.deadlines import Calendar, document_accepted
from ajx_gateway.intake import consequences
from ajx_gateway.intake.consequences import Dating
from ajx_gateway.intake.submit import Media, incoming
from ajx_gateway.intake.voiding import read_voiding
from ajx_gateway.standard.record_id import record_id
from ajx_gateway.store import clock_endings, clocks, documents, filings, records, shadow
from ajx_gateway.store.database import Store, Transaction
from ajx_gateway.store.shadow import Difference, Replayed

Report = Callable[[int, int], None]


async def rebuild(
    store: Store, calendar: Calendar, report: Report = lambda _done, _all: None
) -> list[Difference]:
    """Replay every filing into a shadow and compare; nothing stored is changed. Empty means: all is exact."""
    async with shadow.shadow(store) as tx:
        replayed = await shadow.filings_in_order(tx)
        early = []
        for number, filing in enumerate(replayed, start=1):
            if await _REPLAYS[filing.op](tx, calendar, filing) == _EARLY:
                early.append(filing)
            report(number, len(replayed))
        for filing in early:
            await _void(tx, calendar, filing)
        return await shadow.compare(tx)


# A void that raced with the record's first push may have been received before it; then it is replayed again.
_EARLY = "early"


async def _push(tx: Transaction, calendar: Calendar, filing: Replayed) -> None:
    kind = standard.KINDS[filing.kind]
    body = await filings.body(tx, filing.filing_id)
    answer = json.loads(await filings.answer_of(tx, filing.filing_id))
    kept = {item["index"] for item in answer["items"] if item["result"] != "rejected"}
    media: Media = "ndjson" if filing.media == "ndjson" else "json"
    items = [item for item in standard.read(kind, filing.standard, body, media) if item.index in kept]
    outcomes = await records.replace(
        tx,
        kind.name,
        filing.insurer,
        [incoming(kind.name, filing.insurer, item, item.index, filing.filing_id) for item in items],
        now=filing.received_at,
    )
    await consequences.settle(
        tx,
        Dating(calendar, await clocks.outages(tx)),
        kind.name,
        filing.insurer,
        {item.index: item for item in items},
        outcomes,
        now=filing.received_at,
        replayed=True,
    )


async def _void(tx: Transaction, _calendar: Calendar, filing: Replayed) -> str | None:
    voiding = read_voiding(await filings.body(tx, filing.filing_id))
    subject = record_id(filing.insurer, filing.kind, filing.record_key or "")
    outcome = await records.void(
        tx,
        filing.kind,
        subject,
        revised_at=voiding.revised_at,
        filing_id=filing.filing_id,
        now=filing.received_at,
    )
    if outcome is None:
        return _EARLY
    if outcome.result == "updated":
        await clocks.void_subject(tx, subject, now=filing.received_at)
        if filing.kind == "endorsement":
            await clock_endings.settle(tx, filing.insurer, [subject])
    return None


async def _document(tx: Transaction, calendar: Calendar, filing: Replayed) -> None:
    policy_no = filing.record_key or ""
    body = await filings.body(tx, filing.filing_id)
    await documents.keep_row(
        tx,
        filing_id=filing.filing_id,
        policy_id=record_id(filing.insurer, "policy", policy_no),
        insurer=filing.insurer,
        policy_no=policy_no,
        media_type=filing.media,
        body=body,
        now=filing.received_at,
    )
    dated = Dating(calendar, ())
    facts = document_accepted(policy_no, received_at=filing.received_at)
    settled = [dated.settled(fact, None) for fact in facts]
    await clocks.settle(tx, filing.insurer, settled, now=filing.received_at)


_REPLAYS = {"push": _push, "void": _void, "document": _document}
