import itertools
import math
from pathlib import Path

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from sensors.stamp import Stamp, read
from simulators.cameras.cache import ClipCache
from simulators.cameras.clip import Clip
from simulators.cameras.drawing.film import LOOP_FRAMES, Film, Shot
from simulators.cameras.encoder import Encoder
from simulators.cameras.formats import Format
from simulators.cameras.frame import Frame
from simulators.cameras.look import Look
from simulators.cameras.vocabulary import Lighting, Terrain, View
from tests.support.likeness import likeness

_SIZES = ((640, 360), (1280, 720))
_FORMAT = Format(640, 360, 400_000)
_SHOT = Shot(7, View.GATE, Terrain.MOUNTAINS, 0, Lighting.DAY, 640, 360)


def _stamp(canvas: npt.NDArray[np.uint8]) -> Stamp | None:
    height, width = canvas.shape[0] * 2 // 3, canvas.shape[1]
    return read(lambda x, y: float(canvas[int(y * height), int(x * width)]))


def _small(canvas: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    height, width = canvas.shape[0] * 2 // 3, canvas.shape[1]
    return np.asarray(cv2.resize(canvas[:height], (width // 4, height // 4), interpolation=cv2.INTER_AREA), np.float32)


def _luma(canvas: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    small = _small(canvas)
    return small[small.shape[0] // 6 :]


@pytest.mark.parametrize("lighting", [Lighting.DAY, Lighting.LAMPS])
@pytest.mark.parametrize("view", list(View))
def test_every_view_carries_its_stamp_at_both_sizes(view: View, lighting: Lighting) -> None:
    for width, height in _SIZES:
        film = Film(Shot(4001, view, Terrain.FOOTHILLS, 1, lighting, width, height))
        assert _stamp(film.draw(0)) == Stamp(4001, 0)
        assert _stamp(film.draw(LOOP_FRAMES - 1)) == Stamp(4001, LOOP_FRAMES - 1)


@pytest.mark.parametrize("view", list(View))
def test_a_picture_has_detail_and_differs_between_day_and_night(view: View) -> None:
    day, night = (
        _luma(Film(Shot(1, view, Terrain.MOUNTAINS, 0, lighting, 640, 360)).draw(40))
        for lighting in (Lighting.DAY, Lighting.LAMPS)
    )
    assert 80 < day.mean() < 190
    assert 15 < night.mean() < 90
    assert min(day.std(), night.std()) > 12


def test_like_views_of_different_posts_do_not_look_alike() -> None:
    pictures = [
        _luma(Film(Shot(number, View.GATE, terrain, number, Lighting.DAY, 640, 360)).draw(100))
        for number, terrain in enumerate(Terrain)
    ]
    for one in range(3):
        assert np.abs(pictures[one] - pictures[one - 1]).mean() > 4


@pytest.mark.parametrize(
    ("view", "lighting"),
    [
        (View.GATE, Lighting.DAY),
        (View.PERIMETER, Lighting.LAMPS),
        (View.LANE, Lighting.DUSK),
        (View.YARD, Lighting.HEAT),
    ],
)
def test_a_turned_camera_shows_another_part_of_the_same_scene(view: View, lighting: Lighting) -> None:
    ahead = Shot(1, view, Terrain.MOUNTAINS, 0, lighting, 640, 360)
    shift_px, focal_px = 160, 0.86 * 640
    turned = Look(pan_deg=math.degrees(math.atan(shift_px / focal_px)))
    wide, right, larger = (_small(Film(_with(ahead, look)).draw(60)) for look in (Look(), turned, Look(zoom=2.0)))
    stamp = 15
    shift = shift_px // 4
    assert likeness(wide[stamp:, shift:], right[stamp:, :-shift]) > 0.8 > likeness(wide[stamp:], right[stamp:]) + 0.1
    middle = np.asarray(cv2.resize(larger, (80, 45), interpolation=cv2.INTER_AREA), np.float32)
    assert likeness(wide[30:67, 40:120], middle[8:]) > 0.75
    assert likeness(wide[30:67, 40:120], middle[8:]) > likeness(wide[stamp:], larger[stamp:]) + 0.1


@pytest.mark.parametrize(
    ("look", "lighting"),
    [
        (Look(-50, -45, 6), Lighting.LAMPS),
        (Look(50, 10, 6), Lighting.DAY),
        (Look(0, -45), Lighting.INFRARED),
        (Look(0, 10), Lighting.DUSK),
    ],
)
def test_however_far_a_camera_turns_it_shows_something_and_its_stamp(look: Look, lighting: Lighting) -> None:
    canvas = Film(_with(Shot(9, View.YARD, Terrain.PLAIN, 0, lighting, 640, 360), look)).draw(7)
    assert _stamp(canvas) == Stamp(9, 7)
    assert _luma(canvas).std() > 2


def test_a_frame_depends_on_nothing_but_its_shot_and_number() -> None:
    first, second = Film(_SHOT), Film(_SHOT)
    second.draw(3)
    assert np.array_equal(first.draw(50).copy(), second.draw(50))


def test_no_two_frames_are_alike_even_where_nothing_moves() -> None:
    film = Film(_SHOT)
    frames = [film.draw(index).copy() for index in range(5)]
    corner = [frame[300:340, 20:60] for frame in frames]
    assert all(not np.array_equal(a, b) for a, b in itertools.pairwise(corner))


def test_the_loop_closes_without_a_jump() -> None:
    film = Film(_SHOT)
    ordinary = np.abs(_luma(film.draw(60).copy()) - _luma(film.draw(62))).mean()
    closing = np.abs(_luma(film.draw(LOOP_FRAMES - 1).copy()) - _luma(film.draw(0))).mean()
    assert closing < 2 * ordinary + 0.5


def test_packets_fit_a_datagram_and_a_clip_begins_with_its_parameter_sets() -> None:
    film, encoder = Film(_SHOT), Encoder(_FORMAT)
    coded = [encoder.encode(film.draw(index)) for index in range(30)]
    encoder.close()
    clip = Clip(_FORMAT, [Frame.of(packets, key=False) for packets in coded])
    assert [frame.packets for frame in clip.frames] == coded
    assert all(packets and max(map(len, packets)) <= 1428 for packets in coded)
    assert all(packets[-1][1] & 0x80 and not any(packet[1] & 0x80 for packet in packets[:-1]) for packets in coded)
    sps, pps = clip.parameter_sets
    assert (sps[0] & 0x1F, pps[0] & 0x1F) == (7, 8)


def _with(shot: Shot, look: Look) -> Shot:
    return msgspec.structs.replace(shot, look=look)


def _clip() -> Clip:
    frames = (Frame.of((b"packet 1", b"packet 2"), key=True), Frame.of((b"packet 3",), key=False, stamp=1))
    return Clip(_FORMAT, frames, complete=True)


def test_a_cached_clip_comes_back_whole(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path)
    assert cache.load(_SHOT, _FORMAT) is None
    cache.save(_SHOT, _FORMAT, _clip())
    loaded = cache.load(_SHOT, _FORMAT)
    assert loaded is not None
    assert loaded.complete
    assert loaded.frames == _clip().frames
    assert cache.load(_SHOT, Format(640, 360, 500_000)) is None


def test_a_longer_cached_clip_is_not_lost_to_its_own_beginning(tmp_path: Path) -> None:
    cache, beginning = ClipCache(tmp_path), Clip(_FORMAT, _clip().frames[:1])
    cache.save(_SHOT, _FORMAT, beginning)
    loaded = cache.load(_SHOT, _FORMAT)
    assert loaded is not None
    assert (loaded.complete, loaded.frames) == (False, beginning.frames)
    for clip in (_clip(), beginning):
        cache.save(_SHOT, _FORMAT, clip)
        loaded = cache.load(_SHOT, _FORMAT)
        assert loaded is not None
        assert (loaded.complete, loaded.frames) == (True, _clip().frames)


def test_a_damaged_cached_clip_is_not_believed(tmp_path: Path) -> None:
    cache = ClipCache(tmp_path)
    cache.save(_SHOT, _FORMAT, _clip())
    (path,) = tmp_path.glob("*.clip")
    data = bytearray(path.read_bytes())
    for damaged in (data[:-3], data[:10], b"", bytes(len(data)), data[:40] + bytes([data[40] ^ 0xFF]) + data[41:]):
        path.write_bytes(damaged)
        assert cache.load(_SHOT, _FORMAT) is None


def test_a_cache_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cache = ClipCache(blocked / "clips")
    cache.save(_SHOT, _FORMAT, _clip())
    assert cache.load(_SHOT, _FORMAT) is None
