"""WHICH database does a command talk to? The configured one, or the bundled one."""

from collections.abc import Iterator
from contextlib import contextmanager

from ajx_gateway.settings import Settings
from ajx_gateway.store.embedded import EmbeddedPostgres, running_url


@contextmanager
def owner_url(settings: Settings) -> Iterator[str]:
    """The owner's URL; the bundled server is started for the command's time when nobody runs it."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    running = running_url(settings.data_dir)
    if running is not None:
        yield running
        return
    with EmbeddedPostgres(settings.data_dir) as server:
        yield server.start()
