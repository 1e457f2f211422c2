"""One edge node's session: its birth and death, those of its devices, and what they say between."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from sensors.dialects.native import reject
from sensors.dialects.sparkplug.births import birth_of_device, birth_of_node, id_of
from sensors.dialects.sparkplug.declarations import BIRTH_DEATH_NUMBER, Declarations, Declared, declare, line
from sensors.dialects.sparkplug.order import NUMBERS, Arrival, Order
from sensors.dialects.sparkplug.readings import Said, stale, take
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.templates import Templates
from sensors.dialects.sparkplug.times import moment
from sensors.dialects.sparkplug.topics import Kind, NodeId
from sensors.dialects.sparkplug.values import text_of
from sensors.model import Birth, BirthSeen, DeviceKey, Message, ReadingsSeen, SiteId, StateSeen

MAX_DEVICES = 512
BIRTHS_WITHIN = timedelta(seconds=10)
"""How long after its node's birth a device may take to be born again before it counts as gone."""
REPEATED_WITHIN = timedelta(seconds=1)
_TOLD = 5


@dataclass(slots=True)
class Session:
    """An edge node itself, or one device behind it. Data counts only while it is born."""

    key: DeviceKey
    born: bool = False
    online: bool = False
    declarations: Declarations = field(default_factory=Declarations)


