"""All posts on one screen: a card each; beside them, where there is room, the alarms and the log."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from sensors.model import SiteId
from tui.actions import Scope
from tui.columns import Column, Columns
from tui.console import Console
from tui.figures import shown_time, shown_value
from tui.glyphs import Tone
from tui.lines import Piece, Pieces, fit, width_of
from tui.order import SiteSummary, order_alarms, readings_of_kind, site_summaries
from tui.screens.alarms import alarm_lines
from tui.screens.desk import Desk
from tui.store import Link
from tui.widgets.live_list import LiveList
from tui.widgets.painted import Painted
from tui.widgets.table import Table

_CARD_LINES = 4
_FACTS = (("overview.link", "link", ("rtt",)), ("overview.power", "ups", ("charge",)))
_WEATHER = ("temperature", "wind")


class Overview(Desk):
    """Level 1: the whole border section."""

    SCOPE: ClassVar[Scope] = Scope.OVERVIEW

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._summaries: dict[SiteId, SiteSummary] = {}
        self.cards: LiveList[SiteId] = LiveList(
            self._card, lambda: console.words("empty.sites"), high=lambda _: _CARD_LINES, id="cards"
        )
        self.cards.border_title = None
        self._alarms_title = Painted(lambda _: ((Piece(f" {console.words('overview.alarms')}", Tone.MUTED),),))
        self._alarms: LiveList[str] = LiveList(
            lambda occurrence, width: alarm_lines(console, occurrence, width),
            lambda: console.words("bar.none"),
            high=lambda _: 2,
            id="side-alarms",
        )
        self._log_title = Painted(lambda _: ((Piece(f" {console.words('overview.log')}", Tone.MUTED),),))
        self._log: Table[int] = Table(
            Columns(Column("", 8), Column("", 8, grows=True)),
            self._log_cells,
            lambda: console.words,
            lambda: console.words("empty.log"),
            id="side-log",
        )
        self._alarms.can_focus = self._log.list.can_focus = False

    def compose_body(self) -> ComposeResult:
        """Cards at the left; alarms and log at the right when the screen is wide."""
        with Horizontal():
            yield self.cards
            with Vertical(id="side"):
                yield self._alarms_title
                yield self._alarms
                yield self._log_title
                yield self._log

    def relist(self) -> None:
        """Alarms by urgency; the newest log lines."""
        store = self.console.store
        self._alarms.show([alarm.occurrence for alarm in order_alarms(store.alarms.values())])
        self._log.list.show([entry.number for _, entry in zip(range(50), store.log, strict=False)])

    def tick_body(self) -> None:
        """Sum the posts up anew, for pictures change with the values; repaint cards and side lists."""
        self._summaries = {summary.site: summary for summary in site_summaries(self.console.store)}
        self.cards.show(list(self._summaries))
        for each in (self.cards, self._alarms_title, self._alarms, self._log_title, self._log):
            each.tick()

    def action_open(self) -> None:
        """The post's sensors."""
        if self.cards.cursor is not None:
            self.console.site_wanted = self.cards.cursor
            self.app.switch_mode(Scope.SENSORS.value)

    @on(LiveList.Opened, "#cards")
    def open_clicked(self) -> None:
        """The same with the mouse."""
        self.action_open()

    def _card(self, site: SiteId, width: int) -> tuple[Pieces, ...]:
        summary = self._summaries.get(site)
        if summary is None:
            return ((),) * _CARD_LINES
        rule = (Piece(self.console.glyphs.rule * (width - 1), Tone.FAINT),)
        return self._title(summary, width), self._counts(summary), self._trouble(summary), rule

    def _title(self, summary: SiteSummary, width: int) -> Pieces:
        words = self.console.words
        name = words.name(summary.names, summary.site)
        if not summary.alarms:
            state: Pieces = (Piece(words("overview.calm"), Tone.MUTED),)
        else:
            worst = summary.alarms[0]
            sign = self.console.glyphs.alarm(worst)
            state = (
                Piece(sign.glyph, sign.tone, sign.blinks),
                Piece(f" {words(f'priority.{worst.priority}')}", sign.tone),
                Piece(f"  {len(summary.alarms)}", Tone.NORMAL),
            )
        weather = self._fact(summary.site, "weather", _WEATHER) or Piece("")
        left: Pieces = (Piece(f"{name}   ", Tone.STRONG), weather._replace(tone=Tone.MUTED))
        room = width - _width(state) - 3
        if _width(left) > room:  # the alarm is what the card is for
            left = (Piece(name if width_of(name) <= room else fit(name, max(0, room)), Tone.STRONG),)
        return (*left, Piece(" " * max(1, room + 1 - _width(left))), *state)

    def _counts(self, summary: SiteSummary) -> Pieces:
        words, stale = self.console.words, self.console.store.link is not Link.UP
        pieces: list[Piece] = [Piece(self.console.glyphs.stale + " ", Tone.STALE)] if stale else []
        for label, have, total in (
            ("overview.devices", summary.online, summary.total),
            ("overview.cameras", summary.cameras_live, summary.cameras_total),
        ):
            tone = Tone.STALE if stale else Tone.NORMAL if have == total else Tone.FAULT
            pieces += [Piece(f"{words(label)} ", Tone.MUTED), Piece(f"{have}/{total}  ", tone)]
        for label, kind, metrics in _FACTS:
            if (fact := self._fact(summary.site, kind, metrics)) is not None:
                pieces += [Piece(f"{words(label)} ", Tone.MUTED), fact, Piece("  ")]
        return tuple(pieces)

    def _fact(self, site: SiteId, kind: str, metrics: tuple[str, ...]) -> Piece | None:
        readings = readings_of_kind(self.console.store, site, kind, metrics)
        if not readings:
            return None
        text = "  ".join(shown_value(view.value, view.unit, self.console.words) for view in readings)
        if self.console.store.stale(readings[0].key):
            return Piece(f"{self.console.glyphs.stale} {text}", Tone.STALE)
        return Piece(text)

    def _trouble(self, summary: SiteSummary) -> Pieces:
        words, language = self.console.words, self.console.words.language
        if summary.alarms:
            worst = summary.alarms[0]
            text = f"{self.console.device(worst.key)}: {words.name(worst.message)}"
            return (Piece(f"{shown_time(worst.raised_at, self.console.zone)} ", Tone.MUTED), Piece(text))
        for label, devices in (("overview.trouble", summary.troubles), ("overview.dark", summary.dark_cameras)):
            if devices:
                names = ", ".join(device.names.in_language(language) or device.key.device for device in devices)
                return (Piece(f"{words(label)}: ", Tone.FAULT), Piece(names))
        return ()

    def _log_cells(self, number: int) -> tuple[Pieces, ...]:
        entry = next((entry for entry in self.console.store.log if entry.number == number), None)
        if entry is None:
            return ((), ())
        return (Piece(shown_time(entry.at, self.console.zone), Tone.MUTED),), (Piece(self.console.story(entry)),)


def _width(pieces: Pieces) -> int:
    return sum(width_of(piece.text) for piece in pieces)
