"""What exactly is to be started: the arguments of a command, with their bounds, checked before anything is sent."""

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from sensors.commands import find_misfit_of, read_argument
from sensors.model import Argument, Command, DeviceId, DeviceKey, MetricType, Value
from tui.console import Console
from tui.figures import shown_number
from tui.lines import clean, fit
from tui.widgets.choosing import Choosing, Option

_LABEL_WIDTH = 20


class OrderForm(ModalScreen[dict[str, Value] | None]):
    """Every argument on a line of its own; Enter starts it, Esc does not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", id="order.cancel"),
        Binding("down", "app.focus_next", id="order.next"),
        Binding("up", "app.focus_previous", id="order.previous"),
        Binding("enter", "start", id="order.start"),
    ]

    def __init__(self, console: Console, control: DeviceKey, command: Command, given: Mapping[str, str]) -> None:
        super().__init__()
        self._shared, self._control, self._command, self._given = console, control, command, given

    def compose(self) -> ComposeResult:
        """What it is, its arguments, what is wrong with them, and two buttons."""
        words, command = self._shared.words, self._command
        where = self._shared.site(self._control)
        with VerticalScroll(classes="dialog wide"):
            title = f"{words.name(command.names, command.name)} {self._shared.glyphs.dot} {where}"
            yield Static(clean(title), classes="title", markup=False)
            if about := words.name(command.about):
                yield Static(clean(about), classes="hint", markup=False)
            for argument in command.arguments:
                with Horizontal(classes="field"):
                    yield Static(fit(words.name(argument.names, argument.name), _LABEL_WIDTH), markup=False)
                    yield self._field(argument)
                    yield Static(clean(self._bounds(argument)), classes="hint", markup=False)
            yield Static(id="said", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(words("training.start"), id="yes", compact=True)
                yield Button(words("dialog.cancel"), id="cancel", compact=True)

    def on_mount(self) -> None:
        """The first argument has the cursor, or the button where there is none."""
        first = next(iter(self.query("Input, Choosing")), None) or self.query_one("#yes", Button)
        first.focus()

    @on(Button.Pressed, "#cancel")
    def cancel(self) -> None:
        """Start nothing."""
        self.dismiss(None)

    @on(Input.Submitted)
    @on(Button.Pressed, "#yes")
    def action_start(self) -> None:
        """Close with the arguments, or say what does not fit."""
        arguments: dict[str, Value] = {}
        for argument in self._command.arguments:
            label = self._shared.words.name(argument.names, argument.name)
            try:
                value = read_argument(argument, self._typed(argument))
            except ValueError:
                self._say(self._shared.words("training.no_number", name=label))
                return
            if value is None and argument.required:
                self._say(self._shared.words("training.missing", name=label))
                return
            if value is None:
                continue
            arguments[argument.name] = value
            if find_misfit_of(argument, value) is not None:
                self._say(self._shared.words("training.misfit", name=label, bounds=self._bounds(argument)))
                return
        self.dismiss(arguments)

    def _field(self, argument: Argument) -> Widget:
        given = self._given.get(argument.name, "")
        id_ = f"argument-{argument.name}"
        if argument.type is MetricType.BOOLEAN:
            values = ("true", "false") if argument.default is True else ("false", "true")
            return Choosing([Option(each, self._shared.words(f"value.{each}")) for each in values], given, id=id_)
        default = "" if argument.default is None else str(argument.default)
        if argument.choices:
            none = [] if argument.required else [Option("", self._shared.words("training.any"))]
            return Choosing(
                [*none, *(self._option(choice.value, argument) for choice in argument.choices)],
                given or default,
                id=id_,
            )
        return Input(given or default, id=id_, compact=True, max_length=64)

    def _option(self, value: str, argument: Argument) -> Option:
        named = next((choice.names for choice in argument.choices if choice.value == value), None)
        key = DeviceKey(self._control.site, DeviceId(value))
        known = self._shared.store.devices.get(key)
        name = self._shared.words.name(named) if named else ""
        name = name or (self._shared.device(key) if known else "")
        return Option(value, f"{name} ({value})" if name else value)

    def _typed(self, argument: Argument) -> str:
        field = self.query_one(f"#argument-{argument.name}")
        return field.value if isinstance(field, Input | Choosing) else ""

    def _bounds(self, argument: Argument) -> str:
        if argument.type not in (MetricType.NUMBER, MetricType.COUNTER):
            return ""
        ends = ["" if end is None else shown_number(end) for end in (argument.minimum, argument.maximum)]
        unit = self._shared.words.unit(argument.unit)
        return f"{ends[0]}…{ends[1]} {unit}".strip() if any(ends) else unit

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(clean(text))
