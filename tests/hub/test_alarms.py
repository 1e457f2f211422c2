from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.alarms.engine import AlarmEngine
from hub.alarms.limits import Turn, Watch, holds
from hub.decisions.records import AlarmRecord
from hub.inputs import Moment
from hub.protocol import AlarmState
from sensors.errors import ConflictError, NotFoundError
from sensors.model import Condition, DeviceKey, Limit, Metric, MetricType, Names, Priority, Value
from tests.hub.quiet_center import FENCE, START, reading

B, C, D, A = AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.RETURNED, AlarmState.NORMAL


def limit(condition: Condition = Condition.ABOVE, bound: Value = 10.0, **parts: float) -> Limit:
    return Limit("x", condition, bound, Priority.HIGH, Names(en="x"), **parts)  # type: ignore[arg-type]  # only delays


@pytest.mark.parametrize(
    ("condition", "bound", "value", "expected"),
    [
        (Condition.ABOVE, 10, 10, False),
        (Condition.ABOVE, 10, 10.01, True),
        (Condition.BELOW, 10, 10, False),
        (Condition.BELOW, 10, -3, True),
        (Condition.EQUALS, True, True, True),
        (Condition.EQUALS, True, 1, False),
        (Condition.EQUALS, 1, 1.0, True),
        (Condition.DIFFERS, "live", "frozen", True),
        (Condition.DIFFERS, "live", "live", False),
        (Condition.ABOVE, 10, "11", False),
        (Condition.BELOW, "a", 1, False),
    ],
)
def test_a_condition_compares_as_its_name_says(
    condition: Condition, bound: Value, value: Value, *, expected: bool
) -> None:
    assert holds(limit(condition, bound), value, held=False) is expected


@given(st.lists(st.floats(-100, 100)), st.floats(0, 50))
def test_inside_the_deadband_nothing_turns(values: list[float], deadband: float) -> None:
    watch = Watch(limit(bound=0.0, deadband=deadband))
    for value in values:
        before = watch.raised
        turn = watch.see(value, 0.0)
        if -deadband < value <= 0:
            assert turn is None
            assert watch.raised is before
        else:
            assert watch.raised is (value > 0)


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), min_size=1), st.floats(0, 30), st.floats(0, 30))
def test_a_turn_comes_only_after_its_whole_delay_and_turns_alternate(
    steps: list[tuple[float, bool]], on_delay_s: float, off_delay_s: float
) -> None:
    watch = Watch(limit(Condition.EQUALS, bound=True, on_delay_s=on_delay_s, off_delay_s=off_delay_s))
    now_s, held, held_since_s = 0.0, False, 0.0
    turns: list[Turn] = []
    for pause_s, value in steps:
        now_s += pause_s
        late = watch.look(now_s)
        if late is not None:
            assert now_s - held_since_s >= (on_delay_s if held else off_delay_s)
            turns.append(late)
        if value is not held:
            held, held_since_s = value, now_s
        turn = watch.see(value, now_s)
        if turn is not None:
            assert now_s - held_since_s >= (on_delay_s if held else off_delay_s)
            turns.append(turn)
        assert (turn is None) or (turn is Turn.RAISED) is watch.raised
    assert all(earlier is not later for earlier, later in pairwise(turns))
    assert not turns or turns[0] is Turn.RAISED


@given(st.lists(st.booleans(), max_size=40))
def test_with_delays_that_never_run_out_nothing_is_raised(values: list[bool]) -> None:
    watch = Watch(limit(Condition.EQUALS, bound=True, on_delay_s=1000))
    assert all(watch.see(value, second * 10.0) is None for second, value in enumerate(values))


class Bench:
    """An engine with one limit, driven by words."""

    def __init__(self, remembered: tuple[AlarmRecord, ...] = ()) -> None:
        self.engine = AlarmEngine(remembered, self._cameras_of)
        self.metric = Metric("tension", MetricType.NUMBER, limits=(limit(),))
        self.second = 0.0

    def _cameras_of(self, key: DeviceKey) -> tuple[DeviceKey, ...]:
        return (key,)

    def do(self, word: str) -> None:
        self.second += 1
        now = Moment(START, self.second)
        match word:
            case "over":
                self.engine.see(reading(11), self.metric, now)
            case "under":
                self.engine.see(reading(9), self.metric, now)
            case "ack":
                self.engine.acknowledge(self.engine.listed[0].occurrence, "aigul", now)

    @property
    def states(self) -> list[AlarmState]:
        return [view.state for view in self.engine.listed]


