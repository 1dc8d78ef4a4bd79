"""The SQL expression of a clock's state says the same as the pure one, on rows that hypothesis invents."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from ajx_gateway.deadlines import state
from ajx_gateway.store.clock_lists import states
from ajx_gateway.store.database import asyncpg_url

# A few instants close together, so that equal and neighbouring ones are drawn often.
BASE = datetime(2024, 3, 10, 16, 0, tzinfo=UTC)  # midnight in Shanghai
INSTANTS = st.builds(
    lambda days, seconds: BASE + timedelta(days=days, seconds=seconds),
    st.integers(-6, 6),
    st.sampled_from([-1, 0, 1, 40_000]),
)
DAYS = st.builds(lambda days: date(2024, 3, 11) + timedelta(days=days), st.integers(-6, 6))
CLOCKS = st.fixed_dictionaries(
    {
        "due": st.none() | INSTANTS,
        "provisional": st.booleans(),
        "applicable": st.sampled_from([True, True, None, False]),
        "met_at": st.none() | INSTANTS,
        "excused": st.booleans(),
        "void_on": st.none() | DAYS,
        "now": INSTANTS,
        "due_soon_days": st.integers(0, 5),
        "nominal_on": st.none() | DAYS,
    }
)
_TYPES = {
    "due": sa.DateTime(timezone=True),
    "provisional": sa.Boolean(),
    "applicable": sa.Boolean(),
    "met_at": sa.DateTime(timezone=True),
    "excused": sa.Boolean(),
    "cancelled_on": sa.Date(),
    "due_soon_days": sa.Integer(),
    "nominal_on": sa.Date(),
    "voided": sa.Boolean(),
}


@pytest.fixture(scope="module")
async def connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(asyncpg_url(database_url))
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def in_sql(connection: AsyncConnection, clocks: list[dict[str, Any]]) -> list[str]:
    asked = []
    for clock in clocks:
        row = {**clock, "cancelled_on": clock["void_on"], "voided": clock.get("voided", False)}
        of = SimpleNamespace(
            **{name: sa.cast(sa.literal(row[name], kind), kind) for name, kind in _TYPES.items()}
        )
        asked.append(sa.select(states(clock["now"], of).label("state")))
    return [(await connection.execute(each)).scalar_one() for each in asked]


@example(clocks=[])
@given(clocks=st.lists(CLOCKS, min_size=20, max_size=20))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_both_expressions_agree(connection: AsyncConnection, clocks: list[dict[str, Any]]) -> None:
    assert await in_sql(connection, clocks) == [state(**clock).value for clock in clocks]


async def test_a_voided_record_ends_its_clock_unless_it_was_met_in_time(connection: AsyncConnection) -> None:
    clock = {
        "due": BASE,
        "provisional": False,
        "applicable": True,
        "met_at": None,
        "excused": False,
        "void_on": None,
        "now": BASE + timedelta(days=1),
        "due_soon_days": 3,
        "nominal_on": date(2024, 3, 10),
        "voided": True,
    }
    in_time = {**clock, "met_at": BASE - timedelta(seconds=1)}
    late = {**clock, "met_at": BASE}
    assert await in_sql(connection, [clock, in_time, late]) == ["void", "met", "void"]
