"""The last seconds of a camera: kept as they came, saved as a file that others read, proven by a hash."""

import asyncio
import hashlib
import io
import threading
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import httpx
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sensors.access import Role
from sensors.clock import ManualClock
from sensors.errors import ConflictError, NotFoundError, UnavailableError
from sensors.model import DeviceId, DeviceKey, SiteId, StreamRole
from sensors.rtsp.rtcp import unix_of
from sensors.rtsp.rtp import parse_rtp
from sensors.stamp import read
from tests.support.coded_film import FPS, Coding, film
from tests.support.media_probe import probe, video
from tests.support.moving_picture import MovingWall
from tests.support.waiting import eventually_async
from tests.support.wall_server import Keys, serving
from videowall.capture.channel import Channel
from videowall.capture.rtsp.assembly import AccessUnit, Assembler
from videowall.capture.rtsp.packing import PACKINGS
from videowall.capture.rtsp.sequencing import Sequencer
from videowall.clips.clip import decoding_times, make_clip, presentation_times
from videowall.clips.clips import Clips, Manifest
from videowall.clips.ring import Ring, Rings
from videowall.composing.mask import MASK_LUMA
from videowall.config import WallSettings
from videowall.outputs.server import build_app
from videowall.picture import planes_of
from videowall.plan import Mask

pytestmark = pytest.mark.alone

KEY = DeviceKey(SiteId("kordai"), DeviceId("cam-1"))
BEGUN = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)

CORNER = Mask(((0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (0.0, 1.0)))


def units_of(coding: Coding = Coding.H264, begun_s: float = 0.0) -> list[AccessUnit]:
    """50 pictures, a key frame every 10, as they would come from a camera."""
    sequencer, assembler = Sequencer(0.0), Assembler(PACKINGS[coding.encoding])
    units: list[AccessUnit] = []
    for number, packets in enumerate(film(coding).frames):
        arrived_s = begun_s + number / FPS
        for raw in packets:
            packet = parse_rtp(raw)
            assert packet is not None
            for ready in sequencer.feed(packet, arrived_s):
                units += assembler.feed(ready)
    assert len(units) == 50
    return units


def filled(units: list[AccessUnit], codec: str = "h264") -> Ring:
    ring = Ring(KEY, StreamRole.SUB)
    ring.begin(codec, b"")
    for unit in units:
        ring.take(unit)
    return ring


def pictures(content: bytes) -> list[NDArray[np.uint8]]:
    """The luma of each."""
    with av.open(io.BytesIO(content), "r") as container:
        return [planes_of(frame).y for frame in container.decode(video=0)]


def number_in(picture: NDArray[np.uint8]) -> int:
    height, width = picture.shape
    stamp = read(lambda x, y: float(picture[int(y * height), int(x * width)]))
    assert stamp is not None
    return stamp.frame


def is_corner_hidden(picture: NDArray[np.uint8]) -> bool:
    """Whether nothing is seen of what `CORNER` hides."""
    height, width = picture.shape
    hidden = picture[height // 2 + 16 :, : width // 2 - 16].astype(int)
    return bool(np.abs(hidden - MASK_LUMA).max() <= 4)


@pytest.mark.parametrize(("coding", "codec"), [(Coding.H264, "h264"), (Coding.H265, "hevc")])
def test_a_clip_holds_the_very_pictures_with_their_own_times_and_is_read_by_others(
    tmp_path: Path, coding: Coding, codec: str
) -> None:
    units = tuple(units_of(coding))
    content = make_clip(codec, b"", units[10:], BEGUN, "kordai/cam-1")
    (tmp_path / "clip.mp4").write_bytes(content)
    found = probe(tmp_path / "clip.mp4")
    assert found["errors"] == ""
    assert (video(found)["codec_name"], video(found)["nb_read_frames"]) == (codec, "40")
    assert Fraction(video(found)["avg_frame_rate"]) == FPS
    assert found["format"]["tags"]["creation_time"] == "2026-01-31T09:00:00.000000Z"
    assert float(found["format"]["duration"]) == pytest.approx(40 / FPS, abs=0.01)
    assert [number_in(picture) for picture in pictures(content)] == list(range(10, 50))


def test_a_ring_begins_with_a_key_frame_and_forgets_whole_groups() -> None:
    ring = filled(units_of()[3:])
    first = ring.since(0.0)
    assert (first[0].key, len(first)) == (True, 40)
    assert len(ring.since(0.85)) == 30
    ring.shorten(oldest_s=1.0, max_bytes=10**9)
    assert ring.since(0.0)[0].arrival_s == pytest.approx(20 / FPS)
    assert ring.size == sum(len(unit.data) for unit in ring.since(0.0))
    ring.shorten(oldest_s=0.0, max_bytes=ring.size - 1)
    assert len(ring.since(0.0)) == 20
    ring.shorten(oldest_s=100.0, max_bytes=10**9)
    assert (ring.since(0.0), ring.size) == ((), 0)


def test_after_a_loss_nothing_is_kept_until_the_next_key_frame() -> None:
    units = units_of()
    broken = msgspec.structs.replace(units[14], gap=True)
    ring = filled([*units[:13], broken, *units[15:]])
    kept = [round(unit.arrival_s * FPS) for unit in ring.since(0.0)]
    assert kept == [*range(13), *range(20, 50)]
    content = make_clip("h264", b"", ring.since(0.0), BEGUN, "")
    assert [number_in(picture) for picture in pictures(content)] == kept


def test_a_clip_goes_on_across_a_new_session_at_the_time_it_arrived() -> None:
    before = units_of()[:20]
    after = [
        msgspec.structs.replace(unit, rtp_timestamp=(unit.rtp_timestamp + 0xFFFF_0000) & 0xFFFF_FFFF)
        for unit in units_of(begun_s=5.0)
    ]
    ring = filled([*before, *after])
    times = presentation_times(ring.since(0.0))
    assert times[20] / 90_000 == pytest.approx(5.0, abs=0.05)
    assert {late - early for early, late in pairwise(times[20:])} == {3600}


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=60, unique=True))
def test_decoding_times_grow_and_never_lie_after_showing(presented: list[int]) -> None:
    decoded = decoding_times(presented)
    assert all(after > before for before, after in pairwise(decoded))
    assert all(early <= shown for early, shown in zip(decoded, presented, strict=True))


