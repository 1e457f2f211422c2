"""Scenarios that an instructor starts: which are offered, how they go and end, and what is written down of them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sensors.clock import ManualClock
from sensors.commands import Told, find_lie_in_commands, read_told
from sensors.dialects.native import CommandPayload, encode_ack
from sensors.errors import ConfigError, LimitError
from sensors.model import Names
from simulators.chronicle import Chronicle
from simulators.publish_connection import Broker
from simulators.scenario.actions import Action, DeviceResume
from simulators.scenario.camera_actions import CameraBlack, CameraFreeze, CameraResume
from simulators.scenario.form import Scenario
from simulators.scenario.link_actions import LinkResume
from simulators.scenario.reading import parse_scenario, read_scenario
from simulators.training.begun import Begun
from simulators.training.course import Course
from simulators.training.offers import commands_for, playable, read_library
from simulators.training.player import MAX_RUNS, Player
from simulators.training.simulator import Simulator, id_of
from simulators.truth import Expected, Happening, Truth
from simulators.world.world import World

NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
BORDER = read_scenario("border")
SITE = b"""
title = { en = "Test" }
lasts_s = 100
[[sites]]
id = "kordai"
names = { en = "Kordai" }
position = { latitude_deg = 43.039, longitude_deg = 74.713 }
equipment = "blo-standard"
"""


def scenario(text: bytes) -> Scenario:
    return parse_scenario(SITE + text, "test")


TROUBLES = scenario(
    b"""
    [[steps]]
    site = "kordai"
    at_s = 30
    action = "link-loss"
    [[steps]]
    site = "kordai"
    at_s = 10
    id = "ice"
    action = "camera-freeze"
    camera = "cam-1"
    [[steps]]
    site = "kordai"
    at_s = 20
    action = "device-silence"
    device = "fence-1"
    duration_s = 15
    [[expect]]
    of = "ice"
    device = "fence-1"
    alarm = "climb.climbing"
    """
)


class Ground:
    """A post that keeps what it is asked for, and ends things as a post does."""

    def __init__(self) -> None:
        self.done: list[Action] = []
        self._begun = Begun()

    async def perform(self, action: Action) -> None:
        if getattr(action, "camera", None) == "cam-4":
            raise ConfigError("is away", subject="cam-4")
        self.done.append(action)

    async def begin(self, order: str, action: Action) -> None:
        await self.perform(action)
        self._begun.note(order, action)

    async def relieve(self, order: str) -> None:
        if (end := self._begun.end_of(order)) is not None:
            await self.perform(end)


class Stage:
    """A player before one post, and what it tells."""

    def __init__(self, scenarios: Mapping[str, Scenario], speed: float = 1.0) -> None:
        self.ground = Ground()
        self.told: list[tuple[str, Told]] = []
        self.player = Player({"kordai": self.ground}, scenarios, self._tell, speed)
        self.told.clear()

    def _tell(self, kind: str, text: str) -> None:
        told = read_told(text)
        assert told is not None, text
        self.told.append((kind, told))

    async def go(self, *moments_s: float) -> list[str]:
        """The types of what has been done when these moments have come."""
        for at_s in moments_s:
            await self.player.tick(NOW + timedelta(seconds=at_s))
        return [type(action).__name__ for action in self.ground.done]


def test_steps_are_taken_in_time_from_the_order_on_and_the_next_is_known() -> None:
    course = Course("training-a", "troubles", TROUBLES, NOW)
    assert (course.done, course.steps, course.next_at) == (0, 3, NOW + timedelta(seconds=10))
    assert course.take(NOW + timedelta(seconds=9.9)) is None
    late = NOW + timedelta(seconds=25)
    taken = [course.take(late), course.take(late), course.take(late)]
    assert [done.step.at_s if done else None for done in taken] == [10, 20, None]
    assert not course.is_over(NOW + timedelta(seconds=200))
    assert course.take(NOW + timedelta(seconds=30)) is not None
    assert (course.next, course.next_at) == (None, NOW + timedelta(seconds=100))
    assert [course.is_over(NOW + timedelta(seconds=at_s)) for at_s in (99, 100)] == [False, True]


async def test_a_run_tells_its_steps_and_how_far_it_is_and_ends_with_what_it_began() -> None:
    stage = Stage({"troubles": TROUBLES})
    stage.player.start("training-a", "troubles", NOW)
    assert await stage.go(0, 10, 20) == ["CameraFreeze", "DeviceSilence"]
    assert [(kind, told.id, told.name) for kind, told in stage.told] == [
        ("course", "training-a", "course"),
        ("step", "training-a/kordai", "camera-freeze"),
        ("course", "training-a", "course"),
        ("step", "training-a/kordai", "device-silence"),
        ("course", "training-a", "course"),
    ]
    assert stage.told[0][1].arguments == {
        "done": 0, "steps": 3, "in_s": 10, "next": "camera-freeze", "site": "kordai",
    }  # fmt: skip
    assert stage.told[1][1].arguments == {"camera": "cam-1"}
    assert stage.player.values(NOW + timedelta(seconds=21)) == {
        "scenario": "troubles", "elapsed": 21, "steps_done": 2, "steps": 3, "lasting": 2,
    }  # fmt: skip
    # The device speaks again by itself; the camera and the link are mended at the end, the link for all of its faults.
    assert await stage.go(30, 60, 100) == ["CameraFreeze", "DeviceSilence", "LinkLoss", "CameraResume"]
    assert [kind for kind, _ in stage.told[-2:]] == ["course", "scenario-over"]
    assert stage.player.values(NOW)["scenario"] == "none"


async def test_ended_early_it_takes_no_step_more_and_mends_what_goes_on() -> None:
    stage = Stage({"troubles": TROUBLES})
    stage.player.start("training-a", "troubles", NOW)
    await stage.go(30)
    await stage.player.end("training-a", NOW + timedelta(seconds=31))
    assert stage.ground.done[3:] == [
        CameraResume(site="kordai", camera="cam-1"),
        DeviceResume(site="kordai", device="fence-1"),
        LinkResume(site="kordai"),
    ]
    with pytest.raises(ConfigError, match="does not go on"):
        await stage.player.end("training-a", NOW)
    assert len(await stage.go(100)) == 6


async def test_what_an_instructor_did_to_a_camera_since_is_left_to_the_instructor() -> None:
    stage = Stage({"troubles": TROUBLES})
    stage.player.start("training-a", "troubles", NOW)
    await stage.go(10)
    await stage.ground.begin("training-b", CameraBlack(site="kordai", camera="cam-1"))
    await stage.player.end("training-a", NOW + timedelta(seconds=15))
    assert [type(action) for action in stage.ground.done] == [CameraFreeze, CameraBlack]


async def test_several_go_on_at_once_but_not_too_many_and_none_twice() -> None:
    named = {f"troubles-{number}": TROUBLES for number in range(MAX_RUNS + 1)}
    stage = Stage(named)
    for number in range(MAX_RUNS):
        stage.player.start(f"training-{number}", f"troubles-{number}", NOW + timedelta(seconds=number))
    with pytest.raises(LimitError, match=f"{MAX_RUNS} scenarios go on"):
        stage.player.start("training-x", f"troubles-{MAX_RUNS}", NOW)
    await stage.player.end("training-0", NOW)
    with pytest.raises(ConfigError, match="goes on already"):
        stage.player.start("training-x", "troubles-1", NOW)
    with pytest.raises(ConfigError, match="is not ready"):
        stage.player.start("training-x", "earthquake", NOW)
    stage.player.start("training-x", f"troubles-{MAX_RUNS}", NOW)
    assert len(await stage.go(10.5)) == 1
    assert len(await stage.go(13.5)) == MAX_RUNS


async def test_a_faster_clock_says_in_real_seconds_when_the_next_step_is() -> None:
    stage = Stage({"troubles": TROUBLES}, speed=10.0)
    stage.player.start("training-a", "troubles", NOW)
    assert stage.told[0][1].arguments["in_s"] == 1.0


async def test_a_step_that_cannot_be_done_says_why_and_the_others_go_on() -> None:
    broken = scenario(
        b"""
        [[steps]]
        site = "kordai"
        action = "camera-freeze"
        camera = "cam-4"
        [[steps]]
        site = "kordai"
        at_s = 1
        action = "herd"
        """
    )
    stage = Stage({"broken": broken})
    stage.player.start("training-a", "broken", NOW)
    assert await stage.go(1) == ["Herd"]
    assert stage.told[1][1].arguments == {"camera": "cam-4", "refused": "cam-4: is away"}


async def test_a_live_run_can_be_scored_as_any_other() -> None:
    records: list[Truth] = []
    chronicle = Chronicle(BORDER, {site.id: World(site, 1) for site in BORDER.sites}, records.append)
    stage = Stage({"troubles": TROUBLES})
    stage.player.on_start = chronicle.learn
    for run in range(2):
        began = len(stage.ground.done)
        stage.player.start(f"training-{run}", "troubles", NOW)
        await stage.go(10, 20, 30, 100)
        for number, action in enumerate(stage.ground.done[began:]):
            chronicle.take(action, NOW + timedelta(seconds=number + 1_000 * run))
    happened = [record.id for record in records if isinstance(record, Happening)]
    assert len(set(happened)) == len(happened) == 8
    assert {"run-1-ice", "run-2-ice"} <= set(happened)
    expected = [(one.of, one.alarm) for one in records if isinstance(one, Expected) and one.of.endswith("ice")]
    assert expected == [("run-1-ice", "climb.climbing"), ("run-2-ice", "climb.climbing")]


async def test_a_simulator_does_once_what_is_asked_twice_and_refuses_what_is_a_posts() -> None:
    broker = Broker("127.0.0.1", 1, 20)
    simulator = Simulator("Post 7", Names(en="Post"), broker, {}, {"troubles": TROUBLES}, ManualClock(NOW))
    start = CommandPayload("training-1", "scenario-start", {"scenario": "troubles"})
    for _ in range(2):
        assert await simulator.answer(start) == encode_ack("training-1", done=True, text="scenario-start")
    assert simulator.player.values(NOW)["scenario"] == "troubles"
    assert b'"done":false' in await simulator.answer(CommandPayload("training-2", "herd"))
    assert b'"done":false' in await simulator.answer(CommandPayload("no id", "scenario-start"))
    end = CommandPayload("training-3", "relieve", {"order": "training-1"})
    assert await simulator.answer(end) == encode_ack("training-3", done=True, text="relieve")
    assert simulator.player.values(NOW)["scenario"] == "none"


def test_a_simulator_is_named_after_what_it_plays() -> None:
    assert [id_of(name) for name in ("border", "Post 7", "ёж", "x" * 80)] == ["border", "post-7", "simulator", "x" * 63]


def offered(**scenarios: Scenario) -> Mapping[str, Scenario]:
    return playable(scenarios, BORDER.sites)


def test_only_what_the_posts_can_play_is_offered() -> None:
    assert list(offered(troubles=TROUBLES)) == ["troubles"]
    assert not offered(quiet=BORDER)
    far = parse_scenario(SITE.replace(b'"kordai"', b'"elsewhere"') + b'[[steps]]\nsite="elsewhere"\naction="herd"', "")
    assert not offered(far=far)
    fifth = b'[[sites.cameras]]\nid="cam-9"\nview="gate"\nnames={en="9"}\n[[steps]]\nsite="kordai"\ncamera="cam-9"\n'
    assert not offered(camera=scenario(fifth + b'action = "camera-black"'))
    shipped = playable(read_library(), BORDER.sites)
    assert {"mains-fail", "camera-tamper"} <= shipped.keys()
    # Its people walk on paths among equipment that stands elsewhere.
    assert "smugglers" not in shipped
    assert "smugglers" in playable(read_library(), read_scenario("smugglers").sites)


def test_a_simulator_declares_them_with_a_line_of_what_happens_in_three_languages() -> None:
    start, relief = commands_for({**playable(read_library(), BORDER.sites), "troubles": TROUBLES})
    assert find_lie_in_commands((start, relief)) is None
    (argument,) = start.arguments
    assert all(choice.about.en and choice.about.ru and choice.about.kk for choice in argument.choices)
    told = {choice.value: choice.about for choice in argument.choices}["troubles"]
    assert told.en == "Camera: frozen, Device silent, Link: loss"
    assert told.ru == "Камера: стоп-кадр, Датчик молчит, Канал: потери"
    assert commands_for({}) == ()


def test_every_shipped_scenario_says_what_happens_in_three_languages() -> None:
    (start, _) = commands_for({name: each for name, each in read_library().items() if each.steps})
    abouts = {choice.value: choice.about for choice in start.arguments[0].choices}
    assert not [name for name, about in abouts.items() if not (about.en and about.ru and about.kk)]
    assert "smugglers" in abouts


def test_a_folder_takes_the_place_of_the_library(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no scenario"):
        read_library(tmp_path)
    (tmp_path / "mine.toml").write_bytes(SITE + b'[[steps]]\nsite = "kordai"\naction = "herd"\n')
    assert list(read_library(tmp_path)) == ["mine"]
    (tmp_path / "bad.toml").write_text("title = 3", "utf-8")
    with pytest.raises(ConfigError, match=r"bad\.toml"):
        read_library(tmp_path)
