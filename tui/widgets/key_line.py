"""The last line: the keys of this screen, from the action table, in the reader's language."""

from tui.actions import Command, Scope, commands_of, may
from tui.console import Console
from tui.glyphs import Tone
from tui.keys import label_of
from tui.lines import Piece, Pieces, width_of
from tui.widgets.painted import Painted


class KeyLine(Painted):
    """One line of keys. What does not fit is left out whole, from the right, help and quit last."""

    DEFAULT_CSS = "KeyLine { height: 1; dock: bottom; background: $panel; }"

    def __init__(self, console: Console, scope: Scope) -> None:
        super().__init__(lambda width: (_keys(console, scope, width),))


def _keys(console: Console, scope: Scope, width: int) -> Pieces:
    shown = [command for command in commands_of(scope) if command.shown]
    own = [command for command in shown if scope in command.scopes]
    everywhere = [command for command in shown if command not in own]
    kept = everywhere[::-1]
    for command in own:
        if sum(_width(console, each) for each in (*kept, command)) < width:
            kept.append(command)
    while sum(_width(console, each) for each in kept) >= width and len(kept) > 1:
        kept.pop(0)
    pieces: list[Piece] = []
    for command in (each for each in (*own, *everywhere) if each in kept):
        allowed = may(console.store.role, command)
        pieces.append(Piece(f" {label_of(command.keys[0])} ", Tone.STRONG if allowed else Tone.MUTED))
        label = console.words(f"action.{command.id}")
        pieces.append(Piece(f"{label} " if allowed else f"({label}) ", Tone.NORMAL if allowed else Tone.MUTED))
    return tuple(pieces)


def _width(console: Console, command: Command) -> int:
    return width_of(label_of(command.keys[0])) + width_of(console.words(f"action.{command.id}")) + 5