def test_pictures_in_order_are_decoded_when_they_are_shown() -> None:
    assert decoding_times([0, 3600, 7200]) == [0, 3600, 7200]
    assert decoding_times([0, 10800, 3600, 7200]) == [-3600, 0, 3600, 7200]


def test_what_no_file_can_hold_is_refused() -> None:
    with pytest.raises(UnavailableError):
        make_clip("mjpeg", b"", tuple(units_of()), BEGUN, "")


class Kept:
    """The rings of one camera that has brought a film, and clips made of them."""

    def __init__(self, masks: tuple[Mask, ...] = (), max_bytes: int = 10**9, *, exercise: bool = False) -> None:
        self.clock = ManualClock(BEGUN)
        self.told: list[Manifest] = []
        self.rings = Rings(self.clock, 40.0, max_bytes)
        self.clips = Clips("main", self.rings, self.clock, self.told.append, exercise=exercise)
        self.channel = self.bring(StreamRole.SUB, masks)

    def bring(self, role: StreamRole, masks: tuple[Mask, ...] = ()) -> Channel:
        """A stream of the camera that runs for the two seconds of a film, and is still there."""
        channel = Channel(KEY, role, self.clock, lambda _: None, masks=masks)
        self.rings.follow([channel], {KEY: masks})
        channel.begin_session("h264", b"")
        for unit in units_of(begun_s=self.clock.monotonic_s()):
            channel.feed(unit)
        self.clock.advance(2.0)
        self.rings.follow([channel], {KEY: masks})
        return channel


