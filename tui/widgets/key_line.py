"""The last line: the keys of this screen, from the action table, in the reader's language."""

from tui.actions import Command, Scope, commands_of, may
from tui.console import Console
from tui.glyphs import Tone
from tui.keys import label_of
from tui.lines import Piece, Pieces, width_of
from tui.widgets.painted import Painted


class KeyLine(Painted):
    """One line of keys. What does not fit is left out whole; help never is."""

    def __init__(self, console: Console, scope: Scope) -> None:
        super().__init__(lambda width: (_keys(console, scope, width),))


def _keys(console: Console, scope: Scope, width: int) -> Pieces:
    shown = [command for command in commands_of(scope) if command.shown]
    first, *rest = sorted(shown, key=lambda command: command.id != "help")
    kept = [first]
    for command in sorted(rest, key=lambda command: scope not in command.scopes):
        if sum(_width(console, each) for each in (*kept, command)) <= width:
            kept.append(command)
    pieces: list[Piece] = []
    for command in sorted(kept, key=lambda command: (scope not in command.scopes, shown.index(command))):
        allowed = may(console.store.role, command)
        pieces.append(Piece(f" {label_of(command.keys[0])} ", Tone.STRONG if allowed else Tone.MUTED))
        pieces.append(Piece(f"{_label(console, command)} ", Tone.NORMAL if allowed else Tone.MUTED))
    return tuple(pieces)


def _label(console: Console, command: Command) -> str:
    label = console.words(f"action.{command.id}")
    return label if may(console.store.role, command) else f"({label})"


def _width(console: Console, command: Command) -> int:
    return width_of(label_of(command.keys[0])) + width_of(_label(console, command)) + 3
