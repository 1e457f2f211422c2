"""The four views of a border post: what stands in each, what moves, and where its lamps are."""

import math
from collections.abc import Callable

from msgspec import Struct

from simulators.cameras.drawing.backdrop import Land, Patch
from simulators.cameras.drawing.movers import Mover, Path
from simulators.cameras.drawing.projection import Colour
from simulators.cameras.drawing.solids import Solid, box, panel
from simulators.cameras.drawing.vehicles import painted, vehicle
from simulators.cameras.vocabulary import Shape, Terrain, View

LOOP_S = 8.0
"""How long a clip runs before it begins again."""


class Wire(Struct, frozen=True):
    """A thin line through world points."""

    ends: tuple[tuple[float, float, float], ...]
    colour: Colour
    width_m: float


class Boom(Struct, frozen=True):
    """A barrier's arm: its hinge, its length (negative to the left), and when it opens and shuts in the loop."""

    hinge: tuple[float, float, float]
    length_m: float
    opens_s: float
    shuts_s: float


class Scene(Struct, frozen=True):
    """One view in full. `solids` and `wires` stand still; `lamps` burn at night (x, y, z of each head).

    `hot` are things that show by their heat alone.
    """

    eye_height_m: float
    horizon: float
    land: Land
    solids: tuple[Solid, ...]
    movers: tuple[Mover, ...]
    wires: tuple[Wire, ...] = ()
    booms: tuple[Boom, ...] = ()
    lamps: tuple[tuple[float, float, float], ...] = ()
    windows: tuple[Solid, ...] = ()
    hot: tuple[Solid, ...] = ()


_ASPHALT: Colour = (104, 102, 100)
_CONCRETE: Colour = (158, 164, 166)
_WHITE: Colour = (216, 220, 220)
_STEEL: Colour = (128, 126, 122)
_GLASS: Colour = (96, 82, 66)
_SOIL: dict[Terrain, Colour] = {
    Terrain.MOUNTAINS: (112, 148, 156),
    Terrain.FOOTHILLS: (118, 158, 172),
    Terrain.PLAIN: (106, 152, 158),
}
_WALLS: dict[Terrain, Colour] = {
    Terrain.MOUNTAINS: (196, 214, 224),
    Terrain.FOOTHILLS: (206, 200, 188),
    Terrain.PLAIN: (176, 202, 224),
}
_ROOFS: dict[Terrain, Colour] = {
    Terrain.MOUNTAINS: (150, 104, 62),
    Terrain.FOOTHILLS: (84, 92, 150),
    Terrain.PLAIN: (112, 130, 76),
}
_UNIFORM: Colour = (62, 92, 78)


def scene_of(view: View, terrain: Terrain, variant: int) -> Scene:
    """The scene of one camera; `variant` shifts its traffic, so that like posts do not move alike."""
    return _BUILDERS[view](terrain, variant)


