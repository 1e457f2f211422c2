"""How clips come about: what was drawn once is not drawn again, also when the drawing was broken off."""

from pathlib import Path

from simulators.cameras.cache import ClipCache
from simulators.cameras.clip import Clip
from simulators.cameras.drawing.film import LOOP_FRAMES, Shot
from simulators.cameras.formats import Format
from simulators.cameras.vocabulary import Lighting, Terrain, View
from simulators.cameras.workshop import Workshop
from tests.support.waiting import eventually_async

_FORMAT = Format(160, 96, 100_000)
_SHOT = Shot(9, View.YARD, Terrain.PLAIN, 0, Lighting.DAY, 160, 96)


async def _clip(cache: Path, frames: int) -> Clip:
    """The clip as a workshop leaves it that ends when so many frames are there."""
    async with Workshop(cache) as workshop:
        clip = await workshop.clip(_SHOT, _FORMAT)
        await eventually_async(lambda: len(clip) >= frames, within_s=60, what=f"{frames} frames")
    return clip


async def test_a_clip_that_was_broken_off_goes_on_where_it_ended(tmp_path: Path) -> None:
    begun = await _clip(tmp_path, 3 * _FORMAT.fps)
    whole = await _clip(tmp_path, LOOP_FRAMES)
    assert whole.frames[: len(begun)] == begun.frames
    assert len(whole) == LOOP_FRAMES
    again = await _clip(tmp_path, LOOP_FRAMES)
    assert again.frames == whole.frames


async def test_what_is_only_to_be_at_hand_waits_for_what_is_watched(tmp_path: Path) -> None:
    other = Format(320, 192, 200_000)
    async with Workshop(tmp_path) as workshop:
        clip = await workshop.clip(_SHOT, _FORMAT)
        await workshop.prepare(_SHOT, other)
        assert clip.complete
    kept = ClipCache(tmp_path).load(_SHOT, other)
    assert kept is not None
    assert (len(kept), kept.complete) == (other.fps, False)
