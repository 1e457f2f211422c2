"""What a post lives on, minute by minute, and in which order it dies."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.faults.power import FULL_S, NEEDS, STARTS_S, Dark, Needs, Power, Source

_NOW = datetime(2026, 1, 15, 18, tzinfo=UTC)
_KINDS = ("barrier", "radiation-portal", "camera", "gateway", "ups", "ground-sensor")


def _after(seconds: float) -> datetime:
    return _NOW + timedelta(seconds=seconds)


def _power(temperature_c: float = 5.0, fuel_percent: float = 80.0) -> Power:
    return Power(lambda _: temperature_c, fuel_percent)


def _sources(power: Power, moments_s: Iterable[float]) -> list[Source]:
    return [power.at(_after(at_s)).source for at_s in moments_s]


def test_the_battery_carries_the_load_until_the_generator_does_and_the_mains_returns() -> None:
    power = _power()
    power.fail(_NOW, 600)
    assert _sources(power, (0, STARTS_S - 0.1, STARTS_S, 599.9, 600)) == [
        Source.BATTERY, Source.BATTERY, Source.GENERATOR, Source.GENERATOR, Source.MAINS,
    ]  # fmt: skip
    assert power.at(_after(600)).fuel_percent == pytest.approx(80 - 585 * 5 / 3600)


def _deaths(power: Power, until_s: int) -> list[tuple[int, str]]:
    """When each kind loses its power, in order."""
    dead: dict[str, int] = {}
    for at_s in range(until_s):
        supply = power.at(_after(at_s))
        for kind in _KINDS:
            if not supply.feeds(kind):
                dead.setdefault(kind, at_s)
    return sorted((at_s, kind) for kind, at_s in dead.items())


def test_without_a_generator_the_post_dies_in_the_order_in_which_supply_ends() -> None:
    power = _power()
    power.refuse(_NOW, 86_400)
    power.fail(_NOW, 86_400)
    assert power.at(_after(STARTS_S)).generator_fails
    deaths = _deaths(power, 2_000)
    assert [kind for _, kind in deaths] == ["barrier", "camera", "radiation-portal", "gateway", "ups"]
    assert [at_s for at_s, _ in deaths] == pytest.approx([0, 1_350, 1_350, FULL_S, FULL_S], abs=2)


def test_it_remembers_when_cameras_had_no_power() -> None:
    power = _power()
    power.refuse(_NOW, 86_400)
    power.fail(_NOW, 1_400)
    for seconds in range(0, 1_380, 20):
        power.at(_after(seconds))
    assert list(power.dark) == [Dark(_after(1_360))]
    power.at(_after(1_400))
    assert list(power.dark) == [Dark(_after(1_360), _after(1_400))]


def test_an_aged_battery_collapses_at_forty_percent_and_takes_all_with_it() -> None:
    power = _power()
    power.refuse(_NOW, 86_400)
    power.age(_NOW, 0.5)
    power.fail(_NOW, 86_400)
    last = power.at(_after(539))
    assert (last.source, round(last.charge_percent)) == (Source.BATTERY, 40)
    assert power.at(_after(541))[:2] == (Source.NOTHING, 0.0)
    assert {kind for kind in _KINDS if power.at(_after(541)).feeds(kind)} == {"ground-sensor"}


def test_at_thirty_below_the_generator_does_not_start_until_somebody_warms_it_up() -> None:
    power = _power(temperature_c=-31.0)
    power.fail(_NOW, 7_200)
    assert _sources(power, (STARTS_S, FULL_S + 1)) == [Source.BATTERY, Source.NOTHING]
    power.start_by_hand(_after(FULL_S + 60))
    supply = power.at(_after(FULL_S + 60))
    assert (supply.source, supply.generator_fails) == (Source.GENERATOR, False)
    assert power.at(_after(FULL_S + 160)).charge_percent == pytest.approx(3.0)


def test_a_generator_without_fuel_stops_and_goes_on_when_the_tank_is_filled() -> None:
    power = _power(fuel_percent=1.0)
    power.fail(_NOW, 7_200)
    assert _sources(power, (STARTS_S + 719, STARTS_S + 721)) == [Source.GENERATOR, Source.BATTERY]
    assert power.at(_after(800)).generator_fails
    power.refuel(_after(800))
    assert power.at(_after(800)).source is Source.GENERATOR


def test_a_refusal_passes_and_the_mains_can_come_back_early() -> None:
    power = _power()
    power.refuse(_NOW, 100)
    power.fail(_NOW, 7_200)
    assert _sources(power, (99, 100)) == [Source.BATTERY, Source.GENERATOR]
    power.refuse(_after(200), 100)
    assert power.at(_after(200)).source is Source.BATTERY
    power.restore(_after(250))
    assert power.at(_after(250)).source is Source.MAINS


def test_kinds_that_need_something_special_are_kinds() -> None:
    assert set(NEEDS.values()) == {Needs.MOTOR, Needs.SHED, Needs.CELL}


_DEEDS = st.sampled_from(["fail", "restore", "age", "refuse", "start", "refuel"])


def _do(power: Power, deed: str, now: datetime, amount: float) -> None:
    match deed:
        case "fail":
            power.fail(now, amount * 86_400)
        case "restore":
            power.restore(now)
        case "age":
            power.age(now, max(0.05, amount))
        case "refuse":
            power.refuse(now, amount * 86_400)
        case "start":
            power.start_by_hand(now)
        case _:
            power.refuel(now)


@given(
    st.lists(st.tuples(st.integers(0, 20_000), _DEEDS, st.floats(0, 1)), max_size=8),
    st.sets(st.integers(0, 20_000), max_size=20),
    st.floats(-45, 45),
    st.floats(0, 100),
)
def test_how_often_it_is_asked_changes_nothing(
    deeds: list[tuple[int, str, float]], asked_s: set[int], temperature_c: float, fuel_percent: float
) -> None:
    asked, left_alone = _power(temperature_c, fuel_percent), _power(temperature_c, fuel_percent)
    due = sorted(deeds, key=lambda deed: deed[0])
    for at_s in sorted({*asked_s, *(deed[0] for deed in due)}):
        supply = asked.at(_after(at_s))
        assert 0.0 <= supply.charge_percent <= 100.0
        assert 0.0 <= supply.fuel_percent <= 100.0
        while due and due[0][0] == at_s:
            _, deed, amount = due.pop(0)
            _do(asked, deed, _after(at_s), amount)
            _do(left_alone, deed, _after(at_s), amount)
    one, other = asked.at(_after(20_001)), left_alone.at(_after(20_001))
    assert (one.source, one.generator_fails) == (other.source, other.generator_fails)
    assert (one.charge_percent, one.fuel_percent) == pytest.approx((other.charge_percent, other.fuel_percent), abs=0.01)