def _gate(terrain: Terrain, variant: int) -> Scene:
    wall, roof = _WALLS[terrain], _ROOFS[terrain]
    shift = 1.7 * variant
    land = Land(
        terrain,
        _SOIL[terrain],
        (
            Patch(-8.5, 9.5, 2.0, 60.0, _CONCRETE, roughness=0.05),
            Patch(-6.0, 6.0, 2.0, 900.0, _ASPHALT, roughness=0.09),
            Patch(-0.12, 0.12, 2.0, 300.0, _WHITE, roughness=0.03, dash_m=3.0),
            Patch(-5.8, -5.62, 2.0, 400.0, _WHITE, roughness=0.03),
            Patch(5.62, 5.8, 2.0, 400.0, _WHITE, roughness=0.03),
            Patch(-5.4, -0.6, 20.2, 20.9, _WHITE, roughness=0.03),
            Patch(0.6, 5.4, 20.2, 20.9, _WHITE, roughness=0.03),
        ),
    )
    house = [
        box((-20.0, -9.6), (0.0, 3.4), (24.0, 38.0), wall, roof),
        box((-20.4, -9.2), (3.4, 3.8), (23.6, 38.4), roof),
        *(box((x, x + 1.5), (1.1, 2.5), (23.96, 24.02), _GLASS) for x in (-18.6, -15.8, -13.0)),
        *(box((-9.62, -9.56), (1.1, 2.5), (z, z + 1.8), _GLASS) for z in (26.0, 30.0, 34.0)),
    ]
    canopy = [
        *(box((x - 0.2, x + 0.2), (0.0, 5.0), (z - 0.2, z + 0.2), _STEEL) for z in (37.5, 27.5) for x in (7.6, -7.2)),
        box((-8.4, 8.8), (5.0, 5.9), (26.5, 39.0), (212, 206, 200), (196, 190, 184)),
        box((-8.42, 8.82), (5.25, 5.62), (26.44, 26.52), (168, 120, 36)),
    ]
    booths = [box((x - 0.75, x + 0.75), (0.0, 2.5), (28.5, 31.0), (206, 214, 214), roof) for x in (-0.0, 6.9)]
    panes = [box((x - 0.6, x + 0.6), (1.1, 2.1), (28.44, 28.52), _GLASS) for x in (-0.0, 6.9)]
    posts = [box((x - 0.22, x + 0.22), (0.0, 1.15), (19.7, 20.1), (44, 156, 232)) for x in (-6.3, 6.3)]
    mast = (
        box((10.9, 11.06), (0.0, 9.5), (30.0, 30.16), _WHITE),
        panel(((10.98, 9.3, 29.9), (13.7, 9.1, 29.9), (13.7, 7.75, 29.9), (10.98, 7.9, 29.9)), (190, 160, 20)),
        panel(((12.0, 8.75, 29.88), (12.6, 8.72, 29.88), (12.6, 8.22, 29.88), (12.0, 8.25, 29.88)), (60, 214, 240)),
    )
    lamp_posts = [
        box((x - 0.09, x + 0.09), (0.0, 7.5), (z - 0.09, z + 0.09), _STEEL) for x, z in ((-8.2, 18.0), (10.2, 18.0))
    ]
    truck: Colour = ((176, 92, 46), (52, 58, 168), (96, 120, 60))[variant % 3]
    movers = (
        Mover(
            Shape.CAR,
            Path((-2.9, 150.0), (-2.9, 3.0), 9.2, shift % LOOP_S),
            ((222, 222, 220), (60, 58, 150), (140, 130, 120))[variant % 3],
        ),
        Mover(Shape.TRUCK, Path((2.9, 2.0), (2.9, 170.0), 7.5, (3.0 + shift) % LOOP_S), truck),
        Mover(Shape.PERSON, Path((-7.6, 21.5), (-6.9, 26.5), 1.3, shift % LOOP_S, pacing=True), _UNIFORM, vest=True),
        Mover(
            Shape.PERSON,
            Path((8.8, 52.0), (8.4, 4.0), 1.5, (2.0 + shift) % LOOP_S),
            ((120, 70, 60), (70, 70, 150), (96, 110, 60))[variant % 3],
        ),
    )
    return Scene(
        eye_height_m=5.2,
        horizon=0.34,
        land=land,
        solids=(*house, *lamp_posts, *canopy, *booths, *mast, *posts),
        movers=movers,
        booms=(
            Boom((-6.2, 1.0, 19.9), 5.6, (13.0 + shift) % LOOP_S, (15.6 + shift) % LOOP_S),
            Boom((6.2, 1.0, 19.9), -5.6, (3.4 + shift) % LOOP_S, (6.6 + shift) % LOOP_S),
        ),
        lamps=((-8.2, 7.5, 18.0), (10.2, 7.5, 18.0), (-3.0, 4.9, 31.0), (3.0, 4.9, 31.0)),
        windows=(*house[2:], *panes),
    )


