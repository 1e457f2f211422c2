"""Trials: known pictures go in, and what comes out is looked at before hardware is believed.

As a program (`python -m videowall.hardware.trial`) it tries what its arguments name, so that a driver that hangs or
crashes does so in a process of its own; it says in JSON what was found.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

import av
import cv2
import msgspec
import numpy as np
from msgspec import Struct

from videowall.capture.rtsp.assembly import AccessUnit
from videowall.decoding.decoder import Decoder
from videowall.encoding.encoder import Coded, Encoder
from videowall.encoding.rendition import MakeEncoder
from videowall.hardware.choice import Choice
from videowall.hardware.decoding import HardwareDecoder
from videowall.hardware.encoding import HardwareEncoder
from videowall.hardware.kinds import DECODERS, ENCODERS
from videowall.hardware.likeness import LEAST_LIKENESS_DB, likeness_db
from videowall.picture import Plane, Planes
from videowall.plan import Canvas

TRIAL_CANVAS: Final = Canvas(1280, 720, 25)
_KBPS: Final = 8000
_PICTURES: Final = 12
_KEY_AT: Final = 7
_SLOWEST_S: Final = 0.04
"""A picture must be ready within the time of one, on the median."""


class Verdict(Struct, frozen=True):
    """What the trials of one choice said: why not, or None to be believed."""

    choice: Choice
    encoder: str | None
    decoder: str | None


class TriedDecoder(Protocol):
    """What is asked of a decoder on trial."""

    def decode(self, unit: AccessUnit) -> Planes | None:
        """The picture that a unit completes."""


def draw_trial(index: int, canvas: Canvas = TRIAL_CANVAS) -> Plane:
    """Known picture number `index`, I420: soft noise that moves, with a hard-edged block and colour."""
    width, height = canvas.width, canvas.height
    grain = np.random.default_rng(1).integers(40, 216, (height // 8, width // 8), np.uint8)
    luma = np.asarray(cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    picture[:height] = np.roll(luma, 8 * index, axis=1)
    picture[height // 4 : height // 2, 16 * index : 16 * index + 64] = 235
    picture[height : height * 5 // 4] = 96 + 4 * index % 64
    return picture


def try_encoder(make: MakeEncoder, canvas: Canvas = TRIAL_CANVAS) -> str | None:
    """Why an encoder is not to be believed; None when it is."""
    pictures = [draw_trial(index, canvas) for index in range(_PICTURES)]
    spent_s: list[float] = []
    decoder = Decoder("h264")
    try:
        encoder = make(canvas, _KBPS, 10.0)
        for index, picture in enumerate(pictures):
            began_s = time.perf_counter()
            coded = encoder.encode(picture, index, 0.0, key=index == _KEY_AT)
            spent_s.append(time.perf_counter() - began_s)
            if coded is None:
                return "it keeps pictures back"
            if index in {0, _KEY_AT} and not (coded[0].key and coded[1] is not None):
                return "it gives no whole key frame when asked"
            shown = decoder.decode(_unit(coded))
            if shown is None or likeness_db(shown.y, picture[: canvas.height]) < LEAST_LIKENESS_DB:
                return "its pictures are not what was encoded"
    except (av.FFmpegError, ValueError, OSError) as error:
        return f"there is none: {type(error).__name__}"
    if sorted(spent_s)[len(spent_s) // 2] > _SLOWEST_S:
        return "it is too slow"
    return None


def try_decoder(open_decoder: Callable[[str], TriedDecoder], canvas: Canvas = TRIAL_CANVAS) -> str | None:
    """Why a decoder of H.264 is not to be believed: it must show what FFmpeg's own shows."""
    encoder, ours = Encoder(canvas, _KBPS, 10.0), Decoder("h264")
    try:
        decoder = open_decoder("h264")
        for index in range(_PICTURES):
            coded = encoder.encode(draw_trial(index, canvas), index, 0.0, key=False)
            if coded is None:
                return "the trial's own encoder keeps pictures back"
            meant, shown = ours.decode(_unit(coded)), decoder.decode(_unit(coded))
            if meant is None or shown is None:
                return "it keeps pictures back"
            if likeness_db(shown.y, meant.y) < 2 * LEAST_LIKENESS_DB:
                return "its pictures are not what was coded"
    except (av.FFmpegError, ValueError, OSError) as error:
        return f"there is none: {type(error).__name__}"
    return None


def _unit(coded: Coded) -> AccessUnit:
    return AccessUnit(coded[0].data, coded[0].key, gap=False, rtp_timestamp=0, arrival_s=0.0)


def try_choice(choice: Choice) -> Verdict:
    """Both trials of one kind of hardware."""
    return Verdict(
        choice,
        try_encoder(partial(HardwareEncoder, ENCODERS[choice])),
        try_decoder(partial(HardwareDecoder, DECODERS[choice])),
    )


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode([try_choice(Choice(name)) for name in sys.argv[1:]]).decode())
