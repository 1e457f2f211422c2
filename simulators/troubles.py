"""What an action does to the devices of a post."""

from datetime import datetime, timedelta

from simulators.scenario.actions import (
    BarrierLeftOpen,
    BarrierStuck,
    ContactAction,
    DeviceResume,
    DeviceSilence,
    DoorOpen,
    GnssJam,
    Herd,
    Intrusion,
    Overload,
    Radiation,
    SensorAction,
    Tamper,
)
from simulators.scenario.checking import device_of
from simulators.scenario.form import Site
from simulators.world.troubles import Effect, Trouble
from simulators.world.world import World

_OF_DEVICE: dict[type[Herd | ContactAction], Trouble] = {
    Herd: Trouble.ANIMALS,
    DoorOpen: Trouble.DOOR,
    BarrierStuck: Trouble.STUCK,
    BarrierLeftOpen: Trouble.LEFT_OPEN,
    Tamper: Trouble.TAMPER,
    Overload: Trouble.OVERLOAD,
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
        case Intrusion(duration_s=duration_s):
            sensor = device_of(site, action.kind, action.device, action.site).id
            fence = device_of(site, "fence", action.fence, action.site).id
            later = now + timedelta(seconds=action.fence_after_s)
            lasts = timedelta(seconds=duration_s)
            around.cause(
                (
                    Effect(Trouble.PERSON, sensor, now, now + lasts),
                    Effect(Trouble.CLIMB, fence, later, later + lasts),
                )
            )
        case Radiation(duration_s=duration_s, neutron=neutron):
            portal = device_of(site, action.kind, action.device, action.site).id
            kinds = (Trouble.GAMMA, Trouble.NEUTRON) if neutron else (Trouble.GAMMA,)
            ends = now + timedelta(seconds=duration_s)
            around.cause(Effect(kind, portal, now, ends) for kind in kinds)
        case _:
            device = device_of(site, action.kind, action.device, action.site).id
            ends = now + timedelta(seconds=action.duration_s)
            spoofed = isinstance(action, GnssJam) and action.spoofed
            kind = Trouble.SPOOFED if spoofed else _OF_DEVICE[type(action)]
            around.cause((Effect(kind, device, now, ends),))
