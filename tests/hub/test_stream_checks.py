"""Streams asked to describe themselves: real simulated cameras, and who is told a password."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from hub.discovery import checks as checks_module
from hub.discovery.checks import StreamChecks
from hub.discovery.describe import _picture_of, describe
from hub.protocol import Approval, Conflict, ConflictKind, DeviceView, Liveness, StreamCheck, StreamState
from hub.requests import NoteChecks
from sensors.catalog import CAMERA
from sensors.clock import ManualClock, SystemClock
from sensors.errors import NotFoundError
from sensors.model import Birth, DeviceId, DeviceKey, Names, SiteId, Stream, StreamRole
from sensors.rtsp.authentication import Credentials
from sensors.secrets import Secrets
from tests.hub.quiet_center import START, QuietCenter
from tests.support.camera_stand import BASIC, DIGEST, OPEN, PASSWORD, SHA, Stand

WRONG = Credentials("viewer", "wrong")
CLOCK = SystemClock()


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with Stand() as cameras:
        yield cameras


@pytest.mark.parametrize(
    ("camera", "credentials", "state"),
    [
        (OPEN, None, StreamState.OK),
        (DIGEST, PASSWORD, StreamState.OK),
        (SHA, PASSWORD, StreamState.OK),
        (BASIC, PASSWORD, StreamState.OK),
        (DIGEST, None, StreamState.WANTS_CREDENTIALS),
        (DIGEST, WRONG, StreamState.WRONG_CREDENTIALS),
        (BASIC, WRONG, StreamState.WRONG_CREDENTIALS),
    ],
)
async def test_a_camera_says_whether_the_credentials_fit(
    stand: Stand, camera: str, credentials: Credentials | None, state: StreamState
) -> None:
    check = await describe(stand.url(camera), credentials, CLOCK, plain=True)
    assert check.state is state
    assert check.codec == ("H264" if state is StreamState.OK else "")
    assert check.url == stand.url(camera)


async def test_a_password_never_goes_out_readable_to_a_camera_that_nobody_approved(stand: Stand) -> None:
    check = await describe(stand.url(BASIC), PASSWORD, CLOCK, plain=False)
    assert check.state is StreamState.WANTS_CREDENTIALS


async def test_a_path_that_is_none_is_not_found(stand: Stand) -> None:
    check = await describe(f"{stand.url(OPEN)}-not", None, CLOCK)
    assert check.state is StreamState.NOT_FOUND


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that gives these answers whatever it is asked; its address, and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            asked.append(await reader.read(4096))
            writer.write(answer)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/a", asked
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 200 OK\r\n\r\n", b"RTSP/1.0 2000 OK\r\n\r\n", b"\xff" * 20_000, b"RTSP/1.0 501 No\r\nCSeq: 1\r\n\r\n"],
)
async def test_what_does_not_speak_rtsp_is_not_understood(answer: bytes) -> None:
    async with answering(answer) as (url, _):
        assert (await describe(url, None, CLOCK)).state is StreamState.NOT_UNDERSTOOD


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "rtsp://", "rtsp://[::1", "rtsp://127.0.0.1:99999/", "rtsp://127.0.0.1/a\r\nb"]
)
async def test_an_address_that_is_none_is_not_understood(url: str) -> None:
    assert (await describe(url, None, CLOCK)).state in {StreamState.NOT_UNDERSTOOD, StreamState.NO_ANSWER}


async def test_silence_and_an_endless_answer_end_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.discovery.describe.WITHIN_S", 0.3)
    async with answering(b"") as (url, _):
        assert (await describe(url, None, CLOCK)).state is StreamState.NO_ANSWER
    async with answering(b"$\x00\xff\xff" + b"x" * 200_000) as (url, _):
        assert (await describe(url, None, CLOCK)).state is StreamState.NOT_UNDERSTOOD


def test_codec_and_size_come_from_the_picture_and_not_from_the_sound() -> None:
    sound = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 opus/90000\r\n"
    picture = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=framesize:96 1920-1080\r\n"
    assert _picture_of(f"v=0\r\n{sound}{picture}{sound}") == ("H265", (1920, 1080))
    assert _picture_of("m=video 0 RTP/AVP 96\na=x-dimensions:640,360\n") == ("", (640, 360))
    assert _picture_of("m=video 0 RTP/AVP 96\na=framesize:96 99999-1\n") == ("", (16_384, 1))
    assert _picture_of(sound) == ("", (0, 0))


KEY = DeviceKey(SiteId("kordai"), DeviceId("cam-1"))


def camera(url: str, approval: Approval = Approval.DISCOVERED, provenance: str = "mqtt") -> DeviceView:
    return DeviceView(
        KEY, CAMERA, Names(), Names(), approval, Liveness.UNKNOWN, START,
        streams=(Stream(StreamRole.MAIN, url),), provenance=(provenance,),
    )  # fmt: skip


class OneCamera:
    """A registry of one."""

    def __init__(self, view: DeviceView) -> None:
        self.view = view
        self.notes: list[tuple[StreamCheck, ...]] = []

    async def devices(self) -> tuple[DeviceView, ...]:
        return (self.view,)

    async def note_checks(self, key: DeviceKey, checks: tuple[StreamCheck, ...]) -> DeviceView:
        assert key == self.view.key
        self.notes.append(checks)
        self.view = msgspec.structs.replace(self.view, checks=checks)
        return self.view


def checking(
    view: DeviceView, clock: ManualClock | None = None, *, on_loopback: bool = True
) -> tuple[StreamChecks, OneCamera]:
    registry = OneCamera(view)
    secrets = Secrets(cameras={"kordai": PASSWORD})
    return StreamChecks(registry, secrets, clock or ManualClock(START), on_loopback=on_loopback), registry


@pytest.mark.parametrize(
    ("approval", "provenance", "state"),
    [
        (Approval.APPROVED, "mqtt", StreamState.OK),
        (Approval.DISCOVERED, "onvif", StreamState.OK),
        (Approval.DISCOVERED, "mqtt", StreamState.WANTS_CREDENTIALS),
    ],
)
async def test_only_a_camera_found_or_approved_is_told_the_password(
    stand: Stand, approval: Approval, provenance: str, state: StreamState
) -> None:
    checks, registry = checking(camera(stand.url(DIGEST), approval, provenance))
    await checks.run_once()
    assert [check.state for check in registry.view.checks] == [state]


@pytest.mark.parametrize(
    "view",
    [
        camera("rtsp://127.0.0.1/", Approval.REFUSED),
        camera("rtsp://127.0.0.1/", Approval.RETIRED),
        msgspec.structs.replace(camera("rtsp://127.0.0.1/"), kind="fence"),
        msgspec.structs.replace(
            camera("rtsp://127.0.0.1/", Approval.APPROVED),
            conflicts=(Conflict(ConflictKind.CHANGED, "birth:1", START),),
        ),
        camera("rtsp://8.8.8.8/"),
        camera("rtsp://169.254.169.254/"),
        camera("rtsp://camera.example.org/"),
        camera("rtsp://239.255.255.250/"),
    ],
    ids=["refused", "retired", "no camera", "in doubt", "far away", "link-local", "named", "multicast"],
)
async def test_who_is_kept_out_or_far_away_is_not_asked(view: DeviceView) -> None:
    checks, registry = checking(view)
    await checks.run_once()
    assert (checks.asked_total, registry.notes) == (0, [])


async def test_a_stranger_cannot_send_the_hub_to_itself(stand: Stand) -> None:
    checks, _ = checking(camera(stand.url(OPEN)), on_loopback=False)
    await checks.run_once()
    assert checks.asked_total == 0


async def test_a_stream_is_asked_once_and_again_when_it_is_due_or_approved(stand: Stand) -> None:
    clock = ManualClock(START)
    checks, registry = checking(camera(stand.url(DIGEST)), clock)
    await checks.run_once()
    await checks.run_once()
    assert checks.asked_total == 1
    clock.advance(checks_module.AGAIN_AFTER_FAILURE_S)
    await checks.run_once()
    assert checks.asked_total == 2
    registry.view = msgspec.structs.replace(registry.view, approval=Approval.APPROVED)
    await checks.run_once()
    assert [check.state for check in registry.view.checks] == [StreamState.OK]
    clock.advance(checks_module.AGAIN_AFTER_FAILURE_S)
    await checks.run_once()
    assert checks.asked_total == 3


def test_answers_are_kept_as_long_as_there_is_what_was_asked() -> None:
    center = QuietCenter()
    one, other = (Stream(StreamRole.MAIN, f"rtsp://10.0.0.5/{name}") for name in ("one", "other"))
    center.bear(KEY, Birth(CAMERA, Names(), streams=(one,)))

    def note(url: str, state: StreamState = StreamState.OK) -> list[tuple[str, StreamState]]:
        view, _ = center.ask(NoteChecks(KEY, (StreamCheck(url, state, START),)))
        assert isinstance(view, DeviceView)
        return [(check.url, check.state) for check in view.checks]

    ok, bad = StreamState.OK, StreamState.NO_ANSWER
    assert note("http://10.0.0.5/onvif") == [("http://10.0.0.5/onvif", ok)]
    assert note(one.url) == [("http://10.0.0.5/onvif", ok), (one.url, ok)]
    assert note(one.url, bad) == [("http://10.0.0.5/onvif", ok), (one.url, bad)]
    center.bear(KEY, Birth(CAMERA, Names(), streams=(other,)))
    assert note(other.url) == [("http://10.0.0.5/onvif", ok), (other.url, ok)]
    assert note("http://10.0.0.5:8080/onvif") == [(other.url, ok), ("http://10.0.0.5:8080/onvif", ok)]


async def test_one_round_is_bounded(monkeypatch: pytest.MonkeyPatch, stand: Stand) -> None:
    monkeypatch.setattr(checks_module, "MAX_A_ROUND", 0)
    checks, _ = checking(camera(stand.url(OPEN)))
    await checks.run_once()
    assert checks.asked_total == 0


async def test_a_camera_that_is_gone_meanwhile_is_no_trouble(stand: Stand) -> None:
    checks, registry = checking(camera(stand.url(OPEN)))

    async def gone(key: DeviceKey, checks: tuple[StreamCheck, ...]) -> DeviceView:
        del checks
        raise NotFoundError("no such device", subject=str(key))

    registry.note_checks = gone  # type: ignore[method-assign]  # the registry forgets it at this moment
    await checks.run_once()
    assert checks.asked_total == 1
