"""How light and air turn a scene's own colours, those of a clear day, into what a camera gives."""

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from simulators.cameras.drawing.projection import Colour, Floats
from simulators.cameras.drawing.solids import Shading
from simulators.cameras.vocabulary import Air, Lighting

SKY_M = 30_000.0
"""So far away is the sky: it has its colours from `Sky`, and nothing lights it."""

_WARM, _COLD = np.array((0.86, 0.98, 1.06), np.float32), np.array((1.14, 1.0, 0.88), np.float32)
_INFRARED_SHARES = np.array((0.20, 0.34, 0.46), np.float32)
_EVEN_SHARES = np.full(3, 1 / 3, np.float32)
_GREEN_SHINES = 1.6
"""Leaves and grass throw infrared light back."""
_WARMTH, _WARMTH_PER_LEVEL = 42.0, 0.52


class Sky(Struct, frozen=True):
    """Colours overhead, low and of clouds; `overcast` is the share that one grey layer hides."""

    zenith: Colour
    low: Colour
    cloud: Colour
    overcast: float = 0.0


class Grading(Struct, frozen=True):
    """All that light and air decide. That of a clear day changes nothing.

    `gain` multiplies colours by daylight; `ambient` is the light where no lamp reaches, 1 for all of it; `sun` is where
    light comes from, `shade` what faces away from and towards it keep; `noise` is the sensor's, in levels. Of what is
    `sight_m` away, the 2.7th part is left, and the rest is `veil`.
    """

    lighting: Lighting
    air: Air
    sky: Sky
    noise: float
    veil: Colour = (0, 0, 0)
    sight_m: float = math.inf
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    ambient: float = 1.0
    sun: tuple[float, float, float] = (-0.45, 0.80, -0.40)
    shade: tuple[float, float] = (0.62, 1.08)
    shadow_lean_m: float = 0.35
    has_shadows: bool = True

    @property
    def changes_nothing(self) -> bool:
        """Whether colours stay what they are."""
        return self.lighting is Lighting.DAY and self.air is Air.CLEAR

    @property
    def lamps_burn(self) -> bool:
        """Whether lamps and windows are lit."""
        return self.lighting in {Lighting.DUSK, Lighting.LAMPS}

    @property
    def is_grey(self) -> bool:
        """Whether the picture has no colours."""
        return self.lighting in {Lighting.INFRARED, Lighting.HEAT}

    def grade(self, colours: Floats, light: Floats | float, distance_m: Floats | float) -> Floats:
        """What becomes of colours, shape (..., 3), in a light (0 to 1) and at a distance: (..., 1), or one for all."""
        match self.lighting:
            case Lighting.DAY | Lighting.LOW_SUN:
                seen = colours * np.array(self.gain, np.float32)
            case Lighting.DUSK | Lighting.LAMPS:
                seen = _under_lamps(colours, light)
            case Lighting.INFRARED:
                seen = _near_infrared(colours) * light
            case Lighting.HEAT:
                seen = warmth(colours)
        return self._veiled(np.asarray(seen, np.float32), light, distance_m)

    def cool(self, warm: Floats, distance_m: float) -> Floats:
        """What a thermal imager makes of a body as warm as its colours say."""
        return self._veiled(warm, 1.0, distance_m)

    def shading(self, tone: Callable[[Floats], Floats] | None = None) -> Shading:
        """The light on the faces of solid things."""
        return Shading(self.sun, *self.shade, tone)

    def _veiled(self, seen: Floats, light: Floats | float, distance_m: Floats | float) -> Floats:
        if math.isinf(self.sight_m):
            return seen
        lost = 1.0 - np.exp(-np.asarray(distance_m, np.float32) / self.sight_m)
        veil = np.array(self.veil, np.float32) * (light if self.lamps_burn else 1.0)
        return np.asarray(seen + (veil - seen) * lost, np.float32)


def warmth(colours: Floats) -> Floats:
    """How warm what stands outdoors is thought to be: what is bright by day has taken up more of the sun."""
    return np.asarray((colours @ _EVEN_SHARES)[..., None] * _WARMTH_PER_LEVEL + _WARMTH + 0 * colours, np.float32)


def _under_lamps(colours: Floats, light: Floats | float) -> Floats:
    """Little light takes the colours away; what there is is cold far from the lamps and warm near them."""
    grey = (colours @ _EVEN_SHARES)[..., None]
    tint = _COLD + (_WARM - _COLD) * np.clip(light * 1.4 - 0.2, 0.0, 1.0)
    return np.asarray((grey + (colours - grey) * (0.25 + 0.55 * light)) * light * tint, np.float32)


