"""Whether what a scenario says fits together: unique ids, known kinds, and actions for what is there."""

from collections import Counter
from collections.abc import Iterable

from sensors.catalog import GATEWAY
from sensors.errors import ConfigError
from sensors.topics import WALLS
from simulators.kinds import KINDS
from simulators.scenario.actions import (
    Action,
    BarrierStuck,
    DeviceResume,
    DeviceSilence,
    DoorOpen,
    Herd,
    Intrusion,
    Radiation,
)
from simulators.scenario.camera_actions import CameraAction
from simulators.scenario.form import DeviceEntry, Site


def check_action(action: Action, site: Site | None, subject: str) -> None:
    """Whether an action names what its post has.

    Raises:
        ConfigError: it does not.
    """
    if site is None:
        raise ConfigError(f"no site {action.site}", subject=subject, mend="Name a site of the scenario")
    match action:
        case _ if isinstance(action, CameraAction):
            if action.camera not in {camera.id for camera in site.cameras}:
                raise ConfigError(f"no camera {action.camera}", subject=subject, mend=f"{site.id} has other cameras")
        case DeviceSilence() | DeviceResume():
            if action.device not in {device.id for device in site.devices}:
                raise ConfigError(f"no device {action.device}", subject=subject, mend="Name a device of the site")
        case Intrusion():
            device_of(site, action.kind, action.device, subject)
            device_of(site, "fence", action.fence, subject)
        case Herd() | Radiation() | DoorOpen() | BarrierStuck():
            device_of(site, action.kind, action.device, subject)
        case _:
            return


def device_of(site: Site, kind: str, named: str | None, subject: str) -> DeviceEntry:
    """The named device of a kind, or the first of that kind.

    Raises:
        ConfigError: the site has none.
    """
    for device in site.devices:
        if device.kind == kind and named in (None, device.id):
            return device
    raise ConfigError(f"no {kind} {named or 'at all'}", subject=subject, mend=f"Give {site.id} one, or name another")


def check_site(site: Site, subject: str) -> None:
    """Whether a site, with its equipment in place, is sound.

    Raises:
        ConfigError: what is wrong.
    """
    if site.id == WALLS:
        raise ConfigError(f"the site id {WALLS} is taken by wall nodes", subject=subject, mend="Choose another id")
    devices = {device.id for device in site.devices}
    require_unique((GATEWAY, *devices, *(camera.id for camera in site.cameras)), "cameras and devices", subject)
    require_unique((device.id for device in site.devices), "devices", subject)
    for device in site.devices:
        if device.kind not in KINDS or device.kind == GATEWAY:
            known = ", ".join(sorted(KINDS.keys() - {GATEWAY}))
            raise ConfigError(f"no kind {device.kind} ({device.id})", subject=subject, mend=f"Kinds are {known}")
    for device in site.devices:
        if device.to is not None and device.at is None:
            raise ConfigError(f"{device.id} has to but no at", subject=subject, mend="Say where its line begins")
    for camera in site.cameras:
        if missing := set(camera.covers) - devices:
            raise ConfigError(
                f"{camera.id} covers {', '.join(sorted(missing))}, which is not there",
                subject=subject,
                mend="Name devices of the same site",
            )


def require_unique(ids: Iterable[str], what: str, subject: str) -> None:
    """Refuse ids that occur twice.

    Raises:
        ConfigError: which ones.
    """
    if twice := [name for name, count in Counter(ids).items() if count > 1]:
        raise ConfigError(f"{what} share the id {', '.join(twice)}", subject=subject, mend="Give each its own id")
