import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.decisions.checking import find_lie
from sensors.catalog import SIMULATOR
from sensors.equipment import CATALOGUE, SENSOR, complete, describe, kind_of
from sensors.kinds.form import Kind
from sensors.model import (
    Birth,
    Condition,
    DeviceId,
    DeviceKey,
    Limit,
    Metric,
    MetricType,
    Names,
    Priority,
    SiteId,
)
from sensors.topics import SIMULATORS
from sensors.units import ucum_of

KEY = DeviceKey(SiteId("kordai"), DeviceId("one"))


def _key_of(kind: str) -> DeviceKey:
    return DeviceKey(SIMULATORS if kind == SIMULATOR else KEY.site, KEY.device)


METRICS = [(kind.id, metric) for kind in CATALOGUE.values() for metric in kind.metrics]


def test_the_catalogue_knows_the_equipment_of_a_border() -> None:
    wanted = (
        "ground-sensor fence radiation-portal barrier weighbridge vehicle-counter weather ups link cabinet camera "
        "gateway generator gnss-time thermal-gate"
    )
    assert set(wanted.split()) <= set(CATALOGUE)


@pytest.mark.parametrize(("kind", "metric"), METRICS, ids=[f"{kind}-{metric.name}" for kind, metric in METRICS])
def test_every_metric_is_named_in_three_languages_and_has_a_known_unit(kind: str, metric: Metric) -> None:
    assert metric.names.en
    assert metric.names.ru
    assert metric.names.kk
    assert ucum_of(metric.unit) == metric.unit
    assert describe(kind, metric.name) == metric


def test_a_metric_is_known_by_its_words_whatever_stands_between_them() -> None:
    alarm = describe("radiation-portal", "gamma_alarm")
    assert alarm is not None
    assert describe("radiation-portal", "gamma-alarm") == describe("radiation-portal", "gamma-alarm--2") == alarm


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=CATALOGUE)
def test_every_kind_could_be_declared_by_a_device_and_its_limits_tell_what_to_do(kind: Kind) -> None:
    assert find_lie(_key_of(kind.id), Birth(kind=kind.id, names=kind.names, metrics=kind.metrics)) is None
    for limit in (limit for metric in kind.metrics for limit in metric.limits):
        assert limit.cause
        assert limit.procedure.ru
        assert limit.message.kk


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("ups", "ups"),
        ("motion", "motion-sensor"),
        ("temperature", "climate"),
        ("battery", SENSOR),
        ("smoke", "fire-alarm"),
        ("tns1:RuleEngine/LineDetector/Crossed", "camera"),
        ("VideoSource/ImageTooDark/AnalyticsService", "camera"),
        ("RadiationPortal", "radiation-portal"),
        ("RPM4", "radiation-portal"),
        ("Site Generator 3", "generator"),
        ("Motor_v2", SENSOR),
        ("", SENSOR),
    ],
)
def test_what_others_call_it_has_our_kind(said: str, kind: str) -> None:
    assert kind_of(said) == kind


def birth(metric: Metric, kind: str = "weather") -> Birth:
    return Birth(kind=kind, names=Names(), metrics=(metric,))


def test_a_bare_metric_gets_unit_range_names_and_limits() -> None:
    bare = birth(Metric("gust", MetricType.NUMBER))
    full = complete(bare)
    (gust,) = full.metrics
    assert gust == describe("weather", "gust")
    assert gust.limits
    assert full.equipment_class == "environment"
    assert full.names == CATALOGUE["weather"].names
    assert complete(bare, limits=False).metrics[0].limits == ()


def test_the_devices_own_word_is_never_overridden() -> None:
    own = Limit("mine", Condition.ABOVE, 3, Priority.LOW, Names("Windy"))
    said = Metric("gust", MetricType.NUMBER, Names("Blow"), "m/s", -1, 9, (own,))
    birth_said = Birth(kind="weather", names=Names("Mast"), equipment_class="mine", metrics=(said,))
    assert complete(birth_said) == birth_said


def test_range_and_limits_follow_the_devices_unit() -> None:
    (hot,) = complete(birth(Metric("temperature", MetricType.NUMBER, unit="[degF]"), "cabinet")).metrics
    assert (hot.unit, hot.minimum, hot.maximum) == ("[degF]", -58.0, 194.0)
    (limit,) = hot.limits
    assert limit.bound == 140.0
    assert limit.deadband == pytest.approx(5.4)


def test_a_unit_spelled_in_any_way_gets_its_code_and_an_unknown_one_stays() -> None:
    said = (Metric("gust", MetricType.NUMBER, unit="км/ч"), Metric("mood", MetricType.NUMBER, unit="smiles"))
    full = complete(Birth(kind="weather", names=Names(), metrics=said))
    assert [metric.unit for metric in full.metrics] == ["km/h", "smiles"]
    assert full.metrics[0].maximum == 288.0


def test_a_unit_without_a_way_to_the_catalogues_gets_no_range_and_no_limits() -> None:
    (battery,) = complete(birth(Metric("battery", MetricType.NUMBER, unit="%"), "ground-sensor")).metrics
    assert (battery.minimum, battery.maximum, battery.limits) == (None, None, ())
    assert battery.names.en == "Battery"


def test_a_metric_of_another_type_gets_a_name_alone() -> None:
    (door,) = complete(birth(Metric("door", MetricType.TEXT), "cabinet")).metrics
    assert door == Metric("door", MetricType.TEXT, Names("Door open", "Дверь открыта", "Есік ашық"))


def test_a_range_is_never_made_empty() -> None:
    (gust,) = complete(birth(Metric("gust", MetricType.NUMBER, minimum=500))).metrics
    assert (gust.minimum, gust.maximum) == (500, None)


def test_a_device_of_any_kind_may_tell_its_battery_and_signal() -> None:
    (level,) = complete(birth(Metric("battery_level", MetricType.NUMBER), "teapot")).metrics
    assert (level.unit, level.minimum, level.maximum) == ("%", 0, 100)


@given(
    st.sampled_from(METRICS),
    st.sampled_from(MetricType),
    st.sampled_from(["", "Cel", "°C", "[degF]", "%", "V", "mV", "km/h", "bogus"]),
    st.none() | st.floats(-1e6, 1e6),
)
def test_what_is_completed_can_be_believed_and_completing_again_changes_nothing(
    known: tuple[str, Metric], type_: MetricType, unit: str, minimum: float | None
) -> None:
    kind, metric = known
    full = complete(birth(Metric(metric.name, type_, unit=unit, minimum=minimum), kind))
    assert find_lie(_key_of(kind), full) is None
    assert complete(full) == full


@given(st.text(max_size=300))
def test_any_text_has_a_kind(said: str) -> None:
    assert kind_of(said) == SENSOR or kind_of(said) in CATALOGUE
