"""The instructor's screen: what can be started, what was, what came of it; in every language, by keys alone."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec
import pytest

from hub.protocol import ControlView, LogEntry, Snapshot
from sensors.access import Role
from sensors.catalog import GATEWAY, SIMULATOR
from sensors.clock import ManualClock
from sensors.errors import WireError
from sensors.model import Argument, Choice, Command, DeviceId, DeviceKey, Language, MetricType, Names, SiteId
from sensors.topics import SIMULATORS
from tests.support.console import ConsoleDriver, ScriptedHub, open_console
from tests.tui import border
from tests.tui.test_snapshots import LARGE, SMALL, compare
from tui.config import ConsoleSettings
from tui.training import Stage, Step, commands_of, read_steps, stage_of

KORDAI = border.key("kordai", "gateway")
PLAYER = DeviceKey(SIMULATORS, DeviceId("border"))
ENGLISH = ConsoleSettings(language=Language.EN)
DEVICE = Argument(
    "device",
    MetricType.TEXT,
    Names("Device", "Устройство", "Құрылғы"),
    choices=(Choice("ground-1"), Choice("fence-1")),
)
LASTS = Argument(
    "duration_s", MetricType.NUMBER, Names("Lasts", "Длится", "Ұзақтығы"), "s", minimum=0, maximum=600, default=20
)
COMMANDS = (
    Command(
        "intrusion",
        Names("Intrusion", "Проникновение", "Басып кіру"),
        Names(
            "A person passes a ground sensor, and some seconds later climbs a fence.",
            "Человек проходит датчик грунта и через несколько секунд перелезает через ограждение.",
            "Адам топырақ датчигінен өтіп, бірнеше секундтан кейін қоршаудан асады.",
        ),
        (DEVICE, LASTS, Argument("loud", MetricType.BOOLEAN, Names("Loud", "Шумно", "Шулы"), default=False)),
        lasting=True,
        expects=Names("an alarm within 10 s", "тревога в течение 10 с", "10 с ішінде дабыл"),
    ),
    Command(
        "camera-freeze",
        Names("Frozen picture", "Стоп-кадр", "Қатып қалған бейне"),
        arguments=(Argument("camera", MetricType.TEXT, choices=(Choice("cam-3"),), required=True),),
        lasting=True,
    ),
    Command("relieve", arguments=(Argument("order", MetricType.TEXT, required=True),)),
    Command("link-resume", Names("Link mended", "Канал восстановлен", "Арна қалпына келді")),
)
SCENARIOS = (
    Choice(
        "climber",
        Names("A climber", "Нарушитель", "Бұзушы"),
        Names("A person climbs.", "Человек перелезает.", "Адам асады."),
    ),
    Choice(
        "smuggling",
        Names("Smuggling try", "Попытка контрабанды", "Контрабанда әрекеті"),
        Names(
            "Four come down to the fence and cut it.",
            "Четверо спускаются к ограждению и режут его.",
            "Төртеу қоршауға түсіп, оны кеседі.",
        ),
    ),
)
CONTROLS = (
    ControlView(KORDAI, GATEWAY, Names(), border.SITES["kordai"], online=True, commands=COMMANDS),
    ControlView(
        PLAYER,
        SIMULATOR,
        Names("Simulator", "Имитатор", "Имитатор"),
        Names(),
        online=True,
        commands=(
            Command(
                "scenario-start", arguments=(Argument("scenario", MetricType.TEXT, choices=SCENARIOS),), lasting=True
            ),
            Command("relieve", arguments=(Argument("order", MetricType.TEXT, required=True),)),
        ),
    ),
)


def exercising(role: Role = Role.INSTRUCTOR) -> Snapshot:
    snapshot = border.snapshot(role=role)
    marked = tuple(msgspec.structs.replace(device, exercise=True) for device in snapshot.devices)
    status = msgspec.structs.replace(snapshot.status, exercise=True)
    return msgspec.structs.replace(snapshot, status=status, devices=marked)


def taught(role: Role = Role.INSTRUCTOR) -> ScriptedHub:
    hub = ScriptedHub(exercising(role))
    hub.offered = CONTROLS
    return hub


def play(hub: ScriptedHub) -> None:
    """An intrusion that raised an alarm which was acknowledged, one that was refused, and a scenario under way."""
    ground = border.key("kordai", "ground-1")
    hub.log("training-order", 'training-a: intrusion {"device":"ground-1"}', KORDAI, who="dana")
    hub.log("training-answer", "training-a: done intrusion", KORDAI)
    hub.log("alarm-raised", "Movement", ground, occurrence="kordai.ground-1.hits.many.1")
    hub.log("alarm-acknowledged", "Movement", ground, who="aigul", occurrence="kordai.ground-1.hits.many.1")
    hub.log("training-order", 'training-b: camera-freeze {"camera":"cam-3"}', KORDAI, who="dana")
    hub.log("training-answer", "training-b: refused cam-3: is not there", KORDAI)
    hub.log("training-order", 'training-c: scenario-start {"scenario":"smuggling"}', PLAYER, who="yerlan")
    hub.log("training-answer", "training-c: done smuggling", PLAYER)
    hub.log("event", 'step: training-c/kordai: intrusion {"device":"fence-1","duration_s":300}', PLAYER)
    told = '{"done":1,"steps":3,"in_s":90,"next":"camera-freeze","site":"kordai"}'
    hub.log("event", f"course: training-c: course {told}", PLAYER)


async def shown(console: ConsoleDriver) -> None:
    await console.press("i")
    await console.see("▌")


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("language", Language)
async def test_the_instructors_screen_looks_as_agreed(language: Language, size: tuple[int, int]) -> None:
    hub, clock = taught(), ManualClock(border.NOW)
    play(hub)
    clock.advance(15)
    settings = ConsoleSettings(language=language)
    async with open_console(hub, clock, size=size, settings=settings) as console:
        await shown(console)
        compare(f"{language.value}-training", console.screen, size)
        await console.press("down", "enter")
        await console.press("enter")
        compare(f"{language.value}-training-order", console.screen, size)


async def test_an_instructor_starts_a_step_with_its_arguments_and_sees_what_comes_of_it() -> None:
    hub, clock = taught(), ManualClock(border.NOW)
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await shown(console)
        await console.press("down", "down", "down", "down")
        await console.see("Ground sensor 1")
        await console.press("enter", "enter")
        await console.see("0…600 s", "Ground sensor 1 (ground-1)")
        await console.press("down", "backspace", "backspace", "9", "9", "9", "enter")
        await console.see("this must be within 0…600 s")
        await console.press("backspace", "backspace", "x", "enter")
        await console.see("this is no number")
        assert hub.orders == []
        await console.press("backspace", "backspace", "3", "0", "down", "right", "enter")
        assert hub.orders == [
            ("instruct", str(KORDAI), "intrusion", '{"device":"ground-1","duration_s":30,"loud":true}')
        ]
        await console.see("Told: Intrusion", "sent")
        hub.log("training-answer", "training-1: done intrusion", KORDAI)
        await console.see("since 0 s")
        hub.log("alarm-raised", "Movement", border.key("kordai", "ground-1"), occurrence="o-9")
        await console.see("alarm 2 s, not acked")
        hub.log("alarm-acknowledged", "", border.key("kordai", "ground-1"), who="aigul", occurrence="o-9")
        await console.see("alarm 2 s, acked 1 s")
        clock.advance(31)
        await console.settle()
        await console.see("over")


async def test_a_scenario_is_started_followed_and_ended_and_everything_at_once_after_asking() -> None:
    hub, clock = taught(), ManualClock(border.NOW)
    async with open_console(hub, clock, settings=ENGLISH) as console:
        await shown(console)
        await console.press("enter")
        await console.see("A climber", "Smuggling try", "climber: A person climbs.")
        await console.press("down")
        await console.see("smuggling: Four come down to the fence and cut it.")
        await console.press("enter")
        assert hub.orders == [("instruct", str(PLAYER), "scenario-start", '{"scenario":"smuggling"}')]
        hub.log("training-answer", "training-1: done scenario-start", PLAYER)
        told = '{"done":0,"steps":2,"in_s":40,"next":"intrusion","site":"kordai"}'
        hub.log("event", f"course: training-1: course {told}", PLAYER)
        await console.see("0/2, next in 4")
        await console.press("tab")
        await console.see("Intrusion, Kordai (")
        hub.log("event", 'step: training-1/kordai: intrusion {"duration_s":300}', PLAYER)
        told = '{"done":2,"steps":2,"in_s":100}'
        hub.log("event", f"course: training-1: course {told}", PLAYER)
        await console.see("2/2, over in 1 min", "scenario")
        await console.press("s")
        assert hub.orders[-1] == ("instruct", str(PLAYER), "relieve", '{"order":"training-1"}')
        hub.log("training-answer", "training-2: done relieve", PLAYER)
        await console.see("2/2 steps")
        await console.press("s")
        await console.see("This does not go on")
        hub.log("training-order", 'training-x: camera-freeze {"camera":"cam-3"}', KORDAI, who="dana")
        hub.log("training-answer", "training-x: done", KORDAI)
        await console.see("since")
        await console.press("x")
        await console.see("End everything that goes on (1)?")
        await console.press("tab", "enter")
        assert hub.orders[-1] == ("instruct", str(KORDAI), "relieve", '{"order":"training-x"}')


async def test_keys_work_under_cyrillic_layouts() -> None:
    hub = taught()
    async with open_console(hub, ManualClock(border.NOW), settings=ENGLISH) as console:
        await console.press("ш")
        await console.see("What can be started")
        await console.press("ы")
        await console.see("This does not go on")
        await console.press("escape")
        await console.see("OPERATIONAL LOG")


async def test_what_the_hub_refuses_is_said_with_its_reason() -> None:
    hub = taught()
    hub.refuse_with = WireError("device is none of ground-1", subject="intrusion")
    async with open_console(hub, ManualClock(border.NOW), settings=ENGLISH) as console:
        await shown(console)
        await console.press("enter", "enter")
        await console.see("device is none of ground-1")


@pytest.mark.parametrize("role", [Role.DUTY_OFFICER, Role.TECHNICIAN, Role.VIEWER])
async def test_nobody_else_gets_there(role: Role) -> None:
    async with open_console(taught(role), ManualClock(border.NOW), settings=ENGLISH) as console:
        await console.see("EXERCISE")
        assert "Training" not in console.screen
        await console.press("i")
        await console.see("may not")
        assert "What can be started" not in console.screen


async def test_a_hub_for_actual_work_has_no_such_screen() -> None:
    hub = ScriptedHub(border.snapshot())
    async with open_console(hub, ManualClock(border.NOW), settings=ENGLISH) as console:
        assert "Training" not in console.screen
        await console.press("i")
        await console.see("nothing is started here")
        assert "What can be started" not in console.screen


def lines(*told: tuple[str, str, DeviceKey, float, str]) -> list[LogEntry]:
    """Log lines, newest first: kind, text, device, seconds after the beginning, occurrence."""
    entries = [
        LogEntry(number, border.NOW + timedelta(seconds=at_s), kind, "dana", text, key, occurrence)
        for number, (kind, text, key, at_s, occurrence) in enumerate(told, 1)
    ]
    return entries[::-1]


def stages(steps: Iterable[Step], after_s: float) -> list[Stage]:
    commands = commands_of(CONTROLS)
    return [stage_of(step, commands, border.NOW + timedelta(seconds=after_s)) for step in steps]


GROUND, FENCE = border.key("kordai", "ground-1"), border.key("kordai", "fence-1")


def test_a_step_goes_on_for_its_duration_or_until_it_is_ended() -> None:
    log = lines(
        ("training-order", "training-a: intrusion {}", KORDAI, 0, ""),
        ("training-order", 'training-b: camera-freeze {"camera":"cam-3"}', KORDAI, 1, ""),
        ("training-order", "training-c: link-resume {}", KORDAI, 2, ""),
        ("training-answer", "training-a: done", KORDAI, 3, ""),
        ("training-answer", "training-b: done", KORDAI, 3, ""),
    )
    assert stages(read_steps(log), 5) == [Stage.SENT, Stage.RUNNING, Stage.RUNNING]
    assert stages(read_steps(log), 21) == [Stage.SENT, Stage.RUNNING, Stage.OVER]
    ended = lines(
        ("training-order", 'training-d: relieve {"order":"training-b"}', KORDAI, 30, ""),
        ("training-answer", "training-d: done", KORDAI, 31, ""),
        ("training-answer", "training-c: done", KORDAI, 31, ""),
    )
    assert stages(read_steps([*ended, *log]), 40) == [Stage.OVER, Stage.OVER, Stage.OVER]


def test_an_alarm_is_of_the_step_that_names_its_device_or_of_the_newest_at_its_post() -> None:
    steps = read_steps(
        lines(
            ("training-order", 'training-a: intrusion {"device":"ground-1"}', KORDAI, 0, ""),
            ("training-order", "training-b: intrusion {}", KORDAI, 1, ""),
            ("alarm-raised", "", GROUND, 5, "o-1"),
            ("alarm-raised", "", FENCE, 6, "o-2"),
            ("alarm-raised", "", border.key("konysbayev", "ground-1"), 7, "o-3"),
            ("alarm-acknowledged", "", FENCE, 9, "o-2"),
        )
    )
    newest, first = steps
    assert (first.alarm, newest.alarm) == ("o-1", "o-2")
    assert first.acknowledged_at is None
    assert newest.acknowledged_at == border.NOW + timedelta(seconds=9)
    late = read_steps(
        lines(
            ("training-order", "training-a: intrusion {}", KORDAI, 0, ""),
            ("alarm-raised", "", GROUND, 601, "o-1"),
        )
    )
    assert late[0].alarm == ""


BEGUN = (
    ("training-order", 'training-a: scenario-start {"scenario":"climber"}', PLAYER, 0, ""),
    ("training-answer", "training-a: done", PLAYER, 1, ""),
    ("event", 'step: training-a/kordai: camera-freeze {"camera":"cam-3"}', PLAYER, 2, ""),
    ("training-order", 'training-b: scenario-start {"scenario":"smuggling"}', PLAYER, 3, ""),
    ("training-answer", "training-b: done", PLAYER, 4, ""),
)


def test_scenarios_go_on_beside_each_other_and_each_ends_with_what_it_began() -> None:
    assert stages(read_steps(lines(*BEGUN)), 500) == [Stage.RUNNING, Stage.RUNNING, Stage.RUNNING]
    over = read_steps(lines(*BEGUN, ("event", "scenario-over: training-a: over {}", PLAYER, 9, "")))
    assert stages(over, 500) == [Stage.RUNNING, Stage.OVER, Stage.OVER]
    assert [step.site for step in over] == [PLAYER.site, SiteId("kordai"), PLAYER.site]
    ended = read_steps(
        lines(
            *BEGUN,
            ("training-order", 'training-c: relieve {"order":"training-b"}', PLAYER, 5, ""),
            ("training-answer", "training-c: done", PLAYER, 6, ""),
        )
    )
    assert stages(ended, 500) == [Stage.OVER, Stage.RUNNING, Stage.RUNNING]


def test_a_simulator_that_starts_anew_plays_nothing_of_before() -> None:
    steps = read_steps(lines(*BEGUN, ("event", "scenario-over: all: over {}", PLAYER, 9, "")))
    assert stages(steps, 500) == [Stage.OVER, Stage.OVER, Stage.OVER]


def test_a_step_that_is_not_done_says_why() -> None:
    told = ("event", 'step: training-a/kordai: herd {"device":"ground-1","refused":"too many"}', PLAYER, 2, "")
    (step, _) = read_steps(lines(*BEGUN[:2], told))
    assert (stages([step], 3), step.answer, step.arguments) == ([Stage.REFUSED], "too many", {"device": "ground-1"})


@pytest.mark.parametrize("text", ["course {}", 'course {"done":"1","steps":2,"in_s":3}', "nothing", "course [1]"])
def test_a_course_that_cannot_be_is_none(text: str) -> None:
    (step,) = read_steps(lines(*BEGUN[:2], ("event", f"course: training-a: {text}", PLAYER, 2, "")))
    assert step.course is None
