"""The only place where topic names of the native dialect are built and parsed."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from sensors.model import ID_PATTERN, DeviceId, DeviceKey, SiteId

PREFIX = "shekara/v1"
EVERYTHING = f"{PREFIX}/#"
WALLS = SiteId("walls")
"""The site that wall nodes belong to; no post may take this name."""
SIMULATORS = SiteId("simulators")
"""The site of what plays simulated posts; no post may take this name either."""
RESERVED = frozenset({WALLS, SIMULATORS})

_ID = re.compile(ID_PATTERN)
_REMEMBERED = 16_384
"""Topics of which the parts are remembered: some three for each of the most devices that a hub takes."""
_FORM = f"a topic is {PREFIX}/<site>/<device>/<leaf>"


class Leaf(StrEnum):
    """What a message of a device is about: the last level of its topic."""

    BIRTH = "birth"
    STATE = "state"
    DATA = "data"
    EVENT = "event"
    COMMAND = "cmd"
    ACK = "ack"
    PLAN = "plan"
    BOARD = "board"
    STORED = "stored"


_LONGEST = len(f"{PREFIX}/") + 2 * 64 + max(map(len, Leaf))
"""Letters in a topic of the longest ids and leaf. A longer one is none, and is not remembered: it may be of 64 KB."""


class Topic(NamedTuple):
    """A parsed topic: whose it is and what it is about."""

    key: DeviceKey
    leaf: Leaf

    def __str__(self) -> str:
        return topic(self.key, self.leaf)


def topic(key: DeviceKey, leaf: Leaf) -> str:
    """The topic of one device's messages of one sort."""
    return f"{PREFIX}/{key.site}/{key.device}/{leaf}"


def device_filter(key: DeviceKey) -> str:
    """The subscription that covers all topics of one device."""
    return f"{PREFIX}/{key.site}/{key.device}/#"


def site_filter(site: SiteId) -> str:
    """The subscription that covers all topics of all devices of a site."""
    return f"{PREFIX}/{site}/#"


def parse_topic(text: str) -> Topic | str:
    """The parts of a native topic, or the reason why it is none."""
    return _parts(text) if len(text) <= _LONGEST else _FORM


@lru_cache(_REMEMBERED)
def _parts(text: str) -> Topic | str:
    levels = text.split("/")
    if len(levels) != 5 or levels[:2] != PREFIX.split("/"):
        return _FORM
    _, _, site, device, leaf = levels
    for name, level in (("site", site), ("device", device)):
        if not _ID.match(level):
            return f"{name} id is not lower-case letters, digits, - and _, 1 to 63"
    if leaf not in Leaf._value2member_map_:
        return f"unknown leaf, expected one of {', '.join(Leaf)}"
    return Topic(DeviceKey(SiteId(site), DeviceId(device)), Leaf(leaf))


def parse_device(site: str, device: str) -> DeviceKey | None:
    """The key of a device by the ids of its site and its own; None when one of them is no id."""
    return DeviceKey(SiteId(site), DeviceId(device)) if _ID.match(site) and _ID.match(device) else None


def wall_key(wall: str) -> DeviceKey:
    """The device key of a wall node."""
    return DeviceKey(WALLS, DeviceId(wall))
