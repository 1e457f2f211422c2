"""What ends an action before its time, where anything does."""

from datetime import datetime, timedelta

from simulators.scenario.actions import Action, DeviceResume, DeviceSilence
from simulators.scenario.camera_actions import CameraAction, CameraResume
from simulators.scenario.link_actions import LinkFault, LinkResume
from simulators.scenario.power_actions import GeneratorRefuse, GeneratorStart, MainsFail, MainsRestore, UpsAge
from simulators.scenario.telemetry_actions import DataResume, TelemetryFault


def own_mend_of(action: Action) -> Action | None:
    """The action that ends this one and nothing else that goes on, or None."""
    match action:
        case CameraResume():
            return None
        case _ if isinstance(action, CameraAction):
            return CameraResume(site=action.site, camera=action.camera)
        case DeviceSilence(device=str(device)):
            return DeviceResume(site=action.site, device=device)
        case _:
            return None


def mend_of(action: Action) -> Action | None:
    """The action that ends this one, with all of its sort at the same post, link or device; None where none does."""
    match action:
        case _ if isinstance(action, LinkFault):
            return LinkResume(site=action.site)
        case _ if isinstance(action, TelemetryFault):
            return DataResume(site=action.site, device=action.device)
        case MainsFail():
            return MainsRestore(site=action.site)
        case GeneratorRefuse():
            return GeneratorStart(site=action.site)
        case UpsAge():
            return UpsAge(site=action.site, health=1.0)
        case _:
            return own_mend_of(action)


def goes_on(action: Action, began: datetime, now: datetime) -> bool:
    """Whether an action that began then still has an effect that can be ended."""
    lasts_s = getattr(action, "duration_s", None)
    is_over = lasts_s is not None and began + timedelta(seconds=lasts_s) <= now
    return mend_of(action) is not None and not is_over