async def test_a_clip_says_what_it_is_who_took_it_and_proves_itself() -> None:
    kept = Kept()
    content, manifest = await kept.clips.save(KEY, 1.0, "aliya")
    assert manifest.sha256 == hashlib.sha256(content).hexdigest()
    assert (manifest.wall, manifest.site, manifest.device, manifest.stream) == ("main", "kordai", "cam-1", "sub")
    assert (manifest.pictures, manifest.masked, manifest.codec, manifest.clock) == (30, False, "h264", "wall")
    assert manifest.begins_at == BEGUN + timedelta(seconds=20 / FPS)
    assert (manifest.saved_by, manifest.saved_at) == ("aliya", kept.clock.now())
    assert kept.told == [manifest] == [kept.clips.manifest(manifest.sha256)]


@pytest.mark.parametrize(
    ("captured_unix_s", "begins_at", "clock"),
    [
        (BEGUN.timestamp() - 3 * 3600, BEGUN - timedelta(hours=3), "camera"),
        (unix_of(5000 << 32), BEGUN, "wall"),
        (0.0, BEGUN, "wall"),
        (BEGUN.timestamp() + 30 * 86_400, BEGUN, "wall"),
    ],
)
async def test_a_clip_bears_the_time_of_the_wall_where_the_cameras_clock_tells_none(
    captured_unix_s: float, begins_at: datetime, clock: str
) -> None:
    kept = Kept()
    kept.channel.begin_session("h264", b"other")
    for unit in units_of(begun_s=kept.clock.monotonic_s() - 2.0):
        taken_s = captured_unix_s + unit.arrival_s - kept.clock.monotonic_s() + 2.0
        kept.channel.feed(msgspec.structs.replace(unit, captured_unix_s=taken_s))
    manifest = (await kept.clips.save(KEY, 30.0, "aliya"))[1]
    assert (manifest.begins_at, manifest.clock) == (begins_at, clock)
    assert f"_{begins_at:%Y%m%dT%H%M%S}Z" in manifest.file


async def test_what_nobody_expected_of_a_clip_ends_that_one_and_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept, said = Kept(), list[type[BaseException]]()

    def fail(*_: object) -> bytes:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(threading, "excepthook", lambda told: said.append(told.exc_type))
        broken.setattr("videowall.clips.clips.make_clip", fail)
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(kept.clips.save(KEY, 30.0, "aliya"), 30)
        await eventually_async(lambda: said == [ZeroDivisionError])
    assert (await asyncio.wait_for(kept.clips.save(KEY, 30.0, "aliya"), 30))[1].pictures == 50


async def test_a_clip_of_an_exercise_says_so_in_its_name_its_title_and_its_manifest() -> None:
    for exercise in (False, True):
        content, manifest = await Kept(exercise=exercise).clips.save(KEY, 1.0, "aliya")
        assert manifest.exercise is exercise
        assert manifest.file.startswith("EXERCISE_") is exercise
        with av.open(io.BytesIO(content)) as opened:
            assert opened.metadata["title"].startswith("EXERCISE ") is exercise


async def test_nothing_that_is_masked_is_in_a_clip() -> None:
    content, manifest = await Kept((CORNER,)).clips.save(KEY, 30.0, "aliya")
    assert (manifest.masked, manifest.pictures) == (True, 50)
    shown = pictures(content)
    assert len(shown) == 50
    assert all(is_corner_hidden(picture) for picture in shown)
    assert [number_in(picture) for picture in shown] == list(range(50))


async def test_a_mask_holds_for_what_is_kept_of_a_stream_that_ran_before_it_was_set() -> None:
    kept = Kept()
    kept.bring(StreamRole.MAIN)
    # The alarm is over, its main stream has ended; now something of the camera is masked, and its small stream anew.
    kept.bring(StreamRole.SUB, (CORNER,))
    content, manifest = await kept.clips.save(KEY, 3.0, "aliya")
    assert (manifest.stream, manifest.masked) == ("main", True)
    assert all(is_corner_hidden(picture) for picture in pictures(content))


