"""WHICH layouts of the database does this code know, and is the database's the newest of them?

Read from the migrations' own lines, once: a server process that is asked for its readiness every few seconds need
neither run the migrations' modules nor hold Alembic in its memory.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from ajx_gateway import errors
from ajx_gateway.store.database import Transaction

_PACKAGED = Path(__file__).parent.parent / "_migrations"
_CHECKOUT = Path(__file__).parents[3] / "migrations"
_LINE = re.compile(r'^(revision|down_revision) = "(\w+)"$', re.MULTILINE)


def folder() -> Path:
    """Where the migrations lie: within the installed package, or in the checkout."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


@cache
def known() -> frozenset[str]:
    """Every revision this code has a migration for."""
    return frozenset(_lines("revision"))


@cache
def head() -> str:
    """The revision this code was written for."""
    [newest] = known() - set(_lines("down_revision"))
    return newest


def _lines(name: str) -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted((folder() / "versions").glob("*.py"))]
    return [value for text in texts for found, value in _LINE.findall(text) if found == name]


def ahead(revision: str) -> errors.Unavailable:
    """The refusal of a database that a newer release has brought further."""
    return errors.Unavailable(f"数据库版本 {revision} 比本程序新：请升级本程序后再启动。")


async def check(tx: Transaction) -> None:
    """Refuse to serve on another layout than this code's, naming the command that mends it."""
    rows = await tx.fetch("SELECT version_num FROM alembic_version") if await _managed(tx) else []
    current = rows[0]["version_num"] if rows else None
    if current == head():
        return
    if current is not None and current not in known():
        raise ahead(current)
    raise errors.Unavailable("数据库结构落后于本程序：请先运行 ajx migrate。")


async def _managed(tx: Transaction) -> bool:
    rows = await tx.fetch("SELECT to_regclass('alembic_version') IS NOT NULL AS managed")
    return bool(rows[0]["managed"])
