"""Columns of a table, fitted into whatever width there is. Pure."""

from functools import lru_cache
from typing import NamedTuple

from tui.glyphs import Tone
from tui.lines import Piece, Pieces, fit_pieces
from tui.strings import Words

GAP = 1
_LINES_KEPT = 256


class Column(NamedTuple):
    """A column: its title's phrase, its cells, whether it shares what is left, the least table to show it."""

    title: str
    width: int
    right: bool = False
    grows: bool = False
    from_width: int = 0


class Columns:
    """A table's columns in order."""

    def __init__(self, *columns: Column) -> None:
        self._columns = columns
        self._line = lru_cache(maxsize=_LINES_KEPT)(self._lay_out)

    def widths(self, width: int) -> tuple[int, ...]:
        """Cells of each column in a table `width` wide; 0 for those that are left out."""
        shown = [width >= column.from_width for column in self._columns]
        taken = sum(column.width + GAP for column, is_shown in zip(self._columns, shown, strict=True) if is_shown)
        growing = [column for column, is_shown in zip(self._columns, shown, strict=True) if is_shown and column.grows]
        spare = max(0, width - taken + GAP)
        widths: list[int] = []
        for column, is_shown in zip(self._columns, shown, strict=True):
            share = 0
            if is_shown and column.grows:
                share = spare // len(growing)
                growing.pop()
                spare -= share
            widths.append(column.width + share if is_shown else 0)
        return tuple(widths)

    def titles(self, width: int, words: Words) -> Pieces:
        """The head line."""
        return self.line(
            tuple((Piece(words(column.title) if column.title else "", Tone.MUTED),) for column in self._columns), width
        )

    def line(self, cells: tuple[Pieces, ...], width: int) -> Pieces:
        """One row: each cell in its column's width. Most rows read on a tick as they did before, and cost nothing."""
        return self._line(cells, width)

    def _lay_out(self, cells: tuple[Pieces, ...], width: int) -> Pieces:
        out: list[Piece] = []
        for column, cell, cells_wide in zip(self._columns, cells, self.widths(width), strict=True):
            if not cells_wide:
                continue
            if out:
                out.append(Piece(" " * GAP))
            fitted = fit_pieces(cell, cells_wide)
            out.extend(_to_the_right(fitted) if column.right else fitted)
        return tuple(out)


def _to_the_right(pieces: Pieces) -> Pieces:
    *rest, last = pieces
    if last.text.strip() or not rest:
        text = last.text.rstrip(" ")
        return (Piece(" " * (len(last.text) - len(text))), *rest, last._replace(text=text))
    return (last, *rest)
