"""One tile on one canvas: every view that a new picture needs, made once and used until what is said changes."""

from videowall.captions.face import TileFace
from videowall.captions.overlay import Overlay
from videowall.captions.palette import CANVAS, EMPTY
from videowall.captions.sheet import blend, dim, fill, lay
from videowall.composing.layout import overlap, widened
from videowall.composing.slot import TilePicture
from videowall.picture import Planes, Rect, crop


class Placement:
    """Draws the pictures of a tile that lie at `rect`, under `overlay`, on `canvas`."""

    def __init__(self, canvas: Planes, tile: Rect, overlay: Overlay, rect: Rect | None) -> None:
        self.overlay = overlay
        self.rect = rect
        face = overlay.face
        shown = overlap(rect, overlay.window) if rect is not None else None
        self._canvas = canvas
        self._tile = tile
        self._dims = isinstance(face, TileFace) and face.dims
        self._target = None if shown is None or (isinstance(face, TileFace) and face.blank) else crop(canvas, shown)
        self._part: Rect | None = None
        if rect is not None and shown is not None and shown != rect:
            self._part = Rect(shown.x - rect.x, shown.y - rect.y, shown.width, shown.height)
        self._over = tuple((crop(canvas, patch.rect), patch) for patch in overlay.over)
        # What lies beside the picture is blended over too, so it must start afresh like the picture itself.
        self._starts_afresh = not overlay.is_clear and (self._target is None or rect != tile)

    def begin(self, picture: TilePicture | None) -> None:
        """Draw all of the tile."""
        fill(self._canvas, widened(self._tile), CANVAS)
        fill(self._canvas, self._tile, EMPTY)
        for patch in self.overlay.fixed:
            blend(self._canvas, patch)
        self._draw(picture)

    def renew(self, picture: TilePicture) -> None:
        """Draw a new picture, and what lies over it."""
        if self._starts_afresh:
            fill(self._canvas, self.overlay.window, EMPTY)
        self._draw(picture)

    def _draw(self, picture: TilePicture | None) -> None:
        if picture is not None and self._target is not None:
            source = picture.planes if self._part is None else crop(picture.planes, self._part)
            if self._dims:
                dim(source, self._target)
            else:
                for plane, from_plane in zip(self._target, source, strict=True):
                    plane[:] = from_plane
        for target, patch in self._over:
            lay(target, patch)
