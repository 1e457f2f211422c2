"""What a hub is for, exercises or actual work, and so which equipment belongs to it. The two are never mixed. Pure.

Simulated equipment says so in its birth. What cannot, because its dialect has no word for it, is named in the settings.
"""

from typing import NamedTuple

from sensors.errors import ConfigError
from sensors.model import Birth, DeviceKey
from sensors.topics import parse_device

_SIMULATED = "it is simulated, and this hub is not marked exercise"
_ACTUAL = "it does not say that it is simulated, and this hub is marked exercise"
_UNKNOWN = "it has not said yet that it is simulated, and this hub is marked exercise"


class Purpose(NamedTuple):
    """`sites` and `devices` are simulated although they cannot say so."""

    exercise: bool = False
    sites: frozenset[str] = frozenset()
    devices: frozenset[DeviceKey] = frozenset()

    def simulated(self, key: DeviceKey, birth: Birth | None) -> bool:
        """Whether a device is simulated; None: it has not said who it is."""
        return (birth is not None and birth.exercise) or key.site in self.sites or key in self.devices

    def bars(self, key: DeviceKey, birth: Birth | None) -> str:
        """Why nothing that a device says may be taken in here, whoever approves it; empty when it may.

        An exercise hub takes in nothing of a stranger: it may be actual.
        """
        simulated = self.simulated(key, birth)
        if not self.exercise:
            return _SIMULATED if simulated else ""
        if simulated:
            return ""
        return _UNKNOWN if birth is None else _ACTUAL


def read_purpose(*, exercise: bool, simulated: str) -> Purpose:
    """The purpose that settings name; `simulated`: sites, and devices as site/device, with spaces.

    Raises:
        ConfigError: one of them is neither.
    """
    sites: set[str] = set()
    devices: set[DeviceKey] = set()
    for name in simulated.split():
        site, slash, device = name.partition("/")
        key = parse_device(site, device if slash else site)
        if key is None:
            raise ConfigError(
                f"{name!r} is neither a site nor site/device",
                subject="[hub] simulated",
                mend="Name them as topics do, with spaces between them",
            )
        if slash:
            devices.add(key)
        else:
            sites.add(key.site)
    return Purpose(exercise, frozenset(sites), frozenset(devices))
