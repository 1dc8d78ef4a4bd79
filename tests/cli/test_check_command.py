"""`ajx check` judges offline: its exit code is the verdict."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from commands import ajx

from ajx_gateway.standard import KINDS
from ajx_gateway.standard.sample import sample


def policy(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(sample("policy")), **changes}


def written(path: Path, *documents: Any) -> Path:
    path.write_text(
        "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents), "utf-8"
    )
    return path


@pytest.mark.parametrize(
    ("documents", "code", "verdict"),
    [
        ([policy()], 0, "accepted"),
        ([policy(), policy(policy_no="P-2", signed_on="yesterday")], 1, "partial"),
        ([policy(signed_on="yesterday")], 2, "rejected"),
    ],
    ids=["accepted", "partial", "rejected"],
)
def test_the_exit_code_is_the_verdict(
    tmp_path: Path, documents: list[dict[str, Any]], code: int, verdict: str
) -> None:
    file = written(tmp_path / "policies.ndjson", *documents)
    assert ajx("check", file).exit_code == code
    said = ajx("check", file, "--json")
    assert said.exit_code == code
    assert json.loads(said.stdout)["verdict"] == verdict


def test_a_finding_says_where_and_why_in_chinese(tmp_path: Path) -> None:
    said = ajx("check", written(tmp_path / "policies.ndjson", policy(signed_on="yesterday")))
    assert "第1条" in said.stdout
    assert "/signed_on" in said.stdout
    assert "全部拒绝" in said.stdout


def test_rules_are_judged_and_not_only_the_shape(tmp_path: Path) -> None:
    backwards = policy(effective_on="2027-03-01", expires_on="2026-03-01")
    said = ajx("check", written(tmp_path / "policies.ndjson", backwards), "--json")
    assert said.exit_code == 2
    rules = {finding["rule"] for finding in json.loads(said.stdout)["answers"][0]["items"][0]["findings"]}
    assert any(rule.startswith("policy.") for rule in rules)


def test_what_depends_on_other_records_is_not_judged_offline(tmp_path: Path) -> None:
    for kind in ("claim", "service", "hazard"):
        file = written(tmp_path / f"{KINDS[kind].collection}.ndjson", sample(kind))
        said = ajx("check", file, "--json")
        findings = json.loads(said.stdout)["answers"][0]["items"][0]["findings"]
        assert not [finding for finding in findings if "unknown" in finding["rule"]]


def test_batches_are_counted_through(tmp_path: Path) -> None:
    documents = [policy(policy_no=f"P-{number}") for number in range(5)] + [policy(signed_on="x")]
    said = ajx("check", written(tmp_path / "policies.ndjson", *documents), "--batch", 2)
    assert said.exit_code == 1
    assert "第6条" in said.stdout
    assert "通过 5，拒绝 1" in said.stdout


def test_the_first_twenty_are_listed_unless_all_are_wanted(tmp_path: Path) -> None:
    file = written(
        tmp_path / "policies.ndjson", *[policy(policy_no=f"P-{n}", signed_on="x") for n in range(25)]
    )
    assert "第21条" not in ajx("check", file).stdout
    assert "第25条" in ajx("check", file, "--all").stdout


@pytest.mark.parametrize(
    ("name", "content"),
    [("policies.json", "[1,"), ("policies.ndjson", ""), ("things.json", "{}"), ("policies.txt", "{}")],
)
def test_a_file_that_cannot_be_judged_is_neither_good_nor_bad(
    tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    said = ajx("check", tmp_path / name)
    assert (said.exit_code, said.stdout) == (3, "")
    assert "错误" in said.stderr
