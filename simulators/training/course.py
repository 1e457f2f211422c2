"""One run of a scenario that was ordered: which of its steps are done, which comes next, when it is over. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from simulators.scenario.actions import Action
from simulators.scenario.form import Scenario
from simulators.training.mending import goes_on, mend_of, own_mend_of


class Done(NamedTuple):
    """A step that was taken, and when."""

    number: int
    step: Action
    at: datetime


class Course:
    """`order` is the id of the order that began it, at `began`; steps play relative to that moment.

    It is over when the scenario's `lasts_s` have passed, and not before its last step.
    """

    def __init__(self, order: str, name: str, scenario: Scenario, began: datetime) -> None:
        self.order = order
        self.name = name
        self.began = began
        self._steps = tuple(sorted(scenario.steps, key=lambda step: step.at_s))
        last_s = max((step.at_s for step in self._steps), default=0.0)
        self.ends = began + timedelta(seconds=max(scenario.lasts_s, last_s))
        self._done: list[Done] = []

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self._steps)

    @property
    def done(self) -> int:
        """How many of them were taken."""
        return len(self._done)

    @property
    def next(self) -> Action | None:
        """The step that comes next; None after the last."""
        return self._steps[self.done] if self.done < self.steps else None

    @property
    def next_at(self) -> datetime:
        """When that is, or, after the last step, when all is over."""
        step = self.next
        return self.ends if step is None else self.began + timedelta(seconds=step.at_s)

    def take(self, now: datetime) -> Done | None:
        """The next step if it is due: from now on it counts as taken."""
        step = self.next
        if step is None or now < self.next_at:
            return None
        self._done.append(Done(self.done, step, now))
        return self._done[-1]

    def is_over(self, now: datetime) -> bool:
        """Whether nothing comes any more."""
        return self.next is None and now >= self.ends

    def lasting(self, now: datetime) -> tuple[Done, ...]:
        """Steps whose effect goes on and can be ended."""
        return tuple(done for done in self._done if goes_on(done.step, done.at, now))

    def shared_mends(self, now: datetime) -> tuple[Action, ...]:
        """What ends those that end only with all of their sort; each once."""
        shared = (done.step for done in self.lasting(now) if own_mend_of(done.step) is None)
        return tuple(dict.fromkeys(mend for step in shared if (mend := mend_of(step)) is not None))
