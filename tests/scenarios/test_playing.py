"""The hub's core and a wall on a fixed clock: what they are told they say, and as late as they do in the field."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sensors.catalog import PictureState
from sensors.clock import ManualClock
from sensors.dialects.native import encode_birth, encode_data, encode_state
from sensors.model import DeviceId, DeviceKey, SiteId
from sensors.topics import Leaf, topic
from simulators.births import births_of
from simulators.cameras.vocabulary import Fault, Lighting, Terrain, View
from simulators.messages import Message
from simulators.scenario.reading import parse_scenario
from simulators.truth import Ended, Expected, Pictured, PictureFault, Raised, Run, Truth, read_heard
from tests.scenarios.fixed_camera import FPS, FixedCamera
from tests.scenarios.fixed_hub import FixedHub
from tests.scenarios.playing import play
from tests.support.faulty_pictures import Scene

START = datetime(2026, 7, 1, 6, tzinfo=UTC)
SITE, SENSOR, CAMERA = SiteId("kordai"), "ground-1", "cam-1"
SCENARIO = parse_scenario(
    b"""
    title = { en = "Test" }
    light = "day"
    [[sites]]
    id = "kordai"
    names = { en = "Kordai" }
    position = { latitude_deg = 43.0, longitude_deg = 74.7 }
    equipment = "blo-standard"
    """,
    "test",
)
"""One post with what a post usually has, and nothing that happens."""


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def say(device: str, leaf: Leaf, payload: bytes, seconds: float) -> Message:
    return Message(at(seconds), topic(DeviceKey(SITE, DeviceId(device)), leaf), payload, leaf is not Leaf.DATA)


def announced() -> Iterator[Message]:
    """A gateway, a ground sensor and a camera say who they are."""
    births = births_of(SCENARIO.sites[0], lambda _: ())
    for device in ("gateway", SENSOR, CAMERA):
        yield say(device, Leaf.BIRTH, encode_birth(births[DeviceId(device)]), 0)
        yield say(device, Leaf.STATE, encode_state(online=True, since=START), 0)


def told(sure: dict[float, float], until: float) -> list[Message]:
    """What comes: the gateway's figures every ten seconds, and how sure the sensor is of a person, at such seconds."""
    steady = (
        say("gateway", Leaf.DATA, encode_data(at(s), int(s), {"load": 12.0}), s) for s in range(1, int(until), 10)
    )
    steps = (say(SENSOR, Leaf.DATA, encode_data(at(s), int(s), {"person": value}), s) for s, value in sure.items())
    return sorted([*announced(), *steady, *steps], key=lambda message: message.at)


def test_an_alarm_is_raised_when_its_message_comes_and_ends_after_its_delay() -> None:
    raised, ended = FixedHub(START).hear(told({2: 0.03, 10: 0.95, 20: 0.03, 40: 0.03}, 60), at(60))
    assert isinstance(raised, Raised)
    assert isinstance(ended, Ended)
    assert (raised.alarm, raised.at) == ("person.person-near", at(10))
    assert at(20) <= ended.at <= at(60)


def test_silence_is_an_alarm_by_the_clock_alone() -> None:
    (raised,) = FixedHub(START).hear(told({2: 0.03}, 250), at(250))
    assert isinstance(raised, Raised)
    assert (raised.device, raised.alarm) == (SENSOR, "liveness.offline")
    assert raised.at > at(40)


def test_what_comes_after_the_end_is_not_heard() -> None:
    assert not list(FixedHub(START).hear(told({2: 0.03, 70: 0.95}, 60), at(60)))


@pytest.mark.parametrize(
    ("fault", "says", "within_s"),
    [
        (Fault.FROZEN, PictureState.FROZEN, 10.0),
        (Fault.BLACK, PictureState.BLACK, 5.0),
        (Fault.STALLED, PictureState.NO_PACKETS, 3.0),
        (Fault.LOCKED, PictureState.BAD_CREDENTIALS, 3.0),
    ],
)
def test_a_fault_of_a_picture_is_seen_by_the_walls_own_parts(fault: Fault, says: PictureState, within_s: float) -> None:
    clock = ManualClock(START)
    usual = Scene(View.GATE, Terrain.FOOTHILLS, 0, Lighting.DAY)
    camera = FixedCamera(DeviceKey(SITE, DeviceId("gate")), [usual], clock)

    def watch(seconds: float, now: Fault) -> list[PictureState]:
        states = []
        for _ in range(int(seconds * FPS)):
            states.append(camera.show(now))
            clock.advance(1 / FPS)
        return states

    assert set(watch(20, Fault.NONE)[FPS:]) == {PictureState.LIVE}
    assert says in watch(within_s, fault)
    assert set(watch(15, fault)) == {says}
    assert watch(12, Fault.NONE)[-1] is PictureState.LIVE


def test_a_run_is_scored_by_what_hub_and_wall_said_of_it(tmp_path: Path) -> None:
    until = at(120)
    truth: list[Truth] = [
        Expected(
            of="person-1",
            site=SITE,
            device=SENSOR,
            alarm="person.person-near",
            at=at(9),
            within_s=5,
            until=at(20),
        ),
        PictureFault(of="black-1", site=SITE, camera=CAMERA, fault="black", at=at(40), until=at(70), within_s=5),
    ]
    messages = told({10: 0.95, 20: 0.03, 50: 0.04, 80: 0.02, 100: 0.03}, 120)
    score = play(SCENARIO, Run(scenario="test", seed=1, start=START, until=until), messages, truth, tmp_path).score
    assert score.holds
    assert (score.total.expected, score.total.detected, score.total.explained) == (1, 1, 1)
    assert score.wall.honesty is not None
    assert score.wall.honesty > 0.8
    assert {record.camera for record in read_heard(tmp_path) if isinstance(record, Pictured)} == {CAMERA}
