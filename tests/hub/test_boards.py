"""Boards: how sites stand, the few values that matter, the alarms; when they are said, and how little that costs."""

from datetime import timedelta

import pytest

from hub.decisions.state import Effects
from hub.inputs import Connected
from hub.protocol import AlarmRule, WallRequest
from hub.requests import Acknowledge, ChangeWall, Refuse
from sensors.catalog import CAMERA_HEALTH, PictureState
from sensors.equipment import CATALOGUE
from sensors.model import Birth, DeviceKey, Language, Names, Position, Quality
from sensors.topics import Leaf, wall_key
from tests.hub.quiet_center import CAMERA, FENCE, FENCE_BIRTH, GATEWAY, START, QuietCenter, device
from videowall.board import Board, BoardSite, SiteCondition, decode_board

KORDAI = Names(en="Kordai", ru="Кордай", kk="Қордай")
PORTAL, WEATHER, UPS = device("rpm-1"), device("weather"), device("ups")
GATEWAY_BIRTH = Birth("gateway", Names(en="Gateway"), site_names=KORDAI, position=Position(43.04, 74.71))

WALL_BIRTH = Birth("wall", Names(en="Wall"))


def catalogued(kind: str, *metrics: str) -> Birth:
    known = {metric.name: metric for metric in CATALOGUE[kind].metrics}
    return Birth(kind, Names(en=kind), metrics=tuple(known[name] for name in metrics), via="gateway")


def boards(effects: Effects, wall: str = "main") -> list[Board]:
    name = f"shekara/v1/walls/{wall}/{Leaf.BOARD}"
    return [decode_board(each.payload) for each in effects.outgoing if each.topic == name and each.retained]


def post() -> QuietCenter:
    center = QuietCenter()
    center.bear(wall_key("main"), WALL_BIRTH)
    center.bear(GATEWAY, GATEWAY_BIRTH)
    center.bear(FENCE, FENCE_BIRTH)
    center.bear(CAMERA, Birth("camera", Names(en="Entry"), covers=("fence-1",), metrics=CAMERA_HEALTH))
    center.say_state(GATEWAY, online=True)
    center.say_state(FENCE, online=True)
    center.say_state(CAMERA, online=True)
    center.measure(CAMERA, {"picture": PictureState.LIVE.value})
    return center


def site(effects: Effects) -> BoardSite:
    (one,) = boards(effects)[-1].sites
    return one


def test_a_site_says_where_it_is_what_it_is_called_and_how_many_cameras_are_live() -> None:
    said = site(post().wait(1))
    assert (said.site, said.names, said.latitude, said.longitude) == ("kordai", KORDAI, 43.04, 74.71)
    assert (said.condition, said.cameras_live, said.cameras, said.alarms) == (SiteCondition.NORMAL, 1, 1, 0)


def test_values_that_matter_come_in_the_walls_language_with_three_digits() -> None:
    center = post()
    center.bear(PORTAL, catalogued("radiation-portal", "gamma"))
    center.bear(WEATHER, catalogued("weather", "temperature", "wind", "visibility"))
    center.bear(UPS, catalogued("ups", "charge"))
    center.measure(PORTAL, {"gamma": 1234.5})
    center.measure(WEATHER, {"temperature": -3.46, "wind": 9.04, "visibility": 8000.0})
    center.measure(UPS, {"charge": 98.0})
    russian = [(each.symbol, each.value, each.unit) for each in site(center.wait(1)).values]
    assert russian == [("γ", 1.23, "кимп/с"), ("ветер", 9.04, "м/с"), ("", -3.46, "°C"), ("видимость", 8000.0, "м")]
    center.ask(ChangeWall("main", WallRequest(language=Language.EN), "aigul"))
    center.measure(PORTAL, {"gamma": 400.0})
    assert [(each.symbol, each.value, each.unit) for each in site(center.wait(1)).values][:2] == [
        ("γ", 400.0, "cps"),
        ("wind", 9.04, "m/s"),
    ]


def test_what_is_old_of_bad_quality_or_of_an_absent_device_is_doubtful() -> None:
    center = post()
    center.bear(WEATHER, catalogued("weather", "temperature", "wind"))
    center.measure(WEATHER, {"temperature": 1.0, "wind": 2.0}, quality={"wind": Quality.UNCERTAIN})
    assert [each.doubtful for each in site(center.wait(1)).values] == [True, False]
    center.say_state(GATEWAY, online=False)
    assert all(each.doubtful for each in site(center.wait(1)).values)


