"""The life of one occurrence: ISA-18.2 states B, C and D, and the ways between them and back to normal (A).

| from                       | returns to normal | is acknowledged | occurs again              |
|----------------------------|-------------------|-----------------|---------------------------|
| B unacknowledged           | D                 | C               | (is occurring)            |
| C acknowledged             | A                 | refused         | (is occurring)            |
| D returned, unacknowledged | refused           | A               | A, and a new occurrence B |
"""

from datetime import datetime

from msgspec.structs import replace

from hub.protocol import AlarmState, AlarmView
from sensors.errors import ConflictError, NotFoundError
from sensors.model import DeviceId, DeviceKey, SiteId


def name_occurrence(key: DeviceKey, metric: str, limit: str, number: int) -> str:
    """The id of an alarm's nth occurrence; ids of parts hold no dot."""
    return f"{key.site}.{key.device}.{metric}.{limit}.{number}"


def parse_occurrence(text: str) -> tuple[DeviceKey, str, str, int]:
    """The parts of an occurrence's id.

    Raises:
        NotFoundError: it is none.
    """
    parts = text.split(".")
    if len(parts) != 5 or not parts[4].isascii() or not parts[4].isdigit() or len(parts[4]) > 18:
        raise NotFoundError("no such alarm occurrence", subject=text[:200])
    site, device, metric, limit, number = parts
    return DeviceKey(SiteId(site), DeviceId(device)), metric, limit, int(number)


def returned(view: AlarmView, at: datetime) -> AlarmView:
    """The occurrence after its condition has gone."""
    normal = view.state is AlarmState.ACKNOWLEDGED
    return replace(view, state=AlarmState.NORMAL if normal else AlarmState.RETURNED, returned_at=at)


def superseded(view: AlarmView) -> AlarmView:
    """A returned occurrence that nobody acknowledged before the alarm occurred again."""
    return replace(view, state=AlarmState.NORMAL)


def acknowledged(view: AlarmView, who: str, at: datetime) -> AlarmView:
    """The occurrence after somebody has seen it.

    Raises:
        ConflictError: somebody has already.
    """
    if view.state is AlarmState.ACKNOWLEDGED:
        raise ConflictError(f"already acknowledged by {view.acknowledged_by}", subject=view.occurrence)
    gone = view.state is AlarmState.RETURNED
    state = AlarmState.NORMAL if gone else AlarmState.ACKNOWLEDGED
    return replace(view, state=state, acknowledged_at=at, acknowledged_by=who)
