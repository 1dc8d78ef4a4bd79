"""WHO is registered, with which keys? Identities live in the database; a revoked one is a stranger at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ajx_gateway import errors
from ajx_gateway.identity import Caller
from ajx_gateway.store import tables
from ajx_gateway.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Client:
    """A registered identity with its current public keys by ``kid``."""

    caller: Caller
    keys: Mapping[str, Mapping[str, Any]]
    created_at: datetime
    revoked_at: datetime | None


async def find(tx: Transaction, name: str) -> Client | None:
    """The identity under this name, unless it is revoked."""
    found = [
        client for client in await _clients(tx, tables.client.c.name == name) if client.revoked_at is None
    ]
    return found[0] if found else None


async def list_all(tx: Transaction) -> list[Client]:
    """Every identity ever registered, revoked ones included, by name."""
    return await _clients(tx, sa.true())


async def _clients(tx: Transaction, where: sa.ColumnElement[bool]) -> list[Client]:
    client, key = tables.client, tables.client_key
    rows = (await tx.execute(sa.select(client).where(where).order_by(client.c.name))).mappings().all()
    names = [row["name"] for row in rows]
    kept = await tx.execute(sa.select(key).where(key.c.client.in_(names), key.c.retired_at.is_(None)))
    keys: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in kept.mappings():
        keys.setdefault(row["client"], {})[row["kid"]] = row["jwk"]
    return [
        Client(
            caller=Caller(
                name=row["name"],
                role=row["role"],
                title=row["title"],
                insurer=row["insurer"],
                territory=row["territory"],
                pinned_standard=row["pinned_standard"],
            ),
            keys=keys.get(row["name"], {}),
            created_at=row["created_at"],
            revoked_at=row["revoked_at"],
        )
        for row in rows
    ]


async def find_key(tx: Transaction, name: str, kid: str) -> Mapping[str, Any] | None:
    """The public key of a living identity, or None."""
    client = await find(tx, name)
    return None if client is None else client.keys.get(kid)


async def register(tx: Transaction, caller: Caller, jwk: Mapping[str, Any], *, now: datetime) -> None:
    """A new identity with its first key; an insurer enters the registry of insurers with it."""
    if caller.insurer is not None:
        await tx.execute(
            insert(tables.insurer)
            .values(insurer=caller.insurer, name=caller.title, division=None, registered_at=now)
            .on_conflict_do_nothing()
        )
    added = await tx.execute(
        insert(tables.client)
        .values(
            name=caller.name,
            role=caller.role,
            title=caller.title,
            insurer=caller.insurer,
            territory=caller.territory,
            pinned_standard=caller.pinned_standard,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(tables.client.c.name)
    )
    if added.first() is None:
        raise errors.Unprocessable(
            f"名称 {caller.name} 已登记；换一个名称，或用 ajx clients rotate 更换密钥。"
        )
    await _add_key(tx, caller.name, jwk, now)


async def rotate(tx: Transaction, name: str, jwk: Mapping[str, Any], *, now: datetime) -> None:
    """A new key; all earlier ones of this identity are retired."""
    if await find(tx, name) is None:
        raise errors.NotFound(f"没有名为 {name} 的有效身份。")
    key = tables.client_key
    await tx.execute(
        key.update().where(key.c.client == name, key.c.retired_at.is_(None)).values(retired_at=now)
    )
    await _add_key(tx, name, jwk, now)


async def _add_key(tx: Transaction, name: str, jwk: Mapping[str, Any], now: datetime) -> None:
    key = tables.client_key
    statement = insert(key).values(client=name, kid=jwk["kid"], jwk=dict(jwk), created_at=now)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=[key.c.client, key.c.kid], set_={"retired_at": None})
    )


async def revoke(tx: Transaction, name: str, *, now: datetime) -> None:
    """The identity is refused from now on; what it filed stays."""
    client = tables.client
    revoked = await tx.execute(
        client.update().where(client.c.name == name, client.c.revoked_at.is_(None)).values(revoked_at=now)
    )
    if revoked.rowcount == 0:
        raise errors.NotFound(f"没有名为 {name} 的有效身份。")


async def spend_assertion(
    tx: Transaction, name: str, jti: str, *, expires_at: datetime, now: datetime
) -> bool:
    """True the first time an assertion is seen; False when it is a replay. Expired ones are forgotten."""
    spent = tables.spent_assertion
    await tx.execute(spent.delete().where(spent.c.client == name, spent.c.expires_at < now))
    added = await tx.execute(
        insert(spent)
        .values(client=name, jti=jti, expires_at=expires_at)
        .on_conflict_do_nothing()
        .returning(spent.c.jti)
    )
    return added.first() is not None


async def insurer_names(tx: Transaction) -> dict[str, str]:
    """The registered insurers: USCC to name."""
    rows = await tx.execute(sa.select(tables.insurer.c.insurer, tables.insurer.c.name))
    return {row.insurer: row.name for row in rows}
