"""Cameras: their pictures' health, and the selected one's picture, never shown as live when it is not."""

from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.worker import Worker

from hub.protocol import DeviceView
from sensors.catalog import PictureState
from sensors.errors import ShekaraError
from sensors.model import DeviceId, DeviceKey
from tui.actions import Scope
from tui.bitmap import Bitmap, decode_bitmap
from tui.columns import Column, Columns
from tui.config import GlyphLevel
from tui.console import Console
from tui.figures import shown_age, shown_number, shown_value
from tui.glyphs import Tone
from tui.lines import Piece, Pieces, fit
from tui.order import cameras_of, matches, picture_state
from tui.screens.desk import Desk
from tui.screens.wall import Wall
from tui.widgets.live_list import LiveList
from tui.widgets.painted import Painted
from tui.widgets.preview import Preview
from tui.widgets.table import Table

_COLUMNS = Columns(
    Column("", 1),
    Column("column.camera", 14, grows=True),
    Column("column.picture", 14),
    Column("column.fps", 4, right=True, from_width=52),
    Column("column.bitrate", 7, right=True, from_width=58),
    Column("column.latency", 5, right=True, from_width=64),
    Column("column.age", 6, right=True),
)
_FACTS = ("fps", "age", "bitrate", "latency")
_COUNTERS = (("lost", "lost_total"), ("dropped", "dropped_total"), ("errors", "decode_errors_total"))
_LABEL_WIDTH = 18


