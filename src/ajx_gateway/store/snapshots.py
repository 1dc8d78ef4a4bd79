"""HOW do many questions see one state of the database? A store whose reading all happens in one transaction.

A list that leaves whole is read page by page; what is pushed meanwhile must not move a row from a page that is still to
come to one that has gone. So its pages share one REPEATABLE READ transaction. It begins with the first question, under
that question's scope; a question under another scope changes the wall for as long as it lasts, in the same snapshot.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg

from ajx_gateway.identity import Scope
from ajx_gateway.store.database import Store, Transaction, walls_of

_WALLS = (
    "SELECT set_config('app.insurer', $1, true), set_config('app.territory', $2, true),"
    " set_config('app.reach', $3, true)"
)


class Snapshot(Store):
    """A store that reads one snapshot and writes nothing; its questions come one after the other."""

    def __init__(self, store: Store, stack: AsyncExitStack) -> None:
        # Nothing of the pool is made anew: the connection is one of the store's.
        self.engine, self.data_key = store.engine, store.data_key
        self._store, self._stack = store, stack
        self._held: Transaction | None = None

    @asynccontextmanager
    async def reading(self, scope: Scope) -> AsyncIterator[Transaction]:
        """The one transaction, cut to this scope meanwhile."""
        if self._held is None:
            self._held = await self._stack.enter_async_context(self._store.reading(scope))
        held = self._held
        if scope == held.scope:
            yield held
            return
        await _wall(held, scope)
        self._held = Transaction(held.connection, held.raw, scope, held.data_key)
        try:
            yield self._held
        finally:
            self._held = held
            await _wall(held, held.scope)

    @asynccontextmanager
    async def writing(self, scope: Scope) -> AsyncIterator[Transaction]:
        """Refused: whoever writes must see what others wrote meanwhile."""
        raise RuntimeError(f"a snapshot writes nothing, not as {scope.role} either")
        yield  # what makes it a generator


async def _wall(tx: Transaction, scope: Scope) -> None:
    """The rows of the scope and no others, or no rows at all: what cannot be set right reads nothing more."""
    walls = walls_of(scope)
    try:
        await tx.fetch(_WALLS, walls["insurer"], walls["territory"], walls["reach"])
    except asyncpg.InFailedSQLTransactionError:
        return  # the question failed, and the server answers nothing until the transaction ends
    except BaseException:
        tx.raw.terminate()
        raise


@asynccontextmanager
async def snapshot_of(store: Store) -> AsyncGenerator[Snapshot, None]:
    """A snapshot that begins with its first question and ends, its connection free again, with this block."""
    async with AsyncExitStack() as stack:
        yield Snapshot(store, stack)