def _perimeter(terrain: Terrain, variant: int) -> Scene:
    shift = 2.3 * variant
    line, slope = -4.6, (0.02, -0.05, 0.0)[variant % 3]
    land = Land(
        terrain,
        _SOIL[terrain],
        (
            Patch(line - 8.0, line - 0.8, 2.0, 700.0, (94, 128, 146), roughness=0.10, furrow_m=0.75),
            Patch(0.2, 1.0, 2.0, 500.0, (126, 164, 184), slope=slope, roughness=0.10),
            Patch(1.8, 2.6, 2.0, 500.0, (126, 164, 184), slope=slope, roughness=0.10),
        ),
    )

    depths = [6.0 + 3.0 * step for step in range(44)]
    start, end = depths[0], depths[-1]
    posts = [
        box((line - 0.06, line + 0.06), (0.0, 2.6), (z - 0.06, z + 0.06), (168, 172, 174)) for z in reversed(depths)
    ]
    wires = [
        Wire(((line, 0.15 * step, start), (line, 0.15 * step, end)), (150, 152, 150), 0.012) for step in range(1, 16)
    ]
    coil = tuple(
        (line + 0.28 * math.cos(z * 5.2), 2.6 + 0.28 * math.sin(z * 5.2), z)
        for z in (start + 0.12 * step for step in range(330))
    )
    tower_x, tower_z = (17.0, 13.0, 20.0)[variant % 3], (64.0, 48.0, 82.0)[variant % 3]
    legs = [
        box((tower_x + dx - 0.12, tower_x + dx + 0.12), (0.0, 8.0), (tower_z + dz - 0.12, tower_z + dz + 0.12), _STEEL)
        for dx in (-1.3, 1.3)
        for dz in (1.3, -1.3)
    ]
    cabin = [
        box((tower_x - 1.8, tower_x + 1.8), (8.0, 10.3), (tower_z - 1.8, tower_z + 1.8), (120, 138, 122)),
        box((tower_x - 2.1, tower_x + 2.1), (10.3, 10.6), (tower_z - 2.1, tower_z + 2.1), _ROOFS[terrain]),
    ]
    glass = box((tower_x - 1.5, tower_x + 1.5), (8.9, 9.9), (tower_z - 1.86, tower_z - 1.80), _GLASS)
    sensors = [
        box((x, x + 0.3), (0.0, 0.55), (z, z + 0.3), (70, 120, 110)) for x, z in ((5.4, 34.0), (4.6, 22.0), (4.4, 13.5))
    ]
    road, grazing = (230.0, 180.0, 290.0)[variant % 3], (58.0, 46.0, 66.0)[variant % 3]
    lorry = Mover(Shape.TRUCK, Path((-150.0, road), (150.0, road + 6.0), 16.0, shift % LOOP_S), (126, 128, 124))
    flock = tuple(
        Mover(
            Shape.SHEEP,
            Path((x, road - 40.0 + z), (x + 4.0, road - 39.0 + z), 0.8, phase, pacing=True),
            (206, 220, 226),
        )
        for x, z, phase in (
            (grazing, 0.0, 0.0),
            (grazing + 4.0, 7.0, 2.0),
            (grazing + 9.0, -5.0, 5.0),
            (grazing + 13.0, 3.0, 3.4),
        )
    )
    birds = tuple(
        Mover(Shape.BIRD, Path((x, z), (x + 60.0, z + 14.0), 9.0, (shift + phase) % LOOP_S), (52, 50, 50), up_m=up)
        for x, z, up, phase in ((-34.0, 52.0, 15.0, 0.0), (-36.0, 55.0, 16.5, 0.25), (-30.0, 60.0, 13.5, 0.6))
    )
    return Scene(
        eye_height_m=4.4,
        horizon=0.36,
        land=land,
        solids=(*legs, *cabin, *posts, *sensors),
        movers=(lorry, *flock, *birds),
        wires=(*wires, Wire(coil, (176, 178, 178), 0.006)),
        lamps=((8.6, 6.5, 19.0), *((line - 1.6, 6.5, z) for z in (14.0, 34.0, 70.0))),
        windows=(glass,),
    )


