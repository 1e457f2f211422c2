"""Walls, and what an officer may change about them."""

from datetime import datetime

from msgspec import Struct

from sensors.model import DeviceKey, Language, Names


class WallView(Struct, frozen=True):
    """A wall as its plan and its node stand. `url` is its page."""

    wall: str
    title: Names
    layout: str
    online: bool
    url: str = ""
    spotlight: DeviceKey | None = None


class WallRequest(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Body of PUT /walls/{wall}: what to change; unset stays. An empty spotlight clears the operator's choice."""

    layout: str | None = None
    language: Language | None = None
    spotlight: DeviceKey | None = None
    clear_spotlight: bool = False


class Ticket(Struct, frozen=True):
    """A one-entry address of a wall's page."""

    url: str
    expires_at: datetime
