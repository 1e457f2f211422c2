"""Which of a camera's streams a tile gets: the smallest that is at least as large as the tile; and which a still."""

from collections.abc import Iterable

from sensors.model import Stream, StreamRole
from videowall.capture.channel import Channel
from videowall.picture import Rect

_ASSUMED: dict[StreamRole, tuple[int, int]] = {StreamRole.MAIN: (1920, 1080), StreamRole.SUB: (640, 360)}
_KEEP_BELOW = 0.9
"""A running stream is kept while it has this share of the tile's size, so a small change of layout switches nothing."""
_LEAVE_ABOVE = 1.25
"""A smaller stream replaces a running one only when it is this much larger than the tile."""
_SPARING = 0.5
"""So much of the tile is enough for a stream where there is too much to decode."""


def choose(
    streams: tuple[Stream, ...], tile: Rect, running: StreamRole | None, *, sparingly: bool = False
) -> Stream | None:
    """The stream for a tile, with hysteresis around the one that runs; None when the camera has none to show.

    `sparingly`: one that has to be enlarged, by less than twice, will do.
    """
    if sparingly:
        tile = Rect(0, 0, max(2, round(tile.width * _SPARING)), max(2, round(tile.height * _SPARING)))
    usable = sorted((stream for stream in streams if stream.role in _ASSUMED), key=_pixels)
    if not usable:
        return None
    best = next((stream for stream in usable if _share(stream, tile) >= 1), usable[-1])
    kept = next((stream for stream in usable if stream.role is running), None)
    if kept is None or kept is best:
        return best
    grows = _pixels(best) > _pixels(kept)
    if grows:
        return kept if _share(kept, tile) >= _KEEP_BELOW else best
    return best if _share(best, tile) >= _LEAVE_ABOVE else kept


def choose_for_still(channels: Iterable[Channel], within_s: float) -> Channel | None:
    """Whose newest picture a still shows: the first that shows a picture now, else the one whose picture is newest.

    A stream that has failed keeps its last picture, be it a larger one than those of now. None of them has one, or only
    one older than `within_s`: None.
    """
    aged = [
        (age_s, channel)
        for channel in channels
        if channel.last is not None and (age_s := channel.picture_age_s) is not None and age_s <= within_s
    ]
    showing = next((channel for _, channel in aged if channel.is_showing), None)
    return showing or min(aged, key=lambda one: one[0], default=(0.0, None))[1]


def _share(stream: Stream, tile: Rect) -> float:
    """How much of the tile the stream fills, in the direction where it fills less."""
    width, height = _size(stream)
    return min(width / tile.width, height / tile.height)


def _pixels(stream: Stream) -> int:
    width, height = _size(stream)
    return width * height


def _size(stream: Stream) -> tuple[int, int]:
    return (stream.width, stream.height) if stream.width and stream.height else _ASSUMED[stream.role]
