"""A loop of encoded frames: grows while it is being drawn, then repeats for ever."""

from collections.abc import Iterable

from simulators.cameras.drawing.film import film_frame
from simulators.cameras.formats import Format
from simulators.cameras.frame import Frame
from simulators.cameras.units import parameter_sets


class Clip:
    """Frames in order, the first a key frame. `is_still`: every frame shows the same picture."""

    def __init__(
        self, format_: Format, frames: Iterable[Frame] = (), *, complete: bool = False, is_still: bool = False
    ) -> None:
        self.format = format_
        self._frames = list(frames)
        self.complete = complete
        self.is_still = is_still

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        return self._frames[index]

    @property
    def frames(self) -> tuple[Frame, ...]:
        """All frames there are."""
        return tuple(self._frames)

    def grow(self, frames: Iterable[Frame]) -> None:
        """Add the frames that follow."""
        self._frames += frames

    def number(self, index: int) -> int:
        """Which frame of the film is frame `index`."""
        return film_frame(index, self.format.fps)

    def key_before(self, index: int) -> int:
        """The frame at or before `index`, which may be beyond the end, where decoding can begin."""
        place = index % len(self._frames)
        return place - place % self.format.key_every

    def after(self, index: int, by: int = 1) -> int:
        """The frame that follows `index`; a clip that still grows repeats what it has."""
        return (index + by) % len(self._frames)

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """As the first frame carries them: of H.264 sequence and picture, of H.265 video, sequence and picture."""
        return parameter_sets(self._frames[0].packets, self.format.codec)
