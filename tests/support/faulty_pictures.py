"""Labelled pictures: what the simulated cameras draw, with faults and with mere weather laid over it. Pure functions.

Every picture has been through an encoder as a camera's would, because that is what a wall looks at.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import NamedTuple, cast

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from sensors.catalog import PictureState
from simulators.cameras.drawing.film import Film, Shot
from simulators.cameras.look import AHEAD, Look
from simulators.cameras.vocabulary import Air, Blemish, Lighting, Terrain, View
from videowall.picture import Plane, Planes, planes_of

WIDTH, HEIGHT = 640, 360
FPS = 25
Floats = NDArray[np.float32]
Change = Callable[[Planes, np.random.Generator, int], Planes]
"""A picture, chance, and how many seconds the change has lasted, into another picture."""


class Scene(NamedTuple):
    """Where a camera stands, and by what light and through what air it sees."""

    view: View
    terrain: Terrain
    variant: int
    lighting: Lighting
    air: Air = Air.CLEAR

    def __str__(self) -> str:
        return f"{self.view}-{self.terrain}-{self.variant}-{self.lighting}-{self.air}"


SCENES = tuple(
    Scene(view, terrain, variant, lighting)
    for variant, terrain in enumerate(Terrain)
    for view in View
    for lighting in (Lighting.DAY, Lighting.LAMPS)
)


def seconds(
    scene: Scene, count: int, first: int = 0, blemish: Blemish = Blemish.NONE, look: Look = AHEAD
) -> Iterator[Planes]:
    """What the camera of a scene sees, once a second; movers pass."""
    film = Film(Shot(40 + scene.variant, *scene[:4], WIDTH, HEIGHT, blemish, scene.air, look))
    for second in range(first, first + count):
        yield _unpacked(film.draw(second * FPS + second * 7 % FPS))


def coded(pictures: Iterator[Planes] | list[Planes], rate_kbps: int | None = None) -> Iterator[Planes]:
    """The same pictures as an H.264 decoder gives them, at the quality of a thin sub-stream, or at so many bits.

    With a rate, they are a second apart, each is coded anew, and has a second's bits.
    """
    encoder = av.CodecContext.create("libx264", "w")
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(encoder, VideoCodecContext)
    assert isinstance(decoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base = Fraction(1, 1)
    encoder.thread_count = decoder.thread_count = 1
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "30"}
    if rate_kbps is not None:
        rate = str(rate_kbps * 1000)
        encoder.gop_size = 1
        encoder.options |= {"maxrate": rate, "bufsize": rate}
    for planes in pictures:
        frame = av.VideoFrame.from_numpy_buffer(_packed(planes), format="yuv420p")
        for packet in encoder.encode(frame):
            for decoded in decoder.decode(packet):
                yield planes_of(decoded)


def _unpacked(i420: NDArray[np.uint8]) -> Planes:
    flat = i420.reshape(-1).copy()
    luma, chroma = WIDTH * HEIGHT, WIDTH * HEIGHT // 4
    half = (HEIGHT // 2, WIDTH // 2)
    return Planes(
        flat[:luma].reshape(HEIGHT, WIDTH),
        flat[luma : luma + chroma].reshape(half),
        flat[luma + chroma :].reshape(half),
    )


def _packed(planes: Planes) -> NDArray[np.uint8]:
    return np.concatenate([plane.reshape(-1) for plane in planes]).reshape(HEIGHT * 3 // 2, WIDTH)


def _levels(values: NDArray[np.floating] | Plane) -> Plane:
    return cast("Plane", np.clip(values, 16, 235).astype(np.uint8))


def _grey(planes: Planes, luma: NDArray[np.floating], colour: float = 0.0) -> Planes:
    u, v = (_levels(128 + colour * (plane.astype(np.float32) - 128)) for plane in (planes.u, planes.v))
    return Planes(_levels(luma), u, v)


def _noise(chance: np.random.Generator, deviation: float) -> Floats:
    return chance.standard_normal((HEIGHT, WIDTH), np.float32) * deviation


# Faults.


def black(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """No light at all; the sensor's noise remains."""
    del second
    return _grey(planes, 17 + np.abs(_noise(chance, 1.5)))


