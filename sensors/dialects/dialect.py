"""The one shape of every dialect: a message of the broker in; what equipment said, and what to do about it, out.

A dialect is a machine without I/O. It never raises, whatever the bytes: what it cannot understand comes back as
`Rejected`. It may remember (aliases, discovered topics, sequence numbers), within bounds of its own.
"""

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from msgspec import Struct

from sensors.dialects.native import CommandPayload
from sensors.model import DeviceKey, Message


class Filter(NamedTuple):
    """A subscription that stands as long as the connection."""

    topic: str
    qos: int = 1


class Send(Struct, frozen=True):
    """Something to publish."""

    topic: str
    payload: bytes
    qos: int = 1
    retained: bool = False


class Listen(Struct, frozen=True):
    """From now on the dialect wants this topic too. A broker that refuses it is heard as before otherwise."""

    topic: str


class Unlisten(Struct, frozen=True):
    """The dialect wants this topic no more."""

    topic: str


class Memo(Struct, frozen=True):
    """Something to be reminded of after a restart, under this name; None when that is over.

    It is on the disk before the message that it came of is acknowledged. The dialect bounds how much that may be.
    """

    name: str
    content: bytes | None


Action = Send | Listen | Unlisten | Memo


class Heard(Struct, frozen=True):
    """What a message, or the passing of time, amounts to, in order."""

    messages: tuple[Message, ...] = ()
    actions: tuple[Action, ...] = ()


NOTHING = Heard()


class Dialect(Protocol):
    """One foreign way of speaking. Belongs to one thread.

    `name` is shown as the provenance of its devices. A dialect with a will gets a connection to itself, and a clean
    session; all others share the hub's persistent one.
    """

    @property
    def name(self) -> str:
        """As `[dialects]` and the registry call it."""

    @property
    def filters(self) -> tuple[Filter, ...]:
        """What to subscribe to on each connection; topics of `Listen` are subscribed to again as well."""

    def claims(self, topic: str) -> bool:
        """Whether a message of this topic is for this dialect."""

    def decode(self, topic: str, payload: bytes, *, retained: bool, received_at: datetime) -> Heard:
        """One message. `payload` is at most `native.MAX_PAYLOAD_BYTES` long."""

    def connected(self, now: datetime, opened_at: datetime) -> Heard:
        """Subscribed, on a connection whose will was made for `opened_at`."""

    def tick(self, now: datetime) -> Heard:
        """Time has passed: about four times a second."""

    def clock_set(self, by: timedelta) -> None:
        """The hub's clock was set, on or back by so much: what waits for a time waits as long as it would have."""

    def command(self, key: DeviceKey, command: CommandPayload) -> tuple[Send, ...] | str:
        """How to say a command to a device of this dialect, or why it cannot be said."""

    def farewell(self, now: datetime) -> tuple[Send, ...]:
        """What the hub says before it leaves of its own accord."""

    def will(self, opened_at: datetime) -> Send | None:
        """What the broker is to say when the hub is gone without a word; None for a dialect that has no will."""


class OneWay:
    """What the dialects have in common whose equipment speaks and is never spoken to."""

    refusal = "takes no commands"
    """Why a command cannot be said."""

    def connected(self, now: datetime, opened_at: datetime) -> Heard:
        """Nothing to say: equipment introduces itself by speaking."""
        del now, opened_at
        return NOTHING

    def tick(self, now: datetime) -> Heard:
        """Nothing."""
        del now
        return NOTHING

    def clock_set(self, by: timedelta) -> None:
        """Nothing waits."""
        del by

    def command(self, key: DeviceKey, command: CommandPayload) -> tuple[Send, ...] | str:
        """The refusal."""
        del key, command
        return self.refusal

    def farewell(self, now: datetime) -> tuple[Send, ...]:
        """Nobody waits for a word."""
        del now
        return ()

    def will(self, opened_at: datetime) -> Send | None:
        """None: nobody waits for a word."""
        del opened_at
        return None
