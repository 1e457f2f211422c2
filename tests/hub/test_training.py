"""An instructor starts things in an exercise: only there, only what is declared, audited, and kept from trainees."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from hub.client import HubClient
from hub.decisions.checking import find_lie
from hub.decisions.state import Effects
from hub.inputs import Connected, Moment
from hub.protocol import AlarmChanged, DevicesChanged, LogEntry, Logged, MetricsChanged, Snapshot
from hub.protocol.training import Answered, read_answered
from hub.requests import Instruct, ReadControls, SendCommand
from sensors.access import Role
from sensors.catalog import SIMULATOR
from sensors.commands import Told, read_told, write_told
from sensors.dialects import native
from sensors.errors import AccessError, ConflictError, NotFoundError, ShekaraError, UnavailableError, WireError
from sensors.model import Argument, Birth, Choice, Command, DeviceId, DeviceKey, Metric, MetricType, Names, Value
from sensors.topics import SIMULATORS, Leaf, topic
from tests.hub.quiet_center import GATEWAY, START, QuietCenter, entries
from tests.hub.standing_hub import FENCE, PASSWORD, StandingHub, standing_hub

SIMULATION = DeviceKey(SIMULATORS, DeviceId("border"))
INTRUSION = Command(
    "intrusion",
    Names("Intrusion", "Проникновение", "Басып кіру"),
    arguments=(
        Argument("device", MetricType.TEXT, choices=(Choice("ground-1"),)),
        Argument("duration_s", MetricType.NUMBER, unit="s", minimum=0, maximum=600, default=20),
    ),
    lasting=True,
)
POST = Birth("gateway", Names(en="Gateway"), exercise=True, commands=(INTRUSION,))
PLAYER = Birth(
    SIMULATOR,
    Names(en="Border"),
    metrics=(Metric("scenario", MetricType.TEXT),),
    exercise=True,
    commands=(Command("relieve"),),
)


def exercise() -> QuietCenter:
    center = QuietCenter(exercise=True)
    center.take(Connected(center.now, START))
    center.bear(GATEWAY, POST)
    return center


def instruct(center: QuietCenter, name: str = "intrusion", **arguments: Value) -> tuple[LogEntry, Effects]:
    result, effects = center.ask(Instruct(GATEWAY, "training-1", name, arguments, "dana"))
    assert isinstance(result, LogEntry)
    return result, effects


def test_an_order_is_logged_with_who_gave_it_and_published() -> None:
    center = exercise()
    entry, effects = instruct(center, duration_s=30)
    assert (entry.kind, entry.who, entry.key) == ("training-order", "dana", GATEWAY)
    assert read_told(entry.text) == Told("training-1", "intrusion", {"duration_s": 30})
    (sent,) = [each for each in effects.outgoing if each.topic == topic(GATEWAY, Leaf.COMMAND)]
    command = native.decode_command(sent.payload)
    assert command == native.CommandPayload("training-1", "intrusion", {"duration_s": 30})
    effects = center.hear(GATEWAY, Leaf.ACK, native.encode_ack("training-1", done=False, text="no ground-1"))
    (answer,) = entries(effects)
    assert answer.kind == "training-answer"
    assert read_answered(answer.text) == Answered("training-1", done=False, text="no ground-1")
    effects = center.hear(GATEWAY, Leaf.ACK, native.encode_ack("5c0e", done=True))
    assert [each.kind for each in entries(effects)] == ["command-answer"]


@pytest.mark.parametrize(
    ("name", "arguments", "error", "said"),
    [
        ("earthquake", {}, NotFoundError, "no command earthquake"),
        ("intrusion", {"duration_s": 601}, WireError, "duration_s is over 600"),
        ("intrusion", {"device": "ground-9"}, WireError, "device is none of ground-1"),
        ("intrusion", {"where": "north"}, WireError, "no argument where"),
    ],
)
def test_what_no_device_says_that_it_takes_is_refused_before_it_is_sent(
    name: str, arguments: dict[str, Value], error: type[Exception], said: str
) -> None:
    center = exercise()
    with pytest.raises(error, match=said):
        instruct(center, name, **arguments)
    assert center.state.journal.recent[0].kind != "training-order"


def test_what_is_an_instructors_to_start_is_not_sent_as_any_other_command() -> None:
    center = exercise()
    for name, refused in (("intrusion", True), ("restart", False)):
        request = SendCommand(GATEWAY, native.CommandPayload("5c0e", name, {}), "marat")
        if refused:
            with pytest.raises(ConflictError, match="an instructor's to start"):
                center.ask(request)
        else:
            assert [each.topic for each in center.ask(request)[1].outgoing] == [topic(GATEWAY, Leaf.COMMAND)]


def test_nothing_is_started_at_a_hub_for_actual_work() -> None:
    center = QuietCenter()
    center.take(Connected(center.now, START))
    center.bear(GATEWAY, replace(POST, exercise=False))
    for request in (ReadControls(), Instruct(GATEWAY, "training-1", "intrusion", {}, "dana")):
        with pytest.raises(ConflictError, match="for actual work"):
            center.ask(request)


def test_only_approved_devices_that_take_commands_are_told_anything_and_only_over_a_broker() -> None:
    center = QuietCenter(exercise=True, approve_all=False)
    center.bear(GATEWAY, POST)
    center.bear(FENCE, Birth("fence", Names(en="Fence"), exercise=True))
    assert center.ask(ReadControls())[0] == ()
    with pytest.raises(NotFoundError, match="nothing can be started there"):
        instruct(center)
    center = QuietCenter(exercise=True)
    center.bear(GATEWAY, POST)
    center.bear(FENCE, Birth("fence", Names(en="Fence"), exercise=True))
    assert [view.key for view in center.ask(ReadControls())[0]] == [GATEWAY]  # type: ignore[attr-defined]
    with pytest.raises(UnavailableError):
        instruct(center)


@pytest.mark.parametrize(
    ("key", "birth", "lies"),
    [
        (SIMULATION, PLAYER, False),
        (GATEWAY, PLAYER, True),
        (SIMULATION, replace(PLAYER, kind="fence"), True),
        (GATEWAY, replace(POST, commands=(INTRUSION, INTRUSION)), True),
    ],
)
def test_a_simulator_has_a_site_of_its_own(key: DeviceKey, birth: Birth, *, lies: bool) -> None:
    assert (find_lie(key, birth) is not None) is lies


def test_a_simulator_that_does_not_say_so_is_held_by_either_hub() -> None:
    for exercising in (True, False):
        center = QuietCenter(exercise=exercising)
        center.bear(SIMULATION, replace(PLAYER, exercise=not exercising))
        assert center.state.registry.devices[SIMULATION].barred


def test_a_hub_for_actual_work_neither_offers_nor_passes_a_scenario() -> None:
    start = Command("scenario-start", arguments=(Argument("scenario", MetricType.TEXT),), lasting=True)
    center = QuietCenter()
    center.take(Connected(center.now, START))
    center.bear(SIMULATION, replace(PLAYER, commands=(start,)))
    assert center.state.registry.devices[SIMULATION].barred
    given: dict[str, Value] = {"scenario": "herd"}
    payload = native.CommandPayload("training-1", "scenario-start", given)
    for request in (
        ReadControls(),
        Instruct(SIMULATION, "training-1", "scenario-start", given, "dana"),
        SendCommand(SIMULATION, payload, "marat"),
    ):
        with pytest.raises(ShekaraError):
            center.ask(request)
    assert not [each for each in center.state.effects.outgoing if each.topic == topic(SIMULATION, Leaf.COMMAND)]


@pytest.mark.parametrize("text", ["", "training-1", "x: y z", "x: y {", 'x: y {"a": [1]}', "note: quiet {night}"])
def test_what_tells_no_order_is_read_as_none(text: str) -> None:
    assert read_told(text) is None
    assert read_answered(text) is None


def test_what_is_told_is_read_again() -> None:
    told = Told("kordai", "intrusion", {"device": "ground-1", "duration_s": 2.5, "loud": True, "note": "a: b {c}"})
    assert read_told(write_told(told)) == told
    assert read_answered("training-1: done intrusion") == Answered("training-1", done=True, text="intrusion")
    assert read_answered("training-1: refused ") == Answered("training-1", done=False, text="")


async def played(hub: StandingHub) -> None:
    """A post and a simulator that can be told things, over a broker that stands."""
    now = hub.clock.now()
    hub.pipeline.inbox.put(Connected(Moment(now, hub.clock.monotonic_s()), now))
    for key, birth in ((GATEWAY, POST), (SIMULATION, PLAYER)):
        hub.hear(key, Leaf.BIRTH, native.encode_birth(birth))
        hub.hear(key, Leaf.STATE, native.encode_state(online=True, since=now))
    hub.measure(SIMULATION, scenario="border")
    hub.hear(SIMULATION, Leaf.EVENT, native.encode_event("1", "step", now, 'kordai: intrusion {"duration_s":20}'))
    await hub.facade.devices()


async def test_an_instructor_gives_an_order_and_a_trainee_is_not_told(tmp_path: Path) -> None:
    async with standing_hub(tmp_path, exercise=True) as hub, HubClient(hub.url) as client:
        await played(hub)
        await client.sign_in(Role.INSTRUCTOR, PASSWORD)
        assert [view.key for view in await client.controls()] == [GATEWAY, SIMULATION]
        entry = await client.instruct(GATEWAY, "intrusion", {"duration_s": 5})
        assert (entry.who, entry.exercise) == ("instructor", True)
        assert entry.text.startswith("training-")
        with pytest.raises(AccessError):
            await client.approve(GATEWAY)
        seen = await snapshot(client)
        assert SIMULATION in {device.key for device in seen.devices}
        assert {"training-order", "event"} <= {each.kind for each in seen.log}
        for role in (Role.DUTY_OFFICER, Role.TECHNICIAN, Role.VIEWER):
            await client.sign_in(role, PASSWORD)
            with pytest.raises(AccessError):
                await client.controls()
            with pytest.raises(AccessError):
                await client.instruct(GATEWAY, "intrusion", {})
            seen = await snapshot(client)
            assert SIMULATION not in {device.key for device in (*seen.devices, *await client.devices())}
            assert SIMULATION not in {metric.key for metric in seen.metrics}
            log = seen.log if role is Role.VIEWER else (*seen.log, *(await client.log()).entries)
            assert not [each for each in log if each.kind.startswith("training") or each.key == SIMULATION]


async def snapshot(client: HubClient) -> Snapshot:
    async for message in client.live_once():
        if isinstance(message, Snapshot):
            return message
    raise AssertionError


async def test_the_live_feed_tells_a_trainee_the_alarm_and_not_the_cause(tmp_path: Path) -> None:
    async with standing_hub(tmp_path, exercise=True) as hub, HubClient(hub.url) as client:
        await played(hub)
        await client.sign_in(Role.DUTY_OFFICER, PASSWORD)
        heard: list[object] = []
        feed = client.live_once()
        async for message in feed:
            heard.append(message)
            if isinstance(message, Snapshot):
                hub.measure(SIMULATION, scenario="none")
                hub.hear(SIMULATION, Leaf.STATE, native.encode_state(online=False, since=hub.clock.now()))
                hub.hear(GATEWAY, Leaf.ACK, native.encode_ack("training-1", done=True))
                hub.measure(FENCE, alarm=True)
            if isinstance(message, Logged) and message.entry.kind == "alarm-raised":
                break
        await feed.aclose()
    told: list[LogEntry] = [each.entry for each in heard if isinstance(each, Logged)]
    assert [entry.kind for entry in told] == ["alarm-raised"]
    assert not [each for each in heard if isinstance(each, DevicesChanged)]
    metrics = [metric for each in heard if isinstance(each, MetricsChanged) for metric in each.metrics]
    assert SIMULATION not in {metric.key for metric in metrics}


async def test_an_alarm_of_a_simulator_is_the_instructors_to_see(tmp_path: Path) -> None:
    async with standing_hub(tmp_path, exercise=True) as hub, HubClient(hub.url) as client:
        await played(hub)
        await client.sign_in(Role.INSTRUCTOR, PASSWORD)
        feed = client.live_once()
        async for message in feed:
            if isinstance(message, Snapshot):
                hub.hear(SIMULATION, Leaf.STATE, native.encode_state(online=False, since=hub.clock.now()))
            if isinstance(message, AlarmChanged):
                break
        await feed.aclose()
        assert SIMULATION in {alarm.key for alarm in await client.alarms()}
        await client.sign_in(Role.DUTY_OFFICER, PASSWORD)
        assert SIMULATION not in {alarm.key for alarm in await client.alarms()}


async def test_a_hub_for_actual_work_answers_an_administrator_that_nothing_is_started_here(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, HubClient(hub.url) as client:
        await client.sign_in(Role.ADMINISTRATOR, PASSWORD)
        with pytest.raises(ConflictError, match="actual work"):
            await client.controls()
        with pytest.raises(ConflictError, match="actual work"):
            await client.instruct(GATEWAY, "intrusion", {})
