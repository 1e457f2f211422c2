"""One input in, its effects on the state: what equipment said, what people ask, and the passing of time."""

from collections.abc import Mapping

from hub.decisions.desk import Desk
from hub.decisions.dialects import MAIN
from hub.decisions.reception import Reception
from hub.decisions.state import Answer, Effects, State
from hub.decisions.vetting import Vetting
from hub.inputs import Asked, Connected, Disconnected, Input, Moment, Received, Tick
from sensors.errors import ShekaraError
from sensors.model import DeviceKey


class Center:
    """Takes batches of inputs. The same inputs on the same beginning lead to the same effects."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._vetting = Vetting(state)
        self._reception = Reception(state, self._vetting)
        self._desk = Desk(state, self._vetting, self._reception)

    def begin(self, now: Moment) -> Effects:
        """The first entry of a run."""
        self.state.log(now, "hub-started", self.state.settings.name)
        self._vetting.begin(now)
        return self.state.settle(now)

    def end(self, now: Moment) -> Effects:
        """The last entry of a run."""
        self._log_rejections(now)
        for dialect in self.state.dialects.spoken:
            for send in dialect.farewell(now.at):
                self._reception.act(send, dialect)
        self.state.log(now, "hub-stopped", self.state.settings.name)
        return self.state.settle(now)

    def take(self, batch: list[Input]) -> Effects:
        """Take in a batch, one input after another, and gather what it leads to."""
        for item in batch:
            match item:
                case Received():
                    self._receive(item)
                case Asked():
                    self._ask(item)
                case Tick():
                    self._tick(item.moment)
                case Connected():
                    self._connect(item)
                case Disconnected():
                    self.state.connected.discard(item.connection)
        return self.state.settle(batch[-1].moment)

    def _receive(self, message: Received) -> None:
        readings = self.state.effects.readings
        before = len(readings)
        self._reception.take(message)
        if self.state.receipts.wants(message):
            self.state.receipts.gather(message, readings[before:])

    def count_repeated(self, readings: Mapping[DeviceKey, int]) -> None:
        """The store had these already: devices, or the links before them, say things twice."""
        for key, count in readings.items():
            if (device := self.state.registry.find(key)) is not None:
                device.conduct.repeated_total += count

    def _ask(self, asked: Asked) -> None:
        try:
            result = self._desk.answer(asked.request, asked.moment)
        except ShekaraError as error:
            result = error
        self.state.effects.answers.append(Answer(asked.reply, result))

    def _connect(self, connected: Connected) -> None:
        self.state.connected.add(connected.connection)
        if connected.connection == MAIN:
            for plan in self.state.walls.plans.values():
                self.state.publish_plan(plan)
            self.state.boards.forget()
        self._reception.keep_pace(connected.moment)
        for dialect in self.state.dialects.on(connected.connection):
            heard = dialect.connected(connected.moment.at, connected.opened_at)
            self._reception.take_heard(heard, dialect, connected.moment)

    def _tick(self, now: Moment) -> None:
        self._reception.keep_pace(now)
        for dialect in self.state.dialects.spoken:
            self._reception.take_heard(dialect.tick(now.at), dialect, now)
        self._vetting.tick(now)
        self.state.judge_liveness(now)
        self._reception.lapse(now)
        self.state.move_alarms(self.state.engine.tick(now), now)
        self._log_rejections(now)
        self.state.plans_due = self.state.plans_due or self.state.walls.due(now.monotonic_s)
        self.state.tell_boards(now)

    def _log_rejections(self, now: Moment) -> None:
        for count, latest in self.state.rejections.due(now):
            self.state.log(now, "rejected", f"{latest.topic}: {latest.reason} ({count})", key=latest.key)
