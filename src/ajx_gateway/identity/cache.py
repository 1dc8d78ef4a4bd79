"""WHO was that again? Remembers verified tokens, so that a busy caller costs one signature check a minute."""

import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class TokenCache(Generic[T]):
    """What a token stood for, bounded, the least recently used forgotten first.

    Keyed by the token's SHA-256, so that a memory dump holds no tokens. An entry ends with its token, and
    after ``max_age`` at the latest, so that a revocation reaches every worker within that time.
    """

    __slots__ = ("_capacity", "_entries", "_max_age")

    def __init__(self, capacity: int = 1024, *, max_age: timedelta = timedelta(seconds=60)) -> None:
        if capacity < 1:
            raise ValueError("a cache holds at least one entry")
        self._capacity = capacity
        self._max_age = max_age
        self._entries: OrderedDict[bytes, tuple[datetime, T]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, token: str, now: datetime) -> T | None:
        digest = _digest(token)
        entry = self._entries.get(digest)
        if entry is None:
            return None
        ends, value = entry
        if ends <= now:
            del self._entries[digest]
            return None
        self._entries.move_to_end(digest)
        return value

    def put(self, token: str, value: T, *, expires_at: datetime, now: datetime) -> None:
        self._entries[_digest(token)] = (min(expires_at, now + self._max_age), value)
        self._entries.move_to_end(_digest(token))
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forget everybody, after a revocation in this process."""
        self._entries.clear()


def _digest(token: str) -> bytes:
    # Hostile text may hold lone surrogates; it must miss the cache, not fail.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
