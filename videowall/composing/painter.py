"""The thread that writes: turns what is to be said into patches, so that no tick ever waits for letters."""

import threading
from collections.abc import Callable

from videowall.captions.caption import draw_tile
from videowall.captions.panels.drawing import draw_panel
from videowall.composing.scene import PanelTile, Scene, Tile


class Painter:
    """Paints a new scene as a whole, then hands it on with `show`; after that, whatever says something new."""

    def __init__(self, show: Callable[[Scene], None]) -> None:
        self._show = show
        self._scene: Scene | None = None
        self._wanted = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="painter", daemon=True)

    def start(self) -> None:
        """Begin to paint."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after what it is at."""
        self._stopping = True
        self._wanted.set()
        self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def paint(self, scene: Scene) -> None:
        """Paint what is new in this scene; from any thread. A scene that comes before the last is done replaces it."""
        self._scene = scene
        self._wanted.set()

    def _run(self) -> None:
        shown: Scene | None = None
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stopping:
                return
            scene = self._scene
            if scene is None:
                continue
            for tile in scene.tiles:
                _paint_tile(tile, scene.unit)
            for panel in (*scene.panels, scene.quiet):
                _paint_panel(panel, scene.unit)
            if scene is not shown:
                self._show(scene)
                shown = scene


def _paint_tile(tile: Tile, unit: float) -> None:
    face = tile.face
    if tile.overlay is None or tile.overlay.face != face:
        tile.overlay = draw_tile(tile.rect, face, unit)


def _paint_panel(tile: PanelTile, unit: float) -> None:
    face = tile.face
    if face is not None and (tile.overlay is None or tile.overlay.face != face):
        tile.overlay = draw_panel(tile.rect, face, unit)