def _lane(terrain: Terrain, variant: int) -> Scene:
    shift = 2.9 * variant
    land = Land(
        terrain,
        _SOIL[terrain],
        (
            Patch(-10.0, 10.0, 2.0, 70.0, _CONCRETE, roughness=0.05),
            Patch(-3.0, 3.0, 2.0, 700.0, _ASPHALT, roughness=0.08),
            Patch(-1.9, 1.9, 8.0, 21.0, (118, 112, 106), roughness=0.05),
            *(Patch(-1.9, 1.9, z, z + 0.12, (66, 64, 62), roughness=0.02) for z in (8.0, 12.3, 16.6, 20.9)),
            Patch(-2.05, -1.9, 8.0, 21.0, (40, 196, 236), roughness=0.02, dash_m=0.8),
            Patch(1.9, 2.05, 8.0, 21.0, (40, 196, 236), roughness=0.02, dash_m=0.8),
            Patch(-2.95, -2.8, 2.0, 300.0, _WHITE, roughness=0.02),
            Patch(2.8, 2.95, 2.0, 300.0, _WHITE, roughness=0.02),
        ),
    )
    pillars = [
        part
        for x in (-3.7, 3.7)
        for part in (
            box((x - 0.4, x + 0.4), (0.0, 4.1), (26.0, 26.9), (52, 196, 236)),
            box((x - 0.41, x + 0.41), (2.5, 3.0), (25.95, 26.0), (44, 42, 42)),
            box((x - 0.41, x + 0.41), (0.9, 1.4), (25.95, 26.0), (44, 42, 42)),
        )
    ]
    office = [
        box((6.0, 9.6), (0.0, 2.8), (15.0, 22.0), _WALLS[terrain], _ROOFS[terrain]),
        box((5.7, 9.9), (2.8, 3.1), (14.7, 22.3), _ROOFS[terrain]),
    ]
    panes = [
        box((5.95, 6.0), (1.1, 2.2), (16.5, 18.0), _GLASS),
        box((5.95, 6.0), (1.1, 2.2), (19.2, 20.7), _GLASS),
        box((6.8, 8.6), (1.1, 2.2), (14.94, 15.0), _GLASS),
    ]
    hangar = [
        box((-26.0, -11.0), (0.0, 6.0), (38.0, 60.0), (176, 176, 170), (150, 146, 140)),
        box((-22.0, -15.0), (0.0, 4.6), (37.9, 38.0), (126, 122, 118)),
    ]
    light_post = [
        box((-4.6, -4.45), (0.0, 3.2), (21.5, 21.65), _STEEL),
        box((-4.75, -4.3), (2.3, 3.3), (21.4, 21.6), (40, 40, 40)),
        box((-4.62, -4.43), (2.45, 2.68), (21.34, 21.4), (70, 220, 80)),
    ]
    blocks = [
        box((x - 0.35, x + 0.35), (0.0, 0.8), (z, z + 1.8), (190, 194, 196)) for z in (16.0, 13.0) for x in (-7.6,)
    ]
    trucks: tuple[Colour, ...] = ((60, 66, 176), (168, 110, 40), (74, 130, 84))
    movers = (
        Mover(Shape.TRUCK, Path((0.0, 120.0), (0.0, -7.0), 5.6, shift % LOOP_S), trucks[variant % 3])
        if variant % 3 != 1
        else Mover(Shape.BUS, Path((0.0, 120.0), (0.0, -7.0), 6.2, shift % LOOP_S), (196, 190, 150)),
        Mover(Shape.PERSON, Path((4.1, 14.0), (4.3, 18.4), 1.2, shift % LOOP_S, pacing=True), _UNIFORM, vest=True),
        Mover(Shape.PERSON, Path((-5.6, 32.0), (-5.2, 4.0), 1.4, (5.0 + shift) % LOOP_S), (110, 84, 70)),
    )
    return Scene(
        eye_height_m=6.6,
        horizon=0.27,
        land=land,
        solids=(*hangar, *pillars, *light_post, *office, *blocks),
        movers=movers,
        lamps=((-5.6, 7.0, 16.0), (5.6, 7.0, 27.0), (-5.6, 7.0, 38.0)),
        windows=tuple(panes),
    )


