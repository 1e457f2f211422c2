"""Sparkplug B 3.0 as a host application hears it: the dialect.

docs/dialects/sparkplug.md says what of the specification is covered, and by which test.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from sensors.dialects.dialect import NOTHING, Filter, Heard, Listen, Send
from sensors.dialects.native import CommandPayload, reject
from sensors.dialects.sparkplug.announcement import Announcement, LegacyState
from sensors.dialects.sparkplug.births import place_of
from sensors.dialects.sparkplug.commands import ask_for_rebirth, write_metrics
from sensors.dialects.sparkplug.declarations import MAX_METRICS
from sensors.dialects.sparkplug.node import EdgeNode
from sensors.dialects.sparkplug.order import Arrival
from sensors.dialects.sparkplug.payload import unpack
from sensors.dialects.sparkplug.rebirths import Rebirths
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.times import EPOCH
from sensors.dialects.sparkplug.topics import (
    CERTIFICATES,
    EVERYTHING,
    NAMESPACE,
    Address,
    Kind,
    NodeId,
    is_state,
    parse,
)
from sensors.identity import UNASSIGNED
from sensors.model import Birth, DeviceKey, Message, SiteId

MAX_NODES = 500
MAX_DECLARED = 100_000
"""Metrics remembered over all nodes."""
MAX_DEVICES = 5_000
"""Devices over all nodes, as many as the hub's registry holds."""
MAX_WAITING_BYTES = 16_777_216
"""Messages over all nodes that wait for others before them."""
RETURN_WITHIN = timedelta(seconds=3)
"""How long edge nodes have to be born of their own accord when the host is back."""


