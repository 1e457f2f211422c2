from pathlib import Path

import pytest
from msgspec import structs

from sensors.errors import ConfigError
from sensors.model import Names, StreamRole
from simulators.cameras.formats import FORMATS, Format
from simulators.cameras.look import Look
from simulators.cameras.mount import Preset
from simulators.cameras.vocabulary import Audio, Codec, View
from simulators.kinds import KINDS
from simulators.models import MODELS
from simulators.scenario.actions import Intrusion, action_of
from simulators.scenario.camera_actions import CameraKill
from simulators.scenario.form import OnvifEntry
from simulators.scenario.reading import parse_scenario, read_scenario
from simulators.scenario.streams import camera_numbers, formats_of, hosts_of, presets_of

_HEAD = """
title = { en = "Test" }
[[sites]]
id = "kordai"
names = { en = "Kordai" }
position = { latitude_deg = 43.0, longitude_deg = 74.7 }
equipment = "blo-standard"
"""
_CAMERA = """
[[sites.cameras]]
id = "cam-9"
view = "gate"
names = { en = "T" }
"""
_DEVICE = """
[[sites.devices]]
id = "more-{number}"
kind = "fence"
names = {{ en = "T" }}
"""
_STEP = """
[[steps]]
at_s = 5
site = "kordai"
"""

_NAMED = _STEP + 'action = "intrusion"\nid = "first"\n'
_EXPECT = """
[[expect]]
of = "first"
device = "fence-1"
alarm = "climb.climbing"
"""


def test_the_border_has_three_posts_with_four_cameras_and_enough_sensors_each() -> None:
    scenario = read_scenario("border")
    assert [site.id for site in scenario.sites] == ["kordai", "sypatai-batyr", "konysbayev"]
    for site in scenario.sites:
        assert {camera.view for camera in site.cameras} == set(View)
        assert len(site.devices) >= 15
        assert len({device.kind for device in site.devices}) >= 10


def test_the_perimeter_camera_covers_ground_sensors_and_fence() -> None:
    for site in read_scenario("border").sites:
        perimeter = next(camera for camera in site.cameras if camera.view is View.PERIMETER)
        watched = {device.id for device in site.devices if device.kind in ("ground-sensor", "fence")}
        assert set(perimeter.covers) == watched


def test_cameras_are_numbered_in_the_order_of_the_scenario() -> None:
    numbers = camera_numbers(read_scenario("border"))
    assert sorted(numbers.values()) == list(range(1, 13))
    assert {str(key): number for key, number in numbers.items()}["sypatai-batyr/cam-1"] == 5


def test_every_kind_has_a_model_and_every_model_a_kind() -> None:
    assert KINDS.keys() - {"gateway"} == MODELS.keys()


def test_everything_people_read_is_there_in_three_languages() -> None:
    def whole(names: Names) -> bool:
        return bool(names.en and names.ru and names.kk)

    for kind in KINDS.values():
        for metric in kind.metrics:
            assert whole(metric.names), metric.name
            for limit in metric.limits:
                assert whole(limit.message), limit.id
                assert whole(limit.procedure), limit.id
                assert limit.cause, limit.id
    for site in read_scenario("border").sites:
        assert whole(site.names)
        assert all(whole(camera.names) for camera in site.cameras)
        assert all(whole(device.names) for device in site.devices)


def test_a_camera_sends_what_its_streams_say_and_otherwise_what_is_usual() -> None:
    told = 'audio = "aac"\nsub = { codec = "h265", fps = 10, bit_rate_kbps = 150, key_every_s = 4 }'
    (site,) = parse_scenario(f"{_HEAD}{_CAMERA}{told}".encode(), "s").sites
    *others, camera = site.cameras
    assert camera.audio is Audio.AAC
    assert formats_of(camera) == {
        StreamRole.MAIN: Format(1280, 720, 2_000_000, Codec.H264, 25, 25),
        StreamRole.SUB: Format(640, 360, 150_000, Codec.H265, 10, 40),
    }
    assert all(formats_of(other) == FORMATS for other in others)


@pytest.mark.parametrize(
    ("rtsp_host", "onvif", "hosts"),
    [
        ("127.0.0.1", None, ["127.0.0.1", "127.0.0.9", "127.0.0.1"]),
        ("127.0.0.1", OnvifEntry(), ["127.0.0.1", "127.0.0.9", "127.0.0.3"]),
        ("127.0.0.254", OnvifEntry(), ["127.0.0.254", "127.0.0.9", "127.0.1.0"]),
        ("192.0.2.9", OnvifEntry(), ["192.0.2.9", "127.0.0.9", "192.0.2.9"]),
        ("::1", OnvifEntry(), ["::1", "127.0.0.9", "::1"]),
    ],
)
def test_posts_have_an_address_each_where_they_are_told_apart_by_it(
    rtsp_host: str, onvif: OnvifEntry | None, hosts: list[str]
) -> None:
    border = read_scenario("border")
    first, second, third = border.sites
    sites = (first, structs.replace(second, host="127.0.0.9"), third)
    scenario = structs.replace(border, rtsp_host=rtsp_host, onvif=onvif, sites=sites)
    assert [*hosts_of(scenario).values()] == hosts