@pytest.mark.parametrize(
    ("happens", "condition"),
    [
        ("nothing", SiteCondition.NORMAL),
        ("fence away", SiteCondition.DEGRADED),
        ("picture frozen", SiteCondition.DEGRADED),
        ("picture forgotten", SiteCondition.DEGRADED),
        ("fence rings", SiteCondition.ALARM),
        ("gateway away", SiteCondition.UNREACHABLE),
    ],
)
def test_a_sites_condition_is_the_gravest_that_is_true(happens: str, condition: SiteCondition) -> None:
    center = post()
    match happens:
        case "fence away":
            center.say_state(FENCE, online=False)
        case "picture frozen":
            center.measure(CAMERA, {"picture": PictureState.FROZEN.value})
        case "picture forgotten":
            center.clock.advance(30)
        case "fence rings":
            center.measure(FENCE, {"tension": 99.0})
        case "gateway away":
            center.measure(FENCE, {"tension": 99.0})
            center.say_state(GATEWAY, online=False)
    said = site(center.wait(1))
    # An alarm that a device is away comes after a delay of its own, and is another thing.
    assert said.condition is condition


def test_alarms_come_most_urgent_first_with_their_cameras_and_are_marked_when_acknowledged() -> None:
    center = post()
    center.measure(FENCE, {"tension": 99.0})
    (alarm,) = (board := boards(center.wait(1))[-1]).alarms
    assert (board.alarms_total, alarm.key, alarm.cameras, alarm.acknowledged) == (1, FENCE, (CAMERA,), False)
    assert alarm.site_names == KORDAI
    center.ask(Acknowledge(alarm.occurrence, "aigul", ""))
    assert boards(center.wait(1))[-1].alarms[0].acknowledged


def test_a_wall_is_told_of_the_alarms_that_it_takes() -> None:
    center = post()
    center.ask(ChangeWall("main", WallRequest(alarms=AlarmRule(sites=("konysbayev",))), "aigul"))
    center.measure(FENCE, {"tension": 99.0})
    board = boards(center.wait(1))[-1]
    assert (board.alarms, board.alarms_total) == ((), 0)
    assert board.sites[0].alarms == 1


def test_a_board_is_said_at_most_once_a_second_when_it_is_news_and_every_few_seconds_when_not() -> None:
    center = post()
    center.wait(1)
    said: list[float] = []
    for quarter in range(1, 81):
        center.measure(CAMERA, {"picture": PictureState.LIVE.value})
        if boards(center.wait(0.25)):
            said.append(quarter / 4)
    assert said == [5.0, 10.0, 15.0, 20.0]
    center.measure(FENCE, {"tension": 99.0})
    quick = [bool(boards(center.wait(0.25))) for _ in range(4)]
    assert quick.count(True) == 1


def test_the_broker_is_told_again_when_it_returns_and_a_refused_device_leaves_the_board() -> None:
    center = post()
    center.wait(1)
    center.take(Connected(center.now, START + timedelta(seconds=1)))
    assert len(boards(center.wait(1))) == 1
    center.ask(Refuse(CAMERA, "marat", ""))
    assert site(center.wait(1)).cameras == 0
    for key in (GATEWAY, FENCE):
        center.ask(Refuse(key, "marat", ""))
    assert boards(center.wait(1))[-1].sites == ()


def test_the_gravest_sites_are_kept_when_there_are_more_than_a_board_has() -> None:
    center = QuietCenter()
    center.bear(wall_key("main"), WALL_BIRTH)
    for number in range(205):
        key = DeviceKey(f"post-{number}", "fence-1")  # type: ignore[arg-type]  # ids
        center.bear(key, FENCE_BIRTH)
        center.say_state(key, online=True)
    grave = DeviceKey("post-99", "fence-1")  # type: ignore[arg-type]  # ids
    center.measure(grave, {"tension": 99.0})
    sites = boards(center.wait(1))[-1].sites
    assert len(sites) == 200
    assert sites[0].site == "post-99"


def test_nothing_is_said_where_no_wall_listens() -> None:
    center = QuietCenter()
    center.bear(FENCE, FENCE_BIRTH)
    assert boards(center.wait(1)) == []
    center.bear(wall_key("main"), WALL_BIRTH)
    assert len(boards(center.wait(1))) == 1
