"""The PTZ service of a camera that turns: presets, and where it looks. It has one node, which both profiles turn."""

from collections.abc import Callable
from typing import Final
from xml.sax.saxutils import escape

from sensors.errors import LimitError, NotFoundError
from simulators.cameras.look import AHEAD, PAN_MOST_DEG, TILT_LEAST_DEG, ZOOM_MOST, Look
from simulators.cameras.mount import MAX_PRESETS, Preset
from simulators.onvif.envelope import Refusal, Request
from simulators.onvif.subject import Address, Subject

CONFIGURATION: Final = (
    '<{element} token="ptz"><tt:Name>ptz</tt:Name><tt:UseCount>2</tt:UseCount>'
    "<tt:NodeToken>node</tt:NodeToken></{element}>"
)
_SPACES = "http://www.onvif.org/ver10/tptz"
_NAME_LETTERS = 64
_NO_TOKEN = Refusal("Sender", ("InvalidArgVal", "NoToken"), "no such preset")


def _position(look: Look, element: str) -> str:
    """Where it looks, in ONVIF's generic spaces: -1 to 1 each way, 0 to 1 for zoom."""
    pan, tilt = look.pan_deg / PAN_MOST_DEG, look.tilt_deg / -TILT_LEAST_DEG
    zoom = (look.zoom - 1.0) / (ZOOM_MOST - 1.0)
    return (
        f'<{element}><tt:PanTilt x="{pan:.4f}" y="{tilt:.4f}" space="{_SPACES}/PanTiltSpaces/PositionGenericSpace"/>'
        f'<tt:Zoom x="{zoom:.4f}" space="{_SPACES}/ZoomSpaces/PositionGenericSpace"/></{element}>'
    )


def _presets(subject: Subject, _: Request, __: Address) -> str:
    said = "".join(
        f'<tptz:Preset token="{escape(preset.token)}"><tt:Name>{escape(preset.name)}</tt:Name>'
        f"{_position(preset.look, 'tt:PTZPosition')}</tptz:Preset>"
        for preset in subject.rig.mount.presets
    )
    return f"<tptz:GetPresetsResponse>{said}</tptz:GetPresetsResponse>"


def _go_to(subject: Subject, request: Request, _: Address) -> str | Refusal:
    preset = _preset(subject, request)
    if isinstance(preset, Refusal):
        return preset
    subject.rig.mount.go_to(preset.look)
    return "<tptz:GotoPresetResponse/>"


def _go_home(subject: Subject, _: Request, __: Address) -> str:
    subject.rig.mount.go_to(AHEAD)
    return "<tptz:GotoHomePositionResponse/>"


def _stop(subject: Subject, _: Request, __: Address) -> str:
    subject.rig.mount.stop()
    return "<tptz:StopResponse/>"


def _status(subject: Subject, _: Request, __: Address) -> str:
    mount = subject.rig.mount
    move = "MOVING" if mount.is_moving else "IDLE"
    return (
        f"<tptz:GetStatusResponse><tptz:PTZStatus>{_position(mount.look, 'tt:Position')}"
        f"<tt:MoveStatus><tt:PanTilt>{move}</tt:PanTilt><tt:Zoom>{move}</tt:Zoom></tt:MoveStatus>"
        f"<tt:UtcTime>{subject.clock.now():%Y-%m-%dT%H:%M:%SZ}</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>"
    )


def _keep(subject: Subject, request: Request, _: Address) -> str | Refusal:
    name = "".join(letter for letter in request.argument("PresetName") or "" if letter.isprintable())
    try:
        preset = subject.rig.mount.keep(name[:_NAME_LETTERS].strip(), request.argument("PresetToken") or "")
    except LimitError:
        return Refusal("Receiver", ("Action", "TooManyPresets"), f"no more than {MAX_PRESETS} presets")
    except NotFoundError:
        return _NO_TOKEN
    return f"<tptz:SetPresetResponse><tptz:PresetToken>{preset.token}</tptz:PresetToken></tptz:SetPresetResponse>"


def _forget(subject: Subject, request: Request, _: Address) -> str | Refusal:
    preset = _preset(subject, request)
    if isinstance(preset, Refusal):
        return preset
    subject.rig.mount.forget(preset.token)
    return "<tptz:RemovePresetResponse/>"


def _preset(subject: Subject, request: Request) -> Preset | Refusal:
    token = request.argument("PresetToken")
    if token is None:
        return Refusal("Sender", ("InvalidArgs",), "no PresetToken")
    try:
        return subject.rig.mount.preset(token)
    except NotFoundError:
        return _NO_TOKEN


def _node(element: str) -> str:
    return (
        f'<tptz:{element} token="node"><tt:Name>node</tt:Name><tt:SupportedPTZSpaces/>'
        f"<tt:MaximumNumberOfPresets>{MAX_PRESETS}</tt:MaximumNumberOfPresets>"
        f"<tt:HomeSupported>true</tt:HomeSupported></tptz:{element}>"
    )


def _nodes(_: Subject, __: Request, ___: Address) -> str:
    return f"<tptz:GetNodesResponse>{_node('PTZNode')}</tptz:GetNodesResponse>"


def _configurations(_: Subject, __: Request, ___: Address) -> str:
    words = CONFIGURATION.format(element="tptz:PTZConfiguration")
    return f"<tptz:GetConfigurationsResponse>{words}</tptz:GetConfigurationsResponse>"


def _service_capabilities(_: Subject, __: Request, ___: Address) -> str:
    return (
        '<tptz:GetServiceCapabilitiesResponse><tptz:Capabilities EFlip="false" Reverse="false" MoveStatus="true" '
        'StatusPosition="true"/></tptz:GetServiceCapabilitiesResponse>'
    )


PTZ_OPERATIONS: Final[dict[str, Callable[[Subject, Request, Address], str | Refusal]]] = {
    "GetPresets": _presets,
    "GotoPreset": _go_to,
    "GotoHomePosition": _go_home,
    "Stop": _stop,
    "GetStatus": _status,
    "SetPreset": _keep,
    "RemovePreset": _forget,
    "GetNodes": _nodes,
    "GetConfigurations": _configurations,
    "GetServiceCapabilities": _service_capabilities,
}
WITHOUT_PROFILE: Final = frozenset({"GetNodes", "GetConfigurations", "GetServiceCapabilities"})
"""What is asked of the service; everything else is asked of one of the camera's profiles."""
