"""HOW is it run by hand? ``ajx``: one file per group of commands, registered from the list below."""

import importlib
import importlib.util
import sys
from typing import Final

import typer

from ajx_gateway.cli.speaking import complain
from ajx_gateway.errors import GatewayError
from ajx_gateway.settings import SettingsFault
from ajx_gateway.store.embedded import CannotStart

# Each module has ``register(app: typer.Typer) -> None``; the order is the order of `ajx --help`.
COMMANDS: Final = (
    "up",
    "serve",
    "migrate",
    "doctor",
    "keys",
    "clients",
    "token",
    "check",
    "push",
    "verify",
    "publish",
    "demo",
    "rebuild",
)

app = typer.Typer(
    name="ajx",
    help="安全生产责任保险数据网关。第一次使用：ajx up；有问题：ajx doctor。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
)


def _register_all() -> None:
    for name in COMMANDS:
        module = f"{__name__}.{name}"
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module).register(app)


_register_all()


def main() -> None:
    """The console script: what an operator can mend is said in one Chinese paragraph, without a traceback."""
    try:
        app()
    except (CannotStart, SettingsFault) as fault:
        complain(str(fault))
    except GatewayError as fault:
        complain(fault.detail)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(1)
