"""What a wall shows, said to pages that draw it themselves or lay a pointer over it: the scene, its faces, the board.

Belongs to one event loop. Each message is encoded once for all pages, and a page that is slow gets the newest alone.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
from msgspec import Struct

from sensors.model import Language, Names
from videowall.board import Board
from videowall.captions.face import STILL_SEEN, TileFace
from videowall.captions.panels.face import CalmFace, QuietFace
from videowall.composing.layout import arrange
from videowall.composing.scene import Scene, Tile
from videowall.picture import Rect
from videowall.plan import Canvas, Page, Panel, PanelKind

_SCENE, _FACES, _BOARD = "scene", "faces", "board"
_ORDER: Final = (_SCENE, _FACES, _BOARD)


class Place(Struct, frozen=True):
    """A tile's rectangle in canvas pixels, and the camera or panel in it; neither where it is free."""

    number: int
    x: int
    y: int
    width: int
    height: int
    spot: bool = False
    site: str = ""
    device: str = ""
    presets: tuple[str, ...] = ()
    masked: bool = False
    rotation: int = 0
    panel: PanelKind | None = None
    text: str = ""


class SceneMessage(Struct, frozen=True, tag_field="kind", tag=_SCENE):
    """What lies where. `resting`: a spot that no alarm uses, as `number` of its place, or None."""

    revision: int
    title: str
    layout: str
    language: Language
    time_zone: str
    width: int
    height: int
    exercise: bool
    calm: bool
    page: Page | None
    places: tuple[Place, ...]
    resting: int | None


class FaceOf(Struct, frozen=True):
    """What is said on one tile. `dims`: its picture must not be taken for one of now."""

    number: int
    face: TileFace
    dims: bool


class FacesMessage(Struct, frozen=True, tag_field="kind", tag=_FACES):
    """What is said on every camera's tile now and on the resting spot; `quiet`: the wall is dark and says only this."""

    faces: tuple[FaceOf, ...]
    calm: CalmFace | None
    quiet: QuietFace | None


class BoardMessage(Struct, frozen=True, tag_field="kind", tag=_BOARD):
    """The hub's board as it came, and when, by the clock whose time every `hello` tells as `monotonic_s`."""

    board: Board
    heard_s: float


class Listener:
    """One page: what it has not been told yet."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self._told: dict[str, bytes] = {}

    def take(self, newest: dict[str, bytes]) -> list[bytes]:
        """The newest messages that this page does not have, in the order in which they make sense."""
        self.ready.clear()
        fresh = [kind for kind in _ORDER if newest.get(kind) is not None and newest[kind] is not self._told.get(kind)]
        self._told |= {kind: newest[kind] for kind in fresh}
        return [newest[kind] for kind in fresh]


class Showing:
    """The newest messages, and the pages that want them."""

    def __init__(self) -> None:
        self.newest: dict[str, bytes] = {}
        self._listeners: set[Listener] = set()
        self._scene: Scene | None = None
        self._faces: FacesMessage | None = None

    @property
    def listeners(self) -> int:
        """How many pages listen."""
        return len(self._listeners)

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """A page, for the length of the block."""
        listener = Listener()
        self._listeners.add(listener)
        listener.ready.set()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def follow(self, scene: Scene) -> None:
        """The scene as it stands; cheap while no page listens."""
        if not self._listeners:
            self._scene = None
            self.newest.pop(_SCENE, None)
            self.newest.pop(_FACES, None)
            return
        if scene is not self._scene:
            self._scene = scene
            self._say(_SCENE, describe(scene))
            self._faces = None
        faces = FacesMessage(tuple(map(_face_of, scene.tiles)), scene.calm, _quiet(scene))
        if faces != self._faces:
            self._faces = faces
            self._say(_FACES, faces)

    def tell_board(self, board: Board, heard_s: float) -> None:
        """A new board has come at that moment of the monotonic clock."""
        self._say(_BOARD, BoardMessage(board, heard_s))

    def _say(self, kind: str, message: SceneMessage | FacesMessage | BoardMessage) -> None:
        encoded = msgspec.json.encode(message)
        if encoded != self.newest.get(kind):
            self.newest[kind] = encoded
            for listener in self._listeners:
                listener.ready.set()


def describe(scene: Scene) -> SceneMessage:
    """A scene for pages, in the plan's language."""
    plan = scene.plan
    canvas: Canvas = scene.canvas
    arrangement = arrange(plan.layout, canvas, plan.places)
    rects = (*arrangement.spots, *arrangement.tiles)
    places = {number: _empty(number, rect, number < len(arrangement.spots)) for number, rect in enumerate(rects)}
    for number, content in zip(range(len(arrangement.spots), len(rects)), plan.tiles, strict=False):
        if isinstance(content, Panel):
            text = _said(content.text, plan.language)
            places[number] = msgspec.structs.replace(places[number], panel=content.kind, text=text)
    for tile in scene.tiles:
        places[tile.number] = _of_camera(tile)
    resting = next((number for number, rect in enumerate(rects) if rect == scene.calm_rect), None)
    return SceneMessage(
        revision=plan.revision,
        title=_said(plan.title, plan.language) or plan.wall,
        layout=plan.layout,
        language=plan.language,
        time_zone=plan.time_zone,
        width=canvas.width,
        height=canvas.height,
        exercise=plan.exercise,
        calm=plan.calm,
        page=plan.page,
        places=tuple(places[number] for number in sorted(places)),
        resting=resting,
    )


def _empty(number: int, rect: Rect, spot: bool) -> Place:  # noqa: FBT001 - private, and said by the one call
    return Place(number, rect.x, rect.y, rect.width, rect.height, spot)


def _of_camera(tile: Tile) -> Place:
    rect, feed = tile.rect, tile.feed
    return Place(
        number=tile.number,
        x=rect.x,
        y=rect.y,
        width=rect.width,
        height=rect.height,
        spot=tile.is_spot,
        site=feed.key.site,
        device=feed.key.device,
        presets=feed.presets,
        masked=bool(feed.masks),
        rotation=feed.rotation,
    )


def _face_of(tile: Tile) -> FaceOf:
    return FaceOf(tile.number, tile.face, bool(tile.face.trouble) and tile.face.state not in STILL_SEEN)


def _quiet(scene: Scene) -> QuietFace | None:
    face = scene.quiet.face
    return face if scene.asleep and isinstance(face, QuietFace) else None


def _said(names: Names, language: Language) -> str:
    return names.in_language(language)
