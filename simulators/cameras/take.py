"""A stretch of a stream that is drawn anew, second after second, because somebody is in view."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from simulators.cameras.drawing.film import Appearance, Film, Shot
from simulators.cameras.encoder import Encoder
from simulators.cameras.formats import Format
from simulators.cameras.frame import Frame
from simulators.cameras.snapshot import jpeg_of

_MOST_FILMS = 48


class Moment(NamedTuple):
    """One picture that is wanted: its number in the film, and who is there."""

    number: int
    appearances: Sequence[Appearance] = ()


class Darkroom:
    """Films that are ready to be drawn from; the least lately used are given up. One thread at a time has a film."""

    def __init__(self) -> None:
        self._films: OrderedDict[Shot, tuple[threading.Lock, list[Film]]] = OrderedDict()
        self._lock = threading.Lock()

    def expose(self, shot: Shot, format_: Format, take: "Take", moments: Sequence[Moment]) -> tuple[Frame, ...]:
        """Draw and encode the pictures that follow in a take; none: only have the film ready."""
        lock, made = self._film(shot)
        with lock:
            if not made:
                made.append(Film(shot))
            return take.encode(made[0], format_, moments)

    def snap(self, shot: Shot, moment: Moment) -> bytes:
        """One picture as a JPEG."""
        lock, made = self._film(shot)
        with lock:
            if not made:
                made.append(Film(shot))
            return jpeg_of(made[0].draw(*moment))

    def _film(self, shot: Shot) -> tuple[threading.Lock, list[Film]]:
        with self._lock:
            found = self._films.setdefault(shot, (threading.Lock(), []))
            self._films.move_to_end(shot)
            while len(self._films) > _MOST_FILMS:
                self._films.popitem(last=False)
            return found


class Take:
    """What has been encoded so far: the first picture is a key frame, and what follows refers to it."""

    def __init__(self) -> None:
        self._encoder: Encoder | None = None
        self._count = 0

    def encode(self, film: Film, format_: Format, moments: Sequence[Moment]) -> tuple[Frame, ...]:
        """The next pictures."""
        if not moments:
            return ()
        if self._encoder is None:
            self._encoder = Encoder(format_)
        frames: list[Frame] = []
        for number, appearances in moments:
            packets = self._encoder.encode(film.draw(number, appearances))
            frames.append(Frame.of(packets, key=self._count % format_.key_every == 0, stamp=number))
            self._count += 1
        return tuple(frames)
