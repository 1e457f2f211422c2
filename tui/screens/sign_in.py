"""Who is at the desk: name and password, exchanged for a session. Neither is kept, the password is never shown."""

from contextlib import suppress
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, Input, Static

from sensors.errors import AccessError, ShekaraError, UnavailableError
from tui.console import Console
from tui.glyphs import Tone
from tui.keys import binding_of
from tui.lines import Piece, Pieces, clean
from tui.strings import next_language
from tui.widgets.painted import Painted


class SignInScreen(Screen[None]):
    """Shown when there is no token, or when the hub no longer takes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(binding_of(("ctrl+q", "ctrl+c")), "app.exit", id="sign_in.quit"),
        Binding("f2", "language", id="sign_in.language"),
    ]

    class SignedIn(Message):
        """The hub knows who is at the desk."""

    def __init__(self, console: Console, reason: str = "") -> None:
        super().__init__()
        self._shared, self._reason = console, reason
        self._is_exercise = False
        self._mark = Painted(self._mark_lines, id="mark")

    def compose(self) -> ComposeResult:
        """Two lines and a button."""
        yield self._mark
        with Vertical(classes="dialog"):
            yield Static(id="sign-in-title", classes="title", markup=False)
            yield Static(id="name-label", classes="hint", markup=False)
            yield Input(self._shared.settings.user, id="name", max_length=200, compact=True)
            yield Static(id="password-label", classes="hint", markup=False)
            yield Input(id="password", password=True, max_length=256, compact=True)
            yield Static(id="said", markup=False)
            yield Button(id="submit", compact=True)
            yield Static(id="sign-in-keys", classes="hint", markup=False)

    def on_mount(self) -> None:
        """The first empty line has the cursor."""
        self._label()
        self._say(self._reason)
        self.run_worker(self._ask_which(), name="which", exit_on_error=False)
        self.query_one("#password" if self._shared.settings.user else "#name", Input).focus()

    def action_language(self) -> None:
        """The next language."""
        self._shared.speak(next_language(self._shared.words.language))
        self._label()

    @on(Input.Submitted)
    @on(Button.Pressed)
    def submit(self) -> None:
        """Enter in either line, or the button."""
        name, password = self.query_one("#name", Input), self.query_one("#password", Input)
        if not name.value.strip():
            name.focus()
            return
        if not password.value:
            self._say(self._shared.words("sign_in.empty"))
            password.focus()
            return
        self._say(self._shared.words("sign_in.wait"))
        self.run_worker(
            self._sign_in(name.value.strip(), password.value), name="sign-in", exclusive=True, exit_on_error=False
        )

    async def _ask_which(self) -> None:
        """A hub for exercises says so before anybody has signed in; one that is away says so to who signs in."""
        with suppress(ShekaraError):
            self._is_exercise = await self._shared.hub.is_exercise()
        self._mark.tick()

    def _mark_lines(self, width: int) -> tuple[Pieces, ...]:
        del width
        words = self._shared.words
        return ((Piece(f" {words('exercise.mark')} ", Tone.EXERCISE),),) if self._is_exercise else ((),)

    async def _sign_in(self, name: str, password: str) -> None:
        words = self._shared.words
        box = self.query_one("#password", Input)
        try:
            await self._shared.hub.sign_in(name, password)
        except AccessError:
            box.value = ""
            box.focus()
            self._say(words("sign_in.refused"))
        except UnavailableError:
            self._say(words("sign_in.unreachable", url=self._shared.settings.hub_url))
        except ShekaraError as error:
            self._say(words("told.failed", reason=error.text))
        else:
            box.value = ""
            self._say("")
            self.post_message(self.SignedIn())

    def _label(self) -> None:
        words = self._shared.words
        for widget, key in (
            ("#name-label", "sign_in.name"),
            ("#password-label", "sign_in.password"),
            ("#sign-in-keys", "sign_in.keys"),
        ):
            self.query_one(widget, Static).update(words(key))
        self.query_one("#sign-in-title", Static).update(f"{words('app.title')}  {words('sign_in.title')}")
        self.query_one("#submit", Button).label = words("sign_in.submit")
        self._mark.tick()

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(clean(text))
