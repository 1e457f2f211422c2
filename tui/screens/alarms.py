"""The alarm list: what nobody has acknowledged first, then by priority, then newest."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from hub.protocol import AlarmView
from tui.actions import Scope
from tui.columns import Column, Columns
from tui.console import Console
from tui.glyphs import Tone
from tui.lines import Piece, Pieces, fit, width_of
from tui.order import matches, order_alarms, wants_acknowledgement
from tui.screens.alarm import AlarmDetail
from tui.screens.alarm_desk import AlarmDesk
from tui.widgets.live_list import LiveList
from tui.widgets.table import Table

_STACKED_BELOW = 100
_COLUMNS = Columns(
    Column("", 1),
    Column("column.priority", 11),
    Column("column.state", 17),
    Column("column.site", 9, grows=True),
    Column("column.device", 14, grows=True),
    Column("column.message", 18, grows=True),
    Column("column.value", 13, right=True),
    Column("column.cameras", 8, from_width=130),
    Column("column.age", 6, right=True),
)


def alarm_lines(console: Console, occurrence: str, width: int) -> tuple[Pieces, Pieces]:
    """An alarm on two lines, for narrow places."""
    alarm = console.store.alarm(occurrence)
    if alarm is None:
        return (), ()
    words, sign = console.words, console.glyphs.alarm(alarm)
    age = console.age(alarm.raised_at)
    head = f" {words(f'priority.{alarm.priority}')}  "
    message = words.name(alarm.message)
    spare = width - 1 - width_of(head) - width_of(age) - 1
    return (
        (
            Piece(sign.glyph, sign.tone, sign.blinks),
            Piece(head, sign.tone),
            Piece(fit(message, max(0, spare))),
            Piece(f" {age}", Tone.MUTED),
        ),
        (
            Piece(f"  {words(f'state.{alarm.state}')} {console.glyphs.dot} ", Tone.MUTED),
            Piece(console.place(alarm.key), Tone.MUTED),
            Piece(f" {console.glyphs.dot} {console.value(alarm.metric, alarm.value, alarm.unit)}", Tone.MUTED),
        ),
    )


class Alarms(AlarmDesk):
    """Level 1 of what needs a human."""

    SCOPE: ClassVar[Scope] = Scope.ALARMS

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.table: Table[str] = Table(
            _COLUMNS,
            self._cells,
            lambda: console.words,
            lambda: console.words("empty.filtered" if self.filter_text else "empty.alarms"),
            keeps=lambda occurrence: console.store.alarm(occurrence) is not None,
            stacked=lambda occurrence, width: alarm_lines(console, occurrence, width),
            stacked_below=_STACKED_BELOW,
        )

    def compose_body(self) -> ComposeResult:
        """The table alone."""
        yield self.table

    def relist(self) -> None:
        """Unacknowledged first; one that ends, or that a filter lets go of, stays while the cursor is on it."""
        self.table.list.show(
            [alarm.occurrence for alarm in order_alarms(self.console.store.alarms.values()) if self._passes(alarm)]
        )

    def tick_body(self) -> None:
        """Repaint the table."""
        self.table.tick()

    def selected_alarm(self) -> AlarmView | None:
        """The alarm under the cursor."""
        return self.console.store.alarm(self.table.list.cursor) if self.table.list.cursor else None

    def action_open(self) -> None:
        """All about the selected alarm."""
        if self.table.list.cursor:
            self.app.push_screen(AlarmDetail(self.console, self.table.list.cursor))

    @on(LiveList.Opened)
    def open_clicked(self) -> None:
        """The same with the mouse."""
        self.action_open()

    def action_next_unacknowledged(self) -> None:
        """The most urgent alarm that nobody has acknowledged, not the selected one. No filter hides all of them."""
        all_wanting = [
            alarm for alarm in order_alarms(self.console.store.alarms.values()) if wants_acknowledgement(alarm)
        ]
        wanting = [alarm.occurrence for alarm in all_wanting if self._passes(alarm)]
        if all_wanting and not wanting:
            self.drop_filter()
            wanting = [alarm.occurrence for alarm in all_wanting]
        here = self.table.list.cursor
        after = wanting[wanting.index(here) + 1 :] if here in wanting else wanting
        if not wanting:
            self.tell(self.console.words("told.none_unacknowledged"))
        else:
            self.table.list.select((after or wanting)[0])

    def _passes(self, alarm: AlarmView) -> bool:
        words = self.console.words
        return not self.filter_text or matches(
            self.filter_text,
            words.name(alarm.message),
            self.console.place(alarm.key),
            words(f"priority.{alarm.priority}"),
            words(f"state.{alarm.state}"),
            str(alarm.key),
        )

    def _cells(self, occurrence: str) -> tuple[Pieces, ...]:
        alarm = self.console.store.alarm(occurrence)
        if alarm is None:
            return ((),) * 9
        console, words = self.console, self.console.words
        sign = console.glyphs.alarm(alarm)
        return (
            (Piece(sign.glyph, sign.tone, sign.blinks),),
            (Piece(words(f"priority.{alarm.priority}"), sign.tone),),
            (Piece(words(f"state.{alarm.state}"), Tone.STRONG if wants_acknowledgement(alarm) else Tone.MUTED),),
            (Piece(console.site(alarm.key)),),
            (Piece(console.device(alarm.key)),),
            (Piece(words.name(alarm.message)),),
            (Piece(console.value(alarm.metric, alarm.value, alarm.unit)),),
            (Piece(", ".join(camera.device for camera in alarm.cameras), Tone.MUTED),),
            (Piece(console.age(alarm.raised_at), Tone.MUTED),),
        )
