"""An instructor's part in an exercise: what can be started, and starting it."""

import uuid

from hub.api.route import Call, Nothing, Route
from hub.protocol import API, ControlView, LogEntry
from hub.protocol.training import ID_PREFIX, InstructRequest
from sensors.access import Action
from sensors.dialects.native import CommandPayload

_TRAINING = f"{API}/training"


async def list_controls(call: Call[Nothing, Nothing]) -> tuple[ControlView, ...]:
    """List what simulated posts and simulators can be told."""
    return await call.parts.hub.controls()


async def instruct(call: Call[InstructRequest, Nothing]) -> LogEntry:
    """Tell a simulated post or a simulator something; its answer comes as a log entry."""
    command = CommandPayload(f"{ID_PREFIX}{uuid.uuid4().hex}", call.body.name, call.body.arguments)
    return await call.parts.hub.instruct(call.key, command, call.who.name)


ROUTES = (
    Route("GET", _TRAINING, Action.INSTRUCT, list_controls),
    Route("POST", f"{_TRAINING}/{{site}}/{{device}}/orders", Action.INSTRUCT, instruct, status=202),
)
