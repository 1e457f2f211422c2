"""What all workspaces have: the head that nothing covers, the filter, the keys, and how commands are carried out."""

from collections.abc import Awaitable
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from hub.protocol import WallRequest
from sensors.errors import ConflictError, ShekaraError
from sensors.model import DeviceKey
from tui.actions import Command, Scope, command_named, commands_of, may
from tui.console import Console
from tui.keys import binding_of
from tui.screens.dialog import Showing
from tui.screens.help import Help
from tui.store import Link
from tui.strings import next_language
from tui.widgets.head import Head
from tui.widgets.key_line import KeyLine
from tui.widgets.live_list import LiveList


def bindings_of(scope: Scope) -> list[Binding]:
    """The bindings of a screen, each with its command's id and all its aliases."""
    return [
        Binding(binding_of(command.keys), f"carry_out('{command.id}')", command.id, id=command.id, show=False)
        for command in commands_of(scope)
    ]


class Desk(Screen[None]):
    """A screen of the console. Subclasses name their scope, compose a body and repaint it on `tick_body`."""

    SCOPE: ClassVar[Scope] = Scope.EVERYWHERE
    AUTO_FOCUS = "LiveList"

    def __init_subclass__(cls) -> None:
        """Bindings come from the action table, not from the screens."""
        cls.BINDINGS = [*bindings_of(cls.SCOPE)]
        super().__init_subclass__()

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console
        self.filter_text = ""
        self._seen: tuple[object, ...] = ()
        self.head = Head(console, self.SCOPE)
        self.key_line = KeyLine(console, self.SCOPE)

    def compose(self) -> ComposeResult:
        """Head, body, filter, keys."""
        yield self.head
        with Container(id="body"):
            yield from self.compose_body()
        yield Input(id="filter", compact=True, max_length=80)
        yield self.key_line

    def compose_body(self) -> ComposeResult:
        """The screen's own widgets."""
        yield Widget()

    def tick_body(self) -> None:
        """Repaint what reads differently."""

    def relist(self) -> None:
        """Work out the order of the lists anew: their members or the filter have changed."""

    def tick(self) -> None:
        """Called some times a second, and at once when an alarm changes."""
        if not self.is_mounted:
            return
        self.head.tick()
        store = self.console.store
        seen = (store.devices_revision, store.alarms_revision, store.log_revision, self.console.words.language)
        if seen != self._seen:
            self._seen = seen
            self.relist()
        self.tick_body()
        self.key_line.tick()

    def reread(self) -> None:
        """The language has changed."""
        for each in self.query(LiveList):
            each.reread()
        self.query_one("#filter", Input).placeholder = self.console.words("filter.label")
        self.tick()

    def on_mount(self) -> None:
        """Start with no filter shown."""
        for each in self.query(LiveList):
            each.mark = self.console.glyphs.cursor
        box = self.query_one("#filter", Input)
        box.display = False
        box.placeholder = self.console.words("filter.label")

    def on_screen_resume(self) -> None:
        """Catch up with what happened while another screen was shown."""
        self.tick()

    async def action_carry_out(self, command_id: str) -> None:
        """Carry out a command, or say why not."""
        command = command_named(command_id)
        if (reason := self.why_not(command)) is not None:
            self.tell(reason, severity="warning")
            return
        if command_id.startswith("go_"):
            self.app.switch_mode(command_id.removeprefix("go_"))
            return
        await self.run_action(command_id)

    def why_not(self, command: Command) -> str | None:
        """Why a command is not possible now; None when it is."""
        words, store = self.console.words, self.console.store
        what = words(f"action.{command.id}")
        if not may(store.role, command) and store.role is not None:
            return words("told.not_allowed", role=words(f"role.{store.role}"), what=what)
        if command.id == "go_training" and store.status is not None and not store.exercise:
            return words("told.no_exercise")
        unreachable = store.link is Link.LOST or store.role is None
        if command.needs is not None and not command.id.startswith("go_") and unreachable:
            return words("told.no_link", what=what)
        return None

    def tell(self, text: str, *, severity: Literal["information", "warning"] = "information") -> None:
        """A short word at the edge of the screen."""
        self.notify(text, severity=severity, timeout=4, markup=False)

    def order(self, order: Awaitable[object], told: str, *, late: str = "") -> None:
        """Ask the hub for something, without waiting; say how it went, and with `late` that it came too late.

        It is the application's work and not the screen's: an officer who leaves the screen takes no order back.
        """
        self.app.run_worker(self._order(order, told, late), name="order", group="orders", exit_on_error=False)

    async def _order(self, order: Awaitable[object], told: str, late: str) -> None:
        try:
            await order
        except ShekaraError as error:
            is_late = late and isinstance(error, ConflictError)
            self.tell(late if is_late else self.console.words("told.failed", reason=error.text), severity="warning")
        else:
            self.tell(told)

    def spotlight(self, camera: DeviceKey) -> None:
        """Ask for a camera on the wall's large tile."""
        self.order(
            self.console.hub.change_wall(self.console.settings.wall, WallRequest(spotlight=camera)),
            self.console.words("told.spotlight", name=self.console.place(camera)),
        )

    def action_clear_spotlight(self) -> None:
        """Give the wall's large tile back to alarms."""
        self.order(
            self.console.hub.change_wall(self.console.settings.wall, WallRequest(clear_spotlight=True)),
            self.console.words("told.spotlight_cleared"),
        )

    def action_wall_page(self) -> None:
        """Show the address of the wall's page, and copy it."""
        self.run_worker(self._show_wall_page(), name="wall-page", group="orders", exit_on_error=False)

    async def _show_wall_page(self) -> None:
        words = self.console.words
        try:
            ticket = await self.console.hub.ticket(self.console.settings.wall)
        except ShekaraError as error:
            self.tell(words("told.failed", reason=error.text), severity="warning")
            return
        self.app.copy_to_clipboard(ticket.url)
        self.app.push_screen(Showing(words("dialog.wall_title"), ticket.url, words("dialog.wall_hint")))

    def action_back(self) -> None:
        """Close the filter, or go to the overview."""
        if self.query_one("#filter", Input).display or self.filter_text:
            self.drop_filter()
        elif self.SCOPE is not Scope.OVERVIEW:
            self.app.switch_mode(Scope.OVERVIEW.value)

    def action_filter(self) -> None:
        """Show the filter and type into it."""
        box = self.query_one("#filter", Input)
        box.display = True
        box.focus()

    def drop_filter(self) -> None:
        """Show every row again."""
        box = self.query_one("#filter", Input)
        box.value = self.filter_text = ""
        box.display = False
        self.query(LiveList).first().focus()
        self.relist()

    @on(Input.Changed, "#filter")
    def take_filter(self, event: Input.Changed) -> None:
        """Filter while it is typed."""
        self.filter_text = event.value
        for each in self.query(LiveList):
            each.let_go()
        self.relist()
        self.tick_body()

    @on(Input.Submitted, "#filter")
    def keep_filter(self) -> None:
        """Back to the list, with the filter on."""
        self.query_one("#filter", Input).display = bool(self.filter_text)
        self.query(LiveList).first().focus()

    def action_language(self) -> None:
        """The next language, at once."""
        self.console.speak(next_language(self.console.words.language))
        self.reread()

    def action_palette(self) -> None:
        """All commands by name."""
        self.app.action_command_palette()

    async def action_help(self) -> None:
        """Keys and signs of this screen."""
        self.app.push_screen(Help(self.console, self.SCOPE))

    def action_quit(self) -> None:
        """End the console."""
        self.app.exit()
