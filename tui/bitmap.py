"""Small pictures as the wall node serves them for terminals: uncompressed Windows bitmaps, read in plain Python.

The format is chosen because it needs no library: 24 bits a pixel, blue first, rows padded to four bytes, bottom row
first unless the height is negative.
"""

import struct
from typing import Final, NamedTuple

from sensors.errors import WireError

MAX_WIDTH: Final = 640
MAX_HEIGHT: Final = 480
_HEAD: Final = struct.Struct("<2sIHHI")
_INFO: Final = struct.Struct("<IiiHHI")


class Bitmap(NamedTuple):
    """Rows from the top, each `width` pixels of three bytes: red, green, blue."""

    width: int
    height: int
    rows: tuple[bytes, ...]


def decode_bitmap(content: bytes) -> Bitmap:
    """The picture in a file's bytes.

    Raises:
        WireError: it is not an uncompressed 24-bit bitmap of at most 640 x 480 pixels, or it is cut short.
    """
    try:
        magic, _size, _, _, start = _HEAD.unpack_from(content)
        _info_size, width, signed_height, _planes, depth, compression = _INFO.unpack_from(content, _HEAD.size)
    except struct.error as error:
        raise WireError("too short for a bitmap", subject="picture") from error
    height = abs(signed_height)
    if magic != b"BM" or depth != 24 or compression:
        raise WireError("not an uncompressed 24-bit bitmap", subject="picture")
    if not (0 < width <= MAX_WIDTH and 0 < height <= MAX_HEIGHT):
        raise WireError(f"{width} x {height} pixels is not a size for a terminal", subject="picture")
    stride = (width * 3 + 3) & ~3
    if start < _HEAD.size + _INFO.size or len(content) < start + stride * height:
        raise WireError("the bitmap is cut short", subject="picture")
    rows = [_row(content[start + index * stride :][: width * 3]) for index in range(height)]
    return Bitmap(width, height, tuple(rows if signed_height < 0 else reversed(rows)))


def _row(blue_first: bytes) -> bytes:
    row = bytearray(blue_first)
    row[0::3], row[2::3] = blue_first[2::3], blue_first[0::3]
    return bytes(row)


def sample(bitmap: Bitmap, columns: int, rows: int) -> list[list[tuple[int, int]]]:
    """Cells of half blocks: for each, the colour of its upper and of its lower half as 0xRRGGBB.

    Colours are reduced to 16 steps a channel, so that neighbours are often equal and cost fewer bytes to draw.
    """
    across = [column * bitmap.width // columns * 3 for column in range(columns)]
    down = [row * bitmap.height // (rows * 2) for row in range(rows * 2)]
    lines = [[_colour(bitmap.rows[y], x) for x in across] for y in down]
    return [list(zip(lines[row * 2], lines[row * 2 + 1], strict=True)) for row in range(rows)]


def _colour(row: bytes, at: int) -> int:
    return ((row[at] & 0xF0) << 16 | (row[at + 1] & 0xF0) << 8 | (row[at + 2] & 0xF0)) * 17 // 16
