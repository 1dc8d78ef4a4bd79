"""Which endorsements does a cover see, and what did the policy say before them?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from ajx_gateway.demo.policies import policy
from ajx_gateway.demo.portfolio import Body, Cover, Record, instant, later
from ajx_gateway.demo.sums import yuan


def policy_records(cover: Cover, day: date, horizon: date) -> Iterator[Record]:
    """All states of a policy in order, with the endorsements between them; the last is `cover` itself.

    A change that would fall after the horizon never happens: the policy then has its final content at once.
    """
    rng = cover.random("changes")
    changed_on = later(cover.signed_on, rng.randrange(32, 200))
    kinds = ("add_persons", "correction", "extend_period", "change_information", "replace_persons", "none")
    kind = rng.choices(kinds, (40, 28, 6, 30, 50, 846))[0]
    if cover.cancelled_on:
        yield from _cancelled(cover, cover.cancelled_on, day)
    elif kind == "none" or later(changed_on, 3) > horizon or changed_on >= cover.expires_on:
        yield Record("policies", cover.number, day, policy(cover, day))
    else:
        yield from _changed(cover, day, changed_on, kind)


def _changed(cover: Cover, day: date, changed_on: date, kind: str) -> Iterator[Record]:
    known_on = later(changed_on, 1)
    joined = max(1, cover.insured // 10)
    if kind == "correction":
        yield Record("policies", cover.number, day, policy(_misread(cover), day, draft=True))
        yield Record("policies", cover.number, known_on, policy(cover, known_on))
    elif kind == "add_persons" and cover.insured > joined:
        before = replace(
            cover,
            insured=cover.insured - joined,
            received=cover.received * (cover.insured - joined) // cover.insured,
        )
        yield Record("policies", cover.number, day, policy(before, day))
        body = _endorsement(cover, kind, changed_on, cover.received - before.received)
        body |= {"insured_count_change": joined, "insured_count_after": cover.insured}
        yield Record("endorsements", body["endorsement_no"], known_on, body)
        yield Record("policies", cover.number, known_on, policy(cover, known_on))
    elif kind == "extend_period" and (cover.expires_on - cover.effective_on).days > 380:
        before = replace(cover, expires_on=later(cover.expires_on, -30))
        yield Record("policies", cover.number, day, policy(before, day))
        body = _endorsement(cover, kind, changed_on, 0) | {"new_expires_on": cover.expires_on.isoformat()}
        yield Record("endorsements", body["endorsement_no"], known_on, body)
        yield Record("policies", cover.number, known_on, policy(cover, known_on))
    else:
        yield Record("policies", cover.number, day, policy(cover, day))
        kind = "replace_persons" if kind == "replace_persons" else "change_information"
        body = _endorsement(cover, kind, changed_on, 0)
        yield Record("endorsements", body["endorsement_no"], known_on, body)


def _misread(cover: Cover) -> Cover:
    """The policy as somebody mistyped it: one person and some yuan off."""
    return replace(
        cover, insured=cover.insured + 1, received=cover.received + 100 * (7 + cover.enterprise.serial % 90)
    )


def _cancelled(cover: Cover, ended_on: date, day: date) -> Iterator[Record]:
    yield Record("policies", cover.number, day, policy(replace(cover, refunded=0), day))
    known_on = max(later(ended_on, 1), later(day, 1))
    body = _endorsement(cover, "cancel", ended_on, -cover.refunded)
    reason = cover.random("cancel").choice(("insured_request", "business_closed", "non_payment", "replaced"))
    body["cancellation"] = {"reason": reason, "refund": yuan(cover.refunded)}
    yield Record("endorsements", body["endorsement_no"], known_on, body)
    yield Record("policies", cover.number, known_on, policy(cover, known_on))


def _endorsement(cover: Cover, kind: str, on: date, premium_change: int) -> Body:
    number = f"{cover.number.replace('-P', '-E')}-1"
    return {
        "endorsement_no": number,
        "policy_no": cover.number,
        "type": kind,
        "issued_on": on.isoformat(),
        "effective_on": on.isoformat(),
        "reason": "投保人申请（虚构）",
        "premium_change": yuan(premium_change),
        "free_of_charge": premium_change == 0,
        "revised_at": instant(later(on, 1), number),
    }
