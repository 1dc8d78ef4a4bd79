"""A drafted migration gives a new table the same walls as the tables that were there first."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from ajx_gateway.store.database import asyncpg_url

DRAFT = Path(__file__).parents[2] / "migrations" / "draft.py"
POLICIES = (
    "SELECT policyname, roles::text, qual, with_check FROM pg_policies WHERE tablename = '{}' ORDER BY 1"
)
FORCED = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = '{}'"
GRANTS = (
    "SELECT array_agg(privilege_type::text ORDER BY 1) FROM information_schema.role_table_grants"
    " WHERE table_name = '{}' AND grantee = 'ajx_app'"
)


@pytest.fixture(scope="module")
def draft() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draft", DRAFT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def _walls_of(connection: AsyncConnection, table: str) -> list[Any]:
    return [
        [tuple(row) for row in await connection.exec_driver_sql(question.format(table))]
        for question in (POLICIES, FORCED, GRANTS)
    ]


@pytest.mark.parametrize("like", ["endorsement", "endorsement_history", "filing"])
async def test_a_new_table_is_walled_like_its_elders(database_url: str, draft: ModuleType, like: str) -> None:
    new = like.replace("endorsement", "thing").replace("filing", "paper_history")
    columns = [sa.Column("record_id", sa.Uuid()), sa.Column("insurer", sa.Text())]
    if like != "filing":
        columns.append(sa.Column("policy_id", sa.Uuid()))
    engine = create_async_engine(asyncpg_url(database_url))
    async with engine.begin() as connection:
        await connection.run_sync(sa.Table(new, sa.MetaData(), *columns).create)
        for wall in draft.walls(ops.CreateTableOp(new, columns)):
            await connection.exec_driver_sql(wall.sqltext)
        made, elder = await _walls_of(connection, new), await _walls_of(connection, like)
        assert [len(answer) for answer in made] == [2, 1, 1]
        assert str(made).replace(new, like) == str(elder)
    await engine.dispose()
