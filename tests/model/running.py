"""Runs the state machine on a database: for the tests, and for ``benchmarks.model``."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import Gateway
from .river import River


def run(river: River, *, examples: int, steps: int, derandomize: bool = False) -> Counter[str]:
    """Raises the smallest failing life; otherwise says what was done how often."""
    counted: Counter[str] = Counter()
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=derandomize,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )
    run_state_machine_as_test(lambda: Gateway(river, counted), settings=chosen)
    return counted
