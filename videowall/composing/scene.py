"""A plan laid out on its canvas: tiles with their pictures. Tiles that stay where they were keep what they show."""

from dataclasses import dataclass, field

from sensors.catalog import PictureState
from sensors.model import DeviceKey, StreamRole
from videowall.captions.face import TileFace
from videowall.captions.overlay import Overlay
from videowall.captions.panels.face import CalmFace, PanelFace
from videowall.composing.latency import Latency
from videowall.composing.layout import arrange
from videowall.composing.slot import Slot
from videowall.decoding.thrift import PLENTY, Saving
from videowall.picture import Rect
from videowall.plan import Canvas, Feed, Panel, Plan, Spotlight

_NO_FACE = TileFace(PictureState.CONNECTING, "", "", "", blank=True)


@dataclass(slots=True, eq=False)
class Tile:
    """One camera's place, numbered from 0, the spots first.

    The event loop writes `face` and `role`, the painter `overlay`, the composer `latency`; each only reads the others'.
    `spotlight`: why a spot shows this camera.
    """

    number: int
    rect: Rect
    feed: Feed
    spotlight: Spotlight | None
    slot: Slot
    face: TileFace = _NO_FACE
    role: StreamRole | None = None
    overlay: Overlay | None = None
    latency: Latency = field(default_factory=Latency)
    saving: Saving = PLENTY
    """What its stream does without, as the event loop decided."""

    @property
    def is_spot(self) -> bool:
        """Whether it is one of the large tiles that alarms are shown on."""
        return self.spotlight is not None


@dataclass(slots=True, eq=False)
class PanelTile:
    """A place that no camera has. `panel` is None where the wall has its own words: the calm spot, the dark wall."""

    rect: Rect
    panel: Panel | None
    face: PanelFace | None = None
    overlay: Overlay | None = None


@dataclass(slots=True, eq=False)
class Scene:
    """Everything that is drawn: `empty`: places without content; `calm_tile`: the first spot while none is used.

    `quiet` is all that is drawn while the scene is `asleep`, until something needs eyes.
    """

    plan: Plan
    canvas: Canvas
    tiles: tuple[Tile, ...]
    panels: tuple[PanelTile, ...]
    empty: tuple[Rect, ...]
    calm_tile: PanelTile | None
    quiet: PanelTile
    asleep: bool = False

    @property
    def calm_rect(self) -> Rect | None:
        """Where the calm spot lies."""
        return self.calm_tile.rect if self.calm_tile else None

    @property
    def calm(self) -> CalmFace | None:
        """What the calm spot says."""
        face = self.calm_tile.face if self.calm_tile else None
        return face if isinstance(face, CalmFace) else None

    @property
    def unit(self) -> float:
        """How large a pixel of a wall of 1080 lines is on this canvas."""
        return self.canvas.height / 1080

    @property
    def first(self) -> Tile | PanelTile:
        """What lies nearest to the upper left: it says what is to be said of the wall as a whole."""
        drawn: tuple[Tile | PanelTile, ...] = (*self.tiles, *self.panels)
        return min(drawn, key=lambda one: one.rect.x + one.rect.y, default=self.quiet)


def build_scene(plan: Plan, fps: float, previous: Scene | None) -> Scene:
    """The scene of a plan; `fps` overrides the plan's unless it is 0."""
    canvas = plan.canvas if not fps else Canvas(plan.canvas.width, plan.canvas.height, fps)
    arrangement = arrange(plan.layout, canvas, plan.places)
    kept = {_likeness(tile.rect, tile.feed): tile for tile in previous.tiles} if previous else {}
    tiles = [
        _tile(number, rect, light.feed, kept, light)
        for number, (rect, light) in enumerate(zip(arrangement.spots, plan.spotlights, strict=False))
    ]
    free = arrangement.spots[len(tiles) :]
    calm = PanelTile(free[0], None) if free and not tiles else None
    empty = list(free[1:] if calm else free)
    panels = [calm] if calm else []
    contents = (*plan.tiles, *([None] * len(arrangement.tiles)))
    for number, (rect, content) in enumerate(zip(arrangement.tiles, contents, strict=False), len(arrangement.spots)):
        match content:
            case Feed():
                tiles.append(_tile(number, rect, content, kept, None))
            case Panel():
                panels.append(PanelTile(rect, content))
            case None:
                empty.append(rect)
    whole = Rect(0, 0, canvas.width, canvas.height)
    return Scene(plan, canvas, tuple(tiles), tuple(panels), tuple(empty), calm, PanelTile(whole, None))


_Likeness = tuple[DeviceKey, Rect, object, int, object]


def _likeness(rect: Rect, feed: Feed) -> _Likeness:
    """What must be the same for a tile's pictures to be used on."""
    return feed.key, rect, feed.fit, feed.rotation, feed.masks


def _tile(number: int, rect: Rect, feed: Feed, kept: dict[_Likeness, Tile], spotlight: Spotlight | None) -> Tile:
    old = kept.get(_likeness(rect, feed))
    if old is None:
        return Tile(number, rect, feed, spotlight, Slot(rect, feed.fit, feed.rotation))
    return Tile(number, rect, feed, spotlight, old.slot, old.face, old.role, latency=old.latency)
