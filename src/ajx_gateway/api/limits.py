"""HOW often may one caller knock? A token bucket per caller and process, off by default."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from time import monotonic

from ajx_gateway.errors import TooManyRequests


@dataclass(slots=True)
class RateLimiter:
    """``per_second`` requests on average, ``burst`` at once; ``per_second`` 0 means no limit."""

    per_second: float = 0.0
    burst: int = 50
    ticks: Callable[[], float] = monotonic
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def spend(self, name: str) -> None:
        """Takes one request from the caller's bucket, or raises TooManyRequests with the seconds to wait."""
        if self.per_second <= 0:
            return
        tick = self.ticks()
        left, seen = self._buckets.get(name, (float(self.burst), tick))
        left = min(float(self.burst), left + (tick - seen) * self.per_second)
        if left < 1:
            self._buckets[name] = (left, tick)
            wait = max(1, ceil((1 - left) / self.per_second))
            raise TooManyRequests(f"请求过于频繁，请 {wait} 秒后重试。", retry_after=wait)
        self._buckets[name] = (left - 1, tick)
