"""Who may do what: one table of roles, one function that decides, one format of proof of sign-in.

Pure, so that hub and wall nodes decide alike. The hub signs with its private key; a wall holds the public one and
can check a token without asking anybody.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import jwt
from msgspec import Struct

from sensors.errors import AccessError

_ALGORITHM = "EdDSA"
_ISSUER = "shekara"


class Role(StrEnum):
    """Accounts have exactly one role."""

    VIEWER = "viewer"
    DUTY_OFFICER = "duty-officer"
    TECHNICIAN = "technician"
    INSTRUCTOR = "instructor"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """Everything that can be asked of the hub or of a wall node."""

    WATCH_WALL = "watch-wall"
    READ_STATE = "read-state"
    READ_HISTORY = "read-history"
    READ_LOG = "read-log"
    WRITE_LOG = "write-log"
    ACKNOWLEDGE_ALARM = "acknowledge-alarm"
    CONTROL_WALL = "control-wall"
    READ_DIAGNOSTICS = "read-diagnostics"
    APPROVE_DEVICE = "approve-device"
    SET_VIEW = "set-view"
    COMMAND_DEVICE = "command-device"
    UPLOAD_FILE = "upload-file"
    EXPORT_VIDEO = "export-video"
    MANAGE_ACCOUNTS = "manage-accounts"
    INSTRUCT = "instruct"


_VIEWER = frozenset({Action.WATCH_WALL, Action.READ_STATE, Action.READ_HISTORY})
_DUTY_OFFICER = _VIEWER | {
    Action.READ_LOG,
    Action.WRITE_LOG,
    Action.ACKNOWLEDGE_ALARM,
    Action.CONTROL_WALL,
    Action.UPLOAD_FILE,
    Action.EXPORT_VIDEO,
}
_TECHNICIAN = _VIEWER | {
    Action.READ_LOG,
    Action.WRITE_LOG,
    Action.READ_DIAGNOSTICS,
    Action.APPROVE_DEVICE,
    Action.SET_VIEW,
    Action.COMMAND_DEVICE,
    Action.UPLOAD_FILE,
}
_INSTRUCTOR = _VIEWER | {Action.READ_LOG, Action.WRITE_LOG, Action.INSTRUCT}

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.DUTY_OFFICER: _DUTY_OFFICER,
    Role.TECHNICIAN: _TECHNICIAN,
    Role.INSTRUCTOR: _INSTRUCTOR,
    Role.ADMINISTRATOR: frozenset(Action),
}


class Audience(StrEnum):
    """What a token is good for: a session at the hub and the walls, or one entry to a wall page."""

    SESSION = "session"
    TICKET = "ticket"


class Principal(Struct, frozen=True):
    """Who is asking, once proven. `token_id` lets the hub revoke one sign-in."""

    name: str
    role: Role
    token_id: str
    expires_at: datetime


def authorise(principal: Principal | None, action: Action) -> Principal:
    """The one gate that every route, live message, still and wall stream passes.

    Raises:
        AccessError: nobody is signed in, or the role may not do this.
    """
    if principal is None:
        raise AccessError("sign-in needed", signed_in=False, subject=action, mend="Sign in and try again")
    if action not in ALLOWED[principal.role]:
        raise AccessError(
            f"the role {principal.role} may not do this",
            signed_in=True,
            subject=action,
            mend="Ask an administrator for another role",
        )
    return principal


def issue_token(principal: Principal, audience: Audience, private_key_pem: str) -> str:
    """A signed token (JWT, Ed25519) that says who, as what, until when."""
    return jwt.encode(
        {
            "iss": _ISSUER,
            "aud": audience.value,
            "sub": principal.name,
            "role": principal.role.value,
            "jti": principal.token_id,
            "exp": int(principal.expires_at.timestamp()),
        },
        private_key_pem,
        algorithm=_ALGORITHM,
    )


def verify_token(token: str, audience: Audience, public_key_pem: str, now: datetime) -> Principal:
    """Who a token speaks for.

    Raises:
        AccessError: it is malformed, signed by another, meant for something else, or over.
    """
    try:
        claims = jwt.decode(
            token,
            public_key_pem,
            algorithms=[_ALGORITHM],
            audience=audience.value,
            issuer=_ISSUER,
            options={"verify_exp": False, "require": ["exp", "sub", "jti", "aud", "iss"]},
        )
        principal = Principal(
            name=str(claims["sub"]),
            role=Role(claims["role"]),
            token_id=str(claims["jti"]),
            expires_at=datetime.fromtimestamp(int(claims["exp"]), UTC),
        )
    except (jwt.InvalidTokenError, KeyError, ValueError, OverflowError, TypeError) as error:
        raise AccessError("the token is not valid", signed_in=False, mend="Sign in again") from error
    if principal.expires_at <= now:
        raise AccessError("the sign-in has expired", signed_in=False, mend="Sign in again")
    return principal


def principal_for(name: str, role: Role, token_id: str, now: datetime, lifetime: timedelta) -> Principal:
    """A principal whose sign-in starts now."""
    return Principal(name, role, token_id, (now + lifetime).replace(microsecond=0))
