"""What an instructor's screen knows of an exercise, read from the operational log: what was started, what came of it.

Pure: log lines go in, steps come out. The log is the one truth, so that all instructors' consoles show the same. One
that starts late knows as much as the hub's snapshot holds: its newest 200 lines.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from hub.protocol import TRAINING_ANSWER, TRAINING_ORDER, ControlView, LogEntry, read_answered
from sensors.commands import (
    COURSE,
    DURATION,
    EVERYTHING,
    ORDER,
    REFUSED,
    RELIEVE,
    SCENARIO_OVER,
    SCENARIO_START,
    STEP,
    Told,
    read_told,
)
from sensors.model import Command, DeviceKey, SiteId, Value
from sensors.topics import SIMULATORS

REACTION_WITHIN: Final = timedelta(minutes=10)
"""An alarm that comes later has another cause."""
_LONGEST_S: Final = 604_800.0
"""No scenario has a step later than that, and what is to last longer lasts until somebody ends it."""


class Stage(StrEnum):
    """How far something that was started has come."""

    SENT = "sent"
    REFUSED = "refused"
    RUNNING = "running"
    OVER = "over"


class Course(NamedTuple):
    """How far a scenario has come: steps done, all of them, and the name and post of the next one; "" after the last.

    `next_at` is when that is, or, after the last, when the scenario is over.
    """

    done: int
    steps: int
    next: str
    site: SiteId
    next_at: datetime


@dataclass(slots=True)
class Step:
    """One thing that was started: by an instructor (`id` is the order's) or by a scenario (`id` is its log number).

    `run` is the order that began the scenario, of the scenario itself and of each of its steps; only it has a `course`.
    `alarm` is the first occurrence that it is taken to have raised, and what the trainee did about it.
    """

    id: str
    at: datetime
    control: DeviceKey
    site: SiteId
    name: str
    arguments: Mapping[str, Value]
    who: str
    by_scenario: bool = False
    run: str = ""
    course: Course | None = None
    done: bool | None = None
    answer: str = ""
    ended_at: datetime | None = None
    alarm: str = ""
    raised_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""


@dataclass(slots=True)
class _Reading:
    steps: dict[str, Step] = field(default_factory=dict)
    ending: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    """By the id of the order that ends them."""
    raised: dict[str, Step] = field(default_factory=dict)


def read_steps(log: Iterable[LogEntry]) -> list[Step]:
    """What was started, the newest first; `log` as the console keeps it, the newest first."""
    reading = _Reading()
    for entry in reversed(tuple(log)):
        match entry.kind:
            case kind if kind == TRAINING_ORDER:
                _take_order(reading, entry)
            case kind if kind == TRAINING_ANSWER:
                _take_answer(reading, entry)
            case "event":
                _take_event(reading, entry)
            case "alarm-raised":
                _take_alarm(reading, entry)
            case "alarm-acknowledged" if (step := reading.raised.get(entry.occurrence)) is not None:
                step.acknowledged_at, step.acknowledged_by = entry.at, entry.who
    return list(reversed(reading.steps.values()))


def stage_of(step: Step, commands: Mapping[DeviceKey, Mapping[str, Command]], now: datetime) -> Stage:
    """How far a step has come, by what its device says of the command."""
    if step.done is False:
        return Stage.REFUSED
    if step.ended_at is not None:
        return Stage.OVER
    if step.done is None:
        return Stage.SENT
    control = step.control if not step.by_scenario else next((key for key in commands if key.site == step.site), None)
    command = commands.get(control, {}).get(step.name) if control is not None else None
    if command is None or not command.lasting:
        return Stage.OVER
    ends = ends_at(step, command)
    return Stage.RUNNING if ends is None or now < ends else Stage.OVER


def ends_at(step: Step, command: Command) -> datetime | None:
    """When something ends by itself; None: it goes on until it is ended."""
    default = next((argument.default for argument in command.arguments if argument.name == DURATION), None)
    lasts_s = step.arguments.get(DURATION, default)
    if isinstance(lasts_s, bool | str) or lasts_s is None or not 0 <= lasts_s <= _LONGEST_S:
        return None
    return step.at + timedelta(seconds=lasts_s)


def commands_of(controls: Iterable[ControlView]) -> dict[DeviceKey, dict[str, Command]]:
    """What each device can be told, by name."""
    return {control.key: {command.name: command for command in control.commands} for control in controls}


def _take_order(reading: _Reading, entry: LogEntry) -> None:
    told = read_told(entry.text)
    if told is None or entry.key is None:
        return
    if told.name == RELIEVE:
        ended = reading.steps.get(str(told.arguments.get(ORDER, "")))
        if ended is not None:
            reading.ending[told.id] = tuple(_of_run(reading, ended.run)) if ended.run else (ended,)
        return
    step = Step(told.id, entry.at, entry.key, entry.key.site, told.name, told.arguments, entry.who)
    step.run = told.id if told.name == SCENARIO_START else ""
    reading.steps[told.id] = step


def _take_answer(reading: _Reading, entry: LogEntry) -> None:
    answered = read_answered(entry.text)
    if answered is None:
        return
    if (step := reading.steps.get(answered.id)) is not None:
        step.done, step.answer = answered.done, answered.text
    for ended in reading.ending.pop(answered.id, ()) if answered.done else ():
        ended.ended_at = ended.ended_at or entry.at


def _take_event(reading: _Reading, entry: LogEntry) -> None:
    if entry.key is None or entry.key.site != SIMULATORS:
        return
    kind, _, text = entry.text.partition(": ")
    told = read_told(text)
    if told is None:
        return
    match kind:
        case kind if kind == STEP:
            _take_step(reading, entry, entry.key, told)
        case kind if kind == COURSE and (run := reading.steps.get(told.id)) is not None:
            run.course = _course_of(told, entry.at)
        case kind if kind == SCENARIO_OVER:
            for step in reading.steps.values():
                if step.run and step.control == entry.key and told.id in (step.run, EVERYTHING):
                    step.ended_at = step.ended_at or entry.at


def _take_step(reading: _Reading, entry: LogEntry, simulator: DeviceKey, told: Told) -> None:
    run, _, site = told.id.partition("/")
    refused = told.arguments.get(REFUSED)
    reading.steps[str(entry.number)] = Step(
        str(entry.number),
        entry.at,
        simulator,
        SiteId(site),
        told.name,
        {name: value for name, value in told.arguments.items() if name != REFUSED},
        entry.who,
        by_scenario=True,
        run=run,
        done=refused is None,
        answer=str(refused or ""),
    )


def _course_of(told: Told, at: datetime) -> Course | None:
    """How far a run has come, as was told at that time; None when that says something else."""
    done, steps, in_s = (told.arguments.get(name) for name in ("done", "steps", "in_s"))
    if not (isinstance(done, int) and isinstance(steps, int) and isinstance(in_s, int | float)):
        return None
    name, site = (str(told.arguments.get(each, "")) for each in ("next", "site"))
    return Course(done, steps, name, SiteId(site), at + timedelta(seconds=min(max(in_s, 0.0), _LONGEST_S)))


def _take_alarm(reading: _Reading, entry: LogEntry) -> None:
    """An alarm belongs to the newest step at its post that names its device, else to the newest that has none yet."""
    if entry.key is None:
        return
    steps = [
        step
        for step in reversed(reading.steps.values())
        if step.site == entry.key.site and step.done is not False and entry.at - step.at < REACTION_WITHIN
    ]
    named = next((step for step in steps if entry.key.device in step.arguments.values()), None)
    step = named or next((step for step in steps if not step.alarm), None)
    if step is not None and not step.alarm:
        step.alarm, step.raised_at = entry.occurrence, entry.at
        reading.raised[entry.occurrence] = step


def _of_run(reading: _Reading, run: str) -> Iterable[Step]:
    return [step for step in reading.steps.values() if step.run == run]