@pytest.mark.parametrize(
    ("steps", "states", "last_number"),
    [
        ("over", [B], 1),
        ("over over", [B], 1),
        ("over under", [D], 1),
        ("over ack", [C], 1),
        ("over ack under", [], 1),
        ("over under ack", [], 1),
        ("over ack over", [C], 1),
        ("over under over", [B], 2),
        ("over ack under over", [B], 2),
        ("over under over under", [D], 2),
        ("over under ack over ack under", [], 2),
    ],
)
def test_an_alarm_goes_through_the_states_of_isa_18_2(steps: str, states: list[AlarmState], last_number: int) -> None:
    bench = Bench()
    for step in steps.split():
        bench.do(step)
    assert bench.states == states
    if states:
        assert bench.engine.listed[0].occurrence == f"kordai.fence-1.tension.x.{last_number}"


def test_an_acknowledgement_of_an_older_occurrence_is_refused() -> None:
    bench = Bench()
    bench.do("over")
    first = bench.engine.listed[0].occurrence
    bench.do("under")
    bench.do("over")
    with pytest.raises(ConflictError, match="occurred again"):
        bench.engine.acknowledge(first, "aigul", Moment(START, 9))
    assert bench.states == [B]


def test_acknowledging_twice_says_who_was_first() -> None:
    bench = Bench()
    bench.do("over")
    bench.do("ack")
    with pytest.raises(ConflictError, match="aigul"):
        bench.do("ack")


def test_what_is_over_cannot_be_acknowledged() -> None:
    bench = Bench()
    for step in ("over", "ack", "under"):
        bench.do(step)
    with pytest.raises(ConflictError, match="over"):
        bench.engine.acknowledge("kordai.fence-1.tension.x.1", "aigul", Moment(START, 9))


@pytest.mark.parametrize(
    "name",
    ["", "x", "kordai.fence-1.tension.x.2", "kordai.fence-1.tension.x.0", "kordai.fence-1.other.x.1", "a.b.c.d.-1",
     "a.b.c.d.²", "a.b.c.d." + "9" * 5000],
)  # fmt: skip
def test_an_occurrence_that_never_was_is_not_found(name: str) -> None:
    bench = Bench()
    bench.do("over")
    with pytest.raises(NotFoundError):
        bench.engine.acknowledge(name, "aigul", Moment(START, 9))


def test_a_standing_alarm_and_its_number_survive_a_restart() -> None:
    before = Bench()
    for step in ("over", "under", "over", "ack"):
        before.do(step)
    after = Bench((before.engine.record(before.engine.listed[0]),))
    assert after.engine.listed == before.engine.listed
    after.do("over")
    assert after.states == [C]
    after.do("under")
    after.do("over")
    assert after.engine.listed[0].occurrence.endswith(".3")


def test_the_most_urgent_alarm_comes_first() -> None:
    engine = AlarmEngine((), lambda _: ())
    for number, (name, priority) in enumerate(
        [("low", Priority.LOW), ("top", Priority.CRITICAL), ("new", Priority.LOW)]
    ):
        only = Limit(name, Condition.ABOVE, 1, priority, Names())
        metric = Metric(name, MetricType.NUMBER, limits=(only,))
        engine.see(reading(5, metric=name), metric, Moment(START.replace(minute=number), number))
    assert [view.limit for view in engine.listed] == ["top", "new", "low"]
    engine.acknowledge(engine.listed[0].occurrence, "aigul", Moment(START, 9))
    assert [view.limit for view in engine.listed] == ["new", "low", "top"]


def test_an_alarm_whose_limit_is_no_longer_declared_returns() -> None:
    bench = Bench()
    bench.do("over")
    transitions = bench.engine.withdraw(FENCE, (), Moment(START, 9))
    assert [(each.kind, each.view.state) for each in transitions] == [("alarm-returned", D)]
    assert bench.states == [D]
    assert A not in bench.states
