"""What can be made to happen at a post: by a scenario's timed steps, and by commands to its gateway."""

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from sensors.errors import ConfigError
from sensors.model import Ident, Value
from simulators.scenario.acts import Act, Seconds
from simulators.scenario.camera_actions import CameraAction
from simulators.scenario.gateway_actions import GatewayAction
from simulators.scenario.link_actions import LinkAction
from simulators.scenario.nature_actions import NatureAction
from simulators.scenario.power_actions import PowerAction
from simulators.scenario.telemetry_actions import TelemetryAction


class _DeviceAction(Act, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`device` may be left out where a post has a first one of `kind`."""

    kind: ClassVar[str] = ""
    device: Ident | None = None
    duration_s: Seconds = 20.0


class Intrusion(_DeviceAction, tag="intrusion", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A person goes from a ground sensor to a fence, as fast as that needs, and climbs it."""

    kind = "ground-sensor"
    fence: Ident | None = None
    fence_after_s: Seconds = 4.0


class Herd(_DeviceAction, tag="herd", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Animals come to a ground sensor and graze there: many hits, nobody to look for."""

    kind = "ground-sensor"


class Radiation(_DeviceAction, tag="radiation", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A vehicle with a gamma source, and perhaps a neutron source, drives into a portal and stands there."""

    kind = "radiation-portal"
    neutron: bool = False


class DoorOpen(_DeviceAction, tag="door-open", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody opens a cabinet; with a work order, its alarm is a nuisance and no detection."""

    kind = "cabinet"
    ordered: bool = False


class BarrierStuck(_DeviceAction, tag="barrier-stuck", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A barrier stops half way."""

    kind = "barrier"


class BarrierLeftOpen(_DeviceAction, tag="barrier-left-open", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody leaves a barrier open."""

    kind = "barrier"
    duration_s: Seconds = 240.0


class Tamper(_DeviceAction, tag="tamper", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody beats or tilts a cabinet."""

    kind = "cabinet"


class Overload(_DeviceAction, tag="overload", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A lorry that is too heavy stands on a weighbridge."""

    kind = "weighbridge"


class FibreBreak(_DeviceAction, tag="fibre-break", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A fibre is cut half way; behind the break it hears nothing."""

    kind = "das"
    duration_s: Seconds = 600.0


class GnssJam(_DeviceAction, tag="gnss-jam", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A time server loses its satellites, or, `spoofed`, believes wrong ones: its clock jumps."""

    kind = "gnss-time"
    duration_s: Seconds = 180.0
    spoofed: bool = False


class DeviceSilence(_DeviceAction, tag="device-silence", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A device says nothing for a while; it must be named."""

    duration_s: Seconds = 86_400.0


class DeviceResume(Act, tag="device-resume", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A silent device speaks again."""

    device: Ident


ContactAction = DoorOpen | BarrierStuck | BarrierLeftOpen | Tamper | Overload | FibreBreak | GnssJam
ArrivalAction = Intrusion | Herd | Radiation
SensorAction = ContactAction | DeviceSilence
Action = (
    ArrivalAction
    | SensorAction
    | DeviceResume
    | GatewayAction
    | NatureAction
    | PowerAction
    | LinkAction
    | TelemetryAction
    | CameraAction
)


def action_of(name: str, site: str, arguments: Mapping[str, Value]) -> Action:
    """The action a command asks for.

    Raises:
        ConfigError: no such action, or its arguments do not fit.
    """
    try:
        action: Action = msgspec.convert({**arguments, "action": name, "site": site, "at_s": 0.0}, Action, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(str(error), subject=name, mend="See docs/scenarios.md, actions") from error
    return action
