"""The frames of one camera: every frame is a pure function of the shot, its number in the loop, and who is there."""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from simulators.cameras.drawing.blemishes import spoil
from simulators.cameras.drawing.bodies import Body, Place, draw_body
from simulators.cameras.drawing.fall import Fall
from simulators.cameras.drawing.grading import grading_of
from simulators.cameras.drawing.marks import Marks
from simulators.cameras.drawing.movers import places
from simulators.cameras.drawing.projection import Lens, Pixels
from simulators.cameras.drawing.scenes import LOOP_S, Boom, scene_of
from simulators.cameras.drawing.solids import FRACTION_BITS, fixed_point
from simulators.cameras.drawing.still import set_stage
from simulators.cameras.look import AHEAD, Look
from simulators.cameras.vocabulary import Air, Blemish, Lighting, Terrain, View

FPS = 25
FRAMES_PER_POSE = 2
"""What moves is drawn anew in every second frame; noise, what falls and the stamp in every one."""
LOOP_FRAMES = int(FPS * LOOP_S)
_MARGIN = 64
_BIAS = 8
_NEAREST_BODY_M = 2.0
_GREY = 128
_BOOM_COLOURS = ((48, 44, 206), (232, 234, 236))
Appearance = tuple[Body, Place]
"""A body that is there besides what always moves, and where."""


def film_frame(index: int, fps: int) -> int:
    """Which frame of the loop a stream of `fps`, at most `FPS`, shows as its frame `index`."""
    return index * FPS // fps


class Shot(Struct, frozen=True):
    """What decides every pixel of a camera's loop."""

    camera: int
    view: View
    terrain: Terrain
    variant: int
    lighting: Lighting
    width: int
    height: int
    blemish: Blemish = Blemish.NONE
    air: Air = Air.CLEAR
    look: Look = AHEAD


class Film:
    """Draws the frames of one shot."""

    def __init__(self, shot: Shot) -> None:
        rng = np.random.default_rng(shot.camera)
        self.shot = shot
        self._scene = scene = scene_of(shot.view, shot.terrain, shot.variant)
        self._lens = lens = Lens.of(
            shot.width, shot.height, eye_height_m=scene.eye_height_m, horizon=scene.horizon, look=shot.look
        )
        self._grading = grading = grading_of(shot.lighting, shot.air)
        self._stage = set_stage(lens, scene, grading, rng)
        self._fall = Fall(grading, self._stage.light, (shot.width, shot.height), LOOP_FRAMES)
        self._noise = _noise(shot.width, shot.height, grading.noise)
        self._bias = np.full((shot.height, shot.width), _BIAS, np.uint8)
        self._marks = Marks(shot.camera, (shot.width, shot.height))
        self._posed: Pixels = np.empty((shot.height * 3 // 2, shot.width), np.uint8)
        self._canvas = np.empty_like(self._posed)
        self._pose: tuple[int, tuple[Appearance, ...]] | None = None

    def draw(self, index: int, appearances: Sequence[Appearance] = ()) -> npt.NDArray[np.uint8]:
        """Frame `index` of the loop as planar YUV 4:2:0, shape (height * 3 / 2, width); valid until the next call.

        `appearances` are there besides what always moves.
        """
        shot, canvas = self.shot, self._canvas
        np.copyto(canvas, self._posing(index, tuple(appearances)))
        luma = canvas[: shot.height]
        self._fall.add(luma, index)
        down, along = index * 37 % _MARGIN, index * 23 % _MARGIN
        cv2.add(luma, self._noise[down : down + shot.height, along : along + shot.width], dst=luma)
        cv2.subtract(luma, self._bias, dst=luma)
        self._marks.stamp(canvas, index)
        return canvas

    def _posing(self, index: int, appearances: tuple[Appearance, ...]) -> npt.NDArray[np.uint8]:
        """Everything as it stands in frame `index`, before the air and the sensor add theirs."""
        blemish = self.shot.blemish
        moment = index if blemish is Blemish.NOISY else index - index % FRAMES_PER_POSE
        if self._pose != (moment, appearances):
            picture = self._stage.still.copy()
            self._draw_bodies(picture, moment / FPS, appearances)
            cv2.cvtColor(spoil(picture, blemish, moment), cv2.COLOR_BGR2YUV_I420, dst=self._posed)
            if self._grading.is_grey:
                self._posed[self.shot.height :] = _GREY
            self._pose = moment, appearances
        return self._posed

    def _draw_bodies(self, picture: Pixels, at_s: float, appearances: Sequence[Appearance]) -> None:
        moving = [(mover.body, place) for mover in self._scene.movers for place in places(mover, at_s, LOOP_S)]
        near_last = sorted((*moving, *appearances), key=lambda appearance: -appearance[1].z)
        fronts = sorted(self._scene.booms, key=lambda boom: -boom.hinge[2])
        for body, place in near_last:
            if place.z <= _NEAREST_BODY_M:
                continue
            while fronts and fronts[0].hinge[2] > place.z:
                self._draw_boom(picture, fronts.pop(0), at_s)
            draw_body(picture, self._stage, body, place)
        for boom in fronts:
            self._draw_boom(picture, boom, at_s)

    def _draw_boom(self, picture: Pixels, boom: Boom, at_s: float) -> None:
        x, y, z = boom.hinge
        angle = _boom_angle_rad(boom, at_s)
        cosine, sine = np.cos(angle), np.sin(angle)
        red, white = self._stage.seen(np.array(_BOOM_COLOURS, np.float32), x, z).tolist()
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
            corners = fixed_point(self._lens.project(ends))
            cv2.fillPoly(picture, [corners], red if part % 2 else white, cv2.LINE_AA, FRACTION_BITS)


def _boom_angle_rad(boom: Boom, at_s: float) -> float:
    span = (boom.shuts_s - boom.opens_s) % LOOP_S
    since = (at_s - boom.opens_s) % LOOP_S
    swing_s = 0.9
    opened = min(1.0, since / swing_s) if since < span else max(0.0, 1.0 - (since - span) / swing_s)
    return float(opened * 1.35)


@lru_cache(maxsize=8)
def _noise(width: int, height: int, deviation: float) -> npt.NDArray[np.uint8]:
    """Sensor noise around `_BIAS`, with a margin to shift it in."""
    rng = np.random.default_rng(width)
    noise = rng.standard_normal((height + _MARGIN, width + _MARGIN), dtype=np.float32) * deviation + _BIAS
    return np.asarray(np.clip(noise, 0, 2 * _BIAS), np.uint8)
