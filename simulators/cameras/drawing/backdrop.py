"""What stands still and far: sky, mountain ridges and the ground, computed for every pixel at once."""

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from msgspec import Struct

from simulators.cameras.drawing.grading import SKY_M, Sky
from simulators.cameras.drawing.projection import Colour, Floats, Lens
from simulators.cameras.vocabulary import Terrain

_TILE = 256
_HAZE: Colour = (212, 200, 186)
_HAZE_M = 420.0
_PUDDLE: Colour = (168, 166, 162)


class Patch(Struct, frozen=True):
    """A piece of ground between two lines that run away from the camera, x = left + slope * z, and two distances.

    `dash_m` above zero paints every other stretch of that length; `furrow_m` gives ploughed stripes across.
    """

    left: float
    right: float
    near: float
    far: float
    colour: Colour
    slope: float = 0.0
    roughness: float = 0.12
    dash_m: float = 0.0
    furrow_m: float = 0.0


class Land(Struct, frozen=True):
    """The ground's own colour, the terrain behind it, and what is laid on it, in painting order.

    `grass` is how much of its green shows; `wet` how much of the sky stands in puddles.
    """

    terrain: Terrain
    soil: Colour
    patches: tuple[Patch, ...]
    grass: float = 0.45
    wet: float = 0.0


class _Ridge(NamedTuple):
    """Height in fractions of the picture, roughness, colour, and how far away."""

    share: float
    roughness: float
    colour: Colour
    away_m: float


_RIDGES: dict[Terrain, tuple[_Ridge, ...]] = {
    Terrain.MOUNTAINS: (
        _Ridge(0.215, 1.0, (186, 168, 150), 12_000.0),
        _Ridge(0.125, 0.8, (138, 136, 124), 5_000.0),
        _Ridge(0.050, 0.5, (98, 122, 116), 1_800.0),
    ),
    Terrain.FOOTHILLS: (
        _Ridge(0.105, 0.9, (190, 176, 160), 8_000.0),
        _Ridge(0.065, 0.7, (142, 150, 146), 4_000.0),
        _Ridge(0.030, 0.4, (102, 134, 132), 1_500.0),
    ),
    Terrain.PLAIN: (
        _Ridge(0.028, 0.6, (184, 178, 168), 6_000.0),
        _Ridge(0.016, 1.0, (92, 118, 104), 1_500.0),
    ),
}
"""From the farthest."""

_SNOW_ABOVE = 0.60


def cloud_tile(rng: np.random.Generator, steepness: float = 1.7) -> Floats:
    """Tileable fractal noise, `_TILE` square, zero mean, about -1 to 1: filtered white noise, power 1/f^2*steepness."""
    frequency = np.fft.fftfreq(_TILE)[:, None] ** 2 + np.fft.rfftfreq(_TILE)[None, :] ** 2
    frequency[0, 0] = 1.0
    spectrum = np.fft.rfft2(rng.standard_normal((_TILE, _TILE))) / frequency ** (steepness / 2)
    spectrum[0, 0] = 0.0
    noise = np.fft.irfft2(spectrum, s=(_TILE, _TILE))
    return np.asarray(noise / (2.2 * noise.std()), np.float32)