async def test_a_camera_that_the_plan_does_not_show_is_saved_once_its_masks_are_known_again() -> None:
    kept = Kept()
    kept.rings.follow([], {})
    with pytest.raises(ConflictError):
        await kept.clips.save(KEY, 30.0, "aliya")
    assert kept.told == []
    kept.rings.follow([], {KEY: (CORNER,)})
    content, manifest = await kept.clips.save(KEY, 30.0, "aliya")
    assert (manifest.masked, manifest.pictures) == (True, 50)
    assert all(is_corner_hidden(picture) for picture in pictures(content))


async def test_a_mask_that_is_set_while_a_clip_is_made_withholds_it() -> None:
    kept = Kept()
    saving = asyncio.create_task(kept.clips.save(KEY, 30.0, "aliya"))
    await asyncio.sleep(0)  # it has read what it needs, and its thread hands nothing back before this does
    kept.rings.follow([], {KEY: (CORNER,)})
    with pytest.raises(ConflictError):
        await saving
    assert kept.told == []
    assert (await kept.clips.save(KEY, 30.0, "aliya"))[1].masked


async def test_rings_stay_within_their_memory_and_end_with_their_streams() -> None:
    kept = Kept(max_bytes=30_000)
    assert 0 < kept.rings.size <= 30_000
    kept.rings.follow([], {KEY: ()})
    assert kept.rings.size > 0
    kept.clock.advance(60)
    kept.rings.follow([], {KEY: ()})
    assert kept.rings.of(KEY) == ()
    with pytest.raises(NotFoundError):
        await kept.clips.save(KEY, 30.0, "aliya")


async def test_a_stream_is_kept_once_however_often_it_is_followed() -> None:
    kept = Kept()
    for _ in range(5):
        kept.clock.advance(60)
        kept.rings.follow([kept.channel], {KEY: ()})
    assert len(kept.channel.taps) == 1


def test_the_file_is_served_to_those_who_may_export_with_its_hash_beside(tmp_path: Path) -> None:
    kept, keys = Kept(), Keys(tmp_path)
    app = build_app(MovingWall(), WallSettings(public_key_file=str(keys.public_file)), kept.clock, None, kept.clips)
    path = "/wall/main/camera/kordai/cam-1/clip.mp4?seconds=30"

    def headers(role: Role) -> dict[str, str]:
        return {"Authorization": f"Bearer {keys.token(role=role, clock=kept.clock)}"}

    with serving(app) as address, httpx.Client(base_url=f"http://{address}", timeout=30) as http:
        assert http.get(path).status_code == 401
        for role in (Role.VIEWER, Role.TECHNICIAN):
            assert http.get(path, headers=headers(role)).status_code == 403
        assert kept.told == []
        http.headers.update(headers(Role.DUTY_OFFICER))
        clip = http.get(path)
        assert (clip.status_code, clip.headers["content-type"]) == (200, "video/mp4")
        sha256 = hashlib.sha256(clip.content).hexdigest()
        assert clip.headers["etag"] == f'"{sha256}"'
        name = "kordai_cam-1_20260131T090000Z.mp4"
        assert name in clip.headers["content-disposition"]
        (tmp_path / name).write_bytes(clip.content)
        assert video(probe(tmp_path / name))["nb_read_frames"] == "50"
        assert http.get(f"/wall/main/clips/{sha256}.sha256").text == f"{sha256}  {name}\n"
        manifest = msgspec.json.decode(http.get(f"/wall/main/clips/{sha256}.json").content, type=Manifest)
        assert manifest.saved_by == "aliya"
        assert http.get(f"/wall/main/clips/{'0' * 64}.json").status_code == 404
        assert http.get("/wall/main/camera/kordai/cam-9/clip.mp4").status_code == 404
        assert http.get(path.replace("30", "9999")).status_code == 400
    assert [told.sha256 for told in kept.told] == [sha256]
