"""Is a question planned for what it asks about, each time, and a push as seldom as may be?"""

from __future__ import annotations

import pytest

from ajx_gateway.identity import system_scope
from ajx_gateway.store.database import Store

# Asked so often, PostgreSQL would plan a statement once for all values otherwise.
OFTEN = 12


@pytest.fixture
async def store(database_url: str):
    opened = Store(database_url, data_key=b"k" * 32, pool_size=1)
    yield opened
    await opened.close()


async def test_a_question_that_is_asked_often_is_planned_for_its_own_values(store: Store) -> None:
    for _ in range(OFTEN):
        async with store.reading(system_scope("ask")) as tx:
            await tx.fetch("SELECT count(*) FROM policy WHERE starts_with(division, $1)", "4406")
    async with store.reading(system_scope("look")) as tx:
        rows = await tx.fetch(
            "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%starts_with%'"
            " AND statement NOT LIKE '%pg_prepared%'"
        )
    assert [(row["custom_plans"], row["generic_plans"]) for row in rows] == [(OFTEN, 0)]


async def test_what_writes_may_keep_its_plan(store: Store) -> None:
    async with store.writing(system_scope("write")) as tx:
        [row] = await tx.fetch("SELECT current_setting('plan_cache_mode') AS mode")
    assert row["mode"] == "auto"
