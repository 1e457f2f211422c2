"""A plan laid out on its canvas: tiles with their pictures. Tiles that stay where they were keep what they show."""

from dataclasses import dataclass, field

from sensors.catalog import PictureState
from sensors.model import DeviceKey, StreamRole
from videowall.face import CalmFace, TileFace
from videowall.layout import arrange
from videowall.picture import Rect
from videowall.plan import Canvas, Feed, Plan
from videowall.slot import Slot

SPOT_SLOT = 0
"""The spot's number; small tiles count from 1, or from 0 in a layout without a spot."""


@dataclass(slots=True, eq=False)
class Tile:
    """One camera's place. The event loop writes `face` and `role`, the composer only reads them."""

    number: int
    rect: Rect
    feed: Feed
    is_spot: bool
    slot: Slot
    face: TileFace
    role: StreamRole | None = None
    latency_ms: float = field(default=0.0)


@dataclass(slots=True, eq=False)
class Scene:
    """Everything that is drawn. `empty` are tiles without a camera, `calm_rect` the spot while nobody needs it."""

    plan: Plan
    canvas: Canvas
    tiles: tuple[Tile, ...]
    empty: tuple[Rect, ...]
    calm_rect: Rect | None
    calm: CalmFace | None = None


def build_scene(plan: Plan, fps: float, previous: Scene | None) -> Scene:
    """The scene of a plan; `fps` overrides the plan's unless it is 0."""
    canvas = plan.canvas if not fps else Canvas(plan.canvas.width, plan.canvas.height, fps)
    arrangement = arrange(plan.layout, canvas)
    kept = {(tile.feed.key, tile.rect): tile for tile in previous.tiles} if previous else {}
    tiles: list[Tile] = []
    if arrangement.spot is not None and plan.spotlight is not None:
        tiles.append(_tile(SPOT_SLOT, arrangement.spot, plan.spotlight.feed, kept, is_spot=True))
    first = 1 if arrangement.spot is not None else 0
    feeds = (*plan.tiles, *([None] * len(arrangement.tiles)))
    empty: list[Rect] = []
    for number, (rect, feed) in enumerate(zip(arrangement.tiles, feeds, strict=False), first):
        if feed is None:
            empty.append(rect)
        else:
            tiles.append(_tile(number, rect, feed, kept, is_spot=False))
    calm_rect = arrangement.spot if plan.spotlight is None else None
    return Scene(plan, canvas, tuple(tiles), tuple(empty), calm_rect)


def _tile(number: int, rect: Rect, feed: Feed, kept: dict[tuple[DeviceKey, Rect], Tile], *, is_spot: bool) -> Tile:
    old = kept.get((feed.key, rect))
    slot = old.slot if old else Slot(rect)
    face = TileFace(PictureState.CONNECTING, "", "", "", blank=True)
    return Tile(number, rect, feed, is_spot, slot, old.face if old else face, old.role if old else None)
