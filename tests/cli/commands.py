"""Runs single commands as a shell would: arguments in, exit code, stdout and stderr out."""

import importlib

import typer
from typer.testing import CliRunner, Result


def ajx(*arguments: object, stdin: str | None = None) -> Result:
    app = typer.Typer()
    # A single command would lose its name.
    for name in ("check", "clients", "push", "report", "token", "verify"):
        importlib.import_module(f"ajx_gateway.cli.{name}").register(app)
    # Wide enough that no sentence is broken, as on a pipe it is not.
    return CliRunner().invoke(app, [str(each) for each in arguments], input=stdin, env={"COLUMNS": "400"})
