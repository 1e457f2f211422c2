"""Solid things made of flat faces, and painting them in the order in which they hide each other."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from simulators.cameras.drawing.projection import Colour, Floats, Lens, Pixels, Points

FRACTION_BITS = 4
_FARTHEST_PX = 8000.0
_UPWARDS = 0.6


class Shading(NamedTuple):
    """Where light comes from, what a face keeps that looks away from it and towards it, and what its colours become."""

    sun: tuple[float, float, float]
    darkest: float
    brightest: float
    tone: Callable[[Floats], Floats] | None = None


@dataclass(frozen=True, slots=True)
class Solid:
    """Faces of one thing: its vertices, and for each face its corners (numbers of vertices), normal, centre, colour.

    Shapes: vertices (v, 3), normals, centres and colours (f, 3). A face is seen from the side its normal points to; one
    with a zero normal is seen from both sides and unshaded.
    """

    vertices: Points
    faces: tuple[npt.NDArray[np.intp], ...]
    normals: Points
    centres: Points
    colours: Floats

    def moved(self, x: float, z: float, heading_rad: float = 0.0) -> "Solid":
        """The same thing elsewhere, turned about its own upright axis; heading 0 keeps it, pi faces it back."""
        cosine, sine = np.cos(heading_rad), np.sin(heading_rad)
        turn = np.array(((cosine, 0.0, -sine), (0.0, 1.0, 0.0), (sine, 0.0, cosine)), np.float32)
        shift = np.array((x, 0.0, z), np.float32)
        return Solid(
            self.vertices @ turn + shift, self.faces, self.normals @ turn, self.centres @ turn + shift, self.colours
        )

    def capped(self, colour: Colour, share: float) -> "Solid":
        """The same thing with what lies on top of it: snow."""
        up = (self.normals[:, 1] > _UPWARDS)[:, None] * np.float32(share)
        colours = self.colours + (np.array(colour, np.float32) - self.colours) * up
        return Solid(self.vertices, self.faces, self.normals, self.centres, colours)

    def painted(self, colour: Colour) -> "Solid":
        """The same thing in one colour that no sun shades: what glows by itself."""
        colours = np.broadcast_to(np.array(colour, np.float32), self.colours.shape)
        return Solid(self.vertices, self.faces, np.zeros_like(self.normals), self.centres, colours)


def box(
    x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], colour: Colour, top: Colour | None = None
) -> Solid:
    """An upright box without a floor; its top may have its own colour."""
    (x0, x1), (y0, y1), (z0, z1) = x, y, z
    vertices = np.array(
        [
            (x0, y0, z0),
            (x1, y0, z0),
            (x1, y1, z0),
            (x0, y1, z0),
            (x0, y0, z1),
            (x1, y0, z1),
            (x1, y1, z1),
            (x0, y1, z1),
        ],
        np.float32,
    )
    faces = ((0, 1, 2, 3), (5, 4, 7, 6), (4, 0, 3, 7), (1, 5, 6, 2), (3, 2, 6, 7))
    return _solid(vertices, faces, (colour, colour, colour, colour, top or colour))


def extrusion(
    outline: Sequence[tuple[float, float]], half_width: float, strips: Sequence[Colour], side: Colour
) -> Solid:
    """A body whose side view is `outline` (z, y pairs, from the front over the top to the back).

    `strips` are the colours between one outline point and the next; `half_width` is half its width.
    """
    count = len(outline)
    vertices = np.array(
        [(-half_width, y, z) for z, y in outline] + [(half_width, y, z) for z, y in outline], np.float32
    )
    faces = [(i, (i + 1) % count, count + (i + 1) % count, count + i) for i in range(len(strips))]
    left, right = tuple(reversed(range(count))), tuple(range(count, 2 * count))
    return _solid(vertices, (*faces, left, right), (*strips, side, side))


def panel(corners: Sequence[tuple[float, float, float]], colour: Colour) -> Solid:
    """One flat painted area, seen from both sides."""
    return _solid(np.array(corners, np.float32), (tuple(range(len(corners))),), (colour,)).painted(colour)


def joined(solids: Sequence[Solid]) -> Solid:
    """Several things as one, to be painted together."""
    starts = np.cumsum([0, *(len(solid.vertices) for solid in solids)])
    return Solid(
        np.concatenate([solid.vertices for solid in solids]),
        tuple(face + start for solid, start in zip(solids, starts, strict=False) for face in solid.faces),
        np.concatenate([solid.normals for solid in solids]),
        np.concatenate([solid.centres for solid in solids]),
        np.concatenate([solid.colours for solid in solids]),
    )


def paint(picture: Pixels, lens: Lens, solid: Solid, shading: Shading) -> None:
    """Paint one thing, far faces first."""
    seen, nearness = faces_seen(lens, solid)
    shade = shading.darkest + (shading.brightest - shading.darkest) * np.maximum(0.0, solid.normals @ shading.sun)
    shade[~solid.normals.any(axis=1)] = 1.0
    colours = solid.colours * shade[:, None]
    if shading.tone is not None:
        colours = shading.tone(colours)
    levels = np.clip(colours, 0.0, 255.0).tolist()
    corners = fixed_point(lens.project(solid.vertices))
    for number in seen[np.argsort(nearness[seen])].tolist():
        cv2.fillPoly(picture, [corners[solid.faces[number]]], levels[number], cv2.LINE_AA, FRACTION_BITS)


def faces_seen(lens: Lens, solid: Solid) -> tuple[npt.NDArray[np.intp], Floats]:
    """Numbers of the faces that look at the camera, and how near each face is: larger is nearer."""
    sight = solid.centres - np.array((0.0, lens.eye_height_m, 0.0), np.float32)
    unshaded = ~solid.normals.any(axis=1)
    seen = np.flatnonzero(unshaded | (np.einsum("ij,ij->i", solid.normals, sight) < 0))
    return seen, -np.einsum("ij,ij->i", sight, sight)


def stroke(
    picture: Pixels, lens: Lens, ends: Sequence[tuple[float, float, float]], colour: Colour, width_m: float
) -> None:
    """A thin line through world points, at least one pixel wide."""
    width = max(1, round(width_m * lens.scale(min(z for _, _, z in ends))))
    points = fixed_point(lens.project(np.array(ends, np.float32)))
    cv2.polylines(picture, [points], False, colour, width, cv2.LINE_AA, FRACTION_BITS)


def fixed_point(points: Floats) -> npt.NDArray[Any]:
    """Picture coordinates as OpenCV takes them with `FRACTION_BITS` of fraction."""
    return (np.clip(points, -_FARTHEST_PX, _FARTHEST_PX) * (1 << FRACTION_BITS)).astype(np.int32)


def _solid(vertices: Points, faces: Sequence[tuple[int, ...]], colours: Sequence[Colour]) -> Solid:
    index = tuple(np.array(face, np.intp) for face in faces)
    normals = np.array([_normal(vertices[face]) for face in index])
    centres = np.array([vertices[face].mean(axis=0) for face in index])
    return Solid(vertices, index, normals, centres, np.array(colours, np.float32))


def _normal(corners: Points) -> Points:
    """The outward unit normal of a face whose corners go clockwise as the viewer sees them in x right, y up, z away."""
    (ax, ay, az), (bx, by, bz) = (corners[1] - corners[0]).tolist(), (corners[2] - corners[0]).tolist()
    normal = (az * by - ay * bz, ax * bz - az * bx, ay * bx - ax * by)
    length = math.hypot(*normal) or 1.0
    return np.array([part / length for part in normal], np.float32)
