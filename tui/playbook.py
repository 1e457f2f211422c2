"""What can be told in an exercise and what was started, as an instructor reads it. Plain Python: words go out."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from hub.protocol import ControlView
from sensors.catalog import CAMERA, SIMULATOR
from sensors.commands import RELIEVE, SCENARIO, SCENARIO_START
from sensors.model import Argument, Choice, Command, DeviceId, DeviceKey
from tui.console import Console
from tui.figures import shown_age, shown_time
from tui.glyphs import Tone
from tui.lines import Piece, Pieces, wrap
from tui.training import Course, Stage, Step, commands_of, ends_at, read_steps, stage_of

_STAGE_TONES = {Stage.RUNNING: Tone.STRONG, Stage.REFUSED: Tone.FAULT}


class Target(NamedTuple):
    """Whom something is told; with `device`, something about that camera or sensor of the post alone."""

    control: DeviceKey
    device: str = ""


class Offer(NamedTuple):
    """Something that can be started: a command, or one choice of a scenario."""

    command: str
    choice: str = ""


class Playbook:
    """The controls as the hub last told them, and the steps as the log tells them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._controls: dict[DeviceKey, ControlView] = {}
        self._commands: dict[DeviceKey, dict[str, Command]] = {}
        self.steps: dict[str, Step] = {}

    def take(self, controls: Iterable[ControlView]) -> None:
        """What can be told now."""
        self._controls = {control.key: control for control in controls}
        self._commands = commands_of(self._controls.values())

    def read_log(self) -> None:
        """What was started, by the log."""
        self.steps = {step.id: step for step in read_steps(self._console.store.log)}

    @property
    def running(self) -> list[Step]:
        """What goes on now."""
        return [step for step in self.steps.values() if self.stage(step) is Stage.RUNNING]

    @property
    def targets(self) -> list[Target]:
        """Simulators, then posts, each post's cameras and then its other devices under it."""
        ordered = sorted(self._controls.values(), key=lambda control: (control.kind != SIMULATOR, control.key))
        return [target for control in ordered for target in (Target(control.key), *self._devices_of(control))]

    def offers(self, target: Target | None) -> list[Offer]:
        """What can be told to a target; about one device what names it."""
        offers: list[Offer] = []
        for command in self._commands.get(target.control, {}).values() if target else ():
            if command.name == SCENARIO_START:
                offers += [Offer(command.name, choice.value) for choice in _scenarios(command)]
            elif command.name != RELIEVE and _concerns(command, target):
                offers.append(Offer(command.name))
        return offers

    def command(self, target: Target | None, offer: Offer | None) -> Command | None:
        """The command that an offer is of."""
        return self._commands.get(target.control, {}).get(offer.command) if target and offer else None

    def stage(self, step: Step) -> Stage:
        """How far a step has come."""
        return stage_of(step, self._commands, self._console.clock.now())

    def name_of(self, target: Target) -> str:
        """A simulator's name, a post's, or a device's."""
        control = self._controls.get(target.control)
        if target.device:
            return self._console.device(DeviceKey(target.control.site, DeviceId(target.device)))
        if control is not None and control.kind == SIMULATOR:
            return self._console.words.name(control.names, control.key.device)
        return self._console.site(target.control)

    def name_of_offer(self, target: Target | None, offer: Offer) -> str:
        """A command's name, or a scenario's."""
        command = self.command(target, offer)
        return self._named(command, offer.choice) if command else offer.command

    def name_of_step(self, step: Step) -> str:
        """The same of what was started."""
        command = self._command_of(step)
        return self._named(command, str(step.arguments.get(SCENARIO, ""))) if command else step.name

    def target_cells(self, target: Target) -> tuple[Pieces, ...]:
        """One line of whom something can be told."""
        control = self._controls.get(target.control)
        name = self.name_of(target)
        if not target.device:
            tone = Tone.STRONG if control is not None and control.online else Tone.STALE
            return ((Piece(name, tone),),)
        device = self._console.store.devices.get(DeviceKey(target.control.site, DeviceId(target.device)))
        if device is None:
            return ((Piece(f"    {name}", Tone.STALE),),)
        sign = self._console.glyphs.liveness(device.liveness)
        return ((Piece("  "), Piece(sign.glyph, sign.tone), Piece(f" {name}")),)

    def step_cells(self, step: Step) -> tuple[Pieces, ...]:
        """When, what, where, who, how far, and what the trainee made of it."""
        words, stage = self._console.words, self.stage(step)
        state = words(f"stage.{stage}")
        if stage is Stage.RUNNING:
            state = f"{state} {self._console.age(step.at)}"
        who = words("training.by_scenario") if step.by_scenario else step.who
        return (
            (Piece(shown_time(step.at, self._console.zone), Tone.MUTED),),
            (Piece(self.name_of_step(step)),),
            (Piece(self._where(step)),),
            (Piece(who, Tone.MUTED),),
            (Piece(state, _STAGE_TONES.get(stage, Tone.MUTED)),),
            (Piece(self._course(step) if step.course else self._reaction(step)),),
        )

    def facts_of_offer(self, target: Target | None, offer: Offer | None, width: int) -> Sequence[Pieces]:
        """What an offer does, and what is to come of it."""
        command, words = self.command(target, offer), self._console.words
        if command is None or offer is None:
            return ()
        chosen = next((choice for choice in _scenarios(command) if choice.value == offer.choice), None)
        about = words.name(command.about)
        if chosen is not None:
            about = f"{chosen.value}: {words.name(chosen.about) or about}"
        lines: list[Pieces] = [(Piece(f" {line}"),) for line in wrap(about, width - 2)[:2]]
        if expects := words.name(command.expects):
            lines.append((Piece(f" {words('training.expects')} ", Tone.MUTED), Piece(expects)))
        return lines

    def facts_of_step(self, step: Step) -> Sequence[Pieces]:
        """What was told in full, what was answered, and what the trainee made of it."""
        words, command = self._console.words, self._command_of(step)
        told = ", ".join(f"{name} {value}" for name, value in step.arguments.items())
        answer = f" {words('training.answer')} {step.answer or words('training.no_answer')}"
        head = (Piece(f" {self.name_of_step(step)} ", Tone.STRONG), Piece(told))
        tone = Tone.FAULT if step.done is False else Tone.NORMAL
        ends = ends_at(step, command) if command is not None else None
        if ends is not None and self.stage(step) is Stage.RUNNING:
            answer += f"  {words('training.until', time=shown_time(ends, self._console.zone))}"
        if step.course is not None:
            return head, (Piece(answer, tone),), (Piece(f" {self._course_in_full(step, step.course)}"),)
        taken = f" ({step.acknowledged_by})" if step.acknowledged_by else ""
        return (
            head,
            (Piece(answer, tone),),
            (Piece(f" {self._reaction(step) or words('reaction.none')}{taken}"),),
        )

    def _devices_of(self, control: ControlView) -> Iterable[Target]:
        if control.kind == SIMULATOR:
            return ()
        named = {choice.value for choice in _all_choices(control.commands)}
        devices = self._console.store.devices
        here = [key for key in devices if key.site == control.key.site and key.device in named]
        here.sort(key=lambda key: (devices[key].kind != CAMERA, key))
        return [Target(control.key, key.device) for key in here]

    def _named(self, command: Command, scenario: str) -> str:
        words = self._console.words
        chosen = next((choice for choice in _scenarios(command) if choice.value == scenario), None)
        return words.name(chosen.names, chosen.value) if chosen else words.name(command.names, command.name)

    def _command_of(self, step: Step) -> Command | None:
        return self._commands.get(self._control_of(step), {}).get(step.name)

    def _control_of(self, step: Step) -> DeviceKey:
        """Who does it: a scenario's step is done by the post."""
        if not step.by_scenario:
            return step.control
        return next((key for key in self._controls if key.site == step.site), step.control)

    def _where(self, step: Step) -> str:
        for value in step.arguments.values():
            key = DeviceKey(step.site, DeviceId(str(value)))
            if key in self._console.store.devices:
                return self._console.place(key)
        return self.name_of(Target(self._control_of(step)))

    def _course(self, step: Step) -> str:
        """How far a scenario has come, in a few words."""
        words, course = self._console.words, step.course
        if course is None:
            return ""
        if self.stage(step) is not Stage.RUNNING:
            return words("course.over", done=course.done, steps=course.steps)
        key = "course.next" if course.next else "course.last"
        left_s = max(0.0, (course.next_at - self._console.clock.now()).total_seconds())
        return words(key, done=course.done, steps=course.steps, after=shown_age(left_s, words))

    def _course_in_full(self, step: Step, course: Course) -> str:
        """The same with what comes next, where, and when."""
        words = self._console.words
        far = self._course(step)
        if self.stage(step) is not Stage.RUNNING:
            return far
        time = shown_time(course.next_at, self._console.zone)
        if not course.next:
            return f"{far} ({time})"
        post = next((key for key in self._controls if key.site == course.site), None)
        command = self._commands.get(post, {}).get(course.next) if post is not None else None
        name = words.name(command.names, course.next) if command is not None else course.next
        where = self._console.site(post) if post is not None else str(course.site)
        return f"{far}: {name}, {where} ({time})"

    def _reaction(self, step: Step) -> str:
        """Whether an alarm came of it and how soon, and how soon somebody took it; empty when none came."""
        words = self._console.words
        if step.raised_at is None:
            return ""
        raised = words("reaction.raised", after=self._after(step.at, step.raised_at))
        if step.acknowledged_at is None:
            return f"{raised}, {words('reaction.waits')}"
        return f"{raised}, {words('reaction.taken', after=self._after(step.raised_at, step.acknowledged_at))}"

    def _after(self, earlier: datetime, later: datetime) -> str:
        return shown_age((later - earlier).total_seconds(), self._console.words)


def names_device(argument: Argument, device: str) -> bool:
    """Whether a device is among what an argument may be."""
    return bool(device) and any(choice.value == device for choice in argument.choices)


def _concerns(command: Command, target: Target | None) -> bool:
    if target is None or not target.device:
        return target is not None
    return any(names_device(argument, target.device) for argument in command.arguments)


def _scenarios(command: Command) -> tuple[Choice, ...]:
    return next((argument.choices for argument in command.arguments if argument.name == SCENARIO), ())


def _all_choices(commands: Iterable[Command]) -> Iterable[Choice]:
    return (choice for command in commands for argument in command.arguments for choice in argument.choices)
