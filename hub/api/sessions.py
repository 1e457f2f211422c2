"""Signing in and out, and who one is."""

from typing import Annotated

from msgspec import Meta, Struct

from hub.api.route import Call, Nothing, Open, Route
from hub.protocol import API, Session, SignIn
from sensors.access import Action, Role


class WhoAmI(Struct, frozen=True):
    """The sign-in that a request was made with."""

    name: str
    role: Role
    expires_at: Annotated[str, Meta(description="when to sign in again, RFC 3339")]


async def sign_in(call: Call[SignIn, Nothing]) -> Session:
    """Sign in with name and password."""
    return await call.parts.desk.sign_in(call.body, address_of(call))


async def who_am_i(call: Call[Nothing, Nothing]) -> WhoAmI:
    """Say whose sign-in this is."""
    return WhoAmI(call.who.name, call.who.role, call.who.expires_at.isoformat())


async def sign_out(call: Call[Nothing, Nothing]) -> None:
    """End this sign-in, everywhere and at once."""
    call.parts.accounts.revoke(call.who)


def address_of(call: Call[SignIn, Nothing]) -> str:
    """The peer's address, by which failed sign-ins are counted."""
    return call.request.client.host if call.request.client else ""


ROUTES = (
    Route("POST", f"{API}/session", Open.OPEN, sign_in),
    Route("GET", f"{API}/session", Action.READ_STATE, who_am_i),
    Route("DELETE", f"{API}/session", Action.READ_STATE, sign_out),
)
