"""What is written down of a run while it happens."""

from datetime import UTC, datetime, timedelta

import pytest

from simulators.chronicle import Chronicle
from simulators.scenario.actions import Action
from simulators.scenario.link_actions import LinkBrownOut
from simulators.scenario.power_actions import Refuel
from simulators.scenario.reading import parse_scenario
from simulators.truth import Excused, Expected, Happening, Truth
from simulators.world.world import World

_NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
_SCENARIO = parse_scenario(
    b"""
    title = { en = "Test" }
    [[sites]]
    id = "kordai"
    names = { en = "Kordai" }
    position = { latitude_deg = 43.0, longitude_deg = 74.7 }
    equipment = "blo-standard"
    [[steps]]
    site = "kordai"
    id = "refuel-2"
    action = "mains-fail"
    [[expect]]
    of = "refuel-2"
    device = "ups-1"
    alarm = "charge.charge-low"
    """,
    "test",
)


class _Pen:
    def __init__(self) -> None:
        self.records: list[Truth] = []
        self.world = World(_SCENARIO.sites[0], 1)
        self._chronicle = Chronicle(_SCENARIO, {"kordai": self.world}, self.records.append)

    def take(self, *actions: Action) -> list[str]:
        """The ids of what has happened so far, when these happen as well."""
        for action in actions:
            self._chronicle.take(action, _NOW + timedelta(seconds=len(self.records)))
        return [record.id for record in self.records if isinstance(record, Happening)]


@pytest.fixture
def pen() -> _Pen:
    return _Pen()


def test_ids_are_unique_whatever_steps_and_commands_are_called(pen: _Pen) -> None:
    refuel, called = Refuel(site="kordai"), Refuel(site="kordai", id="refuel-2")
    ids = pen.take(refuel, refuel, called, *_SCENARIO.steps, Refuel(site="kordai", id="mine"))
    ids = pen.take(Refuel(site="kordai", id="mine"))
    assert len(set(ids)) == len(ids) == 6
    assert (ids[0], ids[3], ids[4]) == ("refuel-1", "refuel-2", "mine")
    assert {record.of for record in pen.records if isinstance(record, Expected)} == {"refuel-2"}


@pytest.mark.parametrize(
    ("breaks", "down_s", "excused"),
    [(True, 5.0, {"gateway"}), (True, 2.0, set()), (False, 5.0, set()), (False, 31.0, {"gateway", "portal-1"})],
)
def test_a_link_that_comes_and_goes_excuses_those_whom_it_makes_silent(
    pen: _Pen,
    breaks: bool,  # noqa: FBT001
    down_s: float,
    excused: set[str],
) -> None:
    pen.take(LinkBrownOut(site="kordai", breaks=breaks, down_s=down_s, every_s=60.0))
    offline = {record.device for record in pen.records if isinstance(record, Excused)}
    assert offline & {"gateway", "portal-1", "weather-1"} == excused
