"""Twelve real simulated cameras of one post, and what a wall needs to show them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from sensors.catalog import PictureState
from sensors.model import DeviceId, DeviceKey, Language, Names, Priority, SiteId, Stream, StreamRole
from sensors.stamp import Stamp, read
from simulators.cameras.camera import Camera
from simulators.cameras.drawing.film import Shot
from simulators.cameras.vocabulary import Lighting, Terrain, View
from tests.support.camera_stand import Stand
from videowall.encoding.broadcast import TileView
from videowall.plan import Canvas, Feed, LayoutName, Plan, Spotlight

CAMERAS = tuple(f"cam-{number}" for number in range(1, 13))
SITE = SiteId("kordai")


def twelve_cameras() -> tuple[Camera, ...]:
    """Cameras whose stamps carry their numbers, 1 to 12."""
    views = list(View)
    return tuple(
        Camera(key(name), Shot(number, views[number % len(views)], Terrain.PLAIN, number, Lighting.DAY, 0, 0))
        for number, name in enumerate(CAMERAS, 1)
    )


def key(camera: str) -> DeviceKey:
    return DeviceKey(SITE, DeviceId(camera))


def feed(stand: Stand, camera: str) -> Feed:
    """A camera as a plan names it."""
    return Feed(
        key(camera),
        Names(kk=f"Камера {camera}", ru=f"Камера {camera}"),
        Names(kk="Қордай", ru="Кордай"),
        (
            Stream(StreamRole.MAIN, stand.url(camera, StreamRole.MAIN), "h264", 1280, 720, 25),
            Stream(StreamRole.SUB, stand.url(camera, StreamRole.SUB), "h264", 640, 360, 25),
        ),
    )


def make_plan(feeds: tuple[Feed, ...], spot: Feed | None = None, layout: LayoutName = "1+12") -> Plan:
    """A plan of a 1920x1080 wall at 12.5 pictures a second."""
    spotlights: tuple[Spotlight, ...] = ()
    if spot is not None:
        reason = Names(kk="Қоршау жанында қозғалыс", ru="Движение на периметре")
        light = Spotlight(spot, datetime.now(UTC), reason, Priority.HIGH, Names(ru="Проверить соседние камеры."))
        spotlights = (light,)
    canvas = Canvas(1920, 1080, 12.5)
    return Plan(1, "main", Names(kk="Қабырға", ru="Стена"), canvas, layout, feeds, Language.KK, spotlights=spotlights)


def were_live(tiles: Callable[[], tuple[TileView, ...]], cameras: Iterable[str]) -> Callable[[], bool]:
    """Whether each has been live since now; not all at once, which a busy machine may not manage."""
    wanted, seen = set(cameras), set[str]()

    def look() -> bool:
        seen.update(str(tile.device) for tile in tiles() if tile.state is PictureState.LIVE)
        return seen >= wanted

    return look


def stamp_in(luma: NDArray[np.uint8], tile: TileView) -> Stamp | None:
    """The stamp in one tile of a wall's luma plane."""
    return stamp_of(luma[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width])


def stamp_of(luma: NDArray[np.uint8]) -> Stamp | None:
    """The stamp in a camera's luma plane."""
    return read(_reader(luma))


def _reader(picture: NDArray[np.uint8]) -> Callable[[float, float], float]:
    height, width = picture.shape

    def luma_at(x: float, y: float) -> float:
        row, column = int(y * height), int(x * width)
        return float(picture[row - 1 : row + 2, column - 1 : column + 2].mean())

    return luma_at
