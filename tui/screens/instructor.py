"""The instructor's screen: what can happen at simulated posts, what was started, and what the trainee made of it.

Above at the left whom something can be told: simulators with their scenarios, posts with their cameras and devices; at
the right what. Below what was started, the newest first, each with its answer and the alarm that came of it.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from sensors.catalog import GATEWAY, SIMULATOR
from sensors.commands import ORDER, RELIEVE, SCENARIO
from sensors.errors import ShekaraError
from sensors.model import Command, DeviceKey, Value
from tui.actions import Command as Offered
from tui.actions import Scope
from tui.columns import Column, Columns
from tui.console import Console
from tui.lines import Piece, Pieces
from tui.order import matches
from tui.playbook import Offer, Playbook, Target, names_device
from tui.screens.desk import Desk
from tui.screens.dialog import Question
from tui.screens.order_form import OrderForm
from tui.training import Stage, Step
from tui.widgets.live_list import LiveList
from tui.widgets.painted import Painted
from tui.widgets.table import Table

_TARGETS = Columns(Column("column.target", 10, grows=True))
_OFFERS = Columns(Column("column.start", 10, grows=True))
_STEPS = Columns(
    Column("column.time", 8),
    Column("column.what", 12, grows=True),
    Column("column.target", 8, grows=True),
    Column("column.who", 8, from_width=100),
    Column("column.state", 12),
    Column("column.reaction", 24),
)
_FACT_LINES = 3
_ORDERS = frozenset({"start", "stop", "stop_all"})


class Instructor(Desk):
    """Of use only where the hub is for exercises, and only to who may instruct."""

    SCOPE: ClassVar[Scope] = Scope.TRAINING
    AUTO_FOCUS = "#targets LiveList"

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._playbook = playbook = Playbook(console)
        self._fetched_for: tuple[object, ...] | None = None
        self.targets: Table[Target] = Table(
            _TARGETS,
            playbook.target_cells,
            lambda: console.words,
            lambda: console.words("empty.filtered" if self.filter_text else "training.nobody"),
            id="targets",
        )
        self.offers: Table[Offer] = Table(
            _OFFERS, self._offer_cells, lambda: console.words, lambda: console.words("training.nothing"), id="offers"
        )
        self.steps: Table[str] = Table(
            _STEPS, self._step_cells, lambda: console.words, lambda: console.words("training.no_steps"), id="steps"
        )
        self._facts = Painted(self._fact_lines, id="training-facts")

    def compose_body(self) -> ComposeResult:
        """Whom and what; what is known of the selected line; what was started."""
        with Vertical():
            with Horizontal(id="training-offers"):
                yield self.targets
                yield self.offers
            yield self._facts
            yield self.steps

    def relist(self) -> None:
        """What was started, from the log; whom something can be told, from the registry."""
        self._playbook.read_log()
        self.steps.list.show(list(self._playbook.steps))
        self.targets.list.show([target for target in self._playbook.targets if self._passes(target)])
        self.offers.list.show(self._playbook.offers(self.targets.list.cursor))
        self._fetch()

    def tick_body(self) -> None:
        """Repaint what reads differently."""
        for each in (self.targets, self.offers, self._facts, self.steps):
            each.tick()

    def on_live_list_moved(self, event: LiveList.Moved) -> None:
        """Another target has other offers; another line other facts."""
        event.stop()
        if event.live_list is self.targets.list:
            self.offers.list.show(self._playbook.offers(self.targets.list.cursor))
        self.tick_body()

    def on_live_list_opened(self, event: LiveList.Opened) -> None:
        """The same with the mouse."""
        event.stop()
        self.action_start()

    def on_descendant_focus(self) -> None:
        """Facts are of the list that has the cursor."""
        self._facts.tick()

    def why_not(self, command: Offered) -> str | None:
        """Beside the usual reasons: this hub is for actual work."""
        store = self.console.store
        if command.id in _ORDERS and store.status is not None and not store.exercise:
            return self.console.words("told.no_exercise")
        return super().why_not(command)

    def action_other_pane(self) -> None:
        """Whom, what, what was started, and round again."""
        lists: list[LiveList[Any]] = [self.targets.list, self.offers.list, self.steps.list]
        at = next((place for place, each in enumerate(lists) if each.has_focus), len(lists) - 1)
        lists[(at + 1) % len(lists)].focus()

    def action_back(self) -> None:
        """To whom something is told, and only then away."""
        if self.targets.list.has_focus or self.filter_text:
            super().action_back()
        else:
            self.targets.list.focus()

    def action_start(self) -> None:
        """From a target to its offers; from an offer to its arguments, or at once where it has none."""
        if self.targets.list.has_focus:
            self.offers.list.focus()
            return
        target, offer = self.targets.list.cursor, self.offers.list.cursor
        command = self._playbook.command(target, offer) if self.offers.list.has_focus else None
        if target is None or offer is None or command is None:
            return
        name = self._playbook.name_of_offer(target, offer)
        if offer.choice or not command.arguments:
            self._tell(target.control, command, {SCENARIO: offer.choice} if offer.choice else {}, name)
            return

        def finish(arguments: dict[str, Value] | None) -> None:
            if arguments is not None:
                self._tell(target.control, command, arguments, name)

        given = {each.name: target.device for each in command.arguments if names_device(each, target.device)}
        self.app.push_screen(OrderForm(self.console, target.control, command, given), finish)

    def action_stop(self) -> None:
        """End what the cursor is on below, before its time."""
        step = self._playbook.steps.get(self.steps.list.cursor or "")
        if step is None or self._playbook.stage(step) is not Stage.RUNNING:
            self.tell(self.console.words("told.not_running"), severity="warning")
        else:
            self._end(step)

    def action_stop_all(self) -> None:
        """End everything that goes on, after asking."""
        running, words = self._playbook.running, self.console.words
        if not running:
            self.tell(words("told.not_running"), severity="warning")
            return

        def finish(sure: bool | None) -> None:  # noqa: FBT001 - the callback's shape
            if sure:
                self._end_all(running)

        question = words("dialog.stop_all_ask", count=len(running))
        self.app.push_screen(Question(question, words("dialog.stop_all"), words("dialog.cancel")), finish)

    def _end_all(self, running: list[Step]) -> None:
        for step in {step.run or step.id: step for step in running}.values():
            self._end(step)

    def _end(self, step: Step) -> None:
        told = self.console.words("told.stopping", name=self._playbook.name_of_step(step))
        self._send(step.control, RELIEVE, {ORDER: step.run or step.id}, told)

    def _tell(self, control: DeviceKey, command: Command, arguments: Mapping[str, Value], name: str) -> None:
        self._send(control, command.name, arguments, self.console.words("told.started", name=name))

    def _send(self, control: DeviceKey, name: str, arguments: Mapping[str, Value], told: str) -> None:
        self.order(self.console.hub.instruct(control, name, dict(arguments)), told)

    def _fetch(self) -> None:
        """Ask anew what can be told when other simulators or posts are there; one question at a time."""
        store = self.console.store
        there = tuple(
            (device.key, device.approval, device.liveness)
            for device in store.devices.values()
            if device.exercise and device.kind in (GATEWAY, SIMULATOR)
        )
        if store.exercise and there != self._fetched_for:
            self._fetched_for = there
            self.run_worker(self._ask(), name="controls", group="controls", exclusive=True, exit_on_error=False)

    async def _ask(self) -> None:
        try:
            self._playbook.take(await self.console.hub.controls())
        except ShekaraError as error:
            self._fetched_for = None
            self.tell(self.console.words("told.failed", reason=error.text), severity="warning")
            return
        self.relist()
        self.tick_body()

    def _passes(self, target: Target) -> bool:
        names = (self._playbook.name_of(target), self._playbook.name_of(Target(target.control)), str(target.control))
        return not self.filter_text or matches(self.filter_text, *names, target.device)

    def _offer_cells(self, offer: Offer) -> tuple[Pieces, ...]:
        return ((Piece(self._playbook.name_of_offer(self.targets.list.cursor, offer)),),)

    def _step_cells(self, id_: str) -> tuple[Pieces, ...]:
        step = self._playbook.steps.get(id_)
        return self._playbook.step_cells(step) if step else ((),) * 6

    def _fact_lines(self, width: int) -> tuple[Pieces, ...]:
        step = self._playbook.steps.get(self.steps.list.cursor or "") if self.steps.list.has_focus else None
        if step is not None:
            lines = self._playbook.facts_of_step(step)
        else:
            lines = self._playbook.facts_of_offer(self.targets.list.cursor, self.offers.list.cursor, width)
        return (*lines, *((),) * _FACT_LINES)[:_FACT_LINES]
