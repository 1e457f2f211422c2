"""ONVIF devices asked about themselves: a written device, judged by a foreign client first."""

import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onvif import ONVIFCamera  # type: ignore[import-untyped]  # it has no types

from hub.discovery import soap
from hub.discovery.finder import MAX_FOUND, MAX_FOUND_EACH, Finder, birth_of, is_service
from hub.discovery.onvif import Interviewer, Told, clean_url
from hub.discovery.settings import DiscoverySettings
from hub.discovery.wsd import Endpoint
from hub.protocol import Approval, DeviceView, StreamCheck, StreamState
from sensors.clock import SystemClock
from sensors.identity import UNASSIGNED
from sensors.model import Birth, DeviceKey, StreamRole
from sensors.rtsp.authentication import Credentials
from sensors.secrets import Secrets
from tests.hub.standing_hub import standing_hub
from tests.support.onvif_announcer import announced_camera
from tests.support.onvif_device import OnvifDevice, onvif_device
from tests.support.waiting import eventually_async

PASSWORD = Credentials("viewer", "not a secret: tests")
WRONG = Credentials("viewer", "wrong")
LOOPBACK = "127.0.0.1"
ODD_DIGESTS = ("qop=auth-int", "qop=none", "algorithm=CRC")
INTERVIEWER = Interviewer(SystemClock())
"""One for all tests: the service descriptions take half a second to read."""


@pytest.fixture
def device() -> Iterator[OnvifDevice]:
    with onvif_device(credentials=PASSWORD) as written:
        yield written


async def ask(device: OnvifDevice, credentials: Credentials | None = PASSWORD) -> Told:
    return await INTERVIEWER.ask(device.url, device.host, credentials)


async def test_the_written_device_is_one_to_a_foreign_client(device: OnvifDevice) -> None:
    device.ahead = timedelta(hours=5)
    camera = ONVIFCamera(device.host, device.port, PASSWORD.user, PASSWORD.password, no_cache=True, adjust_time=True)
    try:
        await camera.update_xaddrs()
        management = await camera.create_devicemgmt_service()
        assert (await management.GetDeviceInformation()).SerialNumber == "00408C010203"
        media = await camera.create_media_service()
        profiles = await media.GetProfiles()
        assert [profile.VideoEncoderConfiguration.Resolution.Width for profile in profiles] == [640, 1920, 1280]
    finally:
        await camera.close()


@pytest.mark.parametrize("ahead_h", [0, -7, 24 * 365])
async def test_a_device_tells_who_it_is_and_where_its_pictures_are_whatever_its_clock(
    device: OnvifDevice, ahead_h: int
) -> None:
    device.ahead = timedelta(hours=ahead_h)
    told = await ask(device)
    assert (told.state, told.maker, told.model) == (StreamState.OK, "Example", "X-7")
    assert (told.firmware, told.serial) == ("1.2.3", "00408C010203")
    assert [(stream.role, stream.url, stream.width, stream.fps) for stream in told.streams] == [
        (StreamRole.MAIN, "rtsp://127.0.0.1:554/high?a=1&b=2", 1920, 25.0),
        (StreamRole.SUB, "rtsp://127.0.0.1:554/low?a=1&b=2", 640, 12.0),
    ]


async def test_missing_and_wrong_credentials_are_told_apart(device: OnvifDevice) -> None:
    assert await ask(device, None) == Told(StreamState.WANTS_CREDENTIALS)
    assert await ask(device, WRONG) == Told(StreamState.WRONG_CREDENTIALS)
    assert PASSWORD.password not in str(device.asked)


