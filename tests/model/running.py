"""Runs the state machine on a database: for the tests, and for ``benchmarks.model``."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from .machine import Gateway
from .river import River


def run(river: River, counted: Counter[str], *, examples: int, steps: int, number: int) -> None:
    """The lives that ``number`` stands for, the same ones each time; raises the smallest that fails.

    What was done how often is added to ``counted``; a database must not see the same ``counted["examples"]`` twice.
    """
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
    )
    run_state_machine_as_test(seed(number)(lambda: Gateway(river, counted)), settings=chosen)  # type: ignore[arg-type]
