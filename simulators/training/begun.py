"""What orders began at a post, so that it can be ended before its time. Bounded; the oldest is forgotten."""

from sensors.errors import ConfigError
from simulators.scenario.actions import Action, DeviceResume, DeviceSilence
from simulators.scenario.camera_actions import CameraAction
from simulators.training.mending import own_mend_of

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
        end = own_mend_of(action)
        if end is None:
            raise ConfigError("ends by itself, and not before", subject=order, mend="Wait until its time is over")
        orders = list(self._actions)
        later = orders[orders.index(order) + 1 :]
        is_in_force = all(_place_of(self._actions[each]) != _place_of(action) for each in later)
        del self._actions[order]
        return end if is_in_force else None


def _place_of(action: Action) -> tuple[str, str]:
    """What only one action has at a time: a camera, or whether a device speaks."""
    match action:
        case _ if isinstance(action, CameraAction):
            return "camera", action.camera
        case DeviceSilence(device=str(device)) | DeviceResume(device=device):
            return "voice", device
        case _:
            return "", ""
