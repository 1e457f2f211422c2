"""Which dialect a message is for, and which connection a dialect speaks on."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sensors.dialects.dialect import Dialect

MAIN = ""
"""The hub's own, persistent connection; others are called like the one dialect that has them."""
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


class Dialects:
    """The foreign dialects that the settings switch on. The native one needs no router: its topics are its own."""

    def __init__(self, spoken: Sequence[Dialect] = ()) -> None:
        self.spoken = tuple(spoken)
        self._by_name = {dialect.name: dialect for dialect in self.spoken}
        self._apart = frozenset(dialect.name for dialect in self.spoken if dialect.will(_ANY_TIME) is not None)

    def claiming(self, topic: str) -> Dialect | None:
        """The dialect that a message of this topic is for."""
        return next((dialect for dialect in self.spoken if dialect.claims(topic)), None)

    def connection_of(self, dialect: Dialect) -> str:
        """The name of the connection that a dialect speaks on: a broker publishes one will for each connection."""
        return dialect.name if dialect.name in self._apart else MAIN

    def on(self, connection: str) -> tuple[Dialect, ...]:
        """The dialects that speak on a connection."""
        return tuple(dialect for dialect in self.spoken if self.connection_of(dialect) == connection)

    def owner(self, provenance: Sequence[str]) -> Dialect | None:
        """The dialect of a device that was found in these ways; None for one that speaks the native dialect."""
        names = (name for name in provenance if name == NATIVE or name in self._by_name)
        return self._by_name.get(next(names, NATIVE))


NATIVE = "mqtt"
"""Provenance of devices that speak the native dialect."""
