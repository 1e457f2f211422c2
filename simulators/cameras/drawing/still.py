"""Drawing what does not move: a scene as it stands in one light and one air."""

from collections.abc import Iterable, Iterator
from typing import cast

import cv2
import numpy as np
from msgspec.structs import replace

from simulators.cameras.drawing.backdrop import Land, Patch, draw_backdrop
from simulators.cameras.drawing.glow import add_lamp_glow
from simulators.cameras.drawing.grading import SKY_M, Grading
from simulators.cameras.drawing.light import light_map
from simulators.cameras.drawing.projection import Colour, Floats, Lens, Pixels
from simulators.cameras.drawing.scenes import Scene
from simulators.cameras.drawing.screen import Screen
from simulators.cameras.drawing.solids import Solid, box, paint, stroke
from simulators.cameras.drawing.stage import Stage
from simulators.cameras.vocabulary import Air, Lighting

_LIT_WINDOW: Colour = (150, 206, 236)
_DUSKY_WINDOW: Colour = (126, 176, 206)
_WARM_WINDOW: Colour = (176, 176, 176)
_HOT_LAMP: Colour = (190, 190, 190)
_SNOW: Colour = (232, 226, 220)
_COLD_SNOW: Colour = (40, 40, 40)
"""As a thermal imager takes it: what is bright is warm."""
_SNOWED_SOIL, _SNOWED_PATCH, _SNOWED_TOP = 0.88, 0.62, 0.85
_STARS = 70
_LAMPS_REACH_M = 120.0
_GLOW: Colour = (34, 40, 44)


def set_stage(lens: Lens, scene: Scene, grading: Grading, rng: np.random.Generator) -> Stage:
    """The still picture of a scene, ready for what moves in it."""
    land = _land(scene.land, grading)
    ground, distance_m = draw_backdrop(lens, land, grading.sky, rng)
    picture = np.clip(ground, 0, 255).astype(np.uint8)
    screen = Screen(lens)
    _stand(picture, screen, lens, grading, (*scene.solids, *scene.windows))
    for wire in scene.wires:
        stroke(picture, lens, wire.ends, wire.colour, wire.width_m)
        screen.stretch(wire.ends)
    _stand(picture, screen, lens, grading, _lamp_posts(scene))
    things_m = screen.distances_m if grading.lighting is Lighting.HEAT else _with_edges(screen.distances_m)
    away_m = np.minimum(distance_m, things_m)
    light = light_map(lens, scene.lamps, grading, away_m)
    picture = _graded(picture, grading, light, away_m)
    _light_up(picture, lens, scene, grading, rng)
    return Stage(lens, grading, _vignetted(picture), light, screen)


def _with_edges(distances_m: Floats) -> Floats:
    """Soft edges of a thing belong to it."""
    return np.asarray(cv2.erode(distances_m, np.ones((3, 3), np.uint8)), np.float32)


def _stand(picture: Pixels, screen: Screen, lens: Lens, grading: Grading, solids: Iterable[Solid]) -> None:
    snow = _snow(grading)
    for solid in solids:
        paint(picture, lens, solid.capped(snow, _SNOWED_TOP) if grading.air is Air.SNOW else solid, grading.shading())
        screen.stand(solid)


def _graded(picture: Pixels, grading: Grading, light: Floats | None, away_m: Floats) -> Pixels:
    if grading.changes_nothing:
        return picture
    colours = picture.astype(np.float32)
    reached = None if light is None else _reaching(light, grading, away_m)
    graded = grading.grade(colours, 1.0 if reached is None else reached[:, :, None], away_m[:, :, None])
    sky = (away_m >= SKY_M)[:, :, None]
    seen = np.where(sky, _sky(colours, grading, light), graded)
    return np.asarray(np.clip(seen, 0, 255), np.uint8)


def _reaching(light: Floats, grading: Grading, away_m: Floats) -> Floats:
    """Lamps light the air however far one looks, where it is thick; where it is clear, not what is far behind them."""
    if not grading.lamps_burn or grading.air is not Air.CLEAR:
        return light
    near = np.exp(-np.maximum(away_m - _LAMPS_REACH_M, 0.0) / _LAMPS_REACH_M)
    return np.asarray(grading.ambient + (light - grading.ambient) * near, np.float32)


