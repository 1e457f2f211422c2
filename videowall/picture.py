"""A picture as planes: luma full size, the two chroma planes half of it each way (I420), bytes, limited range."""

from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, cast

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
_Shape = tuple[int, int]
BLACK_LUMA = 16
WHITE_LUMA = 235
LEAST_SIDE, MOST_SIDE = 16, 16_384
"""A picture has so many pixels each way. What claims to be smaller is no camera's: it has nothing left once it is cut,
turned or scaled. What is longer fits no tile either, and no message between a wall and its decoding children."""
MOST_PIXELS = 7680 * 4320
"""To be said to all that decodes, as FFmpeg's option `max_pixels`: memory is taken before there is a picture to ask."""
GREY_CHROMA = 128
HALF_TURN = 180
_COLOURS = 224
"""From the least to the most of a chroma plane in limited range."""
_FULL = int(ColorRange.JPEG)
_ALWAYS_FULL = frozenset({"yuvj411p", "yuvj420p", "yuvj422p", "yuvj440p", "yuvj444p"})
"""FFmpeg's old names for what is in full range by its format, whatever the stream says besides."""
_EIGHT_BITS_420 = frozenset({"yuv420p", "yuvj420p"})
_FEW_PHASES = 5
"""In steps of so few pixels, Intel's routines average areas faster than they interpolate; else three times slower."""
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, HALF_TURN: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class Planes(NamedTuple):
    """Views or arrays of one picture; `u` and `v` are half the size of `y` each way, rounded up."""

    y: Plane
    u: Plane
    v: Plane

    @property
    def width(self) -> int:
        """In pixels of luma."""
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        """In pixels of luma."""
        return int(self.y.shape[0])


class Rect(NamedTuple):
    """A rectangle of a canvas, in pixels; all four numbers are even where pictures go."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column beyond it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first line beyond it."""
        return self.y + self.height


def prepare_opencv() -> None:
    """Let each caller in this process be a thread by itself, and make the calling one quick."""
    cv2.setNumThreads(1)
    quicken_thread()


def quicken_thread() -> None:
    """Let the calling thread, and it alone, use Intel's routines where OpenCV has them: they round otherwise."""
    cv2.ipp.setUseIPP_NotExact(True)


