"""The operational log: what happened and who did it, newest first; and the officer's own notes."""

from typing import ClassVar

from textual.app import ComposeResult

from hub.protocol import LogEntry
from tui.actions import Scope
from tui.columns import Column, Columns
from tui.console import Console
from tui.figures import shown_moment, shown_time
from tui.glyphs import Tone
from tui.lines import Piece, Pieces
from tui.order import matches
from tui.screens.desk import Desk
from tui.screens.dialog import Writing
from tui.widgets.painted import Painted
from tui.widgets.table import Table

_COLUMNS = Columns(
    Column("column.time", 8),
    Column("column.who", 9),
    Column("column.what", 14),
    Column("column.device", 14, grows=True),
    Column("column.message", 12, grows=True),
)


class Log(Desk):
    """The journal of the shift."""

    SCOPE: ClassVar[Scope] = Scope.LOG

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._entries: dict[int, LogEntry] = {}
        self.table: Table[int] = Table(
            _COLUMNS,
            self._cells,
            lambda: console.words,
            lambda: console.words("empty.filtered" if self.filter_text else "empty.log"),
            id="log",
        )
        self._whole = Painted(self._whole_lines, id="entry")

    def compose_body(self) -> ComposeResult:
        """The lines, and the selected one in full."""
        yield self.table
        yield self._whole

    def relist(self) -> None:
        """Newest first."""
        self._entries = {entry.number: entry for entry in self.console.store.log if self._passes(entry)}
        self.table.list.show(list(self._entries))

    def tick_body(self) -> None:
        """Repaint what reads differently."""
        self.table.tick()
        self._whole.tick()

    def on_live_list_moved(self) -> None:
        """Another line in full."""
        self._whole.tick()

    def action_note(self) -> None:
        """Write a line."""
        words = self.console.words

        def finish(text: str | None) -> None:
            if text is not None:
                self.order(self.console.hub.write_note(text), words("told.noted"))

        self.app.push_screen(Writing(words("dialog.note_title"), words("dialog.note_hint")), finish)

    def _passes(self, entry: LogEntry) -> bool:
        where = self.console.place(entry.key) if entry.key else ""
        return not self.filter_text or matches(
            self.filter_text, entry.text, entry.who, self.console.words.happening(entry.kind), where
        )

    def _cells(self, number: int) -> tuple[Pieces, ...]:
        entry = self._entries[number]
        return (
            (Piece(shown_time(entry.at, self.console.zone), Tone.MUTED),),
            (Piece(entry.who, Tone.MUTED),),
            (Piece(self.console.words.happening(entry.kind)),),
            (Piece(self.console.place(entry.key) if entry.key else ""),),
            (Piece(self.console.said(entry)),),
        )

    def _whole_lines(self, width: int) -> tuple[Pieces, ...]:
        entry = self._entries.get(self.table.list.cursor) if self.table.list.cursor is not None else None
        if entry is None:
            return (), ()
        where = f"  {self.console.place(entry.key)}" if entry.key else ""
        kind = self.console.words.happening(entry.kind)
        head = f" {shown_moment(entry.at, self.console.zone)}  {kind}  {entry.who}{where}"
        del width
        return (Piece(head, Tone.MUTED),), (Piece(f" {entry.text}", Tone.STRONG),)
