"""What a host application says of itself: STATE, which edge nodes that know it as their primary host wait for."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from sensors.dialects.dialect import Send
from sensors.dialects.sparkplug.times import to_milliseconds
from sensors.dialects.sparkplug.topics import state_topic


class LegacyState(StrEnum):
    """Whether the host also speaks to edge nodes of version 2.2, which know `STATE/<host>`: ONLINE or OFFLINE."""

    NO = "no"
    ALSO = "also"
    ONLY = "only"


class HostState(Struct, frozen=True):
    """The payload of STATE. The timestamp of a birth is that of the will it was connected with."""

    online: bool
    timestamp: Annotated[int, Meta(ge=0)]


_decoder = msgspec.json.Decoder(HostState)


class Announcement:
    """The words of one host. A connection has one will: with `ALSO`, it is that of version 3.0."""

    def __init__(self, host_id: str, legacy: LegacyState) -> None:
        self.topic = state_topic(host_id)
        self._legacy_topic = f"STATE/{host_id}"
        self._legacy = legacy

    def say(self, *, online: bool, at: datetime) -> tuple[Send, ...]:
        """Its birth, or its death of its own accord."""
        now, before = self._now(online=online, at=at), self._before(online=online)
        match self._legacy:
            case LegacyState.NO:
                return (now,)
            case LegacyState.ONLY:
                return (before,)
        return (now, before)

    def will(self, opened_at: datetime) -> Send:
        """Its death of any other cause."""
        return self.say(online=False, at=opened_at)[0]

    def heard(self, payload: bytes) -> HostState | str:
        """What was said on its own topic, or why it is nothing."""
        try:
            return _decoder.decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return str(error)

    def _now(self, *, online: bool, at: datetime) -> Send:
        payload = msgspec.json.encode(HostState(online, to_milliseconds(at)))
        return Send(self.topic, payload, qos=1, retained=True)

    def _before(self, *, online: bool) -> Send:
        return Send(self._legacy_topic, b"ONLINE" if online else b"OFFLINE", qos=1, retained=True)
