"""A loop of encoded frames, cut into RTP packets: grows while it is being drawn, then repeats for ever."""

from collections.abc import Iterable

from simulators.cameras.drawing.film import film_frame
from simulators.cameras.encoder import Packets
from simulators.cameras.formats import Format
from simulators.cameras.units import parameter_sets


class Clip:
    """Frames in order, the first a key frame. `still` is the stamp of every frame of a frozen picture."""

    def __init__(
        self, format_: Format, frames: Iterable[Packets] = (), *, complete: bool = False, still: int | None = None
    ) -> None:
        self.format = format_
        self._frames = list(frames)
        self.complete = complete
        self._still = still

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Packets:
        return self._frames[index]

    @property
    def frames(self) -> tuple[Packets, ...]:
        """All frames there are."""
        return tuple(self._frames)

    def grow(self, frames: Iterable[Packets]) -> None:
        """Add the frames that follow."""
        self._frames += frames

    @property
    def is_still(self) -> bool:
        """Whether every frame shows the same picture."""
        return self._still is not None

    def stamp(self, index: int) -> int:
        """The frame number that is drawn into frame `index`."""
        return film_frame(index, self.format.fps) if self._still is None else self._still

    def is_key(self, index: int) -> bool:
        """Whether decoding can begin at frame `index`."""
        return index % self.format.key_every == 0

    def key_before(self, index: int) -> int:
        """The frame at or before `index`, which may be beyond the end, where decoding can begin."""
        place = index % len(self._frames)
        return place - place % self.format.key_every

    def after(self, index: int) -> int:
        """The frame that follows `index`; a clip that still grows repeats what it has."""
        return (index + 1) % len(self._frames)

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """As the first frame carries them: of H.264 sequence and picture, of H.265 video, sequence and picture."""
        return parameter_sets(self._frames[0], self.format.codec)
