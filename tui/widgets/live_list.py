"""A scrolling list on the line API: rows by key, read when visible, repainted only when they read differently.

The cursor stays with its row, not with its line: whatever is inserted above, the row under the cursor neither changes
nor moves, so a late key press can not hit another one.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.keys import binding_of
from tui.lines import Piece, Pieces
from tui.theme import CURSOR, CURSOR_UNFOCUSED
from tui.widgets.painted import strip_of

K = TypeVar("K")
Row = tuple[Pieces, ...]
GUTTER = 1


class LiveList(ScrollView, Generic[K], can_focus=True):
    """`read(key, width)` gives a row's lines, always `high(width)` of them; `empty()` what to say when there is no row.

    A row that leaves the list while the cursor is on it is kept for as long as the cursor stays, if `keeps(key)`. A
    list that cannot have the focus has no cursor, and stays at its top.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(binding_of(("up", "k")), "move(-1)", id="list.up", show=False),
        Binding(binding_of(("down", "j")), "move(1)", id="list.down", show=False),
        Binding("pageup", "page(-1)", id="list.page_up", show=False),
        Binding("pagedown", "page(1)", id="list.page_down", show=False),
        Binding(binding_of(("home", "g")), "edge(0)", id="list.first", show=False),
        Binding(binding_of(("end", "G")), "edge(-1)", id="list.last", show=False),
    ]

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, live_list: "LiveList[Any]") -> None:
            super().__init__()
            self.live_list = live_list

        @property
        def control(self) -> "LiveList[Any]":
            """The list, for handlers that select by widget."""
            return self.live_list

    class Opened(Moved):
        """The row under the cursor was clicked twice."""

    def __init__(
        self,
        read: Callable[[K, int], Row],
        empty: Callable[[], str],
        *,
        high: Callable[[int], int] = lambda _: 1,
        keeps: Callable[[K], bool] = lambda _: False,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(id=id)
        self._read, self._empty, self._high, self._keeps = read, empty, high, keeps
        self._keys: list[K] = []
        self._rows: dict[K, Row] = {}
        self._drawn_width = 0
        self.cursor: K | None = None
        self._kept = self._lets_go = False
        self.mark = "▌"

    @property
    def keys(self) -> Sequence[K]:
        """The rows in order, one kept for the cursor included."""
        return self._keys

    def let_go(self) -> None:
        """Keep no row for the cursor when the next order is taken: somebody wants to see others."""
        self._lets_go = True

    def show(self, keys: Sequence[K]) -> None:
        """Take a new order. The row under the cursor keeps its place on the screen."""
        wanted = list(keys)
        at = self._index()
        lets_go, self._lets_go = self._lets_go, False
        is_gone = self.cursor is not None and self.cursor not in wanted
        self._kept = is_gone and not lets_go and self.cursor is not None and self._keeps(self.cursor)
        if self._kept and self.cursor is not None:
            wanted.insert(min(at, len(wanted)), self.cursor)
        if wanted == self._keys:
            return
        line = at * self._height - self.scroll_offset.y
        was_at_top = self.scroll_offset.y == 0
        before = self.cursor
        self._keys = wanted
        if self.cursor not in wanted:
            self.cursor = wanted[min(at, len(wanted) - 1)] if wanted and self.can_focus else None
        self._rows = {key: row for key, row in self._rows.items() if key in set(wanted)}
        self._resize()
        target = self._index() * self._height - line
        if target != self.scroll_offset.y and not (was_at_top and self._visible(self._index(), 0)):
            self.scroll_to(y=max(0, target), animate=False)
        self.refresh()
        if self.cursor != before:
            self.post_message(self.Moved(self))

    def tick(self) -> None:
        """Read the visible rows; ask for a repaint of those that differ."""
        width = self._width
        if width <= 0:
            return
        high = self._height
        first = self.scroll_offset.y // high
        for index in range(first, min(len(self._keys), (self.scroll_offset.y + self.size.height) // high + 1)):
            key = self._keys[index]
            row = self._read(key, width)
            if row != self._rows.get(key):
                self._rows[key] = row
                self._refresh_row(index)

    def reread(self) -> None:
        """Forget what was drawn: the words have changed."""
        self._rows.clear()
        self.refresh()

    def select(self, key: K | None) -> None:
        """Put the cursor on a row, if it is there."""
        if key in self._keys:
            self._go(self._keys.index(key))

    def render_line(self, y: int) -> Strip:
        """One line of the viewport."""
        base = self.rich_style
        index, line = divmod(y + self.scroll_offset.y, self._height)
        if index >= len(self._keys):
            if not self._keys and y == 1:
                return strip_of((Piece("  " + self._empty()),), self.size.width, base)
            return Strip.blank(self.size.width, base)
        key = self._keys[index]
        row = self._rows.get(key)
        if row is None or len(row) != self._height:  # laid out for another width, of which we have not been told yet
            row = self._rows[key] = self._read(key, self._width)
        mark = Piece(" ")
        if key == self.cursor and self.can_focus:
            base += Style(bgcolor=CURSOR if self.has_focus else CURSOR_UNFOCUSED)
            mark = Piece(self.mark if self.has_focus else " ")
        return strip_of((mark, *row[line]), self.size.width, base)

    def action_move(self, rows: int) -> None:
        """The cursor some rows up or down."""
        self._go(self._index() + rows)

    def action_page(self, pages: int) -> None:
        """The cursor one screen up or down."""
        self._go(self._index() + pages * max(1, self.size.height // self._height - 1))

    def action_edge(self, index: int) -> None:
        """The cursor to the first or the last row."""
        self._go(index if index >= 0 else len(self._keys) - 1)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens the row."""
        index = (event.y + self.scroll_offset.y) // self._height
        if index < len(self._keys) and self.can_focus:
            self._go(index)
            if event.chain == 2:
                self.post_message(self.Opened(self))

    def on_resize(self) -> None:
        """Rows are laid out anew for another width."""
        if self._width != self._drawn_width:
            self._drawn_width = self._width
            self._rows.clear()
        self._resize()
        self._scroll_to_cursor()

    def on_focus(self) -> None:
        """The cursor is drawn stronger."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor is drawn weaker."""
        self.refresh()

    @property
    def _height(self) -> int:
        return self._high(self._width)

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width - GUTTER

    def _index(self) -> int:
        return self._keys.index(self.cursor) if self.cursor in self._keys else 0

    def _resize(self) -> None:
        self.virtual_size = Size(self.size.width, len(self._keys) * self._height)

    def _go(self, index: int) -> None:
        if not self._keys:
            return
        index = min(len(self._keys) - 1, max(0, index))
        before = self._index()
        key = self._keys[index]
        if key == self.cursor:
            return
        left, self.cursor = self.cursor, key
        if self._kept:
            self.show([each for each in self._keys if each != left])
        self._refresh_row(before)
        self._refresh_row(self._index())
        self._scroll_to_cursor()
        self.post_message(self.Moved(self))

    def _scroll_to_cursor(self) -> None:
        index = self._index()
        top, bottom = index * self._height, (index + 1) * self._height
        if top < self.scroll_offset.y:
            self.scroll_to(y=top, animate=False)
        elif bottom > self.scroll_offset.y + self.size.height:
            self.scroll_to(y=bottom - self.size.height, animate=False)

    def _visible(self, index: int, scroll_y: int) -> bool:
        return scroll_y <= index * self._height and (index + 1) * self._height <= scroll_y + self.size.height

    def _refresh_row(self, index: int) -> None:
        high = self._height
        self.refresh(Region(0, index * high - self.scroll_offset.y, self.size.width, high))
