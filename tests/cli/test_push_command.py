"""`ajx token` and `ajx push` against a gateway that really serves."""

import copy
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from commands import ajx

from ajx_gateway.cli.push import idempotency_key
from ajx_gateway.standard.sample import sample


def policies(path: Path, *numbers: str, **changes: Any) -> Path:
    lines = [
        json.dumps({**copy.deepcopy(sample("policy")), "policy_no": number, **changes}, ensure_ascii=False)
        for number in numbers
    ]
    path.write_text("".join(line + "\n" for line in lines), "utf-8")
    return path


def push(served: Path, file: Path, *options: object) -> tuple[int, dict[str, Any]]:
    said = ajx("push", file, "--as", "insurer-a", "--data", served, "--json", *options)
    assert said.stdout, said.stderr
    return said.exit_code, json.loads(said.stdout)


def test_a_token_and_nothing_else_is_printed(served: Path) -> None:
    said = ajx("token", "insurer-a", "--data", served)
    assert (said.exit_code, said.stderr) == (0, "")
    (token,) = said.stdout.split()
    assert token.count(".") == 2


def test_who_is_not_here_or_not_registered_gets_no_token(served: Path) -> None:
    missing = ajx("token", "insurer-b", "--data", served)
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "私钥" in missing.stderr
    keys = served / "keys"
    (keys / "stranger.pem").write_bytes((keys / "insurer-a.pem").read_bytes())
    refused = ajx("token", "stranger", "--data", served)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "未能取得令牌" in refused.stderr


def test_a_file_is_filed_and_its_receipt_verifies_against_it(served: Path, tmp_path: Path) -> None:
    file = policies(tmp_path / "policies.ndjson", "R-1", "R-2")
    code, whole = push(served, file, "--receipts", tmp_path / "receipts")
    assert (code, whole["verdict"], whole["counts"]["created"]) == (0, "accepted", 2)
    (receipt,) = (tmp_path / "receipts").iterdir()
    assert receipt.name == f"{whole['answers'][0]['filing']}.jws"
    assert ajx("verify", receipt, "--data", served, "--body", file).exit_code == 0
    (tmp_path / "answer.json").write_text(json.dumps(whole["answers"][0]))
    assert ajx("verify", tmp_path / "answer.json", "--data", served).exit_code == 0


def test_the_same_command_again_gives_the_same_filing(served: Path, tmp_path: Path) -> None:
    file = policies(tmp_path / "policies.ndjson", "S-1", "S-2", "S-3")
    first = push(served, file, "--batch", 2)
    assert len(first[1]["answers"]) == 2
    assert push(served, file, "--batch", 2) == first
    fresh = push(served, file, "--batch", 2, "--fresh")
    assert fresh[1]["counts"]["unchanged"] == 3


def test_the_exit_code_is_the_verdict_and_findings_are_said(served: Path, tmp_path: Path) -> None:
    good = policies(tmp_path / "policies.ndjson", "V-1")
    bad = policies(tmp_path / "faulty-policies.ndjson", "V-2", signed_on="昨天")
    assert push(served, bad)[0] == 2
    good.write_text(good.read_text("utf-8") + bad.read_text("utf-8"), "utf-8")
    said = ajx("push", good, "--as", "insurer-a", "--data", served)
    assert said.exit_code == 1
    assert "新增 1，拒绝 1" in said.stdout
    assert said.stdout.index("第2条") < said.stdout.index("/signed_on")


def test_a_dry_run_files_nothing_and_atomic_all_or_nothing(served: Path, tmp_path: Path) -> None:
    file = policies(tmp_path / "policies.ndjson", "D-1")
    code, whole = push(served, file, "--dry-run")
    assert (code, whole["answers"][0]["dry_run"], whole["answers"][0]["receipt"]) == (0, True, None)
    bad = policies(tmp_path / "faulty-policies.ndjson", "D-2", signed_on="昨天")
    file.write_text(file.read_text("utf-8") + bad.read_text("utf-8"), "utf-8")
    code, whole = push(served, file, "--atomic")
    assert (code, whole["verdict"]) == (2, "rejected")
    assert push(served, policies(tmp_path / "policies.ndjson", "D-1"))[1]["counts"]["created"] == 1


def test_an_atomic_file_larger_than_one_request_is_not_begun(served: Path, tmp_path: Path) -> None:
    file = tmp_path / "policies.ndjson"
    file.write_bytes(b"{}\n" * 10_001)
    said = ajx("push", file, "--as", "insurer-a", "--data", served, "--atomic")
    assert (said.exit_code, said.stdout) == (3, "")
    assert "--atomic" in said.stderr


def test_a_gateway_that_refuses_the_whole_request_gives_no_verdict(served: Path, tmp_path: Path) -> None:
    file = tmp_path / "policies.json"
    file.write_text("[1,")
    said = ajx("push", file, "--as", "insurer-a", "--data", served)
    assert (said.exit_code, said.stdout) == (3, "")
    assert "报送中断" in said.stderr


def test_no_address_is_said_before_anything_is_sent(served: Path, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "insurer-a.pem"
    key.parent.mkdir()
    key.write_bytes((served / "keys" / "insurer-a.pem").read_bytes())
    file = policies(tmp_path / "policies.ndjson", "N-1")
    said = ajx("push", file, "--as", "insurer-a", "--data", tmp_path)
    assert said.exit_code == 1
    assert "ajx up" in said.stderr


@pytest.mark.parametrize("other", ["claims", "atomic", "content"])
def test_the_idempotency_key_follows_from_the_request(other: str) -> None:
    key = idempotency_key(b"[]", "policies", "atomic=False")
    assert key == idempotency_key(b"[]", "policies", "atomic=False")
    changed = {
        "claims": idempotency_key(b"[]", "claims", "atomic=False"),
        "atomic": idempotency_key(b"[]", "policies", "atomic=True"),
        "content": idempotency_key(b"[{}]", "policies", "atomic=False"),
    }
    assert changed[other] != key
    assert len(key) <= 128


def test_a_port_where_nobody_listens_is_said_in_chinese(served: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    said = ajx("token", "insurer-a", "--data", served, "--url", f"http://127.0.0.1:{port}")
    assert (said.exit_code, said.stdout) == (1, "")
    assert "连接不上网关" in said.stderr
