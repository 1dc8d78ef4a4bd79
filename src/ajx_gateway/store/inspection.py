"""WHAT kind of server is at this address? What `ajx doctor` asks before anything else works."""

from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg
from sqlalchemy.engine import make_url

CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Server:
    """``revision`` is the layout of the database, None when nothing was ever migrated."""

    version: str
    major: int
    encoding: str
    fsync: bool
    revision: str | None
    now: datetime


async def inspect(url: str) -> Server:
    """Raises OSError or asyncpg.PostgresError when the server cannot be reached or refuses us."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain, timeout=CONNECT_SECONDS)
    try:
        managed = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
        revision = (
            await connection.fetchval("SELECT max(version_num) FROM alembic_version") if managed else None
        )
        return Server(
            version=await connection.fetchval("SHOW server_version"),
            major=connection.get_server_version().major,
            encoding=await connection.fetchval("SHOW server_encoding"),
            fsync=await connection.fetchval("SHOW fsync") == "on",
            revision=revision,
            now=(await connection.fetchval("SELECT clock_timestamp()")).astimezone(UTC),
        )
    finally:
        await connection.close()
