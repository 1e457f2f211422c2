"""The registry: what is there, who may come in, what it is asked to do."""

import uuid
from typing import Annotated

from msgspec import Meta, Struct

from hub.api.discretion import devices_for_trainees, is_told_all
from hub.api.route import Call, Nothing, Route
from hub.protocol import API, DeviceView, LogEntry, Note, Settlement
from sensors.access import Action
from sensors.dialects.native import CommandPayload
from sensors.model import Ident, Line, Value

_DEVICE = f"{API}/devices/{{site}}/{{device}}"


class CommandRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a device is asked to do."""

    name: Ident
    arguments: Annotated[dict[Ident, Value], Meta(max_length=16)] = {}


async def list_devices(call: Call[Nothing, Nothing]) -> tuple[DeviceView, ...]:
    """List every device of the registry."""
    devices = await call.parts.hub.devices()
    return devices if is_told_all(call.who, exercise=call.parts.settings.exercise) else devices_for_trainees(devices)


async def approve_device(call: Call[Note, Nothing]) -> DeviceView:
    """Admit a device."""
    return await call.parts.hub.approve(call.key, call.who.name, call.body.text)


async def refuse_device(call: Call[Note, Nothing]) -> DeviceView:
    """Keep a device out."""
    return await call.parts.hub.refuse(call.key, call.who.name, call.body.text)


async def retire_device(call: Call[Note, Nothing]) -> DeviceView:
    """Take an approved device out of service for good."""
    return await call.parts.hub.retire(call.key, call.who.name, call.body.text)


async def accept_change(call: Call[Settlement, Nothing]) -> DeviceView:
    """Accept the identity that a device's held birth claims."""
    return await call.parts.hub.accept(call.key, call.body.mark, call.who.name, call.body.text)


async def dismiss_conflict(call: Call[Settlement, Nothing]) -> DeviceView:
    """Leave a device as it is, and raise this conflict no more."""
    return await call.parts.hub.dismiss(call.key, call.body.mark, call.who.name, call.body.text)


async def send_command(call: Call[CommandRequest, Nothing]) -> LogEntry:
    """Send a command to a device; its answer comes as a log entry."""
    command = CommandPayload(uuid.uuid4().hex, call.body.name, call.body.arguments)
    return await call.parts.hub.send_command(call.key, command, call.who.name)


class PresetOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a camera is sent: one of its presets, by name."""

    preset: Line


async def go_to_preset(call: Call[PresetOrder, Nothing]) -> LogEntry:
    """Send a camera to one of its presets; walls do not take that for a camera somebody has moved."""
    return await call.parts.hub.go_to_preset(call.key, call.body.preset, call.who.name)


ROUTES = (
    Route("GET", f"{API}/devices", Action.READ_STATE, list_devices),
    Route("POST", f"{_DEVICE}/approve", Action.APPROVE_DEVICE, approve_device),
    Route("POST", f"{_DEVICE}/refuse", Action.APPROVE_DEVICE, refuse_device),
    Route("POST", f"{_DEVICE}/retire", Action.APPROVE_DEVICE, retire_device),
    Route("POST", f"{_DEVICE}/accept", Action.APPROVE_DEVICE, accept_change),
    Route("POST", f"{_DEVICE}/dismiss", Action.APPROVE_DEVICE, dismiss_conflict),
    Route("POST", f"{_DEVICE}/preset", Action.CONTROL_WALL, go_to_preset),
    Route("POST", f"{_DEVICE}/commands", Action.COMMAND_DEVICE, send_command, status=202),
)
