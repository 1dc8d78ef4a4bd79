"""HOW does Alembic reach the database? By the connection or URL it is handed, or by AJX_DATABASE_URL."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from ajx_gateway.store.database import asyncpg_url
from ajx_gateway.store.layout import metadata


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def _connect() -> None:
    url = context.config.attributes.get("url") or os.environ["AJX_DATABASE_URL"]
    engine = create_async_engine(asyncpg_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    asyncio.run(_connect())
