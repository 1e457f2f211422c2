"""A live list with columns and a head line over them."""

from collections.abc import Callable
from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.containers import Vertical

from tui.columns import Columns
from tui.lines import Piece, Pieces
from tui.strings import Words
from tui.widgets.live_list import GUTTER, LiveList
from tui.widgets.painted import Painted

K = TypeVar("K")


class Table(Vertical, Generic[K]):
    """`cells(key)` gives one cell a column. Where a narrow table has `stacked`, a row is those lines instead."""

    def __init__(
        self,
        columns: Columns,
        cells: Callable[[K], tuple[Pieces, ...]],
        words: Callable[[], Words],
        empty: Callable[[], str],
        *,
        keeps: Callable[[K], bool] = lambda _: False,
        stacked: Callable[[K, int], tuple[Pieces, Pieces]] | None = None,
        stacked_below: int = 0,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(id=id)
        self._columns, self._cells, self._words = columns, cells, words
        self._stacked, self._stacked_below = stacked, stacked_below if stacked else 0
        self.list: LiveList[K] = LiveList(self._read, empty, high=self._high, keeps=keeps)
        self._head = Painted(self._titles)

    def compose(self) -> ComposeResult:
        """The head line, then the rows."""
        yield self._head
        yield self.list

    def tick(self) -> None:
        """Repaint what reads differently."""
        self._head.tick()
        self.list.tick()

    def _titles(self, width: int) -> tuple[Pieces, ...]:
        if width - GUTTER < self._stacked_below:
            return ((),)
        return ((Piece(" " * GUTTER), *self._columns.titles(width - GUTTER, self._words())),)

    def _high(self, width: int) -> int:
        return 2 if width < self._stacked_below else 1

    def _read(self, key: K, width: int) -> tuple[Pieces, ...]:
        if self._stacked is not None and width < self._stacked_below:
            return self._stacked(key, width)
        return (self._columns.line(self._cells(key), width),)
