"""A crossing's electronic queue: it follows the world's traffic, its lanes, and what shuts them."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sensors.model import Names, Position, Value
from simulators.consequences import consequences_of
from simulators.models.queue import ElectronicQueue
from simulators.scenario.actions import BarrierStuck
from simulators.scenario.form import DeviceEntry, Site
from simulators.scenario.nature_actions import TrafficTurn
from simulators.troubles import trouble
from simulators.world.world import World

_NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
_PERIOD_S = 60.0
_HOUR = 60
_SITE = Site(
    "post",
    Names(),
    Position(latitude_deg=43.0, longitude_deg=74.7),
    devices=(
        DeviceEntry("queue-1", "electronic-queue", Names(), _PERIOD_S),
        *(DeviceEntry(f"barrier-{number}", "barrier", Names()) for number in (1, 2, 3)),
    ),
)


def _told(world: World, samples: int) -> list[dict[str, Value]]:
    model = ElectronicQueue("queue-1", _PERIOD_S, world, Random(5))  # noqa: S311 - repeatable
    return [model.sample(_NOW + timedelta(seconds=_PERIOD_S * number)) for number in range(samples)]


def _world(factor: float) -> World:
    world = World(_SITE, 1)
    world.act(TrafficTurn(site="post", factor=factor, duration_s=86_400), _NOW)
    return world


def test_on_an_ordinary_day_the_lanes_serve_whoever_comes() -> None:
    told = _told(World(_SITE, 1), 8 * _HOUR)
    assert {values["lanes_open"] for values in told} <= {1, 2, 3, 4}
    assert max(float(values["wait"]) for values in told) < 60.0
    served = float(told[-1]["served_total"]) - float(told[0]["served_total"])
    world = World(_SITE, 1)
    came = sum(world.vehicles_per_hour(_NOW + timedelta(hours=hour)) / 2 for hour in range(8))
    assert served == pytest.approx(came + float(told[0]["waiting"]), rel=0.15)
    assert all(float(values["called"]) <= float(values["waiting"]) for values in told)


def test_more_than_all_lanes_serve_wait_longer_and_longer() -> None:
    told = _told(_world(12.0), 4 * _HOUR)
    assert {values["lanes_open"] for values in told} == {4}
    waits = [float(values["wait"]) for values in told[:: 2 * _HOUR]] + [float(told[-1]["wait"])]
    assert waits == sorted(waits)
    assert waits[-1] > 180.0


def test_a_closed_crossing_serves_nobody_and_its_alarm_is_due() -> None:
    world = _world(0.0)
    told = _told(world, _HOUR)
    assert {(values["lanes_open"], values["called"], values["served_total"]) for values in told} == {
        (0, 0, told[0]["served_total"])
    }
    (due,) = consequences_of(TrafficTurn(site="post", factor=0.0, duration_s=600.0), world, _NOW)
    assert (due.device, due.alarm, due.starts, due.excused) == ("queue-1", "lanes_open.all-shut", _NOW, None)
    assert not list(consequences_of(TrafficTurn(site="post", factor=0.0, duration_s=30.0), world, _NOW))
    assert not list(consequences_of(TrafficTurn(site="post", factor=3.0), world, _NOW))


def test_when_it_closes_who_waits_waits_on() -> None:
    world = World(_SITE, 1)
    model = ElectronicQueue("queue-1", _PERIOD_S, world, Random(5))  # noqa: S311 - repeatable
    before = model.sample(_NOW)
    world.act(TrafficTurn(site="post", factor=0.0, duration_s=86_400), _NOW)
    later = [model.sample(_NOW + timedelta(seconds=_PERIOD_S * number)) for number in range(1, 31)]
    assert {values["waiting"] for values in later} == {before["waiting"]}
    assert float(later[-1]["wait"]) == pytest.approx(float(before["wait"]) + 30.0, abs=0.2)


def test_a_stuck_barrier_shuts_a_lane() -> None:
    world = _world(4.0)
    for number in (1, 2):
        trouble(world, _SITE, BarrierStuck(site="post", device=f"barrier-{number}", duration_s=600.0), _NOW)
    told = _told(world, 12)
    assert [values["lanes_open"] for values in told] == [2] * 10 + [4] * 2