def _yard(terrain: Terrain, variant: int) -> Scene:
    shift = 1.3 * variant
    wall, roof = _WALLS[terrain], _ROOFS[terrain]
    land = Land(
        terrain,
        _SOIL[terrain],
        (
            Patch(-16.0, 18.0, 2.0, 36.0, (140, 144, 146), roughness=0.07),
            *(Patch(x, x + 0.12, 20.0, 25.5, _WHITE, roughness=0.02) for x in (-2.0, 1.2, 4.4, 7.6)),
            Patch(-9.0, -4.0, 7.0, 13.0, (120, 152, 134), roughness=0.2),
        ),
    )
    building = [
        box((-16.0, 11.0), (0.0, 4.2), (30.0, 42.0), wall, roof),
        box((-16.5, 11.5), (4.2, 4.7), (29.5, 42.5), roof),
        box((-1.2, 1.2), (0.0, 2.5), (29.92, 30.0), (90, 84, 96)),
        box((-1.9, 1.9), (2.6, 2.8), (28.4, 30.0), roof),
    ]
    panes = [box((x, x + 1.7), (1.3, 2.9), (29.92, 30.0), _GLASS) for x in (-14.4, -11.2, -8.0, -4.8, 3.2, 6.4, 9.0)]
    generator = [
        box((9.4, 13.6), (0.2, 2.5), (17.0, 19.4), (86, 132, 92), (104, 150, 110)),
        *(box((x, x + 0.9), (0.7, 1.9), (16.96, 17.0), (62, 96, 66)) for x in (9.8, 11.1, 12.4)),
        box((13.0, 13.2), (2.5, 3.6), (18.0, 18.2), (70, 70, 70)),
    ]
    cabinet = [
        box((-7.2, -5.9), (0.0, 0.25), (8.6, 9.7), (150, 150, 150)),
        box((-7.1, -6.0), (0.25, 2.1), (8.7, 9.6), (196, 198, 196), (176, 176, 176)),
        box((-6.56, -6.53), (0.3, 2.05), (8.68, 8.70), (110, 110, 110)),
        box((-6.45, -6.25), (1.2, 1.32), (8.66, 8.70), (60, 60, 60)),
        box((-6.95, -6.65), (1.55, 1.85), (8.66, 8.70), (40, 210, 240)),
    ]
    antenna = [
        box((-12.12, -11.88), (0.0, 15.0), (26.0, 26.24), (150, 150, 160)),
        *(box((-12.14, -11.86), (y, y + 1.5), (25.98, 26.26), (60, 60, 190)) for y in (3.0, 6.0, 9.0, 12.0)),
    ]
    parked = _parked((2.8, 23.0), Shape.CAR, ((206, 204, 198), (150, 70, 50), (70, 76, 84))[variant % 3])
    movers: tuple[Mover, ...] = (
        Mover(Shape.PERSON, Path((-0.6, 29.6), (-10.5, 13.5), 1.45, shift % LOOP_S), (150, 96, 52), vest=True),
        Mover(Shape.PERSON, Path((0.8, 29.6), (-18.0, 24.5), 1.35, (3.0 + shift) % LOOP_S), _UNIFORM),
        Mover(Shape.DOG, Path((3.0, 14.0), (7.0, 16.0), 1.6, shift % LOOP_S, pacing=True), (60, 84, 120)),
        Mover(Shape.JEEP, Path((19.0, 14.5), (-17.0, 16.0), 5.0, (5.0 + shift) % LOOP_S), (74, 104, 88)),
    )
    movers = movers if variant % 3 == 0 else movers[:3] if variant % 3 == 1 else (movers[1], movers[2], movers[3])
    return Scene(
        eye_height_m=5.4,
        horizon=0.27,
        land=land,
        solids=(*antenna, *building, parked, *generator, *cabinet),
        movers=movers,
        lamps=((-9.0, 6.5, 22.0), (8.4, 6.5, 15.0), (0.0, 3.9, 29.3)),
        windows=tuple(panes),
        hot=(box((9.5, 10.9), (0.5, 2.0), (16.94, 16.96), (178, 178, 178)),),
    )


def _parked(at: tuple[float, float], shape: Shape, colour: Colour) -> Solid:
    return vehicle(shape, painted(colour)).solid.moved(at[0], at[1], math.pi)


_BUILDERS: dict[View, Callable[[Terrain, int], Scene]] = {
    View.GATE: _gate,
    View.PERIMETER: _perimeter,
    View.LANE: _lane,
    View.YARD: _yard,
}