def white_out(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """The iris is stuck open."""
    del second
    return _grey(planes, planes.y * 0.35 + 195 + _noise(chance, 1.0), 0.2)


def blurred(planes: Planes, chance: np.random.Generator, second: int, sigma: float = 6.0) -> Planes:
    """Out of focus."""
    del second
    luma = cv2.GaussianBlur(planes.y, (0, 0), sigma).astype(np.float32)
    return Planes(_levels(luma + _noise(chance, 1.5)), planes.u, planes.v)


def blurred_much(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """Far out of focus."""
    return blurred(planes, chance, second, 10.0)


def blurred_little(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """Enough out of focus that no face or number plate can be read."""
    return blurred(planes, chance, second, 4.0)


def covered(planes: Planes, chance: np.random.Generator, second: int, level: float = 70.0) -> Planes:
    """Cloth, paper or paint on the lens: smooth, a little light comes through."""
    del second
    column = np.linspace(-1, 1, WIDTH, dtype=np.float32)[None, :]
    row = np.linspace(-1, 1, HEIGHT, dtype=np.float32)[:, None]
    # So wide a blur is the same, to less than a level, where the picture is small.
    small = cv2.resize(planes.y, (WIDTH // 8, HEIGHT // 8), interpolation=cv2.INTER_AREA)
    glow = cv2.GaussianBlur(small, (0, 0), 40 / 8)
    through = cv2.resize(glow, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    return _grey(planes, level - 14 * column + 9 * row + 0.06 * through + _noise(chance, 2.0), 0.1)


def papered(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """White paper before the lens."""
    return covered(planes, chance, second, 165.0)


def mostly_covered(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """A bag that leaves a fifth of the picture free."""
    whole = covered(planes, chance, second, 50.0)
    free = WIDTH // 5
    luma = whole.y.copy()
    luma[:, :free] = planes.y[:, :free]
    return Planes(luma, whole.u, whole.v)


def turned(planes: Planes, chance: np.random.Generator, second: int, x: float = 0.3, y: float = 0.1) -> Planes:
    """The camera looks elsewhere."""
    del chance, second

    def warp(plane: Plane) -> Plane:
        height, width = plane.shape
        motion = cv2.getRotationMatrix2D((width / 2, height / 2), 3.0, 1.0)
        motion[:, 2] += (x * width, y * height)
        return cast("Plane", cv2.warpAffine(plane, motion, (width, height), borderMode=cv2.BORDER_REFLECT_101))

    return Planes(*(warp(plane) for plane in planes))


def knocked(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """The camera has been knocked by a few degrees."""
    return turned(planes, chance, second, -0.08, 0.06)


def noisy(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """A sensor, a cable or an amplifier fails."""
    del second
    return Planes(_levels(planes.y + _noise(chance, 32.0)), planes.u, planes.v)


def striped(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """Horizontal bars roll through the picture."""
    del chance
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None]
    bars = np.where(np.sin(2 * np.pi * (rows / 36 + second * 0.3)) > 0, 22.0, -22.0)
    return Planes(_levels(planes.y + bars), planes.u, planes.v)


def striped_upright(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """Columns of the sensor fail."""
    del chance, second
    columns = np.arange(WIDTH, dtype=np.float32)[None, :]
    return Planes(_levels(planes.y + 16 * np.sin(2 * np.pi * columns / 22)), planes.u, planes.v)


def magenta(planes: Planes, chance: np.random.Generator, second: int, u: int = 26, v: int = 30) -> Planes:
    """The infra-red filter is stuck, or one colour is lost."""
    del chance, second
    shifted = (_levels(plane.astype(np.float32) + by) for plane, by in ((planes.u, u), (planes.v, v)))
    return Planes(planes.y, *shifted)


def green(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """Red and blue are lost."""
    return magenta(planes, chance, second, -30, -30)


# No faults.


def as_is(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """Nothing is wrong."""
    del chance, second
    return planes


def dusk(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """It grows dark, and the amplifier is turned up."""
    light = max(0.4, 1 - second / 30)
    return _grey(planes, 16 + (planes.y.astype(np.float32) - 16) * light + _noise(chance, 4.0), light)


def fog(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """Little contrast, more so far away, which is up in the picture."""
    del second
    left = np.linspace(0.22, 0.5, HEIGHT, dtype=np.float32)[:, None]
    return _grey(planes, 150 + (planes.y.astype(np.float32) - 150) * left + _noise(chance, 1.5), 0.4)


def rain(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """Streaks, a soft veil, less contrast."""
    del second
    luma = 120 + (cv2.GaussianBlur(planes.y, (0, 0), 0.9).astype(np.float32) - 120) * 0.6
    drops = cast("Floats", np.zeros((HEIGHT, WIDTH), np.float32))
    for x, y in chance.integers(0, (WIDTH, HEIGHT), (220, 2)):
        cv2.line(drops, (int(x), int(y)), (int(x) + 2, int(y) + 16), 26.0, 1, cv2.LINE_AA)
    return _grey(planes, luma + drops + _noise(chance, 2.0), 0.6)


def headlights(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """A lorry comes nearer; its lamps and their glare move."""
    luma = planes.y.astype(np.float32)
    column = np.arange(WIDTH, dtype=np.float32)[None, :]
    row = np.arange(HEIGHT, dtype=np.float32)[:, None]
    at_x, at_y, size = 220 + 9 * (second % 20), 150 + 6 * (second % 20), 12 + 2.2 * (second % 20)
    for lamp in (at_x - 1.6 * size, at_x + 1.6 * size):
        glare = np.exp(-((column - lamp) ** 2 + (row - at_y) ** 2) / (2 * size**2))
        luma = luma + 235 * glare
    return Planes(_levels(luma + _noise(chance, 1.0)), planes.u, planes.v)


def people(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """People cross close before the camera, one filling a third of the picture."""
    luma = planes.y.copy()
    for number in range(3):
        x = (second * 90 + number * 230) % (WIDTH + 240) - 200
        width, top = 150 + 30 * number, 60 + 50 * number
        body = slice(max(0, x), max(0, min(WIDTH, x + width)))
        if body.stop > body.start:
            cloth = chance.normal(50 + 35 * number, 5, (HEIGHT - top, body.stop - body.start))
            luma[top:, body] = _levels(cloth + 12 * np.sin(np.arange(body.stop - body.start) / 7)[None, :])
    return Planes(luma, planes.u, planes.v)


def grainy(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """A cheap sensor with its amplifier turned up."""
    del second
    return Planes(_levels(planes.y + _noise(chance, 6.0)), planes.u, planes.v)


def without_colour(planes: Planes, chance: np.random.Generator, second: int) -> Planes:
    """Infra-red light."""
    del second
    return _grey(planes, planes.y + _noise(chance, 2.0))


FAULTS: dict[Change, PictureState] = {
    black: PictureState.BLACK,
    white_out: PictureState.OVEREXPOSED,
    blurred_little: PictureState.BLURRED,
    blurred: PictureState.BLURRED,
    blurred_much: PictureState.BLURRED,
    covered: PictureState.COVERED,
    papered: PictureState.COVERED,
    mostly_covered: PictureState.COVERED,
    turned: PictureState.MOVED,
    knocked: PictureState.MOVED,
    noisy: PictureState.NOISY,
    striped: PictureState.STRIPED,
    striped_upright: PictureState.STRIPED,
    magenta: PictureState.DISCOLOURED,
    green: PictureState.DISCOLOURED,
}
WEATHER: tuple[Change, ...] = (as_is, dusk, fog, rain, headlights, people, grainy, without_colour)
