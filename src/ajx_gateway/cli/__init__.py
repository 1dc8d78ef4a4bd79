"""HOW is it run by hand? ``ajx``: one file per group of commands, registered from the list below."""

import importlib
import sys
from typing import Final

import typer

from ajx_gateway.cli.speaking import complain
from ajx_gateway.errors import GatewayError
from ajx_gateway.settings import SettingsFault
from ajx_gateway.store.embedded import CannotStart

# Each command and the module whose ``register(app: typer.Typer)`` adds it, in the order of `ajx --help`.
COMMANDS: Final = {
    "up": "up",
    "serve": "serve",
    "worker": "serve",
    "migrate": "migrate",
    "doctor": "doctor",
    "keys": "keys",
    "clients": "clients",
    "token": "token",
    "check": "check",
    "push": "push",
    "verify": "verify",
    "publish": "publish",
    "demo": "demo",
    "rebuild": "rebuild",
    "report": "report",
}


def application(wanted: str | None = None) -> typer.Typer:
    """All commands, or only the wanted one's module: `ajx token` need not load the whole gateway."""
    app = typer.Typer(
        name="ajx",
        help="安全生产责任保险数据网关。第一次使用：ajx up；有问题：ajx doctor。",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    # With a callback a single command keeps its name.
    app.callback()(lambda: None)
    modules = dict.fromkeys([COMMANDS[wanted]] if wanted in COMMANDS else COMMANDS.values())
    for module in modules:
        importlib.import_module(f"{__name__}.{module}").register(app)
    return app


def main() -> None:
    """The console script: what an operator can mend is said in one Chinese paragraph, without a traceback."""
    try:
        application(sys.argv[1] if len(sys.argv) > 1 else None)()
    except (CannotStart, SettingsFault) as fault:
        complain(str(fault))
    except GatewayError as fault:
        complain(fault.detail)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(1)
