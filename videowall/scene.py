"""A plan laid out on its canvas: tiles with their pictures. Tiles that stay where they were keep what they show."""

from dataclasses import dataclass, field

from sensors.catalog import PictureState
from sensors.model import DeviceKey, StreamRole
from videowall.face import CalmFace, TileFace
from videowall.layout import arrange
from videowall.picture import Rect
from videowall.plan import Canvas, Feed, Plan, Spotlight
from videowall.slot import Slot


@dataclass(slots=True, eq=False)
class Tile:
    """One camera's place, numbered from 0, the spots first.

    The event loop writes `face` and `role`, the composer only reads them. `spotlight`: why a spot shows this camera.
    """

    number: int
    rect: Rect
    feed: Feed
    spotlight: Spotlight | None
    slot: Slot
    face: TileFace
    role: StreamRole | None = None
    latency_ms: float = field(default=0.0)

    @property
    def is_spot(self) -> bool:
        """Whether it is one of the large tiles that alarms are shown on."""
        return self.spotlight is not None


@dataclass(slots=True, eq=False)
class Scene:
    """Everything that is drawn: `empty`: tiles without a camera; `calm_rect`: the first spot while none is used."""

    plan: Plan
    canvas: Canvas
    tiles: tuple[Tile, ...]
    empty: tuple[Rect, ...]
    calm_rect: Rect | None
    calm: CalmFace | None = None


def build_scene(plan: Plan, fps: float, previous: Scene | None) -> Scene:
    """The scene of a plan; `fps` overrides the plan's unless it is 0."""
    canvas = plan.canvas if not fps else Canvas(plan.canvas.width, plan.canvas.height, fps)
    arrangement = arrange(plan.layout, canvas, plan.places)
    kept = {(tile.feed.key, tile.rect): tile for tile in previous.tiles} if previous else {}
    tiles = [
        _tile(number, rect, light.feed, kept, light)
        for number, (rect, light) in enumerate(zip(arrangement.spots, plan.spotlights, strict=False))
    ]
    calm_rect = arrangement.spots[0] if arrangement.spots and not plan.spotlights else None
    empty = [rect for rect in arrangement.spots[len(tiles) :] if rect != calm_rect]
    contents = (*plan.tiles, *([None] * len(arrangement.tiles)))
    for number, (rect, content) in enumerate(zip(arrangement.tiles, contents, strict=False), len(arrangement.spots)):
        if isinstance(content, Feed):
            tiles.append(_tile(number, rect, content, kept, None))
        else:
            empty.append(rect)
    return Scene(plan, canvas, tuple(tiles), tuple(empty), calm_rect)


def _tile(
    number: int, rect: Rect, feed: Feed, kept: dict[tuple[DeviceKey, Rect], Tile], spotlight: Spotlight | None
) -> Tile:
    old = kept.get((feed.key, rect))
    slot = old.slot if old else Slot(rect)
    face = TileFace(PictureState.CONNECTING, "", "", "", blank=True)
    return Tile(number, rect, feed, spotlight, slot, old.face if old else face, old.role if old else None)
