"""The frames of one camera's loop: every frame is a pure function of the shot and its number."""

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from sensors.stamp import Stamp, blocks
from simulators.cameras.backdrop import draw_backdrop
from simulators.cameras.blemishes import spoil
from simulators.cameras.movers import add_lamp_glow, draw_mover, places
from simulators.cameras.projection import Floats, Lens, Pixels
from simulators.cameras.scenes import LOOP_S, Boom, Scene, scene_of
from simulators.cameras.solids import FRACTION_BITS, box, fixed_point, paint, stroke
from simulators.cameras.vocabulary import Blemish, Terrain, View

FPS = 25
LOOP_FRAMES = int(FPS * LOOP_S)
_MARGIN = 64
_BIAS = 8
_COARSE = 8
_BLACK, _WHITE = 16, 235
_LIT_WINDOW = (150, 206, 236)


def film_frame(index: int, fps: int) -> int:
    """Which frame of the loop a stream of `fps`, at most `FPS`, shows as its frame `index`."""
    return index * FPS // fps


class Shot(Struct, frozen=True):
    """What decides every pixel of a camera's loop."""

    camera: int
    view: View
    terrain: Terrain
    variant: int
    night: bool
    width: int
    height: int
    blemish: Blemish = Blemish.NONE


class Film:
    """Draws the frames of one shot."""

    def __init__(self, shot: Shot) -> None:
        rng = np.random.default_rng(shot.camera)
        self.shot = shot
        self._scene = scene_of(shot.view, shot.terrain, shot.variant)
        self._lens = Lens.of(
            shot.width, shot.height, eye_height_m=self._scene.eye_height_m, horizon=self._scene.horizon
        )
        self._light = _light_map(self._lens, self._scene) if shot.night else None
        self._still = _draw_still(self._lens, self._scene, self._light, rng)
        self._noise = _noise(shot.width, shot.height, night=shot.night)
        self._bias = np.full((shot.height, shot.width), _BIAS, np.uint8)
        self._canvas = np.empty((shot.height * 3 // 2, shot.width), np.uint8)

    def draw(self, index: int) -> npt.NDArray[np.uint8]:
        """Frame `index` of the loop as planar YUV 4:2:0, shape (height * 3 / 2, width); valid until the next call."""
        shot, lens = self.shot, self._lens
        picture = self._still.copy()
        at_s = index / FPS
        moving = [
            (place.z, mover, place)
            for mover in self._scene.movers
            for place in places(mover.path, at_s, LOOP_S)
            if place.z > 2.0
        ]
        fronts = sorted(self._scene.booms, key=lambda boom: -boom.hinge[2])
        for z, mover, place in sorted(moving, key=lambda item: -item[0]):
            while fronts and fronts[0].hinge[2] > z:
                self._draw_boom(picture, fronts.pop(0), at_s)
            draw_mover(picture, lens, mover, place, self._light_at(place.x, z), night=shot.night)
        for boom in fronts:
            self._draw_boom(picture, boom, at_s)
        picture = spoil(picture, shot.blemish, index)
        canvas = self._canvas
        cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420, dst=canvas)
        luma = canvas[: shot.height]
        down, along = index * 37 % _MARGIN, index * 23 % _MARGIN
        cv2.add(luma, self._noise[down : down + shot.height, along : along + shot.width], dst=luma)
        cv2.subtract(luma, self._bias, dst=luma)
        self._draw_stamp(index)
        return canvas

    def _light_at(self, x: float, z: float) -> float:
        if self._light is None:
            return 1.0
        column, row = self._lens.point(x, 0.5, z)
        inside_row = min(max(int(row), 0), self.shot.height - 1)
        inside_column = min(max(int(column), 0), self.shot.width - 1)
        return float(self._light[inside_row, inside_column]) * 1.15

    def _draw_boom(self, picture: Pixels, boom: Boom, at_s: float) -> None:
        x, y, z = boom.hinge
        angle = _boom_angle_rad(boom, at_s)
        light = max(0.35, self._light_at(x, z))
        cosine, sine = np.cos(angle), np.sin(angle)
        parts = 7
        for part in range(parts):
            near, far = boom.length_m * part / parts, boom.length_m * (part + 1) / parts
            ends = np.array(
                [
                    (x + reach * cosine, y + abs(reach) * sine + lift, z)
                    for reach, lift in ((near, -0.09), (far, -0.09), (far, 0.09), (near, 0.09))
                ],
                np.float32,
            )
            colour = (48, 44, 206) if part % 2 else (232, 234, 236)
            dimmed = tuple(component * light for component in colour)
            cv2.fillPoly(picture, [fixed_point(self._lens.project(ends))], dimmed, cv2.LINE_AA, FRACTION_BITS)

    def _draw_stamp(self, index: int) -> None:
        canvas, (rows, columns) = self._canvas, (self.shot.height, self.shot.width)
        drawn = blocks(Stamp(self.shot.camera, index))
        for block in drawn:
            left, top = round(block.left * columns), round(block.top * rows)
            right, bottom = round((block.left + block.width) * columns), round((block.top + block.height) * rows)
            canvas[top:bottom, left:right] = _WHITE if block.white else _BLACK
        first, last = drawn[0], drawn[-1]
        grey = canvas[rows:].reshape(2, rows // 2, columns // 2)
        top, bottom = round(first.top * rows / 2), round((last.top + last.height) * rows / 2)
        left, right = round(first.left * columns / 2), round((last.left + last.width) * columns / 2)
        grey[:, top:bottom, left:right] = 128


def _boom_angle_rad(boom: Boom, at_s: float) -> float:
    span = (boom.shuts_s - boom.opens_s) % LOOP_S
    since = (at_s - boom.opens_s) % LOOP_S
    swing_s = 0.9
    opened = min(1.0, since / swing_s) if since < span else max(0.0, 1.0 - (since - span) / swing_s)
    return float(opened * 1.35)


def _draw_still(lens: Lens, scene: Scene, light: Floats | None, rng: np.random.Generator) -> Pixels:
    ground = draw_backdrop(lens, scene.land, rng)
    picture = np.clip(ground, 0, 255).astype(np.uint8)
    for solid in scene.solids:
        paint(picture, lens, solid)
    for pane in scene.windows:
        paint(picture, lens, pane)
    for wire in scene.wires:
        stroke(picture, lens, wire.ends, wire.colour, wire.width_m)
    for x, y, z in scene.lamps:
        _draw_lamp_head(picture, lens, (x, y, z))
    if light is not None:
        picture = _by_night(picture, lens, scene, light, rng)
    return _vignetted(picture)


def _draw_lamp_head(picture: Pixels, lens: Lens, at: tuple[float, float, float]) -> None:
    x, y, z = at
    if y > 4.5:
        paint(picture, lens, box((x - 0.06, x + 0.06), (0.0, y), (z, z + 0.12), (120, 120, 118)))
    paint(picture, lens, box((x - 0.3, x + 0.3), (y - 0.08, y + 0.08), (z - 0.12, z + 0.12), (176, 178, 178)))


def _light_map(lens: Lens, scene: Scene) -> Floats:
    """How bright each pixel is at night: moonlight, and a pool below every lamp; smooth, so computed coarsely."""
    columns = np.arange(0, lens.width, _COARSE, dtype=np.float32)[None, :]
    rows = np.arange(0, lens.height, _COARSE, dtype=np.float32)[:, None]
    light = np.full((rows.shape[0], columns.shape[1]), 0.17, np.float32)
    for x, y, z in scene.lamps:
        column, row = lens.point(x, 0.0, z)
        head = lens.point(x, y, z)[1]
        size = lens.scale(z)
        pool = ((columns - column) / (5.5 * size)) ** 2 + ((rows - row) / (2.6 * size)) ** 2
        cone = ((columns - column) / (3.6 * size)) ** 2 + ((rows - (row + head) / 2) / ((row - head) * 0.75)) ** 2
        light += 0.52 * np.exp(-pool) + 0.30 * np.exp(-cone)
    return np.asarray(cv2.resize(np.minimum(light, 1.0), (lens.width, lens.height)), np.float32)


def _by_night(picture: Pixels, lens: Lens, scene: Scene, light: Floats, rng: np.random.Generator) -> Pixels:
    colours = picture.astype(np.float32)
    grey = colours.mean(axis=2, keepdims=True)
    warm = np.array((0.86, 0.98, 1.06), np.float32)
    cold = np.array((1.14, 1.0, 0.88), np.float32)
    lit = light[:, :, None]
    colours = (
        (grey + (colours - grey) * (0.25 + 0.55 * lit)) * lit * (cold + (warm - cold) * np.clip(lit * 1.4 - 0.2, 0, 1))
    )
    horizon = int(lens.horizon)
    dusk = np.linspace(0.55, 1.0, max(horizon, 1), dtype=np.float32)[:, None, None]
    colours[:horizon] *= dusk * np.clip(0.62 + (light[:horizon, :, None] - 0.17), 0, 1)
    night: Pixels = np.asarray(np.clip(colours, 0, 255), np.uint8)
    for _ in range(70):
        x, y = rng.integers(0, lens.width), rng.integers(0, max(1, horizon // 2))
        night[y, x] = np.maximum(night[y, x], rng.integers(60, 150))
    for pane in scene.windows:
        paint(night, lens, pane.painted(_LIT_WINDOW))
    for lamp in scene.lamps:
        column, row = lens.point(*lamp)
        cv2.circle(
            night, (int(column), int(row)), max(1, int(0.22 * lens.scale(lamp[2]))), (236, 246, 252), -1, cv2.LINE_AA
        )
        add_lamp_glow(night, lens, lamp, 2.6)
    return night


def _vignetted(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    rows = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    fall = 1.0 - 0.16 * (rows * rows + columns * columns) / 2
    return np.asarray(picture * fall[:, :, None], np.uint8)


@lru_cache(maxsize=4)
def _noise(width: int, height: int, *, night: bool) -> npt.NDArray[np.uint8]:
    """Sensor noise around `_BIAS`, with a margin to shift it in."""
    rng = np.random.default_rng(width)
    deviation = 2.6 if night else 1.5
    noise = rng.standard_normal((height + _MARGIN, width + _MARGIN), dtype=np.float32) * deviation + _BIAS
    return np.asarray(np.clip(noise, 0, 2 * _BIAS), np.uint8)
