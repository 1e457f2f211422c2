from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from sensors.model import Condition, Limit, MetricType, Value
from simulators.kinds import KINDS
from simulators.models import MODELS
from simulators.models.model import Model
from simulators.scenario.actions import Herd, Intrusion, Radiation
from simulators.scenario.reading import read_scenario
from simulators.world.sun import is_dark
from simulators.world.troubles import Effect, Trouble
from tests.support.worlds import world_of_all_kinds

_SEASONS = [datetime(2026, month, 15, tzinfo=UTC) for month in (1, 4, 7, 10)]
_PERIOD_S = 10.0


def _model(kind: str, seed: int = 7) -> Model:
    return MODELS[kind](f"{kind}-1", _PERIOD_S, world_of_all_kinds(seed), Random(seed))  # noqa: S311 - repeatable


def _crosses(limit: Limit, value: Value) -> bool:
    match limit.condition:
        case Condition.ABOVE:
            return isinstance(value, int | float) and isinstance(limit.bound, int | float) and value > limit.bound
        case Condition.BELOW:
            return isinstance(value, int | float) and isinstance(limit.bound, int | float) and value < limit.bound
        case Condition.EQUALS:
            return value == limit.bound
        case Condition.DIFFERS:
            return value != limit.bound


def _fits(type_: MetricType, value: Value) -> bool:
    match type_:
        case MetricType.BOOLEAN:
            return isinstance(value, bool)
        case MetricType.TEXT:
            return isinstance(value, str)
        case MetricType.COUNTER | MetricType.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)


@pytest.mark.parametrize("begins", _SEASONS, ids=lambda begins: f"{begins:%B}")
@pytest.mark.parametrize("kind", sorted(MODELS))
def test_an_ordinary_day_is_plausible_and_raises_no_alarm(kind: str, begins: datetime) -> None:
    model, metrics = _model(kind), {metric.name: metric for metric in KINDS[kind].metrics}
    before: dict[str, Value] = {}
    for step in range(0, 86_400, 60):
        values = model.sample(begins + timedelta(seconds=step))
        assert values.keys() == metrics.keys()
        for name, value in values.items():
            metric = metrics[name]
            assert _fits(metric.type, value), (name, value)
            assert metric.minimum is None or float(value) >= metric.minimum, (name, value)
            assert metric.maximum is None or float(value) <= metric.maximum, (name, value)
            assert not any(_crosses(limit, value) for limit in metric.limits), (name, value)
            if metric.type is MetricType.COUNTER and before:
                assert float(value) >= float(before[name]), name
        before = values


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_the_same_seed_and_clock_give_the_same_values(kind: str) -> None:
    moments = [_SEASONS[1] + timedelta(seconds=_PERIOD_S * step) for step in range(300)]
    first, second, other = _model(kind), _model(kind), _model(kind, seed=8)
    values = [first.sample(now) for now in moments]
    assert values == [second.sample(now) for now in moments]
    assert values != [other.sample(now) for now in moments]


def test_the_weather_has_a_daily_rhythm() -> None:
    around = world_of_all_kinds(3)
    warmer = 0
    for day in range(30):
        noon = datetime(2026, 5, 1, 10, tzinfo=UTC) + timedelta(days=day)
        warmer += around.weather(noon).temperature_c > around.weather(noon + timedelta(hours=12)).temperature_c
    assert warmer >= 27


def test_traffic_peaks_by_day_and_comes_to_about_two_thousand_vehicles() -> None:
    around = world_of_all_kinds(3)
    midnight = datetime(2026, 5, 1, 19, tzinfo=UTC)
    hours = [around.vehicles_per_hour(midnight + timedelta(hours=hour)) for hour in range(24)]
    assert 1_200 < sum(hours) < 2_800
    assert hours[17] > 2 * hours[3]


def test_the_sun_decides_between_day_and_night() -> None:
    site = read_scenario("border").sites[0]
    assert not is_dark(datetime(2026, 6, 21, 7, tzinfo=UTC), site.position)
    assert is_dark(datetime(2026, 6, 21, 19, tzinfo=UTC), site.position)


@pytest.mark.parametrize(
    ("trouble", "kind", "metric", "after_s"),
    [
        (Trouble.DOOR, "cabinet", "door", 0),
        (Trouble.STUCK, "barrier", "position", 0),
    ],
)
def test_a_trouble_crosses_its_limit_and_ends(trouble: Trouble, kind: str, metric: str, after_s: float) -> None:
    model, now = _model(kind), _SEASONS[0]
    limit = next(one for one in KINDS[kind].metrics if one.name == metric).limits[0]
    model.around.cause((Effect(trouble, model.device, now, now + timedelta(seconds=60)),))
    assert _crosses(limit, model.sample(now + timedelta(seconds=after_s))[metric])
    assert not _crosses(limit, model.sample(now + timedelta(seconds=60))[metric])


@pytest.mark.parametrize(
    ("action", "kind", "metric", "after_s"),
    [
        (Intrusion(site="post"), "ground-sensor", "person", 0.0),
        (Intrusion(site="post", fence_after_s=4.0), "fence", "climb", 4.1),
        (Radiation(site="post"), "radiation-portal", "gamma_alarm", 2.0),
        (Radiation(site="post", neutron=True), "radiation-portal", "neutron_alarm", 2.0),
    ],
)
def test_whoever_comes_crosses_a_limit_and_goes(
    action: Intrusion | Radiation, kind: str, metric: str, after_s: float
) -> None:
    model, now = _model(kind), _SEASONS[0]
    limit = next(one for one in KINDS[kind].metrics if one.name == metric).limits[0]
    model.around.act(action, now)
    assert _crosses(limit, model.sample(now + timedelta(seconds=after_s))[metric])
    assert not _crosses(limit, model.sample(now + timedelta(seconds=60))[metric])


def test_animals_are_hits_but_no_person() -> None:
    model, now = _model("ground-sensor"), _SEASONS[2]
    before = model.sample(now)
    model.around.act(Herd(site="post", duration_s=60), now)
    after = model.sample(now + timedelta(seconds=10))
    assert float(after["hits_total"]) > float(before["hits_total"])
    assert float(after["person"]) < 0.8


def test_the_generator_takes_over_from_the_battery() -> None:
    world, now = world_of_all_kinds(7), _SEASONS[0]
    ups, generator = (MODELS[kind](f"{kind}-1", 10.0, world, Random(1)) for kind in ("ups", "generator"))  # noqa: S311
    assert (ups.sample(now)["source"], generator.sample(now)["running"]) == ("mains", False)
    world.power.fail(now, 600)
    at_once, later, after = (now + timedelta(seconds=seconds) for seconds in (5, 60, 601))
    assert (ups.sample(at_once)["source"], generator.sample(at_once)["running"]) == ("battery", False)
    assert (ups.sample(later)["source"], generator.sample(later)["running"]) == ("mains", True)
    assert (ups.sample(after)["source"], generator.sample(after)["running"]) == ("mains", False)
