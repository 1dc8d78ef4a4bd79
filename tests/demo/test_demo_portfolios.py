"""What holds for every push of the demo: order, size, marks, repeatability."""

import json
from collections import defaultdict
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from gathered import Portfolio, gather

from ajx_gateway import demo
from ajx_gateway.demo.identities import IDENTITIES
from ajx_gateway.identity import Caller


@pytest.fixture(params=demo.portfolios())
def portfolio(request: pytest.FixtureRequest) -> Portfolio:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Portfolio)
    return found


def test_the_same_portfolio_is_generated_every_time(suzhou: Portfolio) -> None:
    assert gather("suzhou").digest == suzhou.digest


def test_pushes_come_in_the_order_of_receipt(portfolio: Portfolio) -> None:
    by_insurer: dict[str, list[datetime]] = defaultdict(list)
    for push in portfolio.pushes:
        by_insurer[push.insurer].append(push.at)
    for instants in by_insurer.values():
        assert all(before <= after for before, after in pairwise(instants))


def test_no_batch_holds_more_than_a_thousand_records(portfolio: Portfolio) -> None:
    for push in portfolio.pushes:
        if push.op == "push":
            assert push.items == push.body.count(b"\n") <= 1_000
            assert sum(push.expected.values()) == push.items


def test_idempotency_keys_are_never_used_twice(portfolio: Portfolio) -> None:
    keys = [push.key for push in (*portfolio.pushes, *portfolio.faulty)]
    assert len(set(keys)) == len(keys)


def test_nothing_is_known_before_it_happened(portfolio: Portfolio) -> None:
    for push in portfolio.pushes:
        if push.op == "push":
            for line in push.body.splitlines():
                assert datetime.fromisoformat(json.loads(line)["revised_at"]) < push.at


def _texts(value: Any, name: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, part in value.items() for pair in _texts(part, key)]
    if isinstance(value, list):
        return [pair for part in value for pair in _texts(part, name)]
    return [(name, value)] if isinstance(value, str) else []


def test_every_name_is_marked_as_fictitious_and_no_phone_number_is_real(portfolio: Portfolio) -> None:
    names = {"name", "contact_name", "insured_confirmer", "address", "operating_address"}
    for collection in portfolio.current:
        for record in portfolio.records(collection):
            for name, text in _texts(record):
                assert name not in names or "（虚构）" in text, (collection, name, text)
                assert name != "contact_phone" or text == "00000000000"
                assert name != "id_no" or text[6:8] == "18"
                assert name != "uscc" or text[8:10] == "XN"


def test_documents_are_small_pdfs_that_say_what_they_are(portfolio: Portfolio) -> None:
    papers = [push for push in portfolio.pushes if push.op == "document"]
    assert papers
    for push in papers:
        assert push.body.startswith(b"%PDF-1.7")
        assert push.body.rstrip().endswith(b"%%EOF")
        assert f"（虚构）安全生产责任保险电子保单 {push.record_key}".encode() in push.body
        assert len(push.body) < 4_000


def test_the_cross_reference_table_of_a_document_points_at_its_objects(suzhou: Portfolio) -> None:
    body = next(push.body for push in suzhou.pushes if push.op == "document")
    table = int(body.split(b"startxref\n")[1].split(b"\n")[0])
    assert body[table:].startswith(b"xref")
    for number, line in enumerate(body[table:].split(b"\n")[3:10], 1):
        assert body[int(line[:10]) :].startswith(b"%d 0 obj" % number)


def test_the_identities_can_all_be_registered() -> None:
    callers = [
        Caller(each.name, each.role, each.title, each.insurer_uscc, each.territory) for each in IDENTITIES
    ]
    assert len({caller.name for caller in callers}) == 21
    assert len({caller.insurer for caller in callers if caller.insurer}) == 12
