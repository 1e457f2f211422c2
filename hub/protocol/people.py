"""Accounts, signing in, and what people send with their orders."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from sensors.access import Role
from sensors.model import Line, Paragraph


class SignIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /session."""

    name: Line
    password: Annotated[str, Meta(max_length=256)]


class Session(Struct, frozen=True):
    """A sign-in: send `token` as `Authorization: Bearer`."""

    token: str
    name: str
    role: Role
    expires_at: datetime


class AccountRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of PUT /accounts/{name}."""

    role: Role
    password: Annotated[str, Meta(min_length=12, max_length=256)]


class AccountView(Struct, frozen=True):
    """An account without its secret."""

    name: str
    role: Role
    created_at: datetime


class Note(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of requests that take the officer's words: acknowledge, approve, refuse, log."""

    text: Paragraph = ""


class Settlement(Struct, frozen=True, forbid_unknown_fields=True):
    """Body of requests that settle a conflict: which one, as its `mark` says, and the technician's words."""

    mark: Line
    text: Paragraph = ""


class Problem(Struct, frozen=True):
    """An error's body: the closed kind, and one line for people."""

    kind: str
    detail: str
