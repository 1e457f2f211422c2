"""What somebody at a wall's page asks of the centre, sealed with their own sign-in.

A wall passes orders on as events over MQTT, where others may read them. So the sign-in itself does not travel: who
asks is named, and the order is sealed with a keyed hash whose key is their token. The hub signed that token; Ed25519
signatures are deterministic, so from the names it makes the very same token again, and the seal with it. Nobody
else can make or change an order, not a wall without a signed-in officer either; and a seal is good for one order.
"""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from sensors.access import Audience, Principal, Role, issue_token
from sensors.errors import AccessError, WireError
from sensors.model import Ident

ORDER: Final = "order"
"""The kind of event that carries an order."""
ANSWER: Final = "order-answer"
"""The command by which the hub answers: `order` its id, `text` why it was not done, empty when it was."""
EXPECT_MOVE: Final = "expect-move"
"""The command by which the hub says that a camera is turned on purpose: `site`, `camera`, for how many `seconds`."""
MAX_AGE: Final = timedelta(seconds=60)
MAX_EVENT_CHARACTERS: Final = 2_000


class WallOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """One order: `name` says what is asked, `change` how, in the hub's own words for it."""

    id: Annotated[str, Meta(min_length=8, max_length=64)]
    wall: Ident
    at: datetime
    name: Ident
    change: msgspec.Raw


class _Sealed(Struct, frozen=True, forbid_unknown_fields=True):
    """An order with who gave it. `order` is its JSON text, as it was sealed."""

    order: Annotated[str, Meta(max_length=MAX_EVENT_CHARACTERS)]
    who: Annotated[str, Meta(max_length=64)]
    role: Role
    token_id: Annotated[str, Meta(max_length=64)]
    expires_at: datetime
    audience: Audience
    seal: Annotated[str, Meta(max_length=64)]


_order = msgspec.json.Decoder(WallOrder)
_sealed = msgspec.json.Decoder(_Sealed)


def seal_order(order: WallOrder, principal: Principal, audience: Audience, token: str) -> str:
    """The text of an event: an order of this principal, whose token it is.

    Raises:
        WireError: it is too long.
    """
    text = msgspec.json.encode(order).decode()
    sealed = _Sealed(
        order=text,
        who=principal.name,
        role=principal.role,
        token_id=principal.token_id,
        expires_at=principal.expires_at,
        audience=audience,
        seal=_seal(text, token),
    )
    event = msgspec.json.encode(sealed).decode()
    if len(event) > MAX_EVENT_CHARACTERS:
        raise WireError("is too long", subject="order")
    return event


def open_order(event: str, wall: str, private_key_pem: str, now: datetime) -> tuple[WallOrder, Principal]:
    """The order in an event of a wall, and who gave it, proven.

    Raises:
        WireError: it is no order, or another wall's.
        AccessError: the seal is not that of a token that the hub has signed, or the order or the sign-in is too old.
    """
    try:
        sealed = _sealed.decode(event)
        principal = Principal(sealed.who, sealed.role, sealed.token_id, sealed.expires_at)
        token = issue_token(principal, sealed.audience, private_key_pem)
        if not hmac.compare_digest(_seal(sealed.order, token).encode(), sealed.seal.encode()):
            raise AccessError("the seal is not right", signed_in=False, subject="order", mend="Sign in again")
        order = _order.decode(sealed.order)
    except (msgspec.DecodeError, UnicodeError, OverflowError, ValueError) as error:
        raise WireError(str(error)[:200], subject="order") from error
    if order.wall != wall:
        raise WireError("is for another wall", subject="order")
    if principal.expires_at <= now:
        raise AccessError("the sign-in has expired", signed_in=False, mend="Sign in again")
    if abs(now - order.at) > MAX_AGE:
        raise AccessError("is too old", signed_in=True, subject="order", mend="Set the clocks of hub and wall")
    return order, principal


def _seal(text: str, token: str) -> str:
    return hmac.new(token.encode(), text.encode(), sha256).hexdigest()
