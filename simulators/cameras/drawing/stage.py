"""A still picture that bodies can be drawn into: its lens, its light, and what stands where."""

from dataclasses import dataclass

from simulators.cameras.drawing.grading import Grading
from simulators.cameras.drawing.light import infrared_light
from simulators.cameras.drawing.projection import Floats, Lens, Pixels
from simulators.cameras.drawing.screen import Screen, Window
from simulators.cameras.drawing.solids import Shading
from simulators.cameras.vocabulary import Lighting

_UPRIGHT_CATCHES = 1.15
"""What stands catches more of a lamp's light than the ground below it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`light` is how bright each pixel of `still` is lit, (height, width), 0 to 1, or None by daylight."""

    lens: Lens
    grading: Grading
    still: Pixels
    light: Floats | None
    screen: Screen

    def light_at(self, x: float, z: float) -> float:
        """How brightly something is lit that stands there."""
        if self.light is None:
            return 1.0
        column, row = self.lens.point(x, 0.5, z)
        if self.grading.lighting is Lighting.INFRARED:
            return float(infrared_light(self.lens, column, row, z))
        inside_row = min(max(int(row), 0), self.lens.height - 1)
        inside_column = min(max(int(column), 0), self.lens.width - 1)
        return min(1.15, float(self.light[inside_row, inside_column]) * _UPRIGHT_CATCHES)

    def seen(self, colours: Floats, x: float, z: float) -> Floats:
        """What becomes of the colours of a thing there."""
        return self.grading.grade(colours, self.light_at(x, z), z)

    def toned(self, colours: Floats, x: float, z: float) -> Floats:
        """What becomes of the colours of a body there; to a thermal imager they say how warm it is."""
        if self.grading.changes_nothing:
            return colours
        return self.grading.cool(colours, z) if self.grading.lighting is Lighting.HEAT else self.seen(colours, x, z)

    def shading(self, x: float, z: float) -> Shading:
        """The light on a body's faces there."""
        if self.grading.changes_nothing:
            return self.grading.shading()
        return self.grading.shading(lambda colours: self.toned(colours, x, z))

    def hide(self, picture: Pixels, window: Window, distance_m: float) -> None:
        """Let everything that stands nearer hide what was just drawn in a window."""
        self.screen.restore(picture, self.still, window, distance_m)