def draw_backdrop(lens: Lens, land: Land, colours: Sky, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Sky, ridges and ground by daylight, (height, width, 3), 0 to 255; and how far each pixel is, (height, width)."""
    soft, rough = cloud_tile(rng), cloud_tile(rng, 0.9)
    picture = np.empty((lens.height, lens.width, 3), np.float32)
    distance_m = np.full((lens.height, lens.width), SKY_M, np.float32)
    horizon = lens.skyline
    if horizon:
        sky = picture[: horizon + 1]
        _draw_sky(sky, lens, colours, soft)
        _draw_ridges(sky, distance_m[: horizon + 1], lens, land.terrain, soft, rough)
    distance_m[horizon:] = _draw_ground(picture[horizon:], lens, land, soft, rough)
    return picture, distance_m


def _draw_sky(sky: Floats, lens: Lens, colours: Sky, soft: Floats) -> None:
    height, width = sky.shape[:2]
    fall = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None, None]
    zenith, low, cloud = (np.array(part, np.float32) for part in (colours.zenith, colours.low, colours.cloud))
    sky[:] = zenith + (low - zenith) * fall**0.8
    rows = (1.0 / (1.12 - fall[:, :, 0])) * 34
    columns = (lens.across()[None, :] - 0.5) * 150 * (0.55 + rows / 60)
    cover = _sampled(soft, columns + 90, np.broadcast_to(rows, (height, width)) * 1.6)
    veil = np.clip((cover - 0.05) * 1.5, 0.0, 0.92)[:, :, None] * (0.35 + 0.65 * np.sin(np.pi * fall**0.7))
    sky += (cloud * (1.0 - 0.105 * np.clip(cover, 0, 1)[:, :, None]) - sky) * veil
    if colours.overcast:
        layer = cloud * (1.0 + 0.07 * cover[:, :, None] * (1.0 - 0.6 * fall))
        sky += (layer - sky) * colours.overcast


def _draw_ridges(sky: Floats, distance_m: Floats, lens: Lens, terrain: Terrain, soft: Floats, rough: Floats) -> None:
    height, width = sky.shape[:2]
    along, picture_height = lens.across(), lens.height * lens.zoom
    rows = np.arange(height, dtype=np.float32)[:, None]
    for number, (share, roughness, colour, away_m) in enumerate(_RIDGES[terrain]):
        base = _row_of(soft, 40 + 70 * number, along * 90 + 31 * number)
        detail = _row_of(rough, 20 + 50 * number, along * 120)
        relief = np.clip(0.55 + 0.42 * base + 0.16 * roughness * detail, 0.06, 1.25)
        crest = height - relief * share * picture_height
        cover = np.clip(rows - crest + 0.5, 0.0, 1.0)[:, :, None]
        depth = np.clip((rows - crest) / (share * picture_height), 0.0, 1.0)
        folds = _sampled(rough, along[None, :] * 200 + depth * 60, np.broadcast_to(depth * 50, (height, width)))
        tone = np.array(colour, np.float32) * (1.0 + 0.16 * folds - 0.10 * depth)[:, :, None]
        if terrain is Terrain.MOUNTAINS and number == 0:
            altitude = relief[None, :] * (1.0 - depth)
            snow = np.clip((altitude - _SNOW_ABOVE + 0.35 * folds) * 5.0, 0.0, 1.0)[:, :, None]
            tone += (np.array((246, 241, 236), np.float32) * (0.93 + 0.07 * folds[:, :, None]) - tone) * snow
        mist = 0.45 * depth[:, :, None] ** 1.5
        tone += (np.array(_HAZE, np.float32) - tone) * mist
        sky += (tone - sky) * cover
        distance_m[cover[:, :, 0] > 0.0] = away_m


def _draw_ground(ground: Floats, lens: Lens, land: Land, soft: Floats, rough: Floats) -> Floats:
    """Paint the ground; how far away its rows are, (rows, 1)."""
    height, width = ground.shape[:2]
    below = np.arange(height, dtype=np.float32) + 0.75 + (lens.skyline - lens.horizon)
    z = (lens.focal * lens.eye_height_m / np.maximum(below, 0.2))[:, None]
    x = (np.arange(width, dtype=np.float32)[None, :] - lens.centre) * z / lens.focal
    wide_z = np.broadcast_to(z, x.shape)
    large = _sampled(soft, x * 3.0, wide_z * 3.0)
    fine = _sampled(rough, x * 24.0, wide_z * 24.0) * np.exp(-z / 45.0)
    ground[:] = np.array(land.soil, np.float32) * (1.0 + 0.16 * large + 0.20 * fine)[:, :, None]
    grass = np.clip(large * 1.6 + 0.4 * fine, 0.0, 1.0)[:, :, None] * land.grass
    ground += (np.array((70, 128, 122), np.float32) - ground) * grass
    for patch in land.patches:
        _lay(patch, ground, x, z, lens, 0.6 * large + fine)
    if land.wet:
        ground *= 1.0 - 0.26 * land.wet
        standing = _sampled(soft, x * 16.0 + 70, wide_z * 11.0) - 0.55
        puddles = np.clip(standing * 3.0, 0.0, 0.5)[:, :, None] * land.wet
        ground += (np.array(_PUDDLE, np.float32) - ground) * puddles
    haze = (1.0 - np.exp(-z / _HAZE_M))[:, :, None] * 0.8
    ground += (np.array(_HAZE, np.float32) - ground) * haze
    return np.asarray(z, np.float32)


def _lay(patch: Patch, ground: Floats, x: Floats, z: Floats, lens: Lens, grain: Floats) -> None:
    size = z / lens.focal
    stretch = z * size / lens.eye_height_m
    lengthwise = np.clip((z - patch.near) / stretch + 0.5, 0, 1) * np.clip((patch.far - z) / stretch + 0.5, 0, 1)
    if patch.dash_m:
        lengthwise *= np.floor(z / patch.dash_m) % 2
    rows = np.flatnonzero(lengthwise)
    if rows.size == 0:
        return
    part = slice(rows[0], rows[-1] + 1)
    across, size = x[part] - patch.slope * z[part], size[part]
    sides = np.clip((across - patch.left) / size + 0.5, 0, 1) * np.clip((patch.right - across) / size + 0.5, 0, 1)
    columns = np.flatnonzero(sides.any(axis=0))
    if columns.size == 0:
        return
    span = slice(columns[0], columns[-1] + 1)
    cover = (sides * lengthwise[part])[:, span, None]
    tone = 1.0 + patch.roughness * grain[part, span]
    if patch.furrow_m:
        tone += 0.20 * np.sin(across[:, span] * (2 * np.pi / patch.furrow_m)) * np.exp(-z[part] / 55.0)
    target = ground[part, span]
    target += (np.array(patch.colour, np.float32) * tone[:, :, None] - target) * cover


def _sampled(tile: Floats, columns: npt.NDArray[Any], rows: npt.NDArray[Any]) -> Floats:
    shape = np.broadcast_shapes(columns.shape, rows.shape)
    column_map = np.broadcast_to(columns, shape).astype(np.float32) % _TILE
    row_map = np.broadcast_to(rows, shape).astype(np.float32) % _TILE
    sampled = cv2.remap(tile, column_map, row_map, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(sampled, np.float32)


def _row_of(tile: Floats, row: int, columns: npt.NDArray[Any]) -> Floats:
    return np.asarray(np.interp(columns, np.arange(_TILE), tile[row % _TILE], period=_TILE), np.float32)
