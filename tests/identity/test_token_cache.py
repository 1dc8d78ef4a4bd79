"""The token cache: bounded, forgetful, and never longer-lived than the token."""

from datetime import timedelta

import pytest
from forging import NOW, later

from ajx_gateway.identity import TokenCache


def test_an_entry_ends_with_its_token() -> None:
    cache: TokenCache[str] = TokenCache()
    cache.put("t", "insurer-a", expires_at=later(seconds=10), now=NOW)
    assert cache.get("t", later(seconds=9.9)) == "insurer-a"
    assert cache.get("t", later(seconds=10)) is None
    assert len(cache) == 0


def test_a_revocation_is_noticed_within_the_maximum_age() -> None:
    cache: TokenCache[str] = TokenCache(max_age=timedelta(seconds=60))
    cache.put("t", "insurer-a", expires_at=later(hours=1), now=NOW)
    assert cache.get("t", later(seconds=59)) == "insurer-a"
    assert cache.get("t", later(seconds=60)) is None


def test_the_least_recently_used_entry_goes_first() -> None:
    cache: TokenCache[int] = TokenCache(2)
    for number, token in enumerate("ab"):
        cache.put(token, number, expires_at=later(seconds=30), now=NOW)
    cache.get("a", NOW)
    cache.put("c", 2, expires_at=later(seconds=30), now=NOW)
    assert [cache.get(token, NOW) for token in "abc"] == [0, None, 2]


def test_the_cache_holds_no_token_in_the_clear() -> None:
    cache: TokenCache[int] = TokenCache()
    cache.put("secret-token", 1, expires_at=later(seconds=30), now=NOW)
    assert "secret-token" not in repr(cache._entries)


def test_hostile_text_misses_and_a_cleared_cache_forgets() -> None:
    cache: TokenCache[int] = TokenCache()
    assert cache.get("\ud800", NOW) is None
    cache.put("t", 1, expires_at=later(seconds=30), now=NOW)
    cache.clear()
    assert cache.get("t", NOW) is None
    with pytest.raises(ValueError, match="at least one"):
        TokenCache(0)