def test_a_camera_turns_to_the_presets_that_the_scenario_gives_it() -> None:
    words = 'presets = [{ name = "gate", pan_deg = 20, zoom = 2 }, { name = "yard" }]\nonvif = false\n'
    scenario = parse_scenario(("onvif = {}\n" + _HEAD + _CAMERA + words).encode(), "s")
    *_, camera = scenario.sites[0].cameras
    assert scenario.onvif == OnvifEntry(port=8600, discovery=True)
    assert presets_of(camera) == (Preset("1", "gate", Look(pan_deg=20, zoom=2)), Preset("2", "yard", Look()))
    assert not camera.onvif
    assert parse_scenario(_HEAD.encode(), "s").onvif is None


def test_a_step_is_one_of_the_known_actions() -> None:
    scenario = parse_scenario(
        f'{_HEAD}{_STEP}action = "intrusion"\n{_STEP}action = "camera-kill"\ncamera = "cam-2"'.encode(), "s"
    )
    assert scenario.steps == (
        Intrusion(site="kordai", at_s=5.0),
        CameraKill(site="kordai", at_s=5.0, camera="cam-2"),
    )


def test_a_refusal_names_the_line_on_which_the_entry_begins() -> None:
    wrong = _HEAD + _STEP + 'action = "herd"\n' + _STEP + 'action = "herd"\ndevice = "ground-9"\n'
    line = wrong.splitlines().index("[[steps]]", wrong.splitlines().index("[[steps]]") + 1) + 1
    with pytest.raises(ConfigError, match=rf"bad\.toml, line {line}, steps\[1\]"):
        parse_scenario(wrong.encode(), "bad.toml")
    with pytest.raises(ConfigError, match=rf"bad\.toml, line {line}, steps\[1\]"):
        parse_scenario(wrong.replace('"ground-9"', "9").encode(), "bad.toml")


