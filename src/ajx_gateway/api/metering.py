"""HOW is the gateway doing? One answer for all its server processes, whichever of them is asked.

Each process keeps its figures in a file of a folder that its parent made (``cli.listening``); without one it is alone.
"""

import os

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

# The name is the library's.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def figures(own: CollectorRegistry) -> bytes:
    """Prometheus text of all processes together; ``own`` are those of this one."""
    shown = own
    if FOLDER in os.environ:
        shown = CollectorRegistry()
        MultiProcessCollector(shown)  # type: ignore[no-untyped-call]
    return generate_latest(shown)
