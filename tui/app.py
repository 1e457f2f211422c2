"""The console as a terminal application: one mode a workspace, one worker that listens, one tick that repaints."""

from collections.abc import Iterable
from functools import partial

from textual import on
from textual.app import App, SystemCommand
from textual.command import CommandPalette
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from sensors.errors import AccessError
from tui.actions import Scope, commands_of, may
from tui.console import Console
from tui.feed import FeedItem, follow
from tui.screens.alarms import Alarms
from tui.screens.cameras import Cameras
from tui.screens.desk import Desk
from tui.screens.devices import Devices
from tui.screens.instructor import Instructor
from tui.screens.log import Log
from tui.screens.overview import Overview
from tui.screens.sensors import Sensors
from tui.screens.sign_in import SignInScreen
from tui.theme import THEME

SIGN_IN = "sign-in"
LISTEN_AGAIN_S = 5.0
"""After a fault of our own in the feed."""
_DESKS: dict[Scope, type[Desk]] = {
    Scope.OVERVIEW: Overview,
    Scope.ALARMS: Alarms,
    Scope.CAMERAS: Cameras,
    Scope.SENSORS: Sensors,
    Scope.DEVICES: Devices,
    Scope.LOG: Log,
    Scope.TRAINING: Instructor,
}


class ConsoleApp(App[None]):
    """Give it the shared console, and whether its hub client already has a session."""

    CSS_PATH = "console.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual declares it so
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-tall")]  # noqa: RUF012 - Textual declares it so

    def __init__(self, console: Console, *, signed_in: bool) -> None:
        super().__init__()
        self.shared = console
        self._signed_in = signed_in
        self._urgent = False

    def on_mount(self) -> None:
        """Begin with the overview, or with the question who is there."""
        self.title = self.shared.words("app.title")
        self.register_theme(THEME)
        self.theme = THEME.name
        for scope, desk in _DESKS.items():
            self.add_mode(scope.value, partial(desk, self.shared))
        self.add_mode(SIGN_IN, partial(SignInScreen, self.shared))
        self.set_interval(1 / self.shared.settings.refresh_hz, self.tick)
        if self._signed_in:
            self._begin()
        else:
            self.switch_mode(SIGN_IN)

    def tick(self) -> None:
        """Let every screen that can be seen repaint what reads differently."""
        self.shared.store.mind_silence(self.shared.clock.now())
        for screen in self.screen_stack:
            if isinstance(screen, Desk):
                screen.tick()

    def action_command_palette(self) -> None:
        """All commands of the workspace by name; a dialog has none."""
        if isinstance(self.screen, Desk):
            self.push_screen(CommandPalette(placeholder=self.shared.words("palette.hint")))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: what this screen can do, from the action table."""
        if not isinstance(screen, Desk):
            return
        words = self.shared.words
        for command in commands_of(screen.SCOPE):
            if command.id != "palette":
                title = words(f"action.{command.id}")
                help_text = words(f"action.{command.id}.help")
                if not may(self.shared.store.role, command) and (reason := screen.why_not(command)):
                    help_text = reason
                yield SystemCommand(title, help_text, partial(screen.action_carry_out, command.id))

    @on(SignInScreen.SignedIn)
    def signed_in(self) -> None:
        """Start listening."""
        self._begin()

    @on(Worker.StateChanged)
    def mind_worker(self, event: Worker.StateChanged) -> None:
        """A feed or an order that ended is said, never silent; a sign-in that is over leads to another one."""
        if event.state is not WorkerState.ERROR:
            return
        error = event.worker.error
        words = self.shared.words
        if event.worker.name != "feed":
            self.notify(words("told.failed", reason=error), severity="error", timeout=30, markup=False)
            return
        self.shared.store.disconnected(self.shared.clock.now(), str(error))
        if isinstance(error, AccessError):
            self.switch_mode(SIGN_IN)
            self.notify(words("sign_in.expired"), severity="warning", timeout=8, markup=False)
        else:
            self.notify(words("told.hub_fault", reason=error), severity="error", timeout=30, markup=False)
            self.set_timer(LISTEN_AGAIN_S, self._listen)
        self.tick()

    def _begin(self) -> None:
        self._listen()
        self.switch_mode(Scope.OVERVIEW.value)

    def _listen(self) -> None:
        self.run_worker(
            follow(self.shared.hub, self.shared.store, self.shared.clock, self._heard),
            name="feed",
            group="feed",
            exclusive=True,
            exit_on_error=False,
        )

    def _heard(self, item: FeedItem, urgent: bool) -> None:  # noqa: FBT001 - the callback's shape
        del item
        if urgent and not self._urgent:
            self._urgent = True
            self.call_next(self._tick_now)

    def _tick_now(self) -> None:
        self._urgent = False
        self.tick()
