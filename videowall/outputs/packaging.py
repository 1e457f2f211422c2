"""Encoded frames as what a browser is sent, made once per frame however many watch."""

from typing import Final

from msgspec import Struct

from videowall.broadcast import CLOCK_RATE_HZ, EncodedFrame, ParameterSets
from videowall.fmp4.annexb import join_sample, split_units
from videowall.fmp4.fragment import fragment
from videowall.fmp4.header import find_parameter_sets, init_segment
from videowall.fmp4.sps import parse_sps

_MIME: Final = 'video/mp4; codecs="{}"'


class Opening(Struct, frozen=True):
    """What a player needs before the first fragment, and again when the stream changes its shape."""

    init: bytes
    codec: str
    mime: str
    width: int
    height: int
    fps: float


class Package(Struct, frozen=True):
    """One frame ready to send; key frames come with the opening they belong to."""

    fragment: bytes
    opening: Opening | None


class Packager:
    """Remembers the newest frame's package and the newest opening. For one event loop."""

    def __init__(self) -> None:
        self._frame: EncodedFrame | None = None
        self._package = Package(b"", None)
        self._sets: ParameterSets | None = None
        self._opening: Opening | None = None

    def package(self, frame: EncodedFrame) -> Package:
        """The frame as a fragment. The opening is one and the same object as long as the stream keeps its shape.

        Raises:
            WireError: the frame is not what an encoder makes.
            LimitError: it is too large.
        """
        if frame is not self._frame:
            self._package = self._make(frame)
            self._frame = frame
        return self._package

    def _make(self, frame: EncodedFrame) -> Package:
        units = split_units(frame.data)
        if frame.key:
            self._open(find_parameter_sets(units), frame.duration_90k)
        piece = fragment(
            join_sample(units),
            key=frame.key,
            sequence=frame.index,
            pts_90k=frame.pts_90k,
            duration_90k=frame.duration_90k,
            encoded_at=frame.encoded_at,
        )
        return Package(piece, self._opening if frame.key else None)

    def _open(self, sets: ParameterSets, duration_90k: int) -> None:
        fps = round(CLOCK_RATE_HZ / max(1, duration_90k), 3)
        if sets == self._sets and self._opening is not None and self._opening.fps == fps:
            return
        shape = parse_sps(sets.sps)
        self._opening = Opening(
            init_segment(sets), shape.codec, _MIME.format(shape.codec), shape.width, shape.height, fps
        )
        self._sets = sets
