"""WHO is registered by `ajx up`? The demo's fictitious identities, each with a private key kept here."""

from datetime import UTC, datetime
from pathlib import Path

from ajx_gateway.cli import installation
from ajx_gateway.cli.keys import ensure_signing_key
from ajx_gateway.demo.identities import IDENTITIES, DemoIdentity
from ajx_gateway.identity import Caller, SigningKey, system_scope
from ajx_gateway.store import clients
from ajx_gateway.store.database import Store, Transaction


async def register_demo_identities(url: str, data_dir: Path) -> None:
    """Every identity of the demo is known to the database under the key in this data folder."""
    # Identities are kept in the clear; the key that seals filings is not needed.
    store = Store(url, data_key=bytes(32), pool_size=1)
    try:
        async with store.writing(system_scope("register the demo's identities")) as tx:
            for identity in IDENTITIES:
                key = ensure_signing_key(installation.key_path(data_dir, identity.name))
                await _register(tx, identity, key)
    finally:
        await store.close()


async def _register(tx: Transaction, identity: DemoIdentity, key: SigningKey) -> None:
    now = datetime.now(UTC)
    known = await clients.find(tx, identity.name)
    if known is None:
        await clients.register(tx, _caller(identity), key.public_jwk(), now=now)
    elif key.kid not in known.keys:
        # The folder was copied without its keys, say: the fresh key takes over.
        await clients.rotate(tx, identity.name, key.public_jwk(), now=now)


def _caller(identity: DemoIdentity) -> Caller:
    return Caller(
        name=identity.name,
        role=identity.role,
        title=identity.title,
        insurer=identity.insurer_uscc,
        territory=identity.territory,
        pinned_standard=None,
    )