def allocate(width: int, height: int) -> Planes:
    """A new black picture of even size."""
    chroma = (height // 2, width // 2)
    return Planes(
        np.full((height, width), BLACK_LUMA, np.uint8),
        np.full(chroma, GREY_CHROMA, np.uint8),
        np.full(chroma, GREY_CHROMA, np.uint8),
    )


def planes_of(frame: av.VideoFrame) -> Planes:
    """Views of a decoded frame's memory, without a copy unless its format is not 4:2:0 of 8 bits in limited range.

    The views stay valid after the frame object is gone.

    Raises:
        ValueError: it is too small or too long to be shown.
    """
    if not (LEAST_SIDE <= frame.width <= MOST_SIDE and LEAST_SIDE <= frame.height <= MOST_SIDE):
        raise ValueError(f"a picture of {frame.width}x{frame.height}")
    name = frame.format.name
    is_full = frame.color_range == _FULL or name in _ALWAYS_FULL
    if name not in _EIGHT_BITS_420:
        # From a range to the same one: FFmpeg takes greys for full ones, and its way from one to the other is slow.
        same = ColorRange.JPEG if is_full or name.startswith("gray") else ColorRange.MPEG
        frame = frame.reformat(format="yuv420p", src_color_range=same, dst_color_range=same)
    luma = (frame.height, frame.width)
    chroma = ((frame.height + 1) // 2, (frame.width + 1) // 2)
    y, u, v = frame.planes
    planes = Planes(_view(y, luma), _view(u, chroma), _view(v, chroma))
    return _limited(planes) if is_full else planes


def crop(planes: Planes, rect: Rect) -> Planes:
    """Views of an even rectangle."""
    x, y, right, bottom = rect.x // 2, rect.y // 2, rect.right // 2, rect.bottom // 2
    return Planes(
        planes.y[rect.y : rect.bottom, rect.x : rect.right], planes.u[y:bottom, x:right], planes.v[y:bottom, x:right]
    )


def scale(source: Planes, target: Planes, *, roughly: bool = False) -> None:
    """Fill `target`'s own memory with `source`, scaled; `roughly` for half the time, with less of fine detail."""
    for from_plane, to_plane in zip(source, target, strict=True):
        if roughly:
            _resize(from_plane, to_plane)
        else:
            _scale_plane(from_plane, to_plane)


def rotate(source: Planes, target: Planes, degrees: int) -> None:
    """Fill `target`'s own memory with `source`, turned clockwise by 90, 180 or 270 degrees."""
    for from_plane, to_plane in zip(source, target, strict=True):
        cv2.rotate(from_plane, _TURNS[degrees], dst=to_plane)


def turned(source: Planes, degrees: int) -> Planes:
    """The picture turned clockwise; itself where it need not be."""
    if not degrees:
        return source
    even = crop(source, Rect(0, 0, source.width & ~1, source.height & ~1))
    width, height = (even.width, even.height) if degrees == HALF_TURN else (even.height, even.width)
    target = allocate(width, height)
    rotate(even, target, degrees)
    return target


def to_bgr(planes: Planes) -> NDArray[np.uint8]:
    """The picture for JPEG and windows."""
    even = crop(planes, Rect(0, 0, planes.width & ~1, planes.height & ~1))
    packed = np.concatenate([plane.reshape(-1) for plane in even]).reshape(even.height * 3 // 2, even.width)
    return cast("NDArray[np.uint8]", cv2.cvtColor(packed, cv2.COLOR_YUV2BGR_I420))


def encode_jpeg(planes: Planes, quality: int, max_width: int | None) -> bytes:
    """A JPEG no wider than `max_width`."""
    _, data = cv2.imencode(".jpg", _narrowed(planes, max_width), (cv2.IMWRITE_JPEG_QUALITY, quality))
    return data.tobytes()


def encode_bitmap(planes: Planes, max_width: int) -> bytes:
    """An uncompressed 24-bit BMP no wider than `max_width`, for readers without a picture library."""
    _, data = cv2.imencode(".bmp", _narrowed(planes, max_width))
    return data.tobytes()


def _view(plane: VideoPlane, shape: _Shape) -> Plane:
    # One call: with a dozen cameras, taking the same view in steps costs as much as scaling a chroma plane.
    return np.ndarray(shape, np.uint8, cast("bytes", plane), 0, (plane.line_size, 1))


def _limited(full: Planes) -> Planes:
    """A picture whose levels go from 0 to 255, in the range in which black is 16, white 235, and colours 16 to 240."""
    luma, chroma = (WHITE_LUMA - BLACK_LUMA) / 255, _COLOURS / 255
    y = cv2.convertScaleAbs(full.y, alpha=luma, beta=BLACK_LUMA)
    u, v = (cv2.convertScaleAbs(plane, alpha=chroma, beta=GREY_CHROMA * (1 - chroma)) for plane in (full.u, full.v))
    return Planes(np.asarray(y, np.uint8), np.asarray(u, np.uint8), np.asarray(v, np.uint8))


def _narrowed(planes: Planes, max_width: int | None) -> NDArray[np.uint8]:
    picture = to_bgr(planes)
    if max_width is not None and picture.shape[1] > max_width:
        height = max(1, round(picture.shape[0] * max_width / picture.shape[1]))
        picture = cast("NDArray[np.uint8]", cv2.resize(picture, (max_width, height), interpolation=cv2.INTER_AREA))
    return picture


def _scale_plane(source: Plane, target: Plane) -> None:
    """Halve while the ratio is 2 or more, then finish in one step: area quality for the price of a linear filter."""
    height, width = target.shape
    while source.shape[0] >= 4 * height and source.shape[1] >= 4 * width:
        source = _halved(source)
    if source.shape == target.shape:
        np.copyto(target, source)
        return
    if source.shape[0] >= 2 * height and source.shape[1] >= 2 * width and source.shape != (2 * height, 2 * width):
        source = _halved(source)
    _resize(source, target)


def _resize(source: Plane, target: Plane) -> None:
    way = _way(source.shape, target.shape, averages_fast=cv2.ipp.useIPP_NotExact())
    cv2.resize(source, target.shape[::-1], dst=target, interpolation=way)


@lru_cache(1024)
def _way(source: _Shape, target: _Shape, *, averages_fast: bool) -> int:
    """The quickest interpolation that does not alias: averages of areas at simple ratios, else a linear filter."""
    down, across = (Fraction(to, of) for to, of in zip(target, source, strict=True))
    if down != across or down > 1:
        return cv2.INTER_LINEAR
    is_simple = averages_fast and down.denominator <= _FEW_PHASES
    return cv2.INTER_AREA if is_simple or down == Fraction(1, 2) else cv2.INTER_LINEAR


def _halved(source: Plane) -> Plane:
    height, width = source.shape[0] // 2, source.shape[1] // 2
    half = cv2.resize(source[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
    return cast("Plane", half)
