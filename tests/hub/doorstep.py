"""The hub's front door with a real center behind it, before a real broker."""

from collections.abc import Iterator
from contextlib import contextmanager

from paho.mqtt.client import MQTTv5

from hub.decisions.dialects import Dialects
from hub.health import Health
from hub.ingest.connection import Address
from hub.ingest.door import FrontDoor, connections
from hub.ingest.intake import Intake
from hub.inputs import Connected, Inbox, Received
from sensors.clock import SystemClock
from tests.hub.quiet_center import START
from tests.support.waiting import eventually


class Doorstep:
    """A front door whose inbox a test reads by hand."""

    def __init__(self, port: int, dialects: Dialects, versions: tuple[int, ...]) -> None:
        clock = SystemClock()
        self.inbox = Inbox(10_000)
        health = Health(START, "test", "none")
        self.intakes = {
            name: Intake(
                Address("127.0.0.1", port, f"hub-{name}", 20, None),
                self.inbox,
                health,
                clock,
                name=name,
                terms=terms,
                versions=versions,
                longest_pause_s=0.2,
            )
            for name, terms in connections(dialects).items()
        }
        self.door = FrontDoor(self.intakes, health)
        self.connected: set[str] = set()
        self.heard: list[str] = []

    def listen(self) -> list[str]:
        for item in self.inbox.take(10_000, 0.01, 0.0):
            if isinstance(item, Received):
                self.heard.append(item.topic)
                self.door.acknowledge([item])
            elif isinstance(item, Connected):
                self.connected.add(item.connection)
        return self.heard

    def stands(self) -> bool:
        self.listen()
        return self.connected == self.intakes.keys()


@contextmanager
def doorstep(port: int, dialects: Dialects, versions: tuple[int, ...] = (MQTTv5,)) -> Iterator[Doorstep]:
    made = Doorstep(port, dialects, versions)
    made.door.start()
    try:
        eventually(made.stands, what="every connection")
        yield made
    finally:
        made.inbox.close()
        assert made.door.stop(5.0)
