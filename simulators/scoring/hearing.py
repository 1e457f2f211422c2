"""From a hub's live feed to records of what was heard. Pure: messages in, records out; each thing is said once."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from hub.protocol import AlarmChanged, AlarmState, AlarmView, LiveMessage, MetricsChanged, MetricView, Snapshot
from sensors.catalog import PictureState
from sensors.model import DeviceKey
from sensors.topics import WALLS
from simulators.truth import Ended, Heard, Pictured, Raised

_PICTURE = "picture"
_STATES = {state.value: state for state in PictureState}
_OVER = (AlarmState.RETURNED, AlarmState.NORMAL)


class Hearing:
    """Folds the live feed, and what a new snapshot says of the time it did not run.

    Left out are alarms that stood before `since`, and those of wall nodes, which are no part of the border.
    """

    def __init__(self, since: datetime) -> None:
        self._since = since
        self._listed: dict[str, AlarmView] = {}
        """By occurrence: those that were said and are not normal yet."""
        self._states: dict[DeviceKey, PictureState] = {}

    def take(self, message: LiveMessage, now: datetime) -> Iterator[Heard]:
        """What a message says that was not said before. `now`: of ends that nobody saw."""
        match message:
            case Snapshot():
                yield from self._missed(message.alarms, now)
                for view in message.alarms:
                    yield from self._alarm(view, now)
                yield from self._pictures(message.metrics)
            case AlarmChanged():
                yield from self._alarm(message.alarm, now)
            case MetricsChanged():
                yield from self._pictures(message.metrics)
            case _:
                pass

    def _missed(self, alarms: Iterable[AlarmView], now: datetime) -> Iterator[Heard]:
        """What is listed no more became normal while nobody listened."""
        listed = {view.occurrence for view in alarms}
        for occurrence in [occurrence for occurrence in self._listed if occurrence not in listed]:
            view = self._listed.pop(occurrence)
            if view.state not in _OVER:
                yield _ended(view, now)

    def _alarm(self, view: AlarmView, now: datetime) -> Iterator[Heard]:
        if view.key.site == WALLS or view.raised_at < self._since:
            return
        before = self._listed.get(view.occurrence)
        if before is None:
            yield _raised(view)
        if view.state in _OVER and (before is None or before.state not in _OVER):
            yield _ended(view, view.returned_at or now)
        if view.state is AlarmState.NORMAL:
            self._listed.pop(view.occurrence, None)
        else:
            self._listed[view.occurrence] = view

    def _pictures(self, metrics: Iterable[MetricView]) -> Iterator[Heard]:
        for view in metrics:
            state = _STATES.get(str(view.value)) if view.metric == _PICTURE else None
            if state is not None and self._states.get(view.key) is not state:
                self._states[view.key] = state
                at = max(view.captured_at, self._since)
                yield Pictured(at=at, site=view.key.site, camera=view.key.device, state=state)


def _raised(view: AlarmView) -> Raised:
    return Raised(
        at=view.raised_at,
        site=view.key.site,
        device=view.key.device,
        alarm=f"{view.metric}.{view.limit}",
        occurrence=view.occurrence,
        priority=view.priority,
    )


def _ended(view: AlarmView, at: datetime) -> Ended:
    return Ended(
        at=at,
        site=view.key.site,
        device=view.key.device,
        alarm=f"{view.metric}.{view.limit}",
        occurrence=view.occurrence,
    )
