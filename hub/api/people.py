"""Accounts: who may sign in, and as what. Every change is in the operational log."""

import asyncio

from hub.api.route import Call, Nothing, Route
from hub.protocol import API, AccountRequest, AccountView
from sensors.access import Action

_ACCOUNT = f"{API}/accounts/{{name}}"


async def list_accounts(call: Call[Nothing, Nothing]) -> tuple[AccountView, ...]:
    """List every account."""
    return call.parts.accounts.all()


async def put_account(call: Call[AccountRequest, Nothing]) -> AccountView:
    """Create an account, or change its role and password; its sign-ins end."""
    name = call.request.path_params["name"]
    account = await asyncio.to_thread(call.parts.accounts.set, name, call.body.role, call.body.password)
    await call.parts.hub.write_note(call.who.name, f"account {account.name} set, role {account.role}")
    return account


async def remove_account(call: Call[Nothing, Nothing]) -> None:
    """Remove an account; its sign-ins end."""
    name = call.request.path_params["name"]
    call.parts.accounts.remove(name)
    await call.parts.hub.write_note(call.who.name, f"account {name} removed")


ROUTES = (
    Route("GET", f"{API}/accounts", Action.MANAGE_ACCOUNTS, list_accounts),
    Route("PUT", _ACCOUNT, Action.MANAGE_ACCOUNTS, put_account),
    Route("DELETE", _ACCOUNT, Action.MANAGE_ACCOUNTS, remove_account),
)
