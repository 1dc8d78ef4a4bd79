"""WHAT stands on the envelope? Idempotency-Key, Data-Standard, record keys and query parameters."""

import re
from collections.abc import Iterable

from starlette.requests import Request

from ajx_gateway import standard
from ajx_gateway.errors import Malformed, NotFound, Unprocessable
from ajx_gateway.identity import Caller

_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,128}", re.ASCII)
_RECORD_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)


def idempotency_key(request: Request) -> str:
    """The sender's name for this attempt: the same one again means the same request again."""
    stated = request.headers.getlist("idempotency-key")
    if not stated:
        raise Malformed(
            "缺少请求头 Idempotency-Key：每次报送取一个新值（如 UUID），重试时沿用原值，即可安全重发。",
            header="Idempotency-Key",
        )
    if len(stated) > 1 or not _IDEMPOTENCY_KEY.fullmatch(stated[0]):
        raise Unprocessable(
            "Idempotency-Key 应为一个 1 至 128 位的可见 ASCII 字符串。", header="Idempotency-Key"
        )
    return stated[0]


def standard_version(request: Request, caller: Caller, kind: standard.Kind) -> str:
    """The version the sender states, else the one they are pinned to, else the current one."""
    stated = request.headers.getlist("data-standard")
    version = stated[0].strip() if stated else caller.pinned_standard or standard.CURRENT
    supported = [known for known in standard.VERSIONS if kind.name in standard.kinds_at(known)]
    if len(stated) > 1 or version not in supported:
        listed = "、".join(supported)
        raise Unprocessable(
            f"Data-Standard 指定的数据标准版本不受支持，{kind.title}可用的版本：{listed}。",
            supported=supported,
        )
    return version


def record_key(request: Request, name: str) -> str:
    """The record's key from the path, its encoded slashes turned back (see ``middleware.RecordKeys``)."""
    key = str(request.path_params[name]).replace("%2F", "/")
    if not _RECORD_KEY.fullmatch(key):
        raise NotFound("编号不符合格式要求，没有这条记录。")
    return key


def only(request: Request, names: Iterable[str], *, several: Iterable[str] = ()) -> None:
    """Refuses unknown or repeated query parameters: a mistyped ``dry-run`` must not write."""
    repeatable = set(several)
    known = [*names, *sorted(repeatable)]
    for name in request.query_params:
        if name not in known:
            raise Unprocessable(f"不认识的查询参数，可用：{'、'.join(known) or '无'}。", parameters=known)
        if name not in repeatable and len(request.query_params.getlist(name)) > 1:
            raise Unprocessable(f"查询参数 {name} 只能出现一次。", parameter=name)


def flag(request: Request, name: str) -> bool:
    """A boolean query parameter: exactly ``true`` or ``false``."""
    stated = request.query_params.get(name, "false")
    if stated not in ("true", "false"):
        raise Unprocessable(f"查询参数 {name} 只能是 true 或 false。", parameter=name)
    return stated == "true"


def number(request: Request, name: str, *, default: int, most: int) -> int:
    """A count from 1 to ``most``."""
    stated = request.query_params.get(name, str(default))
    if not _NUMBER.fullmatch(stated) or not 1 <= int(stated) <= most:
        raise Unprocessable(f"查询参数 {name} 应为 1 至 {most} 的整数。", parameter=name)
    return int(stated)