class Cameras(Desk):
    """Level 2 of what can be seen."""

    SCOPE: ClassVar[Scope] = Scope.CAMERAS

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.table: Table[DeviceKey] = Table(
            _COLUMNS,
            self._cells,
            lambda: console.words,
            lambda: console.words("empty.filtered" if self.filter_text else "empty.cameras"),
            id="cameras",
        )
        self._caption = Painted(self._caption_lines)
        self._preview = Preview(ascii_only=console.settings.glyphs is GlyphLevel.ASCII)
        self._facts = Painted(self._fact_lines)
        self._shown: DeviceKey | None = None
        self._fetched_at: datetime | None = None
        self._failure = ""
        self._fetch: Worker[None] | None = None

    def compose_body(self) -> ComposeResult:
        """The list, and the selected camera at its right."""
        with Horizontal():
            yield self.table
            with Vertical(id="camera"):
                yield self._caption
                yield self._preview
                yield self._facts

    def on_mount(self) -> None:
        """Pictures come while the screen is seen."""
        super().on_mount()
        self.set_interval(self.console.settings.picture_interval_s, self._ask_for_picture)

    def on_screen_resume(self) -> None:
        """A picture at once, not after the first interval."""
        super().on_screen_resume()
        self._ask_for_picture()

    def relist(self) -> None:
        """Cameras by post."""
        self.table.list.show([camera.key for camera in cameras_of(self.console.store) if self._passes(camera)])

    def tick_body(self) -> None:
        """Repaint the list and the facts; a filter may be for a state, which comes with the values."""
        if self.filter_text:
            self.relist()
        for each in (self.table, self._caption, self._facts):
            each.tick()

    def on_live_list_moved(self, event: LiveList.Moved) -> None:
        """Another camera: its picture, and nothing of the one before."""
        event.stop()
        self._forget()
        self._ask_for_picture()
        self.tick_body()

    def action_spotlight(self) -> None:
        """The selected camera on the wall's large tile."""
        if self.table.list.cursor is not None:
            self.spotlight(self.table.list.cursor)

    def action_wall(self) -> None:
        """What the wall shows, and what it can show."""
        self.app.push_screen(Wall(self.console))

    def _ask_for_picture(self) -> None:
        busy = self._fetch is not None and not self._fetch.is_finished and self._shown == self.table.list.cursor
        if self.table.list.cursor is None or busy or not self.is_current:
            return
        self._shown = self.table.list.cursor
        self._fetch = self.run_worker(
            partial(self._fetch_picture, self._shown),
            name="picture",
            group="picture",
            exclusive=True,
            exit_on_error=False,
        )

    async def _fetch_picture(self, key: DeviceKey) -> None:
        name = self.console.settings.wall
        wall = self.console.store.walls.get(name)
        if wall is None or not wall.online or not wall.url:
            self._show(None, self.console.words("camera.no_wall", wall=name))
            return
        try:
            content = await self.console.hub.camera_picture(wall.url, name, key, max(16, self._preview.size.width))
            bitmap = decode_bitmap(content)
        except ShekaraError as error:
            self._show(None, self.console.words("camera.failed", reason=error.what))
            return
        if key == self.table.list.cursor:
            self._fetched_at = self.console.clock.now()
            self._show(bitmap, "")

    def _show(self, bitmap: Bitmap | None, failure: str) -> None:
        self._failure = failure
        self._preview.show(bitmap)
        self._caption.tick()

    def _forget(self) -> None:
        self._fetched_at = None
        self._show(None, "")

    def _passes(self, camera: DeviceView) -> bool:
        if not self.filter_text:
            return True
        state = picture_state(self.console.store, camera.key)
        word = self.console.words(f"picture.{state or 'unknown'}")
        return matches(self.filter_text, self.console.place(camera.key), str(camera.key), word)

    def _cells(self, key: DeviceKey) -> tuple[Pieces, ...]:
        state = picture_state(self.console.store, key)
        sign = self.console.glyphs.picture(state)
        return (
            (Piece(sign.glyph, sign.tone),),
            (Piece(self.console.label(key), Tone.NORMAL),),
            (Piece(self.console.words(f"picture.{state or 'unknown'}"), sign.tone),),
            self._number(key, "fps"),
            self._number(key, "bitrate"),
            self._number(key, "latency"),
            self._age(key),
        )

    def _number(self, key: DeviceKey, metric: str) -> Pieces:
        view = self.console.store.metric(key, metric)
        if view is None or isinstance(view.value, str):
            return ()
        tone = Tone.STALE if self._stale(key) else Tone.NORMAL
        return (Piece(shown_number(round(view.value)), tone),)

    def _stale(self, key: DeviceKey) -> bool:
        """A camera's figures are the wall's, and as old as its last word."""
        return self.console.store.stale(key) or picture_state(self.console.store, key) is None

    def _age(self, key: DeviceKey) -> Pieces:
        age_s = self._age_s(key)
        if age_s is None:
            return ()
        return (Piece(shown_age(age_s, self.console.words), Tone.MUTED if age_s < 2 else Tone.FAULT),)

    def _age_s(self, key: DeviceKey) -> float | None:
        view = self.console.store.metric(key, "age")
        if view is None or isinstance(view.value, str):
            return None
        live = picture_state(self.console.store, key) is PictureState.LIVE
        since_s = 0.0 if live else (self.console.clock.now() - view.captured_at).total_seconds()
        return float(view.value) + max(0.0, since_s)

    def _caption_lines(self, width: int) -> tuple[Pieces, ...]:
        key, words = self.table.list.cursor, self.console.words
        if key is None:
            return (), ()
        state = picture_state(self.console.store, key)
        sign = self.console.glyphs.picture(state)
        word = words(f"picture.{state or 'unknown'}")
        live = state is PictureState.LIVE
        verdict = word if live else f"{words('camera.not_live')}: {word}"
        if self._failure:
            note = self._failure
        elif self._fetched_at is None:
            note = words("camera.waiting")
        else:
            note = words("camera.shown_at", age=self.console.age(self._fetched_at))
        head = (Piece(fit(self.console.place(key), width), Tone.STRONG),)
        return head, (
            Piece(f"{sign.glyph} {verdict}", Tone.NORMAL if live else Tone.FAULT),
            Piece(f" {self.console.glyphs.dot} {note}", Tone.MUTED),
        )

    def _fact_lines(self, width: int) -> tuple[Pieces, ...]:
        key = self.table.list.cursor
        device = self.console.store.devices.get(key) if key else None
        if key is None or device is None:
            return ()
        lines = [self._fact(key, f"camera.{name}", name) for name in _FACTS]
        lines += [self._fact(key, f"camera.{label}", name) for label, name in _COUNTERS]
        covers = ", ".join(self.console.device(DeviceKey(key.site, other)) for other in _ids(device))
        if covers:
            lines.append((self._label("camera.covers"), Piece(fit(covers, max(0, width - _LABEL_WIDTH - 1)).rstrip())))
        wall = self.console.store.walls.get(self.console.settings.wall)
        if wall is not None and wall.spotlight == key:
            lines.append((Piece(self.console.words("camera.on_spot"), Tone.STRONG),))
        return tuple(lines)

    def _fact(self, key: DeviceKey, label: str, metric: str) -> Pieces:
        view = self.console.store.metric(key, metric)
        words = self.console.words
        if metric == "age":
            age_s = self._age_s(key)
            text = words("value.none") if age_s is None else shown_age(age_s, words)
        else:
            text = words("value.none") if view is None else shown_value(view.value, view.unit, words)
        stale = view is None or self._stale(key)
        mark = f"{self.console.glyphs.stale} " if stale else ""
        return (self._label(label), Piece(f"{mark}{text}", Tone.STALE if stale else Tone.NORMAL))

    def _label(self, label: str) -> Piece:
        return Piece(f"{fit(self.console.words(label), _LABEL_WIDTH)} ", Tone.MUTED)


def _ids(device: DeviceView) -> list[DeviceId]:
    return [DeviceId(each) for each in device.covers]
