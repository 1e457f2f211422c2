"""What carries a post's link: signal, link and weather tell of the same."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sensors.model import Names, Value
from simulators.births import births_of
from simulators.faults.link import LinkState
from simulators.models import MODELS
from simulators.scenario.form import DeviceEntry, Scenario, Site
from simulators.scenario.gateway_actions import LinkCut
from simulators.scenario.link_actions import LinkLatency, LinkLoss, LinkNarrow
from simulators.scenario.nature_actions import WeatherTurn
from simulators.scenario.streams import picture_ports
from simulators.world.uplinks import Path, by_satellite, c_n_db, path_of, rain_fade_db
from simulators.world.world import World
from tests.support.worlds import PLACE

_NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)


def _site(*kinds: str) -> Site:
    return Site("kordai", Names(), PLACE, devices=tuple(DeviceEntry(f"{kind}-1", kind, Names()) for kind in kinds))


def _said(world: World, kind: str, now: datetime) -> dict[str, Value]:
    return MODELS[kind](f"{kind}-1", 10.0, world, Random(7)).sample(now)  # noqa: S311 - repeatable


def _number(value: Value) -> float:
    assert isinstance(value, int | float)
    return float(value)


@pytest.mark.parametrize(
    ("kinds", "path", "ports"),
    [
        (("link",), Path.FIBRE, {}),
        (("lte", "transceiver", "vsat"), Path.FIBRE, {}),
        (("lte", "vsat"), Path.VSAT, {"kordai": 8555}),
        (("lte",), Path.LTE, {"kordai": 8555}),
    ],
)
def test_the_best_path_carries_and_one_that_is_slow_has_a_line(
    kinds: tuple[str, ...], path: Path, ports: dict[str, int]
) -> None:
    assert path_of(_site(*kinds)) is path
    assert picture_ports(Scenario(Names(), (_site(*kinds),)), 8554) == ports


def test_the_harder_it_rains_the_less_comes_through_a_satellite() -> None:
    rates = [0.0, 1.0, 10.0, 25.0, 35.0, 45.0, 60.0, 150.0]
    assert [rain_fade_db(rate) for rate in rates] == sorted(rain_fade_db(rate) for rate in rates)
    assert c_n_db(0.0) == 13.0
    assert rain_fade_db(35.0) == pytest.approx(6.3, abs=0.2)
    states = [by_satellite(rate) for rate in rates]
    assert [state.bytes_s for state in states] == sorted((state.bytes_s or 0.0 for state in states), reverse=True)
    assert [state.loss for state in states] == sorted(state.loss for state in states)
    assert (states[0].loss, states[-1].loss) == (0.0, 0.5)
    assert all(state.passes for state in states)


def test_rain_makes_signal_and_link_bad_together_and_both_well_again() -> None:
    world = World(_site("link", "vsat", "lte", "weather"), 1)
    world.act(WeatherTurn(site="kordai", rain_mmph=45.0, over_s=60.0, duration_s=400.0), _NOW)
    dry, wet = _NOW, _NOW + timedelta(seconds=200)
    for now, is_wet in ((dry, False), (wet, True), (_NOW + timedelta(seconds=401), False)):
        terminal, link, reserve = (_said(world, kind, now) for kind in ("vsat", "link", "lte"))
        assert (_number(terminal["c_n"]) < 6.0) is is_wet
        assert (_number(terminal["rain_fade"]) > 8.0) is is_wet
        assert (_number(terminal["rx_level"]) < -48.0) is is_wet
        assert (_number(terminal["tx_level"]) > 35.0) is is_wet
        assert (_number(link["loss"]) > 5.0) is is_wet
        assert (link["path"], reserve["up"]) == ("vsat", True)
        assert 550.0 < _number(link["rtt"]) < 750.0
        assert 550.0 < _number(terminal["rtt"]) < 750.0
        assert 40.0 < _number(reserve["rtt"]) < 120.0


def test_faults_come_on_top_of_what_a_link_does_by_itself() -> None:
    world = World(_site("lte"), 1)
    assert world.link.at(_NOW) == LinkState(latency_s=0.03, jitter_s=0.01)
    for fault in (
        LinkLatency(site="kordai", latency_s=0.5, jitter_s=0.0),
        LinkLoss(site="kordai", share=0.1),
        LinkNarrow(site="kordai", kbps=64),
    ):
        world.link.act(fault, _NOW)
    assert world.link.at(_NOW) == LinkState(latency_s=0.53, jitter_s=0.01, loss=0.1, bytes_s=8_000.0)


@pytest.mark.parametrize("kind", ["transceiver", "vsat", "lte"])
def test_what_carries_a_cut_link_is_down_and_a_reserve_is_not(kind: str) -> None:
    world = World(_site(kind, "link"), 1)
    beside = World(_site("transceiver", "vsat", "lte"), 1)
    for around in (world, beside):
        around.link.cut(LinkCut(site="kordai", duration_s=60), _NOW)
    during = _NOW + timedelta(seconds=10)
    assert [_said(world, each, during)["up"] for each in (kind, "link")] == [False, False]
    assert _said(world, kind, _NOW + timedelta(seconds=61))["up"] is True
    assert _said(beside, kind, during)["up"] is (kind != "transceiver")


def test_a_cut_fibre_is_dark_and_one_that_loses_is_dim() -> None:
    world = World(_site("transceiver"), 1)
    lit = _number(_said(world, "transceiver", _NOW)["rx_power"])
    world.link.act(LinkLoss(site="kordai", share=0.1, duration_s=5), _NOW)
    dim = _number(_said(world, "transceiver", _NOW)["rx_power"])
    world.link.cut(LinkCut(site="kordai", duration_s=60), _NOW)
    dark = _number(_said(world, "transceiver", _NOW + timedelta(seconds=10))["rx_power"])
    assert -14.0 < lit < -11.0
    assert lit - 7.0 < dim < lit - 3.0
    assert dark < -38.0


def test_what_a_mobile_modem_has_used_grows_faster_when_it_carries() -> None:
    used = {}
    for kinds in (("lte",), ("transceiver", "lte")):
        modem = MODELS["lte"]("lte-1", 10.0, World(_site(*kinds), 1), Random(7))  # noqa: S311 - repeatable
        first, *_, last = (_number(modem.sample(_NOW)["data_total"]) for _ in range(10))
        used[kinds] = last - first
    assert used["lte",] > 100 * used["transceiver", "lte"] > 0


def test_a_link_over_a_satellite_is_called_slow_beyond_a_second_alone() -> None:
    bounds = {}
    for kinds in (("link", "vsat"), ("link", "lte")):
        birth = births_of(_site(*kinds), lambda _: ())["link-1"]  # type: ignore[index]  # ids are texts
        bounds[kinds[1]] = [limit.bound for metric in birth.metrics if metric.name == "rtt" for limit in metric.limits]
    assert bounds == {"vsat": [1_000.0], "lte": [400]}
