"""WHAT does the gateway show before anybody has pushed? Two fictitious portfolios, seeded and exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ajx_gateway.demo import nanhai
from ajx_gateway.demo.portfolio import Push

_PORTFOLIOS: dict[str, Callable[[], Iterator[Push]]] = {"nanhai": nanhai.pushes}


def portfolios() -> tuple[str, ...]:
    """The names of the demo's portfolios."""
    return tuple(_PORTFOLIOS)


def pushes(portfolio: str) -> Iterator[Push]:
    """Every request of a portfolio in the order of receipt."""
    return _PORTFOLIOS[portfolio]()


__all__ = ["Push", "portfolios", "pushes"]
