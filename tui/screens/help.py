"""Keys and signs of one screen, from the action table."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from sensors.model import Priority
from tui.actions import Command, Scope, commands_of
from tui.console import Console
from tui.glyphs import Tone
from tui.keys import binding_of, label_of
from tui.lines import Piece, Pieces, fit
from tui.widgets.painted import Painted


class Help(ModalScreen[None]):
    """Closed by the keys that opened it, or Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(binding_of(("escape", "?", "f1", "q")), "dismiss", id="help.close"),
    ]

    def __init__(self, console: Console, scope: Scope) -> None:
        super().__init__()
        self._shared, self._scope = console, scope

    def compose(self) -> ComposeResult:
        """One page that scrolls when the screen is small."""
        with VerticalScroll(classes="dialog wide"):
            yield Painted(self._lines)

    def _lines(self, width: int) -> tuple[Pieces, ...]:
        del width
        words = self._shared.words
        commands = commands_of(self._scope)
        here = [command for command in commands if self._scope in command.scopes]
        everywhere = [command for command in commands if command not in here]
        return (
            (Piece(words("help.here"), Tone.STRONG),),
            *(self._line(command) for command in here),
            (),
            (Piece(words("help.everywhere"), Tone.STRONG),),
            *(self._line(command) for command in everywhere),
            (),
            (Piece(words("help.signs"), Tone.STRONG),),
            *self._signs(),
            (),
            (Piece(words("help.layouts"), Tone.MUTED),),
            (Piece(words("help.close"), Tone.MUTED),),
        )

    def _line(self, command: Command) -> Pieces:
        keys = " ".join(label_of(key) for key in command.keys)
        return (
            Piece(f"  {fit(keys, 9)} ", Tone.STRONG),
            Piece(f"{self._shared.words(f'action.{command.id}')} {self._shared.glyphs.dot} "),
            Piece(self._shared.words(f"action.{command.id}.help"), Tone.MUTED),
        )

    def _signs(self) -> tuple[Pieces, ...]:
        words, glyphs = self._shared.words, self._shared.glyphs
        rows: list[Pieces] = []
        for priority in reversed(Priority):
            open_sign = glyphs.priority(priority, acknowledged=False)
            taken_sign = glyphs.priority(priority, acknowledged=True)
            rows.append(
                (
                    Piece(f"  {open_sign.glyph} {taken_sign.glyph}      ", open_sign.tone),
                    Piece(words(f"priority.{priority}"), open_sign.tone),
                )
            )
        return (
            *rows,
            (Piece(f"           {words('help.signs_filled')}", Tone.MUTED),),
            (Piece(f"  {glyphs.stale}        ", Tone.STALE), Piece(words("help.signs_stale"), Tone.MUTED)),
        )