async def test_no_other_host_is_asked_whatever_the_device_says() -> None:
    with onvif_device("127.0.0.2") as other, onvif_device(credentials=PASSWORD) as device:
        device.media_host = f"127.0.0.2:{other.port}/x?"
        assert (await ask(device)).state is StreamState.NO_ANSWER
        device.media_host = LOOPBACK
        device.stream_host = "127.0.0.2"
        told = await ask(device)
        assert (told.state, told.streams) == (StreamState.OK, ())
        device.answers["GetProfiles"] = (307, b"", {"Location": other.url})
        assert not (await ask(device)).whole
        assert other.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"", {}),
        (200, b"<a", {}),
        (200, b"<a/>", {}),
        (200, b"<" * 600_000, {}),
        (200, b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>', {}),
        (200, b"--x\r\n\r\n--x--", {"Content-Type": "multipart/related; boundary=x"}),
        (200, b"\x1f\x8b", {"Content-Encoding": "gzip"}),
        (401, b"", {}),
        *((401, b"", {"WWW-Authenticate": f'Digest realm="x", nonce="y", {odd}'}) for odd in ODD_DIGESTS),
        (500, b"no", {}),
    ],
    ids=["empty", "cut", "other", "long", "entities", "parts", "packed", "refused", *ODD_DIGESTS, "broken"],
)
@pytest.mark.parametrize("operation", ["GetSystemDateAndTime", "GetCapabilities", "GetProfiles"])
async def test_answers_that_are_none_are_a_state_and_no_more(
    device: OnvifDevice, operation: str, answer: tuple[int, bytes, dict[str, str]]
) -> None:
    device.answers[operation] = answer
    told = await ask(device)
    assert not told.whole
    assert told.streams == ()


async def test_a_device_that_is_not_there_or_never_ends_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.discovery.onvif.CONVERSATION_WITHIN_S", 0.3)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, LOOPBACK, 0)
    port = server.sockets[0].getsockname()[1]
    assert (await INTERVIEWER.ask(f"http://{LOOPBACK}:{port}/", LOOPBACK, None)).state is StreamState.NO_ANSWER
    server.close()
    await server.wait_closed()
    assert (await INTERVIEWER.ask(f"http://{LOOPBACK}:{port}/", LOOPBACK, None)).state is StreamState.NO_ANSWER


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("rtsp://u:p@10.0.0.5:554/a?b=c", "rtsp://10.0.0.5:554/a?b=c"),
        ("rtsp://10.0.0.5/a", "rtsp://10.0.0.5/a"),
        ("RTSP://10.0.0.5/a#part", "rtsp://10.0.0.5/a"),
        ("rtsp://10.0.0.6/a", None),
        ("rtsp://10.0.0.5@10.0.0.6/a", None),
        ("http://10.0.0.5/a", None),
        ("rtsp://10.0.0.5:99999/a", None),
        ("rtsp://10.0.0.5:0/a", None),
        ("rtsp://10.0.0.5/a b", None),
        ("rtsp://[10.0.0.5/a", None),
        ("", None),
    ],
)
def test_a_streams_url_loses_its_password_and_leads_nowhere_else(url: str, clean: str | None) -> None:
    assert clean_url(url, "10.0.0.5") == clean


@given(st.text(max_size=60).map(lambda text: f"rtsp://{text}") | st.text(max_size=60))
def test_no_url_raises_and_none_has_a_password(url: str) -> None:
    cleaned = clean_url(url, "10.0.0.5")
    assert cleaned is None or ("@" not in cleaned.split("/")[2] and soap.is_at(cleaned, "10.0.0.5"))


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://10.0.0.5/onvif/device_service", True),
        ("https://10.0.0.5:8443/onvif", True),
        ("http://10.0.0.6/onvif", False),
        ("http://u:p@10.0.0.5/", False),
        ("ftp://10.0.0.5/", False),
        ("http://10.0.0.5.example.org/", False),
        ("http://10.0.0.5:0/", False),
        ("http://[::1", False),
    ],
)
def test_a_device_is_asked_at_the_address_that_answered_alone(url: str, *, asked: bool) -> None:
    assert is_service(url, "10.0.0.5") is asked


