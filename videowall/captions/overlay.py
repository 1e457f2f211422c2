"""A face as it is drawn: its patches, and what of the tile is left to the picture."""

from collections.abc import Iterable
from typing import NamedTuple

from videowall.captions.face import TileFace
from videowall.captions.panels.face import PanelFace
from videowall.captions.sheet import Patch
from videowall.picture import Rect

Face = TileFace | PanelFace


def fitting(patches: Iterable[Patch], room: Rect) -> tuple[Patch, ...]:
    """Those that lie wholly within a place: in a tile that is too small for words, they are not said."""
    return tuple(
        patch for patch in patches if patch.rect.width > 0 < patch.rect.height and _is_within(patch.rect, room)
    )


def _is_within(rect: Rect, room: Rect) -> bool:
    return room.x <= rect.x and room.y <= rect.y and rect.right <= room.right and rect.bottom <= room.bottom


class Overlay(NamedTuple):
    """`fixed` patches lie where no picture comes and are laid once; `over` those that each new picture lies under.

    `window`: the part of the canvas that the picture may be drawn on.
    """

    face: Face
    window: Rect
    fixed: tuple[Patch, ...] = ()
    over: tuple[Patch, ...] = ()

    @property
    def is_clear(self) -> bool:
        """Whether what lies over the picture hides all that is under it, so that nothing of it adds up."""
        return all(patch.keep is None for patch in self.over)
