"""The wall: what it shows now, and what it can be told to show: a layout, a kept page, a tour."""

import re
from functools import partial
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.worker import Worker

from hub.protocol import PresetRequest, PresetView, Progress, Stop, Tour, WallRequest, WallView
from sensors.errors import ShekaraError
from sensors.model import ID_PATTERN, Names
from tui.actions import Scope
from tui.columns import Column, Columns
from tui.console import Console
from tui.glyphs import Tone
from tui.lines import Piece, Pieces, fit
from tui.screens.desk import Desk
from tui.screens.dialog import Question, Writing
from tui.widgets.live_list import LiveList
from tui.widgets.painted import Painted
from tui.widgets.table import Table

LAYOUTS: Final = ("1+12", "1+7", "1+5", "2+8", "1x1", "2x2", "3x3", "4x4", "5x5", "6x6", "7x7", "8x8")
_COLUMNS = Columns(Column("", 1), Column("column.shows", 10), Column("column.what", 20, grows=True))
_PRESET, _LAYOUT, _CAMERAS, _PRESETS = "preset:", "layout:", "tour:cameras", "tour:presets"
_LABEL_WIDTH = 16


class Wall(Desk):
    """From the lists in one key, and back in one key."""

    SCOPE: ClassVar[Scope] = Scope.WALL

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._presets: dict[str, PresetView] = {}
        self._fetch: Worker[None] | None = None
        self._stand = Painted(self._stand_lines)
        self.table: Table[str] = Table(
            _COLUMNS, self._cells, lambda: console.words, lambda: console.words("empty.filtered"), id="choices"
        )

    def compose_body(self) -> ComposeResult:
        """How the wall stands, then what it can show."""
        with Vertical():
            yield self._stand
            yield self.table

    def on_screen_resume(self) -> None:
        """The kept pages may be others by now."""
        super().on_screen_resume()
        self._fetch_presets()

    def relist(self) -> None:
        """Kept pages first, then tours, then layouts."""
        presets = [f"{_PRESET}{name}" for name in self._presets]
        tours = [_CAMERAS, *([_PRESETS] if presets else [])]
        self.table.list.show([*presets, *tours, *(f"{_LAYOUT}{name}" for name in LAYOUTS)])

    def tick_body(self) -> None:
        """Repaint what reads differently."""
        self._stand.tick()
        self.table.tick()

    def action_back(self) -> None:
        """Back to where it was opened."""
        self.app.pop_screen()

    @on(LiveList.Opened)
    def show_clicked(self) -> None:
        """The same with the mouse."""
        self.action_show_on_wall()

    def action_show_on_wall(self) -> None:
        """Have the wall show what the cursor is on."""
        row = self.table.list.cursor
        if row is None:
            return
        if row.startswith(_PRESET):
            request = WallRequest(preset=row.removeprefix(_PRESET))
        elif row.startswith(_LAYOUT):
            request = WallRequest(layout=row.removeprefix(_LAYOUT))
        else:
            stops = tuple(Stop(name) for name in self._presets) if row == _PRESETS else (Stop(through=True),)
            request = WallRequest(tour=Tour(stops), progress=Progress.PLAYING, page=1)
        self._change(request, self._title_of(row))

    def action_hold_tour(self) -> None:
        """Hold the page that is shown, or let the pages turn again."""
        wall = self._wall()
        if wall is None or wall.tour is None:
            self.tell(self.console.words("told.no_tour"), severity="warning")
            return
        playing = wall.progress is Progress.PLAYING
        words = self.console.words
        self._change(
            WallRequest(progress=Progress.HELD if playing else Progress.PLAYING),
            words("wall.held") if playing else words("wall.playing"),
        )

    def action_end_tour(self) -> None:
        """Back to the wall's own page."""
        self._change(WallRequest(progress=Progress.OFF), self.console.words("wall.own"))

    def action_next_page(self) -> None:
        """The tour's next page."""
        self._turn(1)

    def action_previous_page(self) -> None:
        """The tour's page before."""
        self._turn(-1)

    def action_calm(self) -> None:
        """Let the wall be dark until something needs eyes; or not."""
        wall, words = self._wall(), self.console.words
        is_calm = wall is not None and wall.calm
        self._change(WallRequest(calm=not is_calm), words("wall.calm_off") if is_calm else words("wall.calm_on"))

    def action_keep_preset(self) -> None:
        """Keep the wall's page under a name."""
        words = self.console.words

        def finish(name: str | None) -> None:
            if name is not None:
                self._keep(name[:60])

        self.app.push_screen(Writing(words("dialog.preset_title"), words("dialog.note_hint")), finish)

    def action_drop_preset(self) -> None:
        """Forget the kept page that the cursor is on."""
        row, words = self.table.list.cursor or "", self.console.words
        if not row.startswith(_PRESET):
            self.tell(words("told.no_preset"), severity="warning")
            return
        preset, name = row.removeprefix(_PRESET), self._title_of(row)

        def finish(wanted: bool | None) -> None:  # noqa: FBT001 - the dialog's answer
            if wanted:
                self.order(self._drop(preset), words("told.preset_dropped", name=name))

        self.app.push_screen(
            Question(words("dialog.drop_ask", name=name), words("dialog.drop", name=name), words("dialog.cancel")),
            finish,
        )

    def _keep(self, name: str) -> None:
        self.order(self._save(name), self.console.words("told.preset_kept", name=name))

    async def _save(self, name: str) -> None:
        """Under its name where that can be an id, else under a free one: free now, for others keep pages too."""
        kept = {each.preset for each in await self.console.hub.presets()}
        free = (f"page-{number}" for number in range(1, len(kept) + 2))
        preset = name if re.match(ID_PATTERN, name) else next(each for each in free if each not in kept)
        names = Names() if preset == name else Names(name, name, name)
        await self.console.hub.save_preset(preset, PresetRequest(names, wall=self.console.settings.wall))
        self._fetch_presets()

    async def _drop(self, preset: str) -> None:
        await self.console.hub.remove_preset(preset)
        self._fetch_presets()

    def _turn(self, by: int) -> None:
        wall = self._wall()
        if wall is None or wall.page is None:
            self.tell(self.console.words("told.no_tour"), severity="warning")
            return
        number = (wall.page.number - 1 + by) % wall.page.of + 1
        self._change(WallRequest(page=number), self.console.words("wall.page", number=number, of=wall.page.of))

    def _change(self, request: WallRequest, what: str) -> None:
        told = self.console.words("told.wall", what=what)
        self.order(self.console.hub.change_wall(self.console.settings.wall, request), told)

    def _fetch_presets(self) -> None:
        if not self.is_attached:  # a page was kept or forgotten, and the screen has been left meanwhile
            return
        self._fetch = self.run_worker(
            partial(self._read_presets), name="presets", group="presets", exclusive=True, exit_on_error=False
        )

    async def _read_presets(self) -> None:
        try:
            presets = await self.console.hub.presets()
        except ShekaraError as error:
            self.tell(self.console.words("told.failed", reason=error.text), severity="warning")
            return
        self._presets = {preset.preset: preset for preset in presets}
        self.relist()
        self.tick_body()

    def _wall(self) -> WallView | None:
        return self.console.store.walls.get(self.console.settings.wall)

    def _title_of(self, row: str) -> str:
        words = self.console.words
        if row.startswith(_PRESET):
            preset = row.removeprefix(_PRESET)
            known = self._presets.get(preset)
            return words.name(known.names, preset) if known else preset
        if row.startswith(_LAYOUT):
            return row.removeprefix(_LAYOUT)
        return words("wall.of_presets") if row == _PRESETS else words("wall.of_cameras")

    def _is_shown(self, row: str) -> bool:
        wall = self._wall()
        if wall is None:
            return False
        if wall.progress is not Progress.OFF and wall.tour is not None:
            through_cameras = wall.tour.stops == (Stop(through=True),)
            return row == (_CAMERAS if through_cameras else _PRESETS)
        if wall.preset:
            return row == f"{_PRESET}{wall.preset}"
        return row == f"{_LAYOUT}{wall.composition.layout}"

    def _cells(self, row: str) -> tuple[Pieces, ...]:
        words = self.console.words
        kind = {"preset": "wall.preset", "layout": "wall.layout"}.get(row.partition(":")[0], "wall.tour")
        is_shown = self._is_shown(row)
        mark = self.console.glyphs.dot if is_shown else ""
        return (
            (Piece(mark, Tone.STRONG),),
            (Piece(words(kind), Tone.MUTED),),
            (Piece(self._title_of(row), Tone.STRONG if is_shown else Tone.NORMAL),),
        )

    def _stand_lines(self, width: int) -> tuple[Pieces, ...]:
        wall, words = self._wall(), self.console.words
        if wall is None:
            return ((Piece(f" {words('wall.gone', wall=self.console.settings.wall)}", Tone.FAULT),),)
        title: Pieces = (Piece(f" {words.name(wall.title, wall.wall)}", Tone.STRONG),)
        if not wall.online:
            title = (*title, Piece(f"  {words('wall.offline')}", Tone.FAULT))
        if wall.exercise:
            title = (*title, Piece(f"  {words('exercise.mark')}", Tone.STRONG))
        large = ", ".join(self.console.device(key) for key in wall.spotlights) or words("wall.nothing")
        if wall.spotlights_waiting:
            large += f"  {words('wall.waiting', count=wall.spotlights_waiting)}"
        return (
            title,
            self._fact(words("wall.shown"), f"{wall.layout}{self._page(wall)}", width),
            self._fact(words("wall.large"), large, width),
            self._fact(words("wall.calm"), words("wall.calm_on") if wall.calm else words("wall.calm_off"), width),
            (),
        )

    def _page(self, wall: WallView) -> str:
        if wall.page is None:
            return ""
        words, dot = self.console.words, f" {self.console.glyphs.dot} "
        name = words.name(wall.page.names)
        if wall.progress is Progress.HELD:
            progress = words("wall.held")
        else:
            progress = words("wall.waits") if wall.page.paused else words("wall.playing")
        page = words("wall.page", number=wall.page.number, of=wall.page.of)
        return dot + dot.join(part for part in (name, page, progress) if part)

    def _fact(self, label: str, text: str, width: int) -> Pieces:
        room = max(0, width - _LABEL_WIDTH - 2)
        return (Piece(f" {fit(label, _LABEL_WIDTH)} ", Tone.MUTED), Piece(fit(text, room).rstrip()))
