"""`shekara account`: who may sign in, kept on the hub's own machine. A password never comes from the command line."""

import os
import sys
from typing import Annotated

import typer

from hub.config import HubSettings
from hub.people.accounts import MAX_PASSWORD, Accounts
from sensors.access import Role
from sensors.clock import SystemClock
from sensors.errors import ConfigError

PASSWORD_VARIABLE = "SHEKARA_ACCOUNT_PASSWORD"  # noqa: S105 - the variable's name
account = typer.Typer(no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Letters, digits and . _ - @")]


@account.callback()
def manage_accounts() -> None:
    """Manage the accounts that may sign in. A running hub takes every change at once."""


@account.command("set")
def set_account(
    ctx: typer.Context, name: Name, role: Annotated[Role, typer.Option(help="What the account may do.")]
) -> None:
    """Create an account, or change its role and password; its sign-ins end.

    The password is asked for, or read from standard input, or taken from SHEKARA_ACCOUNT_PASSWORD.
    """
    made = _accounts(ctx).set(name, role, read_password())
    typer.echo(f"{made.name}: {made.role}")


@account.command("list")
def list_accounts(ctx: typer.Context) -> None:
    """List the accounts."""
    for view in _accounts(ctx).all():
        typer.echo(f"{view.name}\t{view.role}\tsince {view.created_at:%Y-%m-%d}")


@account.command("remove")
def remove_account(ctx: typer.Context, name: Name) -> None:
    """Remove an account; its sign-ins end."""
    _accounts(ctx).remove(name)
    typer.echo(f"{name}: removed")


def read_password() -> str:
    """The password, from the environment, a prompt that does not show it, or one line of standard input.

    Raises:
        ConfigError: there is none.
    """
    if given := os.environ.get(PASSWORD_VARIABLE):
        return given
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    if line := sys.stdin.readline(MAX_PASSWORD + 2).rstrip("\r\n"):
        return line
    raise ConfigError("no password was given", subject="account", mend="Type it, or send it on standard input")


def _accounts(ctx: typer.Context) -> Accounts:
    return Accounts(ctx.obj.section(HubSettings, "hub").data_dir, SystemClock())
