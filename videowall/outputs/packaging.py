"""Encoded frames as what a browser is sent, made once per frame however many watch."""

from typing import Final

from msgspec import Struct

from videowall.encoding.broadcast import CLOCK_RATE_HZ, EncodedFrame, ParameterSets
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
    """Remembers the newest package and the newest opening. For one event loop."""

    def __init__(self) -> None:
        self._made_of: tuple[EncodedFrame, EncodedFrame | None] | None = None
        self._package = Package(b"", None)
        self._sets: ParameterSets | None = None
        self._opening: Opening | None = None

    def package(self, frame: EncodedFrame, after: EncodedFrame | None) -> Package:
        """The frame as a fragment that follows `after`, the one sent before it.

        Where ticks were skipped in between, the frame begins early, at the end of `after`: a browser takes a gap of
        two frames for a break in the stream and shows nothing until the next key frame. The opening is one and the
        same object as long as the stream keeps its shape.

        Raises:
            WireError: the frame is not what an encoder makes.
            LimitError: it is too large.
        """
        if self._made_of is None or self._made_of[0] is not frame or self._made_of[1] is not after:
            self._package = self._make(frame, after)
            self._made_of = (frame, after)
        return self._package

    def _make(self, frame: EncodedFrame, after: EncodedFrame | None) -> Package:
        units = split_units(frame.data)
        if frame.key:
            self._open(find_parameter_sets(units), frame.duration_90k)
        begin_90k = frame.pts_90k if after is None else min(frame.pts_90k, after.pts_90k + after.duration_90k)
        piece = fragment(
            join_sample(units),
            key=frame.key,
            sequence=frame.index,
            pts_90k=begin_90k,
            duration_90k=frame.pts_90k + frame.duration_90k - begin_90k,
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
