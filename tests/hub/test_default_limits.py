import pytest

from hub.config import HubSettings
from hub.decisions.records import DeviceRecord, Remembered
from hub.decisions.registry import Registry
from hub.decisions.state import State
from hub.inputs import Moment
from hub.protocol import AlarmState, Approval
from sensors.model import Birth, Metric, MetricType, Names
from tests.hub.quiet_center import START, QuietCenter, device

CABINET, CAMERA = device("cabinet-1"), device("cam-1")
BARE = Birth(kind="cabinet", names=Names("Cabinet"), metrics=(Metric("tamper", MetricType.BOOLEAN),))


def test_a_device_that_declares_no_limits_is_watched_by_the_catalogues() -> None:
    center = QuietCenter()
    center.bear(CABINET, BARE)
    center.measure(CABINET, {"tamper": True})
    assert [(view.key, view.limit) for view in center.alarms] == [(CABINET, "tamper")]


def test_the_operator_may_want_declared_limits_alone() -> None:
    state = State(HubSettings(default_limits=False), Remembered(), [], Moment(START, 0.0))
    met = state.registry.meet(CABINET, Moment(START, 0.0), "mqtt")
    assert not isinstance(met, str)
    met.introduce(BARE)
    assert met.metrics["tamper"].limits == ()
    assert met.metrics["tamper"].names.ru


def test_a_remembered_device_is_watched_after_a_restart_too() -> None:
    record = DeviceRecord(CABINET, Approval.APPROVED, START, ("mqtt",), BARE)
    registry = Registry([record], Moment(START, 0.0), approve_all=False)
    assert [limit.id for limit in registry.devices[CABINET].metrics["tamper"].limits] == ["tamper"]
    assert registry.devices[CABINET].birth == BARE


@pytest.mark.parametrize(
    ("metric", "good", "bad", "hardly_better"),
    [
        ("bitrate", 400.0, 5.0, 15.0),
        ("bitrate", 8_000.0, 20_000.0, 15_000.0),
        ("key_interval", 2.0, 30.0, 11.0),
        ("clock_drift", 20.0, 260.0, 170.0),
        ("clock_drift", -20.0, -260.0, -170.0),
        ("clock_offset", 0.1, 60.0, 9.0),
    ],
)
def test_a_cameras_own_pace_is_an_alarm_when_it_is_wrong_for_long_and_until_it_is_well_right(
    metric: str, good: float, bad: float, hardly_better: float
) -> None:
    center = QuietCenter()
    center.bear(CAMERA, Birth(kind="camera", names=Names("Camera")))

    def raised_after(value: float, for_s: int) -> bool:
        for _ in range(0, for_s, 20):
            center.measure(CAMERA, {"picture": "live", metric: value})
            center.wait(20.0)
        return any(view.metric == metric and view.state is AlarmState.UNACKNOWLEDGED for view in center.alarms)

    assert not raised_after(good, 700)
    assert not raised_after(bad, 40)
    assert raised_after(bad, 700)
    assert raised_after(hardly_better, 700)
    assert not raised_after(good, 700)
