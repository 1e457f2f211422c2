"""Whose fault it is that a camera's picture cannot be believed: what many suffer from alike is one alarm. Pure."""

from hub.decisions.registry import Device
from sensors.catalog import CAMERA, PictureState
from sensors.model import Value

_LINK_LOST = (PictureState.NO_PACKETS, PictureState.CONNECTING)
_PASSING = (PictureState.CONNECTING, PictureState.DELAYED)


def is_shared(device: Device, value: Value) -> bool:
    """Whether another answers for it: a dead link is its gateway's, and a wall that is behind is the wall's."""
    if device.birth.kind != CAMERA:
        return False
    return value == PictureState.BEHIND or (device.cut_off and value in _LINK_LOST)


def is_passing(value: Value) -> bool:
    """Whether it says nothing of a camera that nobody looks at any more: it would have been over in a moment."""
    return value in _PASSING
