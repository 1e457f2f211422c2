"""A loop of encoded frames, cut into RTP packets: grows while it is being drawn, then repeats for ever."""

from collections.abc import Iterable

from simulators.cameras.encoder import GOP_FRAMES, Packets

_STAP_A = 24
_SPS, _PPS = 7, 8
_RTP_HEAD = 12


class Clip:
    """Frames in order, a key frame every `GOP_FRAMES`. `still` is the stamp of every frame of a frozen picture."""

    def __init__(self, frames: Iterable[Packets] = (), *, complete: bool = False, still: int | None = None) -> None:
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
        """Add the next group of frames, key frame first."""
        self._frames += frames

    @property
    def is_still(self) -> bool:
        """Whether every frame shows the same picture."""
        return self._still is not None

    def stamp(self, index: int) -> int:
        """The frame number that is drawn into frame `index`."""
        return index if self._still is None else self._still

    def is_key(self, index: int) -> bool:
        """Whether decoding can begin at frame `index`."""
        return index % GOP_FRAMES == 0

    def after(self, index: int) -> int:
        """The frame that follows `index`; a clip that still grows repeats what it has."""
        return (index + 1) % len(self._frames)

    @property
    def parameter_sets(self) -> tuple[bytes, bytes]:
        """Sequence and picture parameter set, as the first frame carries them."""
        found: dict[int, bytes] = {}
        for packet in self._frames[0]:
            payload = packet[_RTP_HEAD:]
            if payload[0] & 0x1F != _STAP_A:
                found.setdefault(payload[0] & 0x1F, payload)
                continue
            start = 1
            while start + 2 < len(payload):
                end = start + 2 + int.from_bytes(payload[start : start + 2], "big")
                found.setdefault(payload[start + 2] & 0x1F, payload[start + 2 : end])
                start = end
        return found[_SPS], found[_PPS]