class SparkplugHost:
    """Speaks and hears Sparkplug B. `sites` places groups; edge nodes of other groups are unassigned.

    `remembered` are its devices of an earlier run: those that do not answer any more are gone.
    `reorder_s` is how long a message may wait for one before it. An edge node is asked for a rebirth at most once in
    `rebirth_interval_s`, and all of them together `rebirths_per_s` times a second.
    """

    name = "sparkplug"

    def __init__(
        self,
        host_id: str,
        sites: Mapping[str, str],
        remembered: Mapping[DeviceKey, Birth] | None = None,
        *,
        reorder_s: float = 2.0,
        rebirth_interval_s: float = 10.0,
        rebirths_per_s: float = 5.0,
        legacy_state: LegacyState = LegacyState.NO,
    ) -> None:
        self._announcement = Announcement(host_id, legacy_state)
        self._sites = {group: SiteId(site) for group, site in sites.items()}
        self._reorder = timedelta(seconds=reorder_s)
        self._rebirths = Rebirths(timedelta(seconds=rebirth_interval_s), rebirths_per_s)
        self._nodes: dict[NodeId, EdgeNode] = {}
        self._kept: tuple[Listen, ...] = (Listen(f"{CERTIFICATES}{EVERYTHING}"),)
        """What is still to be asked of the broker's memory; one that has none, or gives none, is heard all the same."""
        self._opened_at: datetime | None = None
        self._now: datetime | None = None
        for key, birth in (remembered or {}).items():
            self._remember(key, birth)

    @property
    def filters(self) -> tuple[Filter, ...]:
        """Everything, and itself. Data stays of quality 0, as it was published; deaths are published with 1."""
        return (Filter(self._announcement.topic, qos=1), Filter(EVERYTHING, qos=1))

    def claims(self, topic: str) -> bool:
        """Whether the topic is in Sparkplug's namespace, or of a birth that the broker keeps."""
        return topic.startswith((f"{NAMESPACE}/", CERTIFICATES))

    def decode(self, topic: str, payload: bytes, *, retained: bool, received_at: datetime) -> Heard:
        """One message. Commands are what other hosts, or this one, say to equipment: nothing to a host."""
        self._now = received_at
        if topic.startswith(CERTIFICATES):
            return self._recall(topic, payload, received_at)
        if is_state(topic):
            return self._hear_state(topic, payload, received_at)
        read = _read(topic, payload)
        if read is None:
            return NOTHING
        if isinstance(read, str):
            return Heard((reject(topic, payload, read, received_at),))
        address, decoded = read
        node = self._meet(address.node, received_at)
        if node is None:
            return Heard((reject(topic, payload, "there are too many edge nodes", received_at),))
        arrival = Arrival(address, topic, payload, received_at, decoded)
        messages = self._hear(node, arrival, retained=retained)
        return Heard(messages, self._ask(received_at))

    def connected(self, now: datetime, opened_at: datetime) -> Heard:
        """Say first that the host is there. What was known before is in doubt until its edge nodes are born again."""
        self._opened_at = opened_at
        self._now = now
        messages: list[Message] = []
        for node in self._nodes.values():
            if node.born:
                messages += node.overlook(now)
            node.doubt()
            self._rebirths.want(node.node, now + RETURN_WITHIN)
        online = self._announcement.say(online=True, at=opened_at)
        # Once is enough: the hub asks for it again on each connection.
        kept, self._kept = self._kept, ()
        return Heard(tuple(messages), (*online, *kept, *self._ask(now)))

    def tick(self, now: datetime) -> Heard:
        """Gaps that nothing has filled, devices that were not born again, questions, and nodes that answer none."""
        self._now = now
        messages: list[Message] = []
        for node in self._nodes.values():
            messages += node.wait(now, self._reorder)
            self._note(node)
        for id_, asked_at in self._rebirths.unanswered(now):
            node = self._nodes[id_]
            if node.heard_at <= asked_at:
                self._rebirths.settle(id_)
                messages += node.lose(now) if node.introduced else ()
                if not node.introduced:
                    self._forget(id_)
        actions = self._ask(now)
        return Heard(tuple(messages), actions) if messages or actions else NOTHING

    def clock_set(self, by: timedelta) -> None:
        """Nothing is put off: its waits are of seconds, and rebirths mind by themselves a clock that was set back."""
        del by

    def command(self, key: DeviceKey, command: CommandPayload) -> tuple[Send, ...] | str:
        """`rebirth`, to a node or a device of it; `write`, with values for metrics by their names here."""
        found = self._find(key)
        if found is None or self._now is None:
            return "it was not heard since the hub began"
        node, device = found
        if command.name == "rebirth":
            return (ask_for_rebirth(node.node, self._now),)
        if command.name != "write":
            return "the commands are rebirth and write"
        session = node.devices[device] if device else node.itself
        if not session.born:
            return "it is not there, or its birth is awaited"
        said = write_metrics(node.node, device, session.declarations, command.arguments, self._now)
        return said if isinstance(said, str) else (said,)

    def farewell(self, now: datetime) -> tuple[Send, ...]:
        """The host leaves: its death, of this moment."""
        return self._announcement.say(online=False, at=now)

    def will(self, opened_at: datetime) -> Send | None:
        """Its death, of the moment it was connected."""
        return self._announcement.will(opened_at)

    def _hear(self, node: EdgeNode, arrival: Arrival, *, retained: bool) -> tuple[Message, ...]:
        if retained:
            # Nothing of a session may be retained: how old it is nobody knows. But there is, or was, such a node.
            node.needs_birth |= not node.born
            reason = "a broker's memory of a session is no session"
            messages: Iterable[Message] = (_refuse(arrival, reason),)
        elif arrival.address.kind is Kind.NDEATH:
            messages = node.die(arrival)
        elif self._is_full(node, arrival):
            messages = (_refuse(arrival, f"over {MAX_DEVICES} devices or {MAX_DECLARED} metrics in all"),)
        else:
            messages = self._hear_in_order(node, arrival)
        heard = tuple(messages)
        if arrival.address.kind is Kind.NBIRTH and node.born:
            self._rebirths.settle(node.node)
        self._note(node)
        return heard

    def _recall(self, topic: str, payload: bytes, received_at: datetime) -> Heard:
        """A birth as the broker keeps it: who that was, until it says so itself; if it does not, it is gone."""
        if not payload:
            return NOTHING
        read = _read(topic.removeprefix(CERTIFICATES), payload)
        if read is None or isinstance(read, str) or read[0].kind not in (Kind.NBIRTH, Kind.DBIRTH):
            reason = read if isinstance(read, str) else "a broker keeps nothing but births"
            return Heard((reject(topic, payload, reason, received_at),))
        arrival = Arrival(read[0], topic, payload, received_at, read[1])
        node = self._meet(arrival.address.node, received_at)
        if node is None or self._is_full(node, arrival):
            return Heard((_refuse(arrival, "there are too many edge nodes, devices or metrics"),))
        if node.born:
            return NOTHING
        self._rebirths.want(node.node, received_at + RETURN_WITHIN)
        return Heard(tuple(node.recall(arrival)))

    def _hear_state(self, topic: str, payload: bytes, received_at: datetime) -> Heard:
        """Told that it is not there, a host that is says so: an old will may come late."""
        if topic != self._announcement.topic or self._opened_at is None or not payload:
            return NOTHING
        said = self._announcement.heard(payload)
        if isinstance(said, str):
            return Heard((reject(topic, payload, said, received_at),))
        if said.online:
            return NOTHING
        return Heard(actions=self._announcement.say(online=True, at=self._opened_at))

    def _remember(self, key: DeviceKey, birth: Birth) -> None:
        place = place_of(key, birth)
        if place is not None and key.site == self._site_of(place.node):
            node = self._meet(place.node, EPOCH)
            if node is not None:
                node.remember(place.device)

    def _meet(self, id_: NodeId, now: datetime) -> EdgeNode | None:
        node = self._nodes.get(id_)
        if node is None:
            if len(self._nodes) >= MAX_NODES and not self._make_room():
                return None
            node = self._nodes[id_] = EdgeNode(id_, self._site_of(id_), now)
        return node

    def _site_of(self, node: NodeId) -> SiteId:
        return self._sites.get(node.group, UNASSIGNED)

    def _make_room(self) -> bool:
        """Forget the node that has waited longest for its first birth."""
        strangers = (node for node in self._nodes.values() if not node.introduced)
        oldest = min(strangers, key=lambda node: node.heard_at, default=None)
        if oldest is not None:
            self._forget(oldest.node)
        return oldest is not None

    def _forget(self, node: NodeId) -> None:
        del self._nodes[node]
        self._rebirths.forget(node)

    def _hear_in_order(self, node: EdgeNode, arrival: Arrival) -> Iterator[Message]:
        yield from node.hear(arrival)
        waiting = node.order.waiting_bytes
        if waiting and sum(each.order.waiting_bytes for each in self._nodes.values()) > MAX_WAITING_BYTES:
            yield from node.give_up()

    def _is_full(self, node: EdgeNode, arrival: Arrival) -> bool:
        """Whether a birth is of one device or one metric too many."""
        address = arrival.address
        if address.kind not in (Kind.NBIRTH, Kind.DBIRTH):
            return False
        is_new = address.kind is Kind.DBIRTH and address.device not in node.devices
        devices = sum(len(each.devices) for each in self._nodes.values())
        declared = sum(each.declared_total for each in self._nodes.values())
        more = min(len(arrival.payload.metrics), MAX_METRICS)
        return (is_new and devices >= MAX_DEVICES) or declared + more > MAX_DECLARED

    def _note(self, node: EdgeNode) -> None:
        if node.needs_birth:
            node.needs_birth = False
            self._rebirths.want(node.node)

    def _ask(self, now: datetime) -> tuple[Send, ...]:
        return tuple(ask_for_rebirth(node, now) for node in self._rebirths.due(now))

    def _find(self, key: DeviceKey) -> tuple[EdgeNode, str] | None:
        for node in self._nodes.values():
            if node.itself.key == key:
                return node, ""
            for name, session in node.devices.items():
                if session.key == key:
                    return node, name
        return None


def _read(topic: str, payload: bytes) -> tuple[Address, Payload] | str | None:
    """A message's address and content, or why it has none. None for commands: hosts say those to equipment."""
    address = parse(topic)
    if isinstance(address, str):
        return address
    if address.kind.is_command:
        return None
    decoded = unpack(payload)
    return decoded if isinstance(decoded, str) else (address, decoded)


def _refuse(arrival: Arrival, reason: str) -> Message:
    return reject(arrival.topic, arrival.raw, reason, arrival.received_at)
