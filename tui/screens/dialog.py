"""Small windows over a screen: a question whose safe answer is the default, and a line to write."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from tui.lines import clean


class Question(ModalScreen[bool]):
    """An irreversible step: the object is named in the button, Cancel is the default."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", id="question.cancel"),
        Binding("left,right,up,down", "app.focus_next", id="question.other"),
    ]

    def __init__(self, text: str, yes: str, cancel: str) -> None:
        super().__init__()
        self._text, self._yes, self._cancel = clean(text), clean(yes), clean(cancel)

    def compose(self) -> ComposeResult:
        """The question, Cancel, and what it asks about."""
        with Vertical(classes="dialog"):
            yield Static(self._text, markup=False)
            with Horizontal(classes="buttons"):
                yield Button(Content(self._cancel), id="cancel", compact=True)
                # A button reads markup in plain text, and this one holds a name from the network.
                yield Button(Content(self._yes), id="yes", compact=True)

    def on_mount(self) -> None:
        """Enter alone does nothing irreversible."""
        self.query_one("#cancel", Button).focus()

    @on(Button.Pressed)
    def answer(self, event: Button.Pressed) -> None:
        """Close with the answer."""
        self.dismiss(event.button.id == "yes")


class Showing(ModalScreen[None]):
    """A text to read or to copy."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter", "dismiss(None)", id="showing.close")]

    def __init__(self, title: str, text: str, hint: str) -> None:
        super().__init__()
        self._title, self._text, self._hint = clean(title), clean(text), clean(hint)

    def compose(self) -> ComposeResult:
        """Title, text, hint."""
        with Vertical(classes="dialog wide"):
            yield Static(self._title, classes="title", markup=False)
            yield Static(self._text, markup=False)
            yield Static(self._hint, classes="hint", markup=False)


class Writing(ModalScreen[str | None]):
    """One line of the officer's own words; None when they thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", id="writing.cancel")]

    def __init__(self, title: str, hint: str) -> None:
        super().__init__()
        self._title, self._hint = clean(title), clean(hint)

    def compose(self) -> ComposeResult:
        """Title, line, hint."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="title", markup=False)
            yield Input(id="text", max_length=2000, compact=True)
            yield Static(self._hint, classes="hint", markup=False)

    @on(Input.Submitted)
    def finish(self, event: Input.Submitted) -> None:
        """Close with what was written; an empty line is no note."""
        self.dismiss(event.value.strip() or None)
