"""A viewer that believes nothing but the picture: decodes the encoded wall and reads the cameras' stamps in it."""

import asyncio
import time
from collections import deque
from typing import NamedTuple

import av
import httpx
import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from sensors import stamp
from sensors.stamp import Stamp

_MAX_SIGHTINGS = 200_000
_MAX_FRAGMENT_BYTES = 8_000_000
_TILES_EVERY_S = 0.2
_RETRY_S = 0.2


class Tile(Struct, frozen=True):
    """A camera's rectangle on the canvas, as the wall node states it; pixels."""

    site: str
    device: str
    slot: int
    x: int
    y: int
    width: int
    height: int
    state: str
    spot: bool
    stream_role: str | None = None


class Sighting(NamedTuple):
    """A stamp read from a tile of the decoded wall; `at` is unix time of the frame's arrival."""

    at: float
    site: str
    device: str
    spot: bool
    stamp: Stamp


_tiles = msgspec.json.Decoder(tuple[Tile, ...])


class Witness:
    """Watches one wall until cancelled. All state belongs to the event loop's thread."""

    def __init__(self, wall_url: str, wall: str, token: str) -> None:
        self._http = wall_url
        self._wall = wall
        self._headers = {"Authorization": f"Bearer {token}"}
        self.tiles: tuple[Tile, ...] = ()
        self.first_camera_at: float | None = None
        self.sightings: deque[Sighting] = deque(maxlen=_MAX_SIGHTINGS)
        self.newest: dict[tuple[str, str, bool], Sighting] = {}
        self.frames_total = 0
        self.trouble = ""

    async def run(self) -> None:
        """Watch for ever; a lost connection is made again."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_tiles(), name="witness-tiles")
            group.create_task(self._follow_stream(), name="witness-stream")

    def live(self, since: float) -> set[tuple[str, str]]:
        """Cameras whose small tile has shown a new frame after `since` (unix time)."""
        return {(one.site, one.device) for one in self.newest.values() if not one.spot and one.at >= since}

    async def _follow_tiles(self) -> None:
        async with httpx.AsyncClient(base_url=self._http, headers=self._headers, timeout=2.0) as client:
            while True:
                try:
                    answer = await client.get(f"/wall/{self._wall}/tiles.json")
                    if answer.status_code == httpx.codes.OK:
                        self.tiles = _tiles.decode(answer.content)
                    else:
                        self.trouble = f"tiles.json: HTTP {answer.status_code}"
                except (httpx.HTTPError, msgspec.DecodeError) as error:
                    self.trouble = f"tiles.json: {error}"
                await asyncio.sleep(_TILES_EVERY_S)

    async def _follow_stream(self) -> None:
        url = f"{self._http.replace('http', 'ws', 1)}/wall/{self._wall}/stream"
        while True:
            try:
                async with connect(url, additional_headers=self._headers, max_size=_MAX_FRAGMENT_BYTES) as socket:
                    decoder: av.VideoCodecContext | None = None
                    async for message in socket:
                        arrived_at = time.time()
                        if isinstance(message, str):
                            continue
                        if decoder is None:
                            decoder = open_decoder(message)
                            continue
                        for luma in await asyncio.to_thread(decode_fragment, decoder, message):
                            self._look(luma, arrived_at)
            except (OSError, WebSocketException, ValueError) as error:
                self.trouble = f"stream: {error}"
            await asyncio.sleep(_RETRY_S)

    def _look(self, luma: NDArray[np.uint8], arrived_at: float) -> None:
        self.frames_total += 1
        for tile in self.tiles:
            seen = read_stamp(luma[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width])
            if seen is None:
                continue
            place = (tile.site, tile.device, tile.spot)
            before = self.newest.get(place)
            if before is None or before.stamp != seen:
                sighting = Sighting(arrived_at, tile.site, tile.device, tile.spot, seen)
                self.newest[place] = sighting
                self.sightings.append(sighting)
            if self.first_camera_at is None:
                self.first_camera_at = arrived_at


def open_decoder(init_segment: bytes) -> av.VideoCodecContext:
    """An H.264 decoder for the samples that follow an fMP4 init segment.

    Raises:
        ValueError: the segment holds no avcC box.
    """
    start = init_segment.find(b"avcC")
    if start < 4:
        message = "the init segment has no avcC box"
        raise ValueError(message)
    length = int.from_bytes(init_segment[start - 4 : start], "big")
    decoder = av.VideoCodecContext.create("h264", "r")
    decoder.extradata = init_segment[start + 4 : start - 4 + length]
    decoder.thread_count = 1
    decoder.flags |= int(av.codec.context.Flags.low_delay)
    return decoder


def decode_fragment(decoder: av.VideoCodecContext, fragment: bytes) -> list[NDArray[np.uint8]]:
    """The luma planes (height x width, uint8) of the pictures in one moof+mdat fragment."""
    start = fragment.find(b"mdat")
    if start < 4:
        return []
    return [luma_of(frame) for frame in decoder.decode(av.Packet(fragment[start + 4 :]))]


def luma_of(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """A frame's luma plane as an array (height x width, uint8)."""
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return np.ascontiguousarray(rows[: frame.height, : frame.width])


def read_stamp(luma: NDArray[np.uint8]) -> Stamp | None:
    """The stamp in one camera's picture (height x width luma), or None."""
    height, width = luma.shape
    if height < 90 or width < 160:
        return None
    reach = max(1, height // 90)

    def luma_at(x: float, y: float) -> float:
        column, row = round(x * width), round(y * height)
        return float(luma[row - reach : row + reach, column - reach : column + reach].mean())

    return stamp.read(luma_at)
