"""HOW does a transaction's last statement travel? With the COMMIT, where both are short: one way to the server instead of two.

The driver sends one statement with parameters at a time, but a text of several without. So the last statement is
prepared once a connection, as the driver itself does with all others, and called in the text that also commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

Argument = str | Sequence[bytes]

# Written out, values are twice as long and the server reads them digit by digit: larger ones go the usual way.
MOST_BYTES = 256 * 1024
_NAMES = "ajx_last_statements"


class Last(NamedTuple):
    """A statement that gives no rows, and its parameters: texts, or lists of byte strings."""

    sql: str
    arguments: Sequence[Argument]

    @property
    def is_short(self) -> bool:
        """Whether it may travel with the COMMIT."""
        lengths = (
            len(one) if isinstance(one, str) else sum(len(each) for each in one) for one in self.arguments
        )
        return sum(lengths) <= MOST_BYTES


async def called(connection: AsyncConnection, raw: asyncpg.Connection, last: Last) -> str:
    """The text that runs it, for this connection."""
    names: dict[str, str] = connection.info.setdefault(_NAMES, {})
    name = names.get(last.sql)
    if name is None:
        name = f"{_NAMES}_{len(names)}"
        await raw.execute(f"PREPARE {name} AS {last.sql}")
        names[last.sql] = name
    return f"EXECUTE {name}({', '.join(written(one) for one in last.arguments)})"


def written(argument: Argument) -> str:
    """A parameter as SQL in which every value is hexadecimal digits: no value can be taken for anything else."""
    if isinstance(argument, str):
        return f"convert_from({_bytes(argument.encode())}, 'UTF8')"
    return f"ARRAY[{', '.join(_bytes(one) for one in argument)}]::bytea[]"


def _bytes(value: bytes) -> str:
    return f"'\\x{value.hex()}'::bytea"
