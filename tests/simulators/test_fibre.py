"""A buried fibre: what it makes of who crosses it, of who digs, of the weather, and of its own break."""

import itertools
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sensors.model import Names, Position, Value
from simulators.models.fibre import Das
from simulators.scenario.actions import FibreBreak
from simulators.scenario.form import DeviceEntry, Site
from simulators.scenario.nature_actions import Enter, WeatherTurn
from simulators.troubles import trouble
from simulators.visits import visits_of
from simulators.world.actors import ActorKind
from simulators.world.ground import Spot
from simulators.world.world import World

_NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
_SITE = Site(
    "post",
    Names(),
    Position(latitude_deg=43.0, longitude_deg=74.7),
    devices=(DeviceEntry("das-1", "das", Names(), 1.0, at=Spot(0.0, 0.0), to=Spot(0.0, 1_000.0)),),
)
"""The fibre runs north for a kilometre."""


def _heard(world: World, seconds: int, since_s: int = 0) -> list[dict[str, Value]]:
    model = Das("das-1", 1.0, world, Random(3))  # noqa: S311 - repeatable
    return [model.sample(_NOW + timedelta(seconds=second)) for second in range(since_s, since_s + seconds)]


def _crossing(kind: ActorKind, north_m: float = 300.0, *, digs: bool = False, count: int = 1) -> Enter:
    path = (Spot(-60.0, north_m), Spot(60.0, north_m))
    return Enter(site="post", kind=kind, path=path, speed_mps=1.5, count=count, digs=digs)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (ActorKind.PERSON, "person"),
        (ActorKind.HERD, "animal"),
        (ActorKind.VEHICLE, "vehicle"),
        (ActorKind.TRAIN, "train"),
    ],
)
def test_whoever_crosses_is_heard_where_he_crosses_and_called_what_he_is(kind: ActorKind, what: str) -> None:
    world = World(_SITE, 1)
    world.act(_crossing(kind, count=8 if kind is ActorKind.HERD else 1), _NOW)
    told = [values for values in _heard(world, 100) if values["class"] == what]
    assert len(told) >= 8
    assert all(float(values["distance"]) == pytest.approx(300.0, abs=12.0) for values in told)
    assert all(float(values["confidence"]) > 0.5 and float(values["extent"]) >= 10.0 for values in told)
    assert {values["class"] for values in _heard(world, 20, 200)} <= {"none", "animal", "wind"}


def test_who_digs_is_told_from_who_walks_and_who_only_stands_is_not_heard() -> None:
    world, digger = World(_SITE, 1), _crossing(ActorKind.PERSON, digs=True)
    world.act(digger, _NOW)
    classes = [values["class"] for values in _heard(world, 130)]
    told = [what for what, _ in itertools.groupby(classes) if what != "none"]
    assert told == ["person", "digging", "person"]
    assert classes.count("digging") == pytest.approx(40, abs=1)
    visits = [(visit.alarm, visit.excused) for visit in visits_of(digger, world, _NOW)]
    assert visits == [("class.steps", None), ("class.steps", None), ("class.digging", None)]
    waiting = World(_SITE, 1)
    waiting.act(Enter(site="post", kind=ActorKind.PERSON, path=(Spot(2.0, 300.0),), lingers_s=60.0), _NOW)
    assert {values["class"] for values in _heard(waiting, 50)} == {"none"}


def test_wind_shakes_whole_stretches_and_a_storm_sounds_like_steps_now_and_then() -> None:
    windy, stormy = World(_SITE, 1), World(_SITE, 1)
    windy.act(WeatherTurn(site="post", gust_mps=18.0, over_s=0.0), _NOW)
    stormy.act(WeatherTurn(site="post", gust_mps=30.0, over_s=0.0), _NOW)
    told = _heard(windy, 300)
    assert {values["class"] for values in told} == {"wind"}
    assert {values["extent"] for values in told} == {100.0}
    assert {values["class"] for values in _heard(stormy, 300)} == {"wind", "person"}


def test_behind_a_break_nothing_is_heard_and_the_fibre_says_how_much_is_left() -> None:
    world = World(_SITE, 1)
    trouble(world, _SITE, FibreBreak(site="post", duration_s=300.0), _NOW)
    world.act(_crossing(ActorKind.PERSON, 300.0), _NOW)
    world.act(_crossing(ActorKind.GROUP, 800.0, count=3), _NOW)
    told = _heard(world, 100)
    assert {(values["fibre_broken"], values["fibre_length"]) for values in told} == {(True, 500.0)}
    assert max(float(values["distance"]) for values in told if values["class"] == "person") < 320.0
    (mended,) = _heard(world, 1, 300)
    assert (mended["fibre_broken"], mended["fibre_length"]) == (False, 1_000.0)