def _near_infrared(colours: Floats) -> Floats:
    grey = colours @ _INFRARED_SHARES
    green = np.maximum(0.0, colours[..., 1] - np.maximum(colours[..., 0], colours[..., 2]))
    return np.asarray((grey + _GREEN_SHINES * green)[..., None] + 0 * colours, np.float32)


_LIGHTINGS: Mapping[Lighting, Grading] = {
    Lighting.DAY: Grading(Lighting.DAY, Air.CLEAR, Sky((206, 150, 98), (228, 218, 202), (250, 247, 243)), noise=1.5),
    Lighting.LOW_SUN: Grading(
        Lighting.LOW_SUN,
        Air.CLEAR,
        Sky((176, 128, 96), (132, 180, 232), (176, 200, 244)),
        noise=1.8,
        gain=(0.66, 0.82, 1.00),
        sun=(-0.88, 0.24, -0.42),
        shade=(0.56, 1.12),
        shadow_lean_m=2.6,
    ),
    Lighting.DUSK: Grading(
        Lighting.DUSK,
        Air.CLEAR,
        Sky((112, 74, 48), (122, 128, 168), (112, 100, 112)),
        noise=2.2,
        ambient=0.40,
        shade=(0.86, 1.0),
        has_shadows=False,
    ),
    Lighting.LAMPS: Grading(
        Lighting.LAMPS,
        Air.CLEAR,
        Sky((17, 11, 8), (32, 27, 22), (34, 30, 27)),
        noise=2.6,
        ambient=0.17,
        shadow_lean_m=0.0,
    ),
    Lighting.INFRARED: Grading(
        Lighting.INFRARED,
        Air.CLEAR,
        Sky((16, 16, 16), (22, 22, 22), (20, 20, 20)),
        noise=2.4,
        ambient=0.07,
        sun=(0.0, 0.35, -0.94),
        shade=(0.72, 1.04),
        has_shadows=False,
    ),
    Lighting.HEAT: Grading(
        Lighting.HEAT,
        Air.CLEAR,
        Sky((22, 22, 22), (62, 62, 62), (66, 66, 66)),
        noise=1.7,
        veil=(74, 74, 74),
        sight_m=5_000.0,
        shade=(0.90, 1.04),
        has_shadows=False,
    ),
}
_OVERCAST: Mapping[Air, tuple[float, float]] = {
    Air.RAIN: (178.0, 1400.0),
    Air.SNOW: (214.0, 320.0),
    Air.FOG: (198.0, 62.0),
}
"""How bright the layer overhead is by day, and how far one sees."""
_LEFT_OF_IT: Mapping[Lighting, tuple[float, float, float]] = {
    Lighting.DAY: (1.0, 1.0, 0.99),
    Lighting.LOW_SUN: (0.74, 0.76, 0.78),
    Lighting.DUSK: (0.44, 0.39, 0.36),
    Lighting.LAMPS: (0.20, 0.19, 0.19),
    Lighting.INFRARED: (0.20, 0.20, 0.20),
    Lighting.HEAT: (0.46, 0.46, 0.46),
}
_BACKSCATTER, _LIT_AIR_M = 3.2, 60.0
"""An infrared lamp lights the air before it, which shows where the air is thick."""

_HEAT_GOES_THROUGH = 4.0
_GAIN_UNDER_CLOUDS = {Lighting.DAY: (0.90, 0.92, 0.92), Lighting.LOW_SUN: (0.68, 0.71, 0.74)}


def grading_of(lighting: Lighting, air: Air) -> Grading:
    """What a light and an air do."""
    clear = _LIGHTINGS[lighting]
    if air is Air.CLEAR:
        return clear
    (level, sight_m), left = _OVERCAST[air], _LEFT_OF_IT[lighting]
    veil = grey = _colour(level * part for part in left)
    if clear.lamps_burn:
        veil = _colour(part / clear.ambient for part in grey)
    if lighting is Lighting.INFRARED:
        veil = grey = _colour(_BACKSCATTER * part / (1.0 + sight_m / _LIT_AIR_M) for part in grey)
    return replace(
        clear,
        air=air,
        sky=Sky(grey, grey, grey, overcast=1.0),
        veil=veil,
        sight_m=sight_m * (_HEAT_GOES_THROUGH if lighting is Lighting.HEAT else 1.0),
        gain=_GAIN_UNDER_CLOUDS.get(lighting, clear.gain),
        shade=(0.84, 1.0),
        has_shadows=False,
    )


def _colour(parts: Iterable[float]) -> Colour:
    blue, green, red = (min(255, round(part)) for part in parts)
    return blue, green, red
