"""Does what is written as an array literal come back from PostgreSQL as the same values?"""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ajx_gateway.store.arrays import literal

TEXTS = st.lists(
    st.none()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
    | st.sampled_from(['"', "\\", '\\"', "null", "NULL", "{}", "a,b", "", " ", "\\n", "\n", "\t", "示例"]),
    max_size=8,
)


async def back(url: str, type_: str, values: list[Any]) -> list[Any]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(f"SELECT $1::text::{type_}[]", literal(type_, values))  # type: ignore[no-any-return]
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("int", [1, None, -5]),
        ("bool", [True, None, False]),
        ("date", [date(2026, 2, 28), None, date(1, 1, 1), date(9999, 12, 31)]),
        ("numeric", [Decimal("0.00"), None, Decimal("-12345678901234.56")]),
        ("uuid", [uuid.UUID(int=0), None, uuid.UUID(int=2**128 - 1)]),
        ("bytea", [b"", None, b'\x00\\"\xff']),
        ("timestamptz", [datetime(2026, 11, 21, 1, 2, 3, 456789, tzinfo=UTC), None]),
        ("text", []),
    ],
)
async def test_values_of_every_type_come_back(database_url: str, type_: str, values: list[Any]) -> None:
    assert await back(database_url, type_, values) == values


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(values=TEXTS)
async def test_any_text_comes_back(database_url: str, values: list[str | None]) -> None:
    assert await back(database_url, "text", list(values)) == values
