"""One of a few values on one line, changed by the arrow keys: ‹ Ground sensor 1 ›."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from tui.lines import Piece
from tui.theme import CURSOR
from tui.widgets.painted import strip_of


class Option(NamedTuple):
    """A value as text, empty for none, and how it is called."""

    value: str
    label: str


class Choosing(Widget, can_focus=True):
    """Left and right, or space, go through the options, round and round; the first is chosen at first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "turn(1)", id="choosing.next", show=False),
        Binding("left", "turn(-1)", id="choosing.previous", show=False),
    ]

    def __init__(self, options: Sequence[Option], chosen: str = "", *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._options = options
        self._at = next((place for place, option in enumerate(options) if option.value == chosen), 0)

    @property
    def value(self) -> str:
        """What is chosen."""
        return self._options[self._at].value

    def action_turn(self, by: int) -> None:
        """The next option, or the one before."""
        self._at = (self._at + by) % len(self._options)
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line."""
        del container, viewport, width
        return 1

    def render_line(self, y: int) -> Strip:
        """The chosen option between two arrows."""
        del y
        base = self.rich_style + Style(bgcolor=CURSOR) if self.has_focus else self.rich_style
        return strip_of((Piece(f"‹ {self._options[self._at].label} ›"),), self.size.width, base)

    def on_focus(self) -> None:
        """It is drawn stronger."""
        self.refresh()

    def on_blur(self) -> None:
        """It is drawn weaker."""
        self.refresh()
