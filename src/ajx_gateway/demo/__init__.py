"""WHAT does the gateway show before anybody has pushed? Two fictitious portfolios, seeded and exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ajx_gateway.demo import nanhai, suzhou
from ajx_gateway.demo.portfolio import Push

_PORTFOLIOS: dict[str, Callable[[], Iterator[Push]]] = {"nanhai": nanhai.pushes, "suzhou": suzhou.pushes}

TITLES = {"nanhai": "南海区 2022—2023 年", "suzhou": "宿州市 2024 年"}
# How many records each portfolio pushes, faulty ones included: the progress bar's whole.
RECORDS = {"nanhai": 63_845, "suzhou": 8_355}


def portfolios() -> tuple[str, ...]:
    """The names of the demo's portfolios."""
    return tuple(_PORTFOLIOS)


def pushes(portfolio: str) -> Iterator[Push]:
    """Every request of a portfolio in the order of receipt."""
    return _PORTFOLIOS[portfolio]()


__all__ = ["RECORDS", "TITLES", "Push", "portfolios", "pushes"]
