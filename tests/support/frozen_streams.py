"""Labelled streams, frozen and live, as many makes of cameras would code them: drawn by chance from a seed.

A frozen one is live for a while first, as cameras are, then repeats itself: either one picture that is encoded again
and again, or the coded pictures from one key frame to the next.
"""

import random
from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from itertools import cycle, islice
from typing import NamedTuple, cast

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from simulators.cameras.drawing.film import FPS as FILM_FPS
from simulators.cameras.drawing.film import Film, Shot
from tests.support.faulty_pictures import SCENES, Scene
from videowall.picture import Plane, Planes, planes_of

FREEZES_FOR_S, LIVE_FOR_S = 14.0, 45.0
VISITS_EVERY_S = 17.0
_MARGIN = 64


class Content(StrEnum):
    """What moves before the camera, besides the sensor's noise."""

    NOTHING = "nothing"
    WALKER = "walker"
    VISITOR = "visitor"
    LAMP = "lamp"
    CLOUDS = "clouds"
    TRAFFIC = "traffic"


class Freeze(StrEnum):
    """How a picture freezes."""

    NEVER = "never"
    REPEATED = "repeated"
    REPLAYED = "replayed"


class Coding(NamedTuple):
    """How a stream is coded: by a quality (`crf`) or a rate, and a key frame every `key_every` pictures."""

    encoder: str
    preset: str
    fps: int
    key_every: int
    crf: int | None
    rate_kbps: int
    is_capped: bool
    least_quantiser: int
    width: int
    height: int


class Case(NamedTuple):
    """One labelled stream. `freezes_s` is when it freezes; None: never. What is repeated may live again."""

    coding: Coding
    scene: Scene
    content: Content
    freeze: Freeze
    noise: float
    freezes_s: float | None
    seed: int
    lives_again_s: float = float("inf")

    @property
    def lasts_s(self) -> float:
        if self.lives_again_s < float("inf"):
            return self.lives_again_s + FREEZES_FOR_S
        extra_s = self.key_interval_s if self.freeze is Freeze.REPLAYED else 0.0
        return LIVE_FOR_S if self.freezes_s is None else self.freezes_s + extra_s + FREEZES_FOR_S

    @property
    def key_interval_s(self) -> float:
        return self.coding.key_every / self.coding.fps


class Coded(NamedTuple):
    """One decoded picture of a stream: when it came, and how it was coded."""

    at_s: float
    planes: Planes
    key: bool
    size_bytes: int
    is_frozen: bool


class _Unit(NamedTuple):
    data: bytes
    key: bool
    is_frozen: bool


_SIZES = ((640, 360), (640, 360), (320, 180), (704, 576), (1280, 720))
_PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "medium")


def draw_cases(seed: int, count: int, scenes: tuple[Scene, ...] = SCENES) -> list[Case]:
    """So many cases, half of them frozen."""
    chance = random.Random(seed)  # noqa: S311 - repeatable
    return [_draw_case(chance, number, scenes, is_frozen=number % 2 == 0) for number in range(count)]


def _draw_case(chance: random.Random, number: int, scenes: tuple[Scene, ...], *, is_frozen: bool) -> Case:
    is_265 = chance.random() < 0.15
    fps = chance.choice((5, 8, 10, 12, 15, 20, 25))
    width, height = (640, 360) if is_265 else chance.choice(_SIZES)
    share = width * height / (640 * 360) * fps / 25
    coding = Coding(
        encoder="libx265" if is_265 else "libx264",
        preset="ultrafast" if is_265 else chance.choice(_PRESETS),
        fps=fps,
        key_every=chance.choice((10, 12, 20, 25, 30, 50, 50, 60, 100, 250)),
        crf=chance.randrange(20, 37) if chance.random() < 0.4 else None,
        rate_kbps=round(share * chance.choice((250, 500, 1000, 2500))),
        is_capped=chance.random() < 0.7,
        least_quantiser=chance.choice((0, 12, 18)),
        width=width,
        height=height,
    )
    return Case(
        coding=coding,
        scene=chance.choice(scenes),
        content=chance.choice(tuple(Content)),
        freeze=_draw_freeze(chance, coding) if is_frozen else Freeze.NEVER,
        noise=chance.choice((0.4, 0.6, 1.0, 1.5, 2.6, 4.0)),
        freezes_s=round(chance.uniform(24.0, 30.0), 2) if is_frozen else None,
        seed=number,
    )


def _draw_freeze(chance: random.Random, coding: Coding) -> Freeze:
    """What repeats more slowly than every 4 s is not called a replay here."""
    may_replay = coding.key_every <= 4 * coding.fps
    return Freeze.REPLAYED if may_replay and chance.random() < 0.25 else Freeze.REPEATED


