"""What orders began at a post, so that it can be ended before its time. Bounded; the oldest is forgotten."""

from sensors.errors import ConfigError
from simulators.scenario.actions import Action, DeviceResume, DeviceSilence
from simulators.scenario.camera_actions import CameraAction, CameraResume

_MOST = 256


class Begun:
    """Actions by id of the order."""

    def __init__(self) -> None:
        self._actions: dict[str, Action] = {}

    def note(self, order: str, action: Action) -> None:
        """Something was begun just now."""
        self._actions.pop(order, None)
        self._actions[order] = action
        if len(self._actions) > _MOST:
            del self._actions[next(iter(self._actions))]

    def end_of(self, order: str) -> Action | None:
        """The action that ends what an order began, once; None where a later order has taken its place.

        Raises:
            ConfigError: nothing is known of that order, or it ends by itself alone.
        """
        action = self._actions.get(order)
        if action is None:
            raise ConfigError("was not begun here, or has ended", subject=order, mend="Look at what goes on")
        end = _end_of(action)
        if end is None:
            raise ConfigError("ends by itself, and not before", subject=order, mend="Wait until its time is over")
        orders = list(self._actions)
        later = orders[orders.index(order) + 1 :]
        is_in_force = all(_end_of(self._actions[each]) != end for each in later)
        del self._actions[order]
        return end if is_in_force else None


def _end_of(action: Action) -> Action | None:
    if isinstance(action, CameraAction):
        return CameraResume(site=action.site, camera=action.camera)
    if isinstance(action, DeviceSilence) and action.device is not None:
        return DeviceResume(site=action.site, device=action.device)
    return None
