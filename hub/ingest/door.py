"""All connections to the broker as one: the hub's own, and one for each dialect that has a will of its own."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import structlog

from hub.decisions.dialects import MAIN, Dialects
from hub.decisions.state import Outgoing, Wish
from hub.health import Health
from hub.ingest.connection import Terms
from hub.inputs import Received
from sensors.dialects.dialect import Filter
from sensors.topics import EVERYTHING

_log = structlog.get_logger("hub.ingest")


class Entrance(Protocol):
    """One way in: a connection to the broker, or the spool of an ingest process."""

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""

    def start(self) -> None:
        """Begin, or begin again after the thread has died."""

    def stop(self, within_s: float) -> bool:
        """End; False when that took longer."""

    def acknowledge(self, messages: Sequence[Received]) -> int:
        """Be done, in this order, with those that came by it; how many those were."""

    def publish(self, outgoing: Outgoing) -> None:
        """Send, if it can."""

    def listen(self, wishes: Sequence[Wish]) -> None:
        """Subscribe, or no more, now and on each connection to come."""

    def shake_if_stuck(self) -> None:
        """Break what stands still."""


def connections(dialects: Dialects, native: Sequence[Filter] = (Filter(EVERYTHING),)) -> dict[str, Terms]:
    """Which connections the hub needs, by name, and on what terms; `native` is what it hears in its own dialect."""
    shared = [filter_ for dialect in dialects.on(MAIN) for filter_ in dialect.filters]
    apart = [dialect for dialect in dialects.spoken if dialects.connection_of(dialect) != MAIN]
    return {MAIN: Terms(filters=(*native, *shared))} | {
        dialect.name: Terms(dialect.filters, persistent=False, will=dialect.will) for dialect in apart
    }


class FrontDoor:
    """The pipeline's broker: sends each thing to the connection it is for. `intakes` by name of connection."""

    def __init__(self, intakes: Mapping[str, Entrance], health: Health) -> None:
        self._intakes = dict(intakes)
        self._health = health

    def start(self) -> None:
        """Begin on every connection."""
        for intake in self._intakes.values():
            intake.start()

    def stop(self, within_s: float) -> bool:
        """End every connection; False when that took longer."""
        ended = [intake.stop(within_s) for intake in self._intakes.values()]
        return all(ended)

    def watch(self) -> None:
        """Begin a dead thread again, and break a connection that nobody looks at; call about once a second."""
        for intake in self._intakes.values():
            if intake.alive:
                intake.shake_if_stuck()
            else:
                _log.error("an intake has died and is begun again")
                self._health.report("broker", "the MQTT intake has died and is begun again")
                intake.start()

    def acknowledge(self, messages: Sequence[Received]) -> int:
        """Acknowledge in this order those whose connection still stands; how many those were."""
        return sum(intake.acknowledge(messages) for intake in self._intakes.values())

    def publish(self, outgoing: Outgoing) -> None:
        """Send, if connected."""
        self._intakes[outgoing.connection].publish(outgoing)

    def listen(self, wishes: Sequence[Wish]) -> None:
        """Subscribe to what is wanted, from now on and on each connection to come, and no more to what is not."""
        for name, intake in self._intakes.items() if wishes else ():
            intake.listen([wish for wish in wishes if wish.connection == name])
