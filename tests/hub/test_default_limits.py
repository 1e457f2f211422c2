from hub.config import HubSettings
from hub.decisions.records import DeviceRecord, Remembered
from hub.decisions.registry import Registry
from hub.decisions.state import State
from hub.inputs import Moment
from hub.protocol import Approval
from sensors.model import Birth, Metric, MetricType, Names
from tests.hub.quiet_center import START, QuietCenter, device

CABINET = device("cabinet-1")
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
