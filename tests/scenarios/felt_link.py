"""A post's link as a camera behind it feels it on a fixed clock: by the scenario's steps alone."""

from datetime import datetime, timedelta

from simulators.cameras.vocabulary import Fault
from simulators.faults.link import Link
from simulators.scenario.form import Scenario, Site
from simulators.scenario.gateway_actions import LinkCut
from simulators.scenario.link_actions import LinkAction


class FeltLink:
    """One site's, from the start of the run. Times go forward."""

    def __init__(self, scenario: Scenario, site: Site, starts: datetime) -> None:
        self._link = Link()
        steps = sorted(scenario.steps, key=lambda step: step.at_s)
        self._steps = [(starts + timedelta(seconds=step.at_s), step) for step in steps if step.site == site.id]

    def fault_at(self, now: datetime) -> Fault:
        """What it makes of a camera that is well: connections end, nothing comes, or nothing is wrong."""
        while self._steps and self._steps[0][0] <= now:
            at, step = self._steps.pop(0)
            if isinstance(step, LinkCut):
                self._link.cut(step, at)
            elif isinstance(step, LinkAction):
                self._link.act(step, at)
        state = self._link.at(now)
        if state.ending is not None:
            return Fault.RESET
        return Fault.NONE if state.passes else Fault.STALLED
