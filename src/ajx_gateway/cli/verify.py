"""IS this receipt genuine? ``ajx verify`` answers offline, with the gateway's published keys."""

import asyncio
import gzip
import hashlib
import io
import json
import sys
import zlib
from pathlib import Path
from typing import Annotated, Any

import typer
import zstandard
from rich.table import Table

from ajx_gateway.cli import installation
from ajx_gateway.cli.installation import DataFolder
from ajx_gateway.cli.speaking import out, read_settings
from ajx_gateway.client import ClientFault, fetch_json
from ajx_gateway.errors import Unauthenticated
from ajx_gateway.identity.receipts import open_receipt

_MAX_BODY = 64 * 1024 * 1024
_VERDICTS = {"accepted": "全部接受", "partial": "部分接受", "rejected": "全部拒绝"}
_COUNTS = {"created": "新增", "updated": "更新", "unchanged": "未变", "stale": "过时", "rejected": "拒绝"}
_LABELS = {
    "iss": "签发网关",
    "filing": "报送编号",
    "kind": "记录种类",
    "insurer": "保险机构",
    "received_at": "接收时间",
    "standard": "数据标准",
    "rules": "规则集",
    "verdict": "结论",
    "counts": "计数",
    "body_sha256": "报文摘要",
    "items_sha256": "逐条结果摘要",
}


def register(app: typer.Typer) -> None:
    app.command("verify", help="离线验证回执；真实为0，否则为1。")(verify)


def verify(
    receipt: Annotated[str, typer.Argument(help="回执文件（JWS，或完整的应答JSON）；- 为标准输入。")],
    *,
    jwks: Annotated[
        str | None, typer.Option(help="公钥JWKS的文件或网址；缺省为数据目录的 jwks.json。")
    ] = None,
    body: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="当时报送的报文，核对摘要。")
    ] = None,
    data: DataFolder = None,
) -> None:
    compact, answer = _receipt(receipt)
    try:
        payload = open_receipt(compact, _jwks(jwks, data))
    except Unauthenticated:
        installation.stop("回执无效：不是由这些公钥之一签发，或内容已被改动。")
    _show(payload)
    if not _agrees(answer, payload):
        installation.stop("回执真实，但应答中的其他内容与回执不符，可能被改动。")
    if body is not None and str(payload["body_sha256"]) not in _digests(body.read_bytes()):
        installation.stop("回执真实，但所给报文不是当时报送的报文：摘要不符。")
    out.print("回执真实有效" + ("，报文与回执一致。" if body is not None else "。"))


def _receipt(source: str) -> tuple[str, dict[str, Any]]:
    """The compact JWS, and the answer it came in (empty when it came alone)."""
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text("utf-8")
    except (OSError, ValueError):
        installation.stop(f"读不到回执 {source}。")
    text = text.strip()
    if not text.startswith("{"):
        return text, {}
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        answer = {}
    if not isinstance(answer.get("receipt"), str):
        installation.stop("这份JSON里没有 receipt。")
    return answer["receipt"], answer


def _agrees(answer: dict[str, Any], payload: dict[str, Any]) -> bool:
    """Whether the answer around a receipt says what the receipt binds."""
    bound = ("filing", "verdict", "counts", "standard", "rules", "received_at")
    if any(name in answer and answer[name] != payload[name] for name in bound):
        return False
    return "items" not in answer or _items_sha256(answer["items"]) == payload["items_sha256"]


def _items_sha256(items: Any) -> str | None:
    """One line ``index,key,result,version`` per item, each ended by LF; None for what are no items."""
    try:
        rows = [(item["index"], item["key"], item["result"], item["version"]) for item in items]
    except (TypeError, KeyError):
        return None
    lines = (",".join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows)
    return hashlib.sha256("".join(lines).encode("utf-8", "replace")).hexdigest()


def _jwks(source: str | None, data: Path | None) -> Any:
    if source is not None and source.startswith(("http://", "https://")):
        try:
            return asyncio.run(fetch_json(source))
        except ClientFault as fault:
            installation.stop(f"{fault}：取不到网关公钥。")
    path = Path(source) if source else installation.jwks_path(read_settings(data_dir=data).data_dir)
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        installation.stop(f"读不到网关公钥 {path}；用 --jwks 指明JWKS文件或网址。")


def _digests(content: bytes) -> set[str]:
    """SHA-256 of the body as it is, and of what it unpacks to: the receipt binds the uncompressed body."""
    digests = {hashlib.sha256(content).hexdigest()}
    unpacked = _unpacked(content)
    if unpacked is not None:
        digests.add(hashlib.sha256(unpacked).hexdigest())
    return digests


def _unpacked(content: bytes) -> bytes | None:
    reader: Any
    if content.startswith(b"\x1f\x8b"):
        reader = gzip.GzipFile(fileobj=io.BytesIO(content))
    elif content.startswith(b"\x28\xb5\x2f\xfd"):
        reader = zstandard.ZstdDecompressor().stream_reader(content)
    else:
        return None
    try:
        unpacked = bytes(reader.read(_MAX_BODY + 1))
    except (OSError, EOFError, zlib.error, zstandard.ZstdError):
        return None
    return unpacked if len(unpacked) <= _MAX_BODY else None


def _show(payload: dict[str, Any]) -> None:
    table = Table(show_header=False, box=None)
    for member, label in _LABELS.items():
        table.add_row(label, _spoken(member, payload[member]))
    out.print(table, soft_wrap=True)


def _spoken(member: str, value: Any) -> str:
    if member == "verdict":
        return _VERDICTS.get(str(value), str(value))
    if member == "counts" and isinstance(value, dict):
        return "，".join(f"{_COUNTS.get(name, name)} {number}" for name, number in value.items())
    return str(value)
