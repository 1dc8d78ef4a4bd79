"""The loader believes no answer that differs from what the demo foresees."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ajx_gateway.cli import application
from ajx_gateway.client import Reply
from ajx_gateway.demo.loading import LoadFault, check
from ajx_gateway.demo.portfolio import Push

PUSH = Push(
    insurer="insurer-a",
    collection="policies",
    op="push",
    media="application/x-ndjson",
    body=b"{}\n{}\n",
    at=datetime(2023, 5, 1, tzinfo=UTC),
    key="demo-insurer-a-policies",
    by="insurer-a",
    items=2,
    expected={"created": 2, "updated": 0},
)


def _reply(created: int, rejected: int) -> Reply:
    counts = {"created": created, "updated": 0, "unchanged": 0, "stale": 0, "rejected": rejected}
    items = [{"index": 0, "result": "rejected", "findings": [{"rule": "policy.fund_below_floor"}]}] * rejected
    return Reply(200, {}, json.dumps({"verdict": "partial", "counts": counts, "items": items}).encode())


def test_the_foreseen_counts_are_accepted() -> None:
    assert check(PUSH, _reply(created=2, rejected=0)) == {"created": 2}


def test_an_unforeseen_rejection_ends_the_load_and_names_the_rule() -> None:
    with pytest.raises(LoadFault, match=r"policy\.fund_below_floor"):
        check(PUSH, _reply(created=1, rejected=1))


def test_an_answer_without_counts_ends_the_load() -> None:
    with pytest.raises(LoadFault, match="counts"):
        check(PUSH, Reply(200, {}, b"{}"))


def test_the_command_says_in_one_sentence_when_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(application("demo"), ["demo", "--out", str(tmp_path / "file" / "folder")])
    assert result.exit_code == 1
    assert "写不进" in result.output
    assert "Traceback" not in result.output
