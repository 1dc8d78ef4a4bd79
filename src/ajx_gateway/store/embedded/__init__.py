"""WHERE does the database run when nobody gave us one? The bundled PostgreSQL, on a private Unix socket."""

from ajx_gateway.store.embedded.places import CannotStart
from ajx_gateway.store.embedded.server import EmbeddedPostgres, running_url

__all__ = ["CannotStart", "EmbeddedPostgres", "running_url"]
