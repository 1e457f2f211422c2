"""Plays scenarios at posts that run already, as an instructor orders them: each from the moment of its order."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

import msgspec
import structlog

from sensors.commands import COURSE, EVERYTHING, OVER, REFUSED, SCENARIO_OVER, STEP, Told, write_told
from sensors.errors import ConfigError, LimitError, ShekaraError
from sensors.kinds.exercises import NO_SCENARIO
from sensors.model import Value
from simulators.scenario.actions import Action
from simulators.scenario.form import Scenario
from simulators.training.course import Course, Done
from simulators.training.mending import own_mend_of

MAX_RUNS = 4
"""So many scenarios go on at once."""
_MAX_ID = 63
_UNTOLD = frozenset({"action", "site", "at_s", "id"})
_log = structlog.get_logger()


class Playable(Protocol):
    """A post, as far as scenarios are played at it. Each may raise a ShekaraError."""

    async def perform(self, action: Action) -> None:
        """Make something happen, now."""

    async def begin(self, order: str, action: Action) -> None:
        """The same, so that it can be ended by the id."""

    async def relieve(self, order: str) -> None:
        """End what was begun by that id, unless something else has taken its place."""


class Player:
    """`tell(kind, text)` is given each step, how far a run has come, and its end. Time is an argument.

    `speed` is simulated seconds a second. `on_start` may be set to hear of a run before its first step, with the names
    that its steps have in this run.
    """

    def __init__(
        self,
        posts: Mapping[str, Playable],
        scenarios: Mapping[str, Scenario],
        tell: Callable[[str, str], None],
        speed: float = 1.0,
    ) -> None:
        self._posts = posts
        self._scenarios = scenarios
        self._tell = tell
        self._speed = speed
        self._courses: dict[str, Course] = {}
        self._runs_total = 0
        self.on_start: Callable[[Scenario], None] | None = None
        # Whatever ran before this process does not any more.
        tell(SCENARIO_OVER, write_told(Told(EVERYTHING, OVER, {})))

    def start(self, order: str, name: str, now: datetime) -> None:
        """Begin a scenario; its first steps are taken at the next tick.

        Raises:
            ConfigError: none of that name is ready, or it goes on already.
            LimitError: too many go on.
        """
        scenario = self._scenarios.get(name)
        if scenario is None:
            raise ConfigError("is not ready here", subject=f"scenario {name}", mend=", ".join(self._scenarios))
        if name in {course.name for course in self._courses.values()}:
            raise ConfigError("goes on already", subject=f"scenario {name}", mend="End it first, or wait")
        if len(self._courses) >= MAX_RUNS:
            raise LimitError(f"{MAX_RUNS} scenarios go on", subject=f"scenario {name}", mend="End one of them, or wait")
        self._runs_total += 1
        scenario = _named_for(self._runs_total, scenario)
        if self.on_start is not None:
            self.on_start(scenario)
        self._courses[order] = course = Course(order, name, scenario, now)
        self._tell_course(course, now)

    async def end(self, order: str, now: datetime) -> None:
        """End a run before its time: no step more, and what it began is mended.

        Raises:
            ConfigError: no such run goes on.
        """
        course = self._courses.pop(order, None)
        if course is None:
            raise ConfigError("does not go on here", subject=f"run {order}", mend="Look at what goes on")
        await self._mend(course, now)
        self._tell(SCENARIO_OVER, write_told(Told(order, OVER, {})))

    async def tick(self, now: datetime) -> None:
        """Take the steps that are due; end the runs of which the time is over."""
        for course in [*self._courses.values()]:
            while (done := course.take(now)) is not None:
                await self._take(course, done)
                self._tell_course(course, now)
            if course.is_over(now):
                await self.end(course.order, now)

    def values(self, now: datetime) -> dict[str, Value | None]:
        """How it stands, as readings of the simulator: of all runs together, `elapsed` of the oldest."""
        courses = self._courses.values()
        began = min((course.began for course in courses), default=now)
        return {
            "scenario": " ".join(course.name for course in courses) or NO_SCENARIO,
            "elapsed": round((now - began).total_seconds(), 1),
            "steps_done": sum(course.done for course in courses),
            "steps": sum(course.steps for course in courses),
            "lasting": sum(len(course.lasting(now)) for course in courses),
        }

    async def _take(self, course: Course, done: Done) -> None:
        step = done.step
        named = msgspec.to_builtins(step)
        arguments = {
            name: value
            for name, value in named.items()
            if name not in _UNTOLD and isinstance(value, bool | int | float | str)
        }
        try:
            await self._posts[step.site].begin(_id_of(course, done), step)
        except ShekaraError as error:
            _log.warning("a step is not done", scenario=course.name, step=done.number, reason=error.text)
            arguments[REFUSED] = error.text[:200]
        self._tell(STEP, write_told(Told(f"{course.order}/{step.site}", str(named["action"]), arguments)))

    async def _mend(self, course: Course, now: datetime) -> None:
        own = [done for done in course.lasting(now) if own_mend_of(done.step) is not None]
        mends = [self._posts[done.step.site].relieve(_id_of(course, done)) for done in own]
        mends += [self._posts[mend.site].perform(mend) for mend in course.shared_mends(now)]
        for mend in mends:
            try:
                await mend
            except ShekaraError as error:
                _log.warning("what a scenario began is not ended", scenario=course.name, reason=error.text)

    def _tell_course(self, course: Course, now: datetime) -> None:
        step = course.next
        said: dict[str, Value] = {
            "done": course.done,
            "steps": course.steps,
            "in_s": round(max(0.0, (course.next_at - now).total_seconds()) / self._speed, 1),
        }
        if step is not None:
            said |= {"next": str(msgspec.to_builtins(step)["action"]), "site": step.site}
        self._tell(COURSE, write_told(Told(course.order, COURSE, said)))


def _id_of(course: Course, done: Done) -> str:
    return f"{course.order}/{done.number}"


def _named_for(run: int, scenario: Scenario) -> Scenario:
    """The same with names of steps that no other run has."""

    def name_of(id_: str) -> str:
        return f"run-{run}-{id_}"[:_MAX_ID]

    steps = tuple(
        step if step.id is None else msgspec.structs.replace(step, id=name_of(step.id)) for step in scenario.steps
    )
    expect = tuple(msgspec.structs.replace(one, of=name_of(one.of)) for one in scenario.expect)
    return msgspec.structs.replace(scenario, steps=steps, expect=expect)