class EdgeNode:
    """One edge node and its devices. `needs_birth` tells whoever holds it to ask for a rebirth."""

    def __init__(self, node: NodeId, site: SiteId, heard_at: datetime) -> None:
        self.node = node
        self.itself = Session(DeviceKey(site, id_of(node)))
        self.devices: dict[str, Session] = {}
        self.order = Order()
        self.heard_at = heard_at
        self.introduced = False
        self.needs_birth = False
        self.declared_total = 0
        self._birth_number: int | None = None
        self._births_due = False
        self._born_at, self._born_ms = heard_at, 0
        self._aliases: dict[int, tuple[Session, Declared]] = {}
        self._templates = Templates()

    def remember(self, device: str) -> None:
        """It was there, or this device of it was, in an earlier run of the host: who does not come back is gone."""
        if device:
            self.devices[device] = Session(DeviceKey(self.itself.key.site, id_of(self.node, device)), online=True)
        self.introduced = self.itself.online = True

    def recall(self, birth: Arrival) -> Iterator[Message]:
        """Who it, or a device of it, was when it was born last, by a broker's memory; its values are of then."""
        name = birth.address.device
        if name and name not in self.devices and len(self.devices) >= MAX_DEVICES:
            yield _refuse(birth, f"over {MAX_DEVICES} devices behind one edge node", self.itself.key)
            return
        self.remember(name)
        session = self.devices[name] if name else self.itself
        metrics = self._declared(birth)
        declarations, _ = declare(metrics)
        was = (
            birth_of_device(self.node, name, declarations, metrics)
            if name
            else birth_of_node(self.node, declarations, metrics)
        )
        yield BirthSeen(session.key, was, birth.received_at, retained=True)
        known = ((metric, declarations.by_name.get(text_of(metric.name))) for metric in metrics)
        said = [Said(metric, declared) for metric, declared in known if declared is not None]
        taken = take(session.key, said, moment(birth.payload.timestamp), birth.received_at)
        for seen in taken.messages:
            yield replace(seen, snapshot=True) if isinstance(seen, ReadingsSeen) else seen

    @property
    def born(self) -> bool:
        """Whether its birth was heard in this session."""
        return self.itself.born

    def hear(self, arrival: Arrival) -> Iterator[Message]:
        """One message with a number, in whatever order it comes."""
        self.heard_at = arrival.received_at
        number, kind = arrival.payload.seq, arrival.address.kind
        early = self._is_early(arrival)
        if number >= NUMBERS:
            yield _refuse(arrival, f"a sequence number is below {NUMBERS}", self.itself.key)
        elif kind is Kind.NBIRTH and not self._is_repeated(arrival):
            yield from self._bear(arrival)
        elif early and not self.order.expects(arrival):
            yield _refuse(arrival, "it was sent before the birth of this session", self._key(arrival))
        elif kind is Kind.NBIRTH or (ready := self.order.offer(arrival)) is None:
            yield _refuse(arrival, f"message {number} was heard already", self._key(arrival))
        else:
            self.needs_birth |= early
            yield from self._take_all(ready)
            if self.order.full:
                yield from self.give_up()

    def give_up(self) -> Iterator[Message]:
        """What is missing has not come in time: go on without it, and ask for a rebirth."""
        self.needs_birth = True
        ready = self.order.give_up()
        if self.born:
            yield from self._take_all(ready)
            return
        self.order.reset()
        if ready:
            reason = f"{len(ready)} messages of an edge node whose birth was not heard"
            yield _refuse(ready[0], reason, self.itself.key if self.introduced else None)

    def die(self, arrival: Arrival) -> Iterator[Message]:
        """A will: it counts when it is of the session that was born last; of a later one, it is asked for a birth."""
        said = _birth_number(arrival.payload)
        known = self._birth_number
        if self.born and known is not None and said != known:
            ahead = said is None or 0 < (said - known) % NUMBERS < NUMBERS // 2
            self.needs_birth |= ahead
            kind = "a later" if ahead else "an earlier"
            yield _refuse(arrival, f"the death of {kind} session ({said}, born as {known})", self.itself.key)
            return
        self.needs_birth |= not self.born
        yield from self.lose(arrival.received_at)

    def lose(self, now: datetime) -> Iterator[Message]:
        """It is gone, and with it everything behind it."""
        self.doubt()
        yield from _end(self.itself, now, now)
        for session in self.devices.values():
            if session.online:
                yield from _end(session, now, now)

    def doubt(self) -> None:
        """Nothing is known of its session any more; what it says waits for its birth."""
        self.order.reset()
        self._births_due, self._born_ms = False, 0
        for session in (self.itself, *self.devices.values()):
            session.born = False

    def overlook(self, now: datetime) -> Iterator[Message]:
        """Every last value is from before something was missed."""
        for session in (self.itself, *self.devices.values()):
            yield from stale(session.key, session.declarations, now, now)

    def wait(self, now: datetime, reorder: timedelta) -> Iterator[Message]:
        """Time has passed."""
        if self.order.since is not None and now - self.order.since >= reorder:
            yield from self.give_up()
        if self._births_due and now - self._born_at >= BIRTHS_WITHIN:
            self._births_due = False
            for session in self.devices.values():
                if session.online and not session.born:
                    yield from _end(session, now, now)

    def _is_early(self, arrival: Arrival) -> bool:
        """Whether it seems to be left over from an earlier session: by its time, unless that may be its data's."""
        sent_ms = arrival.payload.timestamp
        return 0 < sent_ms < self._born_ms and not any(metric.is_historical for metric in arrival.payload.metrics)

    def _is_repeated(self, birth: Arrival) -> bool:
        """Whether a birth is the same message once more, and no rebirth of a node whose clock stands still."""
        return self.born and birth.received_at - self._born_at < REPEATED_WITHIN and self.order.has_heard(birth)

    def _bear(self, arrival: Arrival) -> Iterator[Message]:
        following = self.order.begin(arrival)
        for session in self.devices.values():
            session.born = False
        self._aliases.clear()
        self._birth_number = _birth_number(arrival.payload)
        self._born_ms = arrival.payload.timestamp
        self._born_at, self._births_due = arrival.received_at, True
        self.needs_birth, self.introduced = False, True
        metrics = self._declared(arrival)
        declarations, problems = declare(metrics)
        birth = birth_of_node(self.node, declarations, metrics)
        yield from self._introduce(self.itself, declarations, problems, birth, arrival)
        yield from self._take_all(following)

    def _take_all(self, ready: list[Arrival]) -> Iterator[Message]:
        for arrival in ready:
            match arrival.address.kind:
                case Kind.DBIRTH:
                    yield from self._bear_device(arrival)
                case Kind.DDEATH:
                    yield from self._end_device(arrival)
                case _:
                    yield from self._take_data(arrival)

    def _bear_device(self, arrival: Arrival) -> Iterator[Message]:
        name = arrival.address.device
        session = self.devices.get(name)
        if session is None:
            if len(self.devices) >= MAX_DEVICES:
                yield _refuse(arrival, f"over {MAX_DEVICES} devices behind one edge node", self.itself.key)
                return
            session = self.devices[name] = Session(DeviceKey(self.itself.key.site, id_of(self.node, name)))
        for alias in [alias for alias, (owner, _) in self._aliases.items() if owner is session]:
            del self._aliases[alias]
        metrics = self._declared(arrival)
        declarations, problems = declare(metrics)
        birth = birth_of_device(self.node, name, declarations, metrics)
        yield from self._introduce(session, declarations, problems, birth, arrival)

    def _declared(self, birth: Arrival) -> list[Payload.Metric]:
        """The metrics of a birth, members of templates among them; a node's birth brings the definitions."""
        if not birth.address.device:
            self._templates.learn(birth.payload.metrics)
        return self._templates.declared(birth.payload.metrics)

    def _introduce(
        self, session: Session, declarations: Declarations, problems: list[str], birth: Birth, arrival: Arrival
    ) -> Iterator[Message]:
        declarations.inherit(session.declarations)
        self.declared_total += len(declarations) - len(session.declarations)
        session.declarations, session.born, session.online = declarations, True, True
        for declared in declarations.by_name.values():
            if declared.alias is None:
                continue
            if self._aliases.setdefault(declared.alias, (session, declared))[1] is not declared:
                problems.append(f"{declared.name}: alias {declared.alias} is taken")
        at = arrival.received_at
        yield BirthSeen(session.key, birth, at, retained=False)
        yield StateSeen(session.key, True, moment(arrival.payload.timestamp) or at, at, retained=False)
        yield from self._take_metrics(session, arrival, problems)

    def _end_device(self, arrival: Arrival) -> Iterator[Message]:
        session = self.devices.get(arrival.address.device)
        if session is not None:
            session.born = False
            at = arrival.received_at
            yield from _end(session, moment(arrival.payload.timestamp) or at, at)

    def _take_data(self, arrival: Arrival) -> Iterator[Message]:
        device = arrival.address.device
        session = self.devices.get(device) if device else self.itself
        if session is None or not session.born:
            self.needs_birth = True
            yield _refuse(arrival, "the device was not born in this session", self._key(arrival))
        else:
            yield from self._take_metrics(session, arrival, [])

    def _take_metrics(self, session: Session, arrival: Arrival, problems: list[str]) -> Iterator[Message]:
        said: list[Said] = []
        nulled: set[str] = set()
        in_birth = arrival.address.kind in (Kind.NBIRTH, Kind.DBIRTH)
        for metric in self._templates.unfold(arrival.payload.metrics, partial(self._name_of, session)):
            declared = self._find(session, metric)
            if declared is not None:
                said.append(Said(metric, declared))
                if metric.is_null and declared.name not in nulled:
                    nulled.add(declared.name)
                    said += [Said(metric, member) for member in session.declarations.members_of(declared)]
            elif not in_birth and not session.declarations.dropped:
                self.needs_birth = True
                problems.append(f"{_called(metric)} was not declared")
        taken = take(session.key, said, moment(arrival.payload.timestamp), arrival.received_at)
        yield from taken.messages
        problems += taken.problems
        if problems:
            told = "; ".join(line(problem) for problem in problems[:_TOLD])
            yield _refuse(arrival, f"{len(problems)} metrics: {told}", session.key)

    def _find(self, session: Session, metric: Payload.Metric) -> Declared | None:
        name = text_of(metric.name)
        if name:
            return session.declarations.by_name.get(name)
        owner, declared = self._aliases.get(metric.alias, (None, None)) if metric.HasField("alias") else (None, None)
        return declared if owner is session else None

    def _name_of(self, session: Session, metric: Payload.Metric) -> str:
        declared = self._find(session, metric)
        return declared.name if declared is not None else text_of(metric.name)

    def _key(self, arrival: Arrival) -> DeviceKey | None:
        device = arrival.address.device
        session = self.devices.get(device) if device else self.itself
        return None if session is None else session.key


def _end(session: Session, since: datetime, received_at: datetime) -> Iterator[Message]:
    yield from stale(session.key, session.declarations, since, received_at)
    session.online = False
    yield StateSeen(session.key, False, since, received_at, retained=False)


def _birth_number(payload: Payload) -> int | None:
    """The number that a birth and its death have in common; an encoder may leave out its value when it is 0."""
    for metric in payload.metrics:
        if text_of(metric.name) == BIRTH_DEATH_NUMBER:
            return (metric.long_value or metric.int_value) % NUMBERS
    return None


def _called(metric: Payload.Metric) -> str:
    return text_of(metric.name) or (f"alias {metric.alias}" if metric.HasField("alias") else "a metric without a name")


def _refuse(arrival: Arrival, reason: str, key: DeviceKey | None) -> Message:
    return reject(arrival.topic, arrival.raw, reason, arrival.received_at, key)
