"""Sensors: devices, the metrics of one with value and band, and the trend of one metric."""

from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input
from textual.worker import Worker

from hub.protocol import Aggregate, AlarmView, DeviceView
from sensors.errors import ShekaraError
from sensors.model import DeviceKey, Metric, MetricType
from tui.actions import Scope
from tui.columns import Column, Columns
from tui.console import Console
from tui.figures import band, shown_minute, shown_number, shown_time, tone_of
from tui.glyphs import Tone
from tui.lines import Piece, Pieces, fit
from tui.order import matches, order_alarms, sensors_of
from tui.screens.desk import Desk
from tui.series import Series, Span
from tui.trend import draw_trend
from tui.widgets.live_list import LiveList
from tui.widgets.painted import Painted
from tui.widgets.table import Table

_BAND_WIDTH = 14
_TREND_HEIGHT = 6
_DEVICES = Columns(Column("", 1), Column("column.sensor", 10, grows=True))
_METRICS = Columns(
    Column("column.metric", 10, grows=True), Column("column.value", 14, right=True), Column("column.band", _BAND_WIDTH)
)


class Sensors(Desk):
    """Level 2 of what is measured."""

    SCOPE: ClassVar[Scope] = Scope.SENSORS
    AUTO_FOCUS = "#devices LiveList"

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.devices: Table[DeviceKey] = Table(
            _DEVICES,
            self._device_cells,
            lambda: console.words,
            lambda: console.words("empty.filtered" if self.filter_text else "empty.sensors"),
            id="devices",
        )
        self._title = Painted(self._title_lines)
        self.metrics: Table[str] = Table(
            _METRICS,
            self._metric_cells,
            lambda: console.words,
            lambda: console.words("empty.metrics"),
            id="metrics",
        )
        self._trend = Painted(self._trend_lines, id="trend")
        self._series = Series()
        self._reading: Worker[None] | None = None
        self._worst: dict[DeviceKey, AlarmView] = {}

    def compose_body(self) -> ComposeResult:
        """Devices at the left; metrics and trend at the right."""
        with Horizontal():
            yield self.devices
            with Vertical(id="device"):
                yield self._title
                yield self.metrics
                yield self._trend

    def on_screen_resume(self) -> None:
        """Opened from a post's card: that post's devices."""
        if self.console.site_wanted is not None:
            wanted, self.console.site_wanted = self.console.site_wanted, None
            box = self.query_one("#filter", Input)
            box.value = f"{wanted}/"
            box.display = True
        super().on_screen_resume()

    def relist(self) -> None:
        """Devices by post; a device's metrics as it declared them."""
        self._worst = {alarm.key: alarm for alarm in reversed(order_alarms(self.console.store.alarms.values()))}
        self.devices.list.show([device.key for device in sensors_of(self.console.store) if self._passes(device)])
        device = self._device()
        self.metrics.list.show([metric.name for metric in device.metrics] if device else [])

    def tick_body(self) -> None:
        """Repaint lists, and the trend when a new value came."""
        key, name = self.devices.list.cursor, self.metrics.list.cursor
        view = self.console.store.metric(key, name) if key and name else None
        if view is not None:
            self._series.follow(view)
        for each in (self.devices, self._title, self.metrics, self._trend):
            each.tick()

    def on_live_list_moved(self, event: LiveList.Moved) -> None:
        """Another device or metric: another trend."""
        event.stop()
        self.relist()
        if event.live_list is self.devices.list and self._prefer_number():
            return
        self._begin_trend(self._series.span)

    def action_span(self) -> None:
        """The trend over a longer time; after the longest over the shortest."""
        self._begin_trend(self._series.span.following)

    def _begin_trend(self, span: Span) -> None:
        self._series = Series(span)
        self._reading = self.run_worker(
            partial(self._read_history, self._series),
            name="history",
            group="history",
            exclusive=True,
            exit_on_error=False,
        )
        self.tick_body()

    def _prefer_number(self) -> bool:
        """Put the metrics' cursor on one that has a trend; true when it moved, which is told separately."""
        before, device = self.metrics.list.cursor, self._device()
        if device is not None and (chosen := self._metric(before)) is not None and chosen.type is MetricType.TEXT:
            number = next((metric.name for metric in device.metrics if metric.type is MetricType.NUMBER), before)
            self.metrics.list.select(number)
        return self.metrics.list.cursor != before

    def action_other_pane(self) -> None:
        """Between devices and metrics."""
        other = self.metrics if self.devices.list.has_focus else self.devices
        other.list.focus()

    def action_open(self) -> None:
        """Into the device's metrics."""
        self.metrics.list.focus()

    def action_back(self) -> None:
        """From the metrics to the devices, and only then away."""
        if self.metrics.list.has_focus:
            self.devices.list.focus()
        else:
            super().action_back()

    async def _read_history(self, series: Series) -> None:
        key, name = self.devices.list.cursor, self.metrics.list.cursor
        if key is None or name is None:
            return
        until = self.console.clock.now()
        since = until - series.span.length
        try:
            if series.live:
                series.begin(await self.console.hub.history(key, name, since, until, 2000))
            else:
                counter = (metric := self._metric(name)) is not None and metric.type is MetricType.COUNTER
                aggregate = Aggregate.INCREASE if counter else Aggregate.MEAN
                series.begin_steps(await self.console.hub.history_steps(key, name, since, until, 0, aggregate))
        except ShekaraError as error:
            self.tell(self.console.words("told.failed", reason=error.text), severity="warning")
        else:
            self._trend.tick()

    def _device(self) -> DeviceView | None:
        key = self.devices.list.cursor
        return self.console.store.devices.get(key) if key else None

    def _metric(self, name: str | None) -> Metric | None:
        device = self._device()
        return next((metric for metric in device.metrics if metric.name == name), None) if device else None

    def _passes(self, device: DeviceView) -> bool:
        place = self.console.place(device.key)
        return not self.filter_text or matches(self.filter_text, place, str(device.key), device.kind)

    def _device_cells(self, key: DeviceKey) -> tuple[Pieces, ...]:
        device = self.console.store.devices.get(key)
        if device is None:
            return (), ()
        sign = self.console.glyphs.liveness(device.liveness)
        tone = Tone.STALE if self.console.store.stale(key) else Tone.NORMAL
        if key in self._worst:
            sign = self.console.glyphs.alarm(self._worst[key])
        return (Piece(sign.glyph, sign.tone, sign.blinks),), (Piece(self.console.label(key), tone),)

    def _title_lines(self, width: int) -> tuple[Pieces, ...]:
        device = self._device()
        if device is None:
            return ((),)
        sign = self.console.glyphs.liveness(device.liveness)
        state = f"{sign.glyph} {self.console.words(f'liveness.{device.liveness}')}"
        name = fit(self.console.place(device.key), max(0, width - len(state) - 3))
        return ((Piece(f" {name} ", Tone.STRONG), Piece(state, sign.tone)),)

    def _metric_cells(self, name: str) -> tuple[Pieces, ...]:
        key, metric, words = self.devices.list.cursor, self._metric(name), self.console.words
        label = (Piece(words.name(metric.names, name) if metric else name),)
        view = self.console.store.metric(key, name) if key else None
        if key is None or view is None or metric is None:
            return label, (Piece(words("value.none"), Tone.MUTED),), ()
        stale = self.console.store.stale(key)
        tone = tone_of(metric, view, stale=stale)
        value = (Piece(f"{self.console.glyphs.mark(tone)}{self.console.value(name, view.value, view.unit)}", tone),)
        return label, value, band(metric, view.value, _BAND_WIDTH, self.console.glyphs.level, tone)

    def _trend_lines(self, width: int) -> tuple[Pieces, ...]:
        words, zone = self.console.words, self.console.zone
        metric = self._metric(self.metrics.list.cursor)
        unit = words.unit(metric.unit) if metric else ""
        series = self._series
        points = series.points
        scale = 9
        chart = draw_trend(points, width - scale - 2, _TREND_HEIGHT, self.console.glyphs.level, held=series.live)
        if chart is None:
            text = (
                words("trend.loading" if self._reading and not self._reading.is_finished else "trend.empty")
                if metric
                else ""
            )
            return ((), (Piece(f" {text}", Tone.MUTED),), *((),) * (_TREND_HEIGHT))
        labels = {0: shown_number(chart.high), _TREND_HEIGHT - 1: shown_number(chart.low)}
        minutes = max(1, round((points[-1].at_s - points[0].at_s) / 60))
        span = words("trend.span", minutes=minutes) if series.live else words(f"span.{series.span}")
        shown = shown_time if series.live else shown_minute
        first, last = (shown(_moment(point.at_s), zone) for point in (points[0], points[-1]))
        name = (
            f"{words.name(metric.names, metric.name)}, {unit}"
            if metric and unit
            else words.name(metric.names)
            if metric
            else ""
        )
        return (
            (
                Piece(f" {name}  ", Tone.MUTED),
                Piece(f"{span} · {series.source}" if series.source else span, Tone.MUTED),
            ),
            *(
                (Piece(f"{fit(labels.get(row, ''), scale, right=True)} ", Tone.MUTED), Piece(line))
                for row, line in enumerate(chart.lines)
            ),
            (
                Piece(" " * (scale + 1) + first, Tone.MUTED),
                Piece(" " * max(1, width - scale - 2 - len(first) - len(last))),
                Piece(last, Tone.MUTED),
            ),
        )


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
