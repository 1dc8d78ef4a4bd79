"""The token bucket."""

import pytest

from ajx_gateway.api.limits import RateLimiter
from ajx_gateway.errors import TooManyRequests


class Watch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_limiter_is_off_until_somebody_sets_a_rate() -> None:
    limiter = RateLimiter()
    for _ in range(10_000):
        limiter.spend("insurer-a")


def test_the_burst_is_allowed_and_then_the_caller_is_told_when_to_come_back() -> None:
    watch = Watch()
    limiter = RateLimiter(per_second=0.5, burst=3, ticks=watch)
    for _ in range(3):
        limiter.spend("insurer-a")
    with pytest.raises(TooManyRequests) as refused:
        limiter.spend("insurer-a")
    assert refused.value.retry_after == 2
    watch.now += 2
    limiter.spend("insurer-a")
    with pytest.raises(TooManyRequests):
        limiter.spend("insurer-a")


def test_one_caller_does_not_spend_another_ones_allowance() -> None:
    limiter = RateLimiter(per_second=1, burst=1, ticks=Watch())
    limiter.spend("insurer-a")
    limiter.spend("insurer-b")