def test_expectations_speak_of_named_steps() -> None:
    scenario = parse_scenario((_HEAD + _NAMED + _EXPECT + "within_s = 5").encode(), "s")
    (expectation,) = scenario.expect
    assert (expectation.of, expectation.device, expectation.within_s) == ("first", "fence-1", 5.0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = ", "Invalid value"),
        ("\xff", "UTF-8|utf-8|decode"),
        ('title = { en = "x" }', "sites"),
        (_HEAD.replace("latitude_deg = 43.0", "latitude_deg = 143.0"), "latitude_deg"),
        (_HEAD.replace('"kordai"', '"Kordai!"'), "id"),
        (_HEAD.replace('"kordai"', '"walls"'), "walls"),
        (_HEAD.replace('"kordai"', '"simulators"'), "belongs to no post"),
        (_HEAD.replace("blo-standard", "blo-golden"), "blo-golden"),
        (_HEAD + "weather = 3", "weather"),
        (_HEAD + _HEAD.replace('title = { en = "Test" }', ""), "share the id kordai"),
        (_HEAD + '[[sites.devices]]\nid = "x-1"\nkind = "teapot"\nnames = { en = "T" }', "teapot"),
        (_HEAD + '[[sites.devices]]\nid = "cam-1"\nkind = "fence"\nnames = { en = "T" }', "cam-1"),
        (
            _HEAD + '[[sites.cameras]]\nid = "cam-9"\nview = "gate"\nnames = { en = "T" }\ncovers = ["no"]',
            "cam-9 covers no",
        ),
        (_HEAD + '[[sites.cameras]]\nid = "cam-9"\nview = "moon"\nnames = { en = "T" }', "view"),
        (_HEAD + _CAMERA + "sub = { width = 642 }", "sub.width"),
        (_HEAD + _CAMERA + "sub = { fps = 26 }", "sub.fps"),
        (_HEAD + _CAMERA + 'main = { codec = "mjpeg" }', "main.codec"),
        (_HEAD + _CAMERA + "main = { gop = 3 }", "gop"),
        (_HEAD + _CAMERA + 'audio = "loud"', "audio"),
        (_HEAD + _CAMERA + 'presets = [{ name = "far", pan_deg = 51 }]', "pan_deg"),
        (_HEAD + _CAMERA + 'presets = [{ name = "" }]', "name"),
        ("onvif = { port = 70000 }\n" + _HEAD, "port"),
        (_HEAD + _STEP + 'action = "earthquake"', "action"),
        (_HEAD + _STEP + 'action = "camera-lose"\ncamera = "cam-1"\nshare = 1.5', "share"),
        (_HEAD + _STEP + 'action = "camera-trickle"\ncamera = "cam-1"\nbytes_s = 0', "bytes_s"),
        (_HEAD + _STEP + 'action = "camera-restart"\ncamera = "cam-1"\nevery_s = 0.1', "every_s"),
        (_HEAD + _STEP + 'action = "camera-leak"\ncamera = "cam-1"\nsessions = 2.5', "sessions"),
        (_HEAD + _STEP + 'action = "camera-blur"\ncamera = "cam-1"\nshare = 0.5', "share"),
        (_HEAD + _STEP + 'action = "camera-jump"\ncamera = "cam-7"', "cam-7"),
        (_HEAD + _STEP + 'action = "camera-kill"\ncamera = "cam-7"', "cam-7"),
        (_HEAD + _STEP + 'action = "intrusion"\ndevice = "fence-1"', "ground-sensor fence-1"),
        (_HEAD + _STEP.replace("kordai", "nowhere") + 'action = "mains-fail"', "nowhere"),
        (_HEAD + _STEP + 'action = "enter"\nkind = "person"', "path or past"),
        (_HEAD + _STEP + 'action = "enter"\nkind = "person"\npast = "moat-1"', "moat-1"),
        (_HEAD + _STEP + 'action = "enter"\nkind = "dragon"\npast = "fence-1"', "kind"),
        (_HEAD + _STEP + 'action = "enter"\nkind = "person"\npath = [[0, 0], [1]]', "path"),
        (_HEAD + _STEP + 'action = "enter"\nkind = "person"\npast = "fence-1"\nspeed_mps = 1e-10', "speed_mps"),
        (_HEAD + _STEP + 'action = "weather"\nrain_mmph = -1', "rain_mmph"),
        (_HEAD + _STEP + 'action = "traffic"', "factor"),
        (_HEAD + _STEP + 'action = "ups-age"\nhealth = 2', "health"),
        (_HEAD + _STEP + 'action = "data-drop"\ndevice = "cam-1"', "cam-1"),
        (_HEAD + _STEP + 'action = "value-stuck"\ndevice = "fence-1"\nmetric = "colour"', "measures no colour"),
        (_HEAD + _STEP + 'action = "value-drift"\ndevice = "fence-1"\nmetric = "climb"', "measures no climb"),
        (_HEAD + _STEP + 'action = "link-narrow"\nkbps = 0', "kbps"),
        (_HEAD.replace("[[sites]]", "starts = 2026-07-01T06:00:00\n[[sites]]", 1), "starts"),
        (_HEAD.replace("[[sites]]", "starts = 1999-12-31T23:00:00Z\n[[sites]]", 1), "starts is not between 2000"),
        (_HEAD.replace("[[sites]]", "starts = 9999-12-31T23:00:00Z\n[[sites]]", 1), "starts is not between 2000"),
        (_HEAD + "".join(_DEVICE.format(number=number) for number in range(257)), "devices, more than 256"),
        (_HEAD.replace("[[sites]]", "speed = 0\n[[sites]]", 1), "speed"),
        (_HEAD + _EXPECT, "no step first"),
        (_HEAD + _NAMED + _NAMED, "steps share the id first"),
        (_HEAD + _NAMED + _EXPECT.replace("fence-1", "moat-1"), "moat-1"),
        (_HEAD + _NAMED + _EXPECT.replace("climb.climbing", "climb.hopping"), "climb.hopping"),
        (_HEAD + _NAMED + _EXPECT + 'never = true\nexcused = "wind"', "both never and excused"),
        (_HEAD + _STEP.replace("5", "-5") + 'action = "mains-fail"', "at_s"),
        ('rtsp_host = ""\n' + _HEAD, "rtsp_host"),
        ('rtsp_host = "' + "a" * 64 + '"\n' + _HEAD, "rtsp_host"),
        (_HEAD.replace("[[sites]]", '[[sites]]\nhost = "a\\u0000"', 1), "host"),
        ("seed = " + "9" * 5_000 + "\n" + _HEAD, "too long"),
        ("about = " + "[" * 5_000 + "\n" + _HEAD, "too deep"),
    ],
)
def test_a_bad_scenario_is_refused_with_the_name_of_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        parse_scenario(text.encode("latin-1"), "bad.toml")
    assert "bad.toml" in refused.value.text
    assert refused.value.mend


def test_a_missing_scenario_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        read_scenario(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("camera-kill", {}),
        ("camera-kill", {"camera": "cam-1", "hard": True}),
        ("dance", {}),
        ("link-cut", {"duration_s": -1.0}),
        ("enter", {"kind": "person", "past": "fence-1", "speed_mps": 1e-10}),
    ],
)
def test_a_command_that_fits_no_action_is_refused(name: str, arguments: dict[str, str | bool | float]) -> None:
    with pytest.raises(ConfigError):
        action_of(name, "kordai", arguments)
