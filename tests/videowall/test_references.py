"""What cameras shall look like, on disk: whole or not at all, bounded, and never trusted."""

import os
from pathlib import Path

import numpy as np
import pytest

from sensors.clock import SystemClock
from sensors.errors import LimitError, UnavailableError
from sensors.model import DeviceId, DeviceKey, SiteId, StreamRole
from sensors.rtsp.rtcp import unix_of
from tests.support.faulty_pictures import SCENES, coded, seconds
from videowall.composing.mask import name_of
from videowall.plan import Mask
from videowall.quality import shelf as shelf_module
from videowall.quality.inspector import Inspector
from videowall.quality.keeper import Keeper
from videowall.quality.likeness import COLUMNS, ROWS, Reference
from videowall.quality.pace import DRIFT_LEAST_S, Pace
from videowall.quality.shelf import Shelf, View

OURS_S = 1_790_000_000
"""A day of 2026, Unix time."""
KEY = DeviceKey(SiteId("kordai"), DeviceId("cam-1"))
SUB = StreamRole.SUB
VIEW = View(KEY, SUB)


def reference(level: int = 7, *, night: bool = False) -> Reference:
    return Reference(np.full(COLUMNS * ROWS, level, np.uint8).tobytes(), night, accepted=True, sharpness=2.5)


def test_what_is_stored_comes_back_and_is_forgotten_when_asked(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "references")
    assert shelf.load(VIEW) == ()
    both = (reference(), reference(9, night=True))
    shelf.store(VIEW, both)
    assert shelf.load(VIEW) == both
    assert shelf.load(View(KEY, StreamRole.MAIN)) == ()
    assert [path.name for path in (tmp_path / "references" / "kordai").iterdir()] == ["cam-1.sub.ref"]
    shelf.forget(KEY, SUB)
    shelf.forget(KEY, SUB)
    assert shelf.load(VIEW) == ()


def test_what_was_learnt_before_something_was_masked_is_removed(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    masked = View(KEY, SUB, name_of((Mask(((0, 0), (1, 0), (1, 1))),)))
    shelf.store(VIEW, (reference(),))
    shelf.store(View(KEY, StreamRole.MAIN), (reference(9),))
    assert shelf.load(masked) == ()
    assert shelf.load(VIEW) == ()
    shelf.store(masked, (reference(8),))
    assert shelf.load(masked) == (reference(8),)
    assert shelf.load(View(KEY, StreamRole.MAIN)) == (reference(9),)
    shelf.forget(KEY, SUB)
    assert shelf.load(masked) == ()


def flipped(content: bytes, place: int) -> bytes:
    """The same with its byte's highest bit the other way: no UTF-8 any more where that was a letter."""
    return bytes([*content[:place], content[place] ^ 0x80, *content[place + 1 :]])


def test_a_file_with_a_flipped_bit_keeps_no_wall_from_beginning(tmp_path: Path) -> None:
    shelf, file = Shelf(tmp_path), tmp_path / ".sent"
    shelf.store_sent(frozenset({KEY}))
    content = file.read_bytes()
    for place in range(len(content)):
        file.write_bytes(flipped(content, place))
        Keeper(shelf, SystemClock())
    file.write_bytes(content.replace(b"\x82", b"\x83") + b"\xa1x" + b"\x91" * 100_000)
    assert shelf.load_sent() == frozenset()
    shelf.store(VIEW, (reference(),))
    file = tmp_path / "kordai" / "cam-1.sub.ref"
    content = file.read_bytes()
    for place in range(30):
        file.write_bytes(flipped(content, place))
        shelf.load(VIEW)
    file.write_bytes(b"\x91\x81\xa1\xff\x00")
    assert shelf.load(VIEW) == ()


@pytest.mark.parametrize("content", [b"", b"\x00" * 50, b"\xff" * 200_000, b"\x91\x84"])
def test_a_file_that_is_none_of_ours_is_no_reference(tmp_path: Path, content: bytes) -> None:
    shelf = Shelf(tmp_path)
    shelf.store(VIEW, (reference(),))
    (tmp_path / "kordai" / "cam-1.sub.ref").write_bytes(content)
    assert shelf.load(VIEW) == ()


def test_a_reference_of_another_size_is_none(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.store(VIEW, (Reference(b"\x07" * 99, night=False, accepted=False),))
    assert shelf.load(VIEW) == ()


def test_the_folder_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf_module, "MAX_FILES", 1)
    shelf = Shelf(tmp_path)
    shelf.store(VIEW, (reference(),))
    shelf.store(VIEW, (reference(8),))
    with pytest.raises(LimitError):
        shelf.store(View(KEY, StreamRole.MAIN), (reference(),))


async def test_the_keeper_stores_what_is_new_and_tries_again_what_the_disk_refused(tmp_path: Path) -> None:
    blocked = tmp_path / "references"
    blocked.write_bytes(b"a file where the folder should be")
    keeper, shelf = Keeper(Shelf(blocked), SystemClock()), Shelf(blocked)
    inspector = Inspector(keeper.load(VIEW))
    for planes in coded(seconds(SCENES[0], 1)):
        inspector.look(planes, 0.0)
    assert inspector.accept()
    await keeper.store([(VIEW, inspector)])
    assert keeper.unstored_total == 1
    with pytest.raises(UnavailableError):
        shelf.store(VIEW, inspector.references)
    blocked.unlink()
    await keeper.store([(VIEW, inspector)])
    assert shelf.load(VIEW) == inspector.references
    path = blocked / "kordai" / "cam-1.sub.ref"
    os.utime(path, ns=(1, 1))
    await keeper.store([(VIEW, inspector)])
    assert path.stat().st_mtime_ns == 1


def test_key_frames_and_clocks_are_measured() -> None:
    pace = Pace()
    assert pace.key_interval_s(5.0) is None
    for at_s, key in ((10.0, True), (11.0, False), (12.0, True)):
        pace.see(at_s, key=key)
    assert pace.key_interval_s(12.5) == pytest.approx(2.0)
    assert pace.key_interval_s(19.0) == pytest.approx(7.0)
    assert (pace.clock_offset_s, pace.clock_drift_ppm) == (None, None)
    for second in range(0, int(DRIFT_LEAST_S) + 10, 5):
        # The camera's clock gains 100 µs a second on ours.
        pace.compare(0.05 - second * 100e-6, float(second))
    assert pace.clock_drift_ppm == pytest.approx(100)
    pace.compare(7.0, DRIFT_LEAST_S + 20)
    assert (pace.clock_offset_s, pace.clock_drift_ppm) == (7.0, None)


@pytest.mark.parametrize(
    ("ntp_s", "known"),
    [(86_400, False), (2_208_988_800, True), (OURS_S + 2_208_988_800 + 3_600, True)],
    ids=["since its start", "never set", "an hour ahead"],
)
def test_a_clock_that_counts_from_its_cameras_start_is_none_and_one_that_was_never_set_is_wrong(
    ntp_s: int, *, known: bool
) -> None:
    pace, taken_s = Pace(), unix_of(ntp_s << 32)
    assert taken_s is not None
    pace.compare(OURS_S - taken_s, 0.0)
    assert pace.clock_offset_s == (OURS_S - taken_s if known else None)