def play(case: Case) -> Iterator[Coded]:
    """The decoded pictures of a case."""
    coding = case.coding
    decoder = av.CodecContext.create("hevc" if coding.encoder == "libx265" else "h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    for number, (data, key, is_frozen) in enumerate(_replayed(case)):
        for frame in decoder.decode(av.Packet(data)):
            yield Coded(number / coding.fps, planes_of(frame), key, len(data), is_frozen)


def _replayed(case: Case) -> Iterator[_Unit]:
    """The coded pictures; a replay begins at the key frame that follows the freeze, and repeats what came before it."""
    loop: list[_Unit] = []
    freezes = _freezes(case)
    for number, unit in enumerate(_encoded(case)):
        if case.freeze is Freeze.REPLAYED and unit.key and number >= freezes and loop:
            repeated = (again._replace(is_frozen=True) for again in cycle(loop))
            yield from islice(repeated, round(FREEZES_FOR_S * case.coding.fps))
            return
        loop = [unit] if unit.key else [*loop, unit]
        yield unit


def _encoded(case: Case) -> Iterator[_Unit]:
    encoder = _encoder(case.coding)
    pictures, freezes = _pictures(case), _freezes(case)
    picture = next(pictures)
    for index in range(round(case.lasts_s * case.coding.fps)):
        is_frozen = case.freeze is Freeze.REPEATED and freezes < index <= case.lives_again_s * case.coding.fps
        frame = av.VideoFrame.from_numpy_buffer(picture, format="yuv420p")
        frame.pts = index
        for packet in encoder.encode(frame):
            yield _Unit(bytes(packet), packet.is_keyframe, is_frozen)
        if case.freeze is not Freeze.REPEATED or index < freezes or index + 1 > case.lives_again_s * case.coding.fps:
            picture = next(pictures)


def _freezes(case: Case) -> float:
    return float("inf") if case.freezes_s is None else case.freezes_s * case.coding.fps


def _encoder(coding: Coding) -> VideoCodecContext:
    encoder = av.CodecContext.create(coding.encoder, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = coding.width, coding.height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, coding.fps), Fraction(coding.fps)
    encoder.thread_count = 1
    encoder.gop_size = coding.key_every
    encoder.qmin = coding.least_quantiser
    options = {"preset": coding.preset, "tune": "zerolatency"}
    if coding.crf is not None:
        options["crf"] = str(coding.crf)
    else:
        encoder.bit_rate = coding.rate_kbps * 1000
    if coding.is_capped:
        options |= {"maxrate": str(coding.rate_kbps * 1000), "bufsize": str(coding.rate_kbps * 1000)}
    if coding.encoder == "libx265":
        options["x265-params"] = (
            "scenecut=0:bframes=0:repeat-headers=1:open-gop=0:pools=none:frame-threads=1:info=0:log-level=none"
            f":keyint={coding.key_every}"
        )
    else:
        options |= {"sc_threshold": "0", "forced-idr": "1"}
    encoder.options = options
    return encoder


def _pictures(case: Case) -> Iterator[NDArray[np.uint8]]:
    """Whole I420 pictures, without end."""
    coding, scene = case.coding, case.scene
    width, height = coding.width, coding.height
    film = Film(Shot(900 + case.seed % 50, scene.view, scene.terrain, scene.variant, scene.lighting, width, height))
    chance = np.random.default_rng(case.seed)
    atlas = chance.standard_normal((height + _MARGIN, width + _MARGIN), np.float32) * case.noise
    first = film.draw(0).copy()
    # The film's own noise is taken off, so that the sensor's is what the case says.
    still = cv2.GaussianBlur(first[:height], (0, 0), 0.9).astype(np.float32)
    index = 0
    while True:
        drawn = film.draw(index * FILM_FPS // coding.fps).copy() if case.content is Content.TRAFFIC else first.copy()
        luma = drawn[:height].astype(np.float32) if case.content is Content.TRAFFIC else still.copy()
        _move(luma, case.content, index / coding.fps)
        down, along = chance.integers(0, _MARGIN, 2)
        luma += atlas[down : down + height, along : along + width] * chance.choice((-1, 1))
        drawn[:height] = cast("Plane", np.clip(luma, 16, 235).astype(np.uint8))
        yield drawn
        index += 1


def _move(luma: NDArray[np.float32], content: Content, at_s: float) -> None:
    height, width = luma.shape
    size = height // 16
    if content is Content.WALKER or (content is Content.VISITOR and at_s % VISITS_EVERY_S < 3.0):
        left = round(at_s * 30) % (width - size)
        luma[height * 5 // 8 : height * 5 // 8 + 2 * size, left : left + size] = 48
    elif content is Content.LAMP and at_s % 1.0 < 0.5:
        luma[height // 4 : height // 4 + size // 2, width // 5 : width // 5 + size // 2] = 220
    elif content is Content.CLOUDS:
        luma *= 1 + 0.04 * float(np.sin(at_s / 3))
