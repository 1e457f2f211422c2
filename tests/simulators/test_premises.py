"""What happens at a post: every sort of action reaches what its sensors say, on a clock that only the test moves."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from sensors.model import Value
from simulators.faults.telemetry import Utterance
from simulators.premises import TICK_S, Notice, Premises
from simulators.scenario.actions import Action, action_of
from simulators.scenario.form import Site
from simulators.scenario.nature_actions import Enter
from simulators.scenario.reading import read_scenario
from simulators.world.actors import ActorKind, Cargo
from simulators.world.ground import Spot

_NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def site() -> Site:
    return read_scenario("border").sites[0]


def _after(seconds: float) -> datetime:
    return _NOW + timedelta(seconds=seconds)


def _action(name: str, **arguments: Value) -> Action:
    return action_of(name, "kordai", arguments)


def _play(premises: Premises, since_s: float, until_s: float) -> list[Utterance]:
    said: list[Utterance] = []
    for tick in range(round(since_s / TICK_S), round(until_s / TICK_S)):
        said += premises.utterances(_after(tick * TICK_S), {})
    return said


def _values(said: Iterable[Utterance], device: str, metric: str) -> list[Value | None]:
    return [one.sample.values[metric] for one in said if one.device == device]


def test_a_climber_is_heard_by_the_ground_sensor_and_then_by_the_fence(site: Site) -> None:
    premises = Premises(site, 1, _NOW)
    premises.perform(Enter(site="kordai", kind=ActorKind.PERSON, past="fence-1", climbs=True), _NOW)
    before, at_work = _play(premises, 0, 29), _play(premises, 29, 46)
    assert not any(_values(before, "fence-1", "climb"))
    assert any(_values(at_work, "fence-1", "climb"))
    heard = [*_values(before, "ground-1", "person"), *_values(at_work, "ground-1", "person")]
    assert max(float(value or 0) for value in heard) > 0.8
    assert not any(_values(_play(premises, 46, 120), "fence-1", "climb"))


def test_who_cuts_is_told_from_who_climbs(site: Site) -> None:
    premises = Premises(site, 1, _NOW)
    premises.perform(Enter(site="kordai", kind=ActorKind.PERSON, past="fence-1", cuts=True), _NOW)
    said = _play(premises, 0, 60)
    assert any(_values(said, "fence-1", "cut"))
    assert not any(_values(said, "fence-1", "climb"))


def test_a_herd_is_many_hits_and_nobody(site: Site) -> None:
    premises = Premises(site, 1, _NOW)
    premises.perform(Enter(site="kordai", kind=ActorKind.HERD, past="ground-1"), _NOW)
    said = _play(premises, 0, 120)
    assert "animal" in _values(said, "ground-1", "class")
    assert max(float(value or 0) for value in _values(said, "ground-1", "person")) < 0.8


@pytest.mark.parametrize(("cargo", "neutrons"), [(Cargo.SOURCE, False), (Cargo.NORM, False), (Cargo.NEUTRON, True)])
def test_a_load_that_radiates_is_found_in_the_portal(site: Site, cargo: Cargo, neutrons: bool) -> None:  # noqa: FBT001
    premises = Premises(site, 1, _NOW)
    portal = premises.world.places["portal-1"].spot
    path = (Spot(portal.x_m, portal.y_m - 30), Spot(portal.x_m, portal.y_m + 30))
    lorry = Enter(site="kordai", kind=ActorKind.VEHICLE, path=path, speed_mps=1.5, cargo=cargo)
    premises.perform(lorry, _NOW)
    said = _play(premises, 0, 45)
    assert any(_values(said, "portal-1", "gamma_alarm"))
    assert any(_values(said, "portal-1", "neutron_alarm")) is neutrons


def test_a_lorry_without_a_source_is_no_alarm(site: Site) -> None:
    premises = Premises(site, 1, _NOW)
    premises.perform(Enter(site="kordai", kind=ActorKind.VEHICLE, past="portal-1", speed_mps=1.5), _NOW)
    said = _play(premises, 0, 60)
    assert any(_values(said, "portal-1", "occupied"))
    assert not any(_values(said, "portal-1", "gamma_alarm"))


def test_a_storm_shakes_the_fence_and_passes(site: Site) -> None:
    premises = Premises(site, 1, _NOW)
    premises.perform(_action("weather", gust_mps=28.0, rain_mmph=40.0, over_s=60.0, duration_s=600.0), _NOW)
    assert premises.world.weather(_after(30)).gust_mps < 28.0
    assert (premises.world.weather(_after(300)).gust_mps, premises.world.weather(_after(300)).rain_mmph) == (28.0, 40.0)
    assert any(_values(_play(premises, 60, 540), "fence-1", "climb"))
    assert premises.world.weather(_after(700)).gust_mps < 20.0


def test_a_closed_crossing_has_no_traffic(site: Site) -> None:
    premises = Premises(site, 1, _NOW)
    premises.perform(_action("traffic", factor=0.0, duration_s=60.0), _NOW)
    assert premises.world.vehicles_per_hour(_after(30)) == 0.0
    assert premises.world.vehicles_per_hour(_after(61)) > 0.0


def test_a_worn_battery_without_a_generator_takes_the_post_down(site: Site) -> None:
    premises = Premises(site, 1, _NOW)
    for action in (_action("ups-age", health=0.1), _action("generator-refuse"), _action("mains-fail", duration_s=600)):
        premises.perform(action, _NOW)
    said = _play(premises, 0, 300)
    assert "battery" in _values(said, "ups-1", "source")
    assert any(_values(said, "generator-1", "fault"))
    assert not premises.speaks(_after(300))
    assert {one.device for one in _play(premises, 310, 590)} == {"ground-1", "ground-2", "ground-3"}
    premises.perform(_action("generator-start"), _after(590))
    assert premises.speaks(_after(591))


def test_telemetry_faults_and_their_end_reach_what_is_said(site: Site) -> None:
    premises = Premises(site, 1, _NOW)
    premises.perform(_action("value-stuck", device="weather-1", metric="wind"), _after(10))
    premises.perform(_action("data-corrupt", device="fence-1", share=1.0), _after(10))
    said = _play(premises, 11, 60)
    assert len(set(_values(said, "weather-1", "wind"))) == 1
    assert all(one.garbled is not None for one in said if one.device == "fence-1")
    premises.perform(_action("data-resume"), _after(60))
    assert all(one.garbled is None for one in _play(premises, 60, 65))


def test_a_gateway_is_cut_denied_and_born_again(site: Site) -> None:
    premises = Premises(site, 1, _NOW)
    premises.perform(_action("link-cut", duration_s=10.0), _NOW)
    assert [premises.speaks(_after(seconds)) for seconds in (0, 1, 10, 11)] == [True, False, False, True]
    premises.perform(_action("false-will"), _NOW)
    premises.perform(_action("rebirth-storm", duration_s=3.0, every_s=1.0), _NOW)
    heard = [notice for second in range(6) for notice in premises.notices(_after(second))]
    assert heard == [Notice.FALSE_WILL, Notice.BIRTHS, Notice.BIRTHS]


def test_faults_of_the_link_show_in_its_figures(site: Site) -> None:
    premises = Premises(site, 1, _NOW)
    premises.perform(_action("link-latency", latency_s=0.35), _NOW)
    assert min(float(value or 0) for value in _values(_play(premises, 0, 20), "link-1", "rtt")) > 700


@pytest.mark.parametrize(
    ("name", "arguments", "device", "metric", "value"),
    [
        ("tamper", {}, "cabinet-1", "tamper", True),
        ("overload", {}, "weighbridge-1", "overload", True),
        ("barrier-left-open", {}, "barrier-1", "position", "open"),
        ("gnss-jam", {}, "gnss-1", "fix", "none"),
    ],
)
def test_what_people_do_is_told_by_the_device(
    site: Site, name: str, arguments: dict[str, Value], device: str, metric: str, value: Value
) -> None:
    premises = Premises(site, 1, _NOW)
    _play(premises, 0, 5)
    premises.perform(_action(name, **arguments), _after(5))
    assert _values(_play(premises, 5, 8), device, metric)[-1] == value


def test_a_spoofed_time_server_keeps_its_fix_and_jumps(site: Site) -> None:
    premises = Premises(site, 1, _NOW)
    premises.perform(_action("gnss-jam", spoofed=True), _NOW)
    said = _play(premises, 0, 10)
    assert set(_values(said, "gnss-1", "fix")) == {"3d"}
    assert all(float(value or 0) > 200 for value in _values(said, "gnss-1", "offset"))


def test_a_radar_tracks_what_moves_before_it_and_nothing_behind_it() -> None:
    outpost = read_scenario("quiet-night").sites[0]
    for path, found in (
        ((Spot(-100.0, -500.0), Spot(-60.0, -420.0)), True),
        ((Spot(100.0, 300.0), Spot(60.0, 220.0)), False),
    ):
        premises = Premises(outpost, 1, _NOW)
        premises.perform(Enter(site=outpost.id, kind=ActorKind.PERSON, path=path), _NOW)
        assert ("person" in _values(_play(premises, 0, 30), "radar-1", "class")) is found


def test_snow_spoils_plates() -> None:
    crossing = read_scenario("lane-troubles").sites[0]
    clear, snowed = Premises(crossing, 1, _NOW), Premises(crossing, 1, _NOW)
    snowed.perform(_action("weather", snow_mmph=6.0, over_s=0.0, duration_s=600.0), _NOW)
    worst = [
        min(float(value or 0) for value in _values(_play(premises, 0, 300), "plates-1", "confidence"))
        for premises in (clear, snowed)
    ]
    assert worst[1] < worst[0] - 10