def _sky(colours: Floats, grading: Grading, light: Floats | None) -> Floats:
    """The sky, with the air about lamps before it."""
    if light is None or not grading.lamps_burn:
        return colours
    if grading.air is not Air.CLEAR:
        return np.asarray(colours * (light[:, :, None] / grading.ambient), np.float32)
    above = np.clip(light - grading.ambient, 0.0, 1.0)[:, :, None]
    return np.asarray(colours + above * np.array(_GLOW, np.float32), np.float32)


def _light_up(picture: Pixels, lens: Lens, scene: Scene, grading: Grading, rng: np.random.Generator) -> None:
    """What shines by itself."""
    if grading.lighting is Lighting.HEAT:
        for pane in scene.windows:
            paint(picture, lens, pane.painted(_WARM_WINDOW), grading.shading())
        for solid in (*scene.hot, *(_lamp_head(at, _HOT_LAMP) for at in scene.lamps)):
            paint(picture, lens, solid, grading.shading())
        return
    if not grading.lamps_burn:
        return
    if grading.lighting is Lighting.LAMPS and grading.air is Air.CLEAR and lens.skyline:
        for _ in range(_STARS):
            x, y = rng.integers(0, lens.width), rng.integers(0, max(1, lens.skyline // 2))
            picture[y, x] = np.maximum(picture[y, x], rng.integers(60, 150))
    for pane in scene.windows:
        lit = _LIT_WINDOW if grading.lighting is Lighting.LAMPS else _DUSKY_WINDOW
        shine = (
            grading.grade(np.array([lit], np.float32), 1.0, float(pane.centres[0, 2]))[0]
            if grading.air is Air.FOG
            else lit
        )
        paint(picture, lens, pane.painted(cast("Colour", tuple(float(part) for part in shine))), grading.shading())
    for lamp in scene.lamps:
        column, row = lens.point(*lamp)
        radius = max(1, int(0.22 * lens.scale(lamp[2])))
        cv2.circle(picture, (int(column), int(row)), radius, (236, 246, 252), -1, cv2.LINE_AA)
        add_lamp_glow(picture, lens, lamp, 4.4 if grading.air is Air.FOG else 2.6)


def _lamp_posts(scene: Scene) -> Iterator[Solid]:
    for x, y, z in scene.lamps:
        if y > 4.5:
            yield box((x - 0.06, x + 0.06), (0.0, y), (z, z + 0.12), (120, 120, 118))
        yield _lamp_head((x, y, z), (176, 178, 178))


def _lamp_head(at: tuple[float, float, float], colour: Colour) -> Solid:
    x, y, z = at
    return box((x - 0.3, x + 0.3), (y - 0.08, y + 0.08), (z - 0.12, z + 0.12), colour)


def _land(land: Land, grading: Grading) -> Land:
    """The ground under what has fallen on it."""
    match grading.air:
        case Air.RAIN:
            return replace(land, wet=1.0)
        case Air.SNOW:
            snow = _snow(grading)
            patches = tuple(_snowed(patch, snow) for patch in land.patches)
            return replace(land, soil=_mixed(land.soil, snow, _SNOWED_SOIL), patches=patches, grass=0.10)
        case _:
            return land


def _snow(grading: Grading) -> Colour:
    return _COLD_SNOW if grading.lighting is Lighting.HEAT else _SNOW


def _snowed(patch: Patch, snow: Colour) -> Patch:
    return replace(patch, colour=_mixed(patch.colour, snow, _SNOWED_PATCH), roughness=patch.roughness + 0.06)


def _mixed(colour: Colour, snow: Colour, share: float) -> Colour:
    blue, green, red = (round(own + (white - own) * share) for own, white in zip(colour, snow, strict=True))
    return blue, green, red


def _vignetted(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    rows = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    fall = 1.0 - 0.16 * (rows * rows + columns * columns) / 2
    return np.asarray(picture * fall[:, :, None], np.uint8)
