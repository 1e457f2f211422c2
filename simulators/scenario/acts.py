"""What all actions have: where, when, and a name by which expectations speak of them."""

from typing import Annotated

from msgspec import Meta, Struct

from sensors.model import Ident

Seconds = Annotated[float, Meta(ge=0, le=86_400)]


class Act(Struct, frozen=True, forbid_unknown_fields=True, tag_field="action", kw_only=True):
    """Something that is made to happen at a post, so many seconds after the start."""

    site: Ident
    at_s: Seconds = 0.0
    id: Ident | None = None


def tag_of(action: Act) -> str:
    """The word by which a scenario asks for an action."""
    return str(type(action).__struct_config__.tag)
