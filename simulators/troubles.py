"""What an action does to the devices of a post."""

from datetime import datetime, timedelta

from simulators.scenario.actions import (
    BarrierLeftOpen,
    BarrierStuck,
    ContactAction,
    DeviceResume,
    DeviceSilence,
    DoorOpen,
    FibreBreak,
    GnssJam,
    Overload,
    SensorAction,
    Tamper,
)
from simulators.scenario.checking import device_of
from simulators.scenario.form import Site
from simulators.world.troubles import Effect, Trouble
from simulators.world.world import World

_OF_DEVICE: dict[type[ContactAction], Trouble] = {
    DoorOpen: Trouble.DOOR,
    BarrierStuck: Trouble.STUCK,
    BarrierLeftOpen: Trouble.LEFT_OPEN,
    Tamper: Trouble.TAMPER,
    Overload: Trouble.OVERLOAD,
    FibreBreak: Trouble.BROKEN,
    GnssJam: Trouble.JAMMED,
}
Troubling = SensorAction | DeviceResume


def trouble(around: World, site: Site, action: Troubling, now: datetime) -> None:
    """Put an action's effects into the world of its post; the action has been checked against the site."""
    match action:
        case DeviceResume(device=device):
            around.relieve(Trouble.SILENT, device)
        case DeviceSilence(device=device, duration_s=duration_s):
            around.cause((Effect(Trouble.SILENT, device, now, now + timedelta(seconds=duration_s)),))
        case _:
            device = device_of(site, action.kind, action.device, action.site).id
            ends = now + timedelta(seconds=action.duration_s)
            spoofed = isinstance(action, GnssJam) and action.spoofed
            kind = Trouble.SPOOFED if spoofed else _OF_DEVICE[type(action)]
            around.cause((Effect(kind, device, now, ends),))
