"""What a camera sees of the world around it, in seconds from now."""

from typing import Protocol

from simulators.cameras.drawing.film import Appearance
from simulators.cameras.vocabulary import Air, Lighting


class Sight(Protocol):
    """Asked on the event loop alone. Seconds are those of the stream; the world may go faster."""

    def scene(self) -> tuple[Lighting, Air]:
        """By what light and through what air it sees now."""

    def is_entered(self, from_s: float, to_s: float) -> bool:
        """Whether anybody is in view between two moments, as far as is known now."""

    def appearances(self, in_s: float) -> tuple[Appearance, ...]:
        """Who is in view at a moment, and where."""