def test_what_a_device_told_half_makes_a_birth_without_the_other_half() -> None:
    endpoint = Endpoint("urn:uuid:1", "", "X-7", "mac:00408c010203")
    birth = birth_of(endpoint, Told(StreamState.WANTS_CREDENTIALS, serial="1"))
    assert (birth.names.en, birth.serial, birth.model, birth.streams) == ("X-7", "", "", ())
    assert birth.identities == ("urn:uuid:1", "mac:00408c010203")


async def test_a_camera_is_found_asked_and_proposed_with_its_streams_and_its_post(tmp_path: Path) -> None:
    settings = DiscoverySettings(interfaces=LOOPBACK, ranges="127.0.0.1/32=kordai", every_s=60)
    secrets = Secrets(cameras={"kordai": PASSWORD})
    with onvif_device(credentials=PASSWORD) as device, announced_camera(device.url) as urn:
        async with standing_hub(tmp_path, approve_all=False) as hub:
            finder = Finder(
                settings, hub.facade, secrets, SystemClock(), interviewer=INTERVIEWER, chance=random.SystemRandom()
            )
            task = asyncio.create_task(finder.run())
            views: dict[str, DeviceView] = {}

            async def look() -> None:
                while not (urn in views and views[urn].checks):
                    views.update({each.identities[0]: each for each in await hub.facade.devices() if each.identities})
                    await asyncio.sleep(0.05)

            await asyncio.wait_for(look(), 30)
            task.cancel()
            await asyncio.wait({task})
        view = views[urn]
        assert (view.key.site, view.key.device.startswith("gate-north-")) == ("kordai", True)
        assert (view.approval, view.provenance) == (Approval.DISCOVERED, ("onvif",))
        assert (view.maker, view.model, view.serial) == ("Example", "X-7", "00408C010203")
        assert [stream.role for stream in view.streams] == [StreamRole.MAIN, StreamRole.SUB]
        assert [(check.url, check.state) for check in view.checks] == [(device.url, StreamState.OK)]
        assert PASSWORD.password not in repr(view)
        assert len([asked for asked, _ in device.asked if asked == "GetProfiles"]) == 1


class Nobody:
    """A registry that is told nothing."""

    async def propose(self, key: DeviceKey, birth: Birth, provenance: str, *, whole: bool = True) -> DeviceView:
        raise NotImplementedError

    async def note_checks(
        self, key: DeviceKey, checks: tuple[StreamCheck, ...], presets: tuple[str, ...] | None = None
    ) -> DeviceView:
        raise NotImplementedError


def test_an_address_that_invents_cameras_takes_the_place_of_no_other() -> None:
    finder = Finder(DiscoverySettings(), Nobody(), Secrets(), SystemClock(), interviewer=INTERVIEWER)
    invented = [finder._is_due(f"urn:uuid:{number}", "10.0.0.66") for number in range(2 * MAX_FOUND)]
    assert sum(invented) == MAX_FOUND_EACH
    assert finder.counters.ignored_total == 2 * MAX_FOUND - MAX_FOUND_EACH
    assert finder._is_due("urn:uuid:real", "10.0.0.5")


async def test_a_camera_without_credentials_is_proposed_and_says_that_it_wants_some(tmp_path: Path) -> None:
    settings = DiscoverySettings(interfaces=LOOPBACK, every_s=60)
    with onvif_device(credentials=PASSWORD) as device, announced_camera(device.url) as urn:
        async with standing_hub(tmp_path, approve_all=False) as hub:
            finder = Finder(
                settings, hub.facade, Secrets(), SystemClock(), interviewer=INTERVIEWER, chance=random.SystemRandom()
            )
            task = asyncio.create_task(finder.run())
            await eventually_async(lambda: finder.proposed_total > 0)
            task.cancel()
            await asyncio.wait({task})
            (view,) = [each for each in await hub.facade.devices() if urn in each.identities]
            assert (view.key.site, view.serial) == (UNASSIGNED, "")
            assert [check.state for check in view.checks] == [StreamState.WANTS_CREDENTIALS]
