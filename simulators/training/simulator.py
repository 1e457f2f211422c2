"""The simulator as a device among devices: says which scenarios it can play, plays them, and says what it plays."""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from sensors.catalog import SIMULATOR
from sensors.clock import Clock
from sensors.commands import ORDER, RELIEVE, SCENARIO, SCENARIO_START
from sensors.dialects.native import CommandPayload, Sample, encode_ack, encode_birth, encode_event
from sensors.equipment import CATALOGUE
from sensors.errors import ConfigError, ShekaraError
from sensors.model import Birth, DeviceId, Names, Value
from sensors.topics import SIMULATORS
from simulators.orders import Orders
from simulators.publish_connection import Broker
from simulators.publisher import Publisher
from simulators.scenario.form import Scenario
from simulators.training.offers import commands_for
from simulators.training.player import Playable, Player

_TICK_S = 0.2
_PERIOD = timedelta(seconds=5)
_SILENCE_S = 60.0
_REMEMBERED = 64
_NO_ID = re.compile(r"[^a-z0-9_-]+")
_MAX_ID = 63
_ORDER = re.compile(r"[^\s/]+")


class Simulator:
    """One process that plays posts. `clock` is that of the posts; `name` and `title` are those of what it plays."""

    def __init__(
        self,
        name: str,
        title: Names,
        broker: Broker,
        posts: Mapping[str, Playable],
        scenarios: Mapping[str, Scenario],
        clock: Clock,
        speed: float = 1.0,
    ) -> None:
        self._id = id_of(name)
        self._clock = clock
        self._began = int(clock.now().timestamp())
        self._told_total = 0
        self._sequence = self._began * 10
        self._said: dict[str, Value | None] = {}
        self._due = clock.now()
        self._orders = Orders()
        self._answered: dict[str, bytes] = {}
        birth = Birth(
            kind=SIMULATOR,
            names=title,
            metrics=CATALOGUE[SIMULATOR].metrics,
            receipts=True,
            silence_s=_SILENCE_S,
            maker="Shekara",
            model="Simulator",
            serial=f"SIM-{self._id}",
            exercise=True,
            commands=commands_for(scenarios),
        )
        births = {self._id: encode_birth(birth)}
        self.publisher = Publisher(SIMULATORS, broker, births, self._orders.take, clock, owner=self._id)
        self.player = Player(posts, scenarios, self._tell, speed)

    async def run(self) -> None:
        """Play, tell and obey until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.publisher.run(), name="publisher-simulator")
            group.create_task(self._orders.obey(self.answer, self.publisher.answer), name="commands-simulator")
            while True:
                await self.player.tick(self._clock.now())
                self.report(self._clock.now())
                await asyncio.sleep(_TICK_S)

    def report(self, now: datetime) -> None:
        """Say how it stands: when something has changed, and every few seconds."""
        values = self.player.values(now)
        if now >= self._due or {**values, "elapsed": None} != {**self._said, "elapsed": None}:
            self._said, self._due = values, now + _PERIOD
            self._sequence += 1
            self.publisher.publish(self._id, Sample(now, self._sequence, values))

    async def answer(self, command: CommandPayload) -> bytes:
        """Do what is asked, and say whether it is done; what is asked again is answered again, and not done again."""
        if (known := self._answered.get(command.id)) is not None:
            return known
        try:
            await self._carry_out(command)
        except ShekaraError as error:
            answer = encode_ack(command.id, done=False, text=error.text)
        else:
            answer = encode_ack(command.id, done=True, text=command.name)
        self._answered[command.id] = answer
        if len(self._answered) > _REMEMBERED:
            del self._answered[next(iter(self._answered))]
        return answer

    async def _carry_out(self, command: CommandPayload) -> None:
        now = self._clock.now()
        if command.name == SCENARIO_START and _ORDER.fullmatch(command.id):
            self.player.start(command.id, str(command.arguments.get(SCENARIO, "")), now)
        elif command.name == RELIEVE:
            await self.player.end(str(command.arguments.get(ORDER, "")), now)
        else:
            raise ConfigError("cannot be told to a simulator", subject=command.name, mend="Tell it to a post's gateway")

    def _tell(self, kind: str, text: str) -> None:
        self._told_total += 1
        self.publisher.tell(encode_event(f"{self._began}-{self._told_total}", kind, self._clock.now(), text))


def id_of(name: str) -> DeviceId:
    """The id of the simulator that plays a scenario of this name."""
    return DeviceId(_NO_ID.sub("-", name.lower()).strip("-_")[:_MAX_ID] or SIMULATOR)
