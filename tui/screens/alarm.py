"""One alarm in full: what, how much beyond what, why, what to do, who has accepted it, which cameras see it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from hub.protocol import AlarmView
from sensors.model import Condition, Limit, Metric
from tui.actions import Scope
from tui.console import Console
from tui.figures import band, shown_moment, tone_of
from tui.glyphs import Tone
from tui.lines import Piece, Pieces, fit, wrap
from tui.screens.alarm_desk import AlarmDesk
from tui.widgets.painted import Painted

_LABEL_WIDTH = 22
_SIGNS = {Condition.ABOVE: ">", Condition.BELOW: "<", Condition.EQUALS: "=", Condition.DIFFERS: "≠"}


class AlarmDetail(AlarmDesk):
    """Level 3: from the list in one key, and back in one key."""

    SCOPE: ClassVar[Scope] = Scope.ALARM
    AUTO_FOCUS = "VerticalScroll"

    def __init__(self, console: Console, occurrence: str) -> None:
        super().__init__(console)
        self._occurrence = occurrence
        self._page = Painted(self._lines)

    def compose_body(self) -> ComposeResult:
        """A page that scrolls when the screen is small."""
        with VerticalScroll(id="page"):
            yield self._page

    def tick_body(self) -> None:
        """Repaint what reads differently."""
        self._page.tick()

    def selected_alarm(self) -> AlarmView | None:
        """This one."""
        return self.console.store.alarm(self._occurrence)

    def action_back(self) -> None:
        """Back to where it was opened."""
        self.app.pop_screen()

    def _lines(self, width: int) -> tuple[Pieces, ...]:
        alarm = self.selected_alarm()
        if alarm is None:
            return ((Piece(self.console.words("alarm.gone")),),)
        words = self.console.words
        sign = self.console.glyphs.alarm(alarm)
        metric = self._metric(alarm)
        limit = self._limit(alarm, metric)
        return (
            (),
            (
                Piece(sign.glyph, sign.tone, sign.blinks),
                Piece(f" {words(f'priority.{alarm.priority}')}  ", sign.tone),
                Piece(words.name(alarm.message), Tone.STRONG),
            ),
            (Piece(f"  {self.console.place(alarm.key)}"), Piece(f"  {alarm.key}", Tone.MUTED)),
            (),
            self._fact("alarm.state", words(f"state.{alarm.state}")),
            self._fact(
                "alarm.value",
                f"{self._metric_name(alarm, metric)} {self.console.value(alarm.metric, alarm.value, alarm.unit)}",
            ),
            *((self._fact("alarm.bound", self._bound(limit, alarm)),) if limit else ()),
            *self._band(alarm, metric, width),
            self._fact("alarm.captured", shown_moment(alarm.captured_at, self.console.zone)),
            self._fact("alarm.raised", self._moment(alarm)),
            *(
                (self._fact("alarm.returned", shown_moment(alarm.returned_at, self.console.zone)),)
                if alarm.returned_at
                else ()
            ),
            self._fact("alarm.acknowledged", self._acknowledged(alarm)),
            self._fact("alarm.cameras", self._cameras(alarm)),
            (),
            *self._paragraph("alarm.procedure", words.name(alarm.procedure), width),
            *self._paragraph("alarm.cause", alarm.cause, width),
        )

    def _fact(self, label: str, text: str) -> Pieces:
        return (Piece(f"  {fit(self.console.words(label), _LABEL_WIDTH)} ", Tone.MUTED), Piece(text))

    def _paragraph(self, label: str, text: str, width: int) -> tuple[Pieces, ...]:
        if not text:
            return ()
        lines = [(Piece(f"    {line}"),) for line in wrap(text, min(width, 100) - 6)]
        return ((Piece(f"  {self.console.words(label)}", Tone.MUTED),), *lines, ())

    def _moment(self, alarm: AlarmView) -> str:
        age = self.console.words("age.ago", age=self.console.age(alarm.raised_at))
        return f"{shown_moment(alarm.raised_at, self.console.zone)}, {age}"

    def _acknowledged(self, alarm: AlarmView) -> str:
        if alarm.acknowledged_at is None:
            return self.console.words("alarm.not_acknowledged")
        return f"{alarm.acknowledged_by}, {shown_moment(alarm.acknowledged_at, self.console.zone)}"

    def _cameras(self, alarm: AlarmView) -> str:
        names = ", ".join(self.console.device(camera) for camera in alarm.cameras)
        return names or self.console.words("alarm.no_cameras")

    def _metric(self, alarm: AlarmView) -> Metric | None:
        device = self.console.store.devices.get(alarm.key)
        return next((each for each in device.metrics if each.name == alarm.metric), None) if device else None

    def _metric_name(self, alarm: AlarmView, metric: Metric | None) -> str:
        return self.console.words.name(metric.names, metric.name) if metric else alarm.metric

    def _bound(self, limit: Limit, alarm: AlarmView) -> str:
        bound = self.console.value(alarm.metric, limit.bound, alarm.unit)
        return f"{_SIGNS[limit.condition]} {bound}"

    @staticmethod
    def _limit(alarm: AlarmView, metric: Metric | None) -> Limit | None:
        return next((limit for limit in metric.limits if limit.id == alarm.limit), None) if metric else None

    def _band(self, alarm: AlarmView, metric: Metric | None, width: int) -> tuple[Pieces, ...]:
        view = self.console.store.metric(alarm.key, alarm.metric)
        if metric is None or view is None:
            return ()
        tone = tone_of(metric, view, stale=self.console.store.stale(alarm.key))
        pieces = band(metric, view.value, min(40, width - _LABEL_WIDTH - 22), self.console.glyphs.level, tone)
        if not pieces:
            return ()
        label = fit(self.console.words("alarm.now"), _LABEL_WIDTH)
        now = self.console.glyphs.mark(tone) + self.console.value(alarm.metric, view.value, view.unit)
        return ((Piece(f"  {label} ", Tone.MUTED), *pieces, Piece(f"  {now}", tone)),)
