"""Cameras that are to be turned: who may be sent where, and the walls told before it moves."""

from collections.abc import Callable
from typing import Final

from hub.decisions.registry import Device
from hub.decisions.state import Outgoing, State
from hub.inputs import Moment
from hub.protocol import LogEntry
from hub.requests import NoteTurn, Turn, TurnCamera
from sensors.catalog import CAMERA
from sensors.dialects.native import CommandPayload
from sensors.errors import NotFoundError, UnavailableError

GO_TO_PRESET: Final = "go-to-preset"


class CameraDesk:
    """Answers from the state. `say` puts a command into the words of a device's own dialect."""

    def __init__(self, state: State, say: Callable[[CommandPayload, Device], list[Outgoing]]) -> None:
        self._state = state
        self._say = say

    def answer(self, request: TurnCamera | NoteTurn, now: Moment) -> Turn | LogEntry:
        """The answer.

        Raises:
            ShekaraError: as `hub.core.Hub.go_to_preset` says.
        """
        match request:
            case TurnCamera():
                return self._turn(request, now)
            case NoteTurn():
                words = f"{request.preset}: {request.problem}"
                return self._state.log(now, "camera-not-sent", words, who=request.who, key=request.key)

    def _turn(self, request: TurnCamera, now: Moment) -> Turn:
        """Log the move, tell the walls, and send the command to a camera that takes it over its own dialect."""
        state, key = self._state, request.key
        device = state.registry.find(key)
        if device is None or not device.approved or device.birth.kind != CAMERA:
            raise NotFoundError("no such approved camera", subject=str(key), mend="Approve it first")
        if request.preset not in device.presets:
            raise NotFoundError(
                "has no such preset", subject=f"{key}, {request.preset}", mend="See its list of presets"
            )
        native, service = request.preset in device.birth.presets, _service(device)
        if not native and not service:
            raise UnavailableError("its device service is not known", subject=str(key), mend="Wait until it is found")
        entry = state.log(now, "camera-sent", request.preset, who=request.who, key=key)
        moves = state.moves.tell(state.walls.plans, key, entry.number)
        state.effects.outgoing += [Outgoing(*told, retained=False) for told in moves]
        if native:
            command = CommandPayload(f"turn-{entry.number}", GO_TO_PRESET, {"preset": request.preset})
            said = self._say(command, device)
            if any(outgoing.connection not in state.connected for outgoing in said):
                raise UnavailableError("not connected", subject="the broker", mend="Try again when it is back")
            state.effects.outgoing += said
            return Turn(entry)
        return Turn(entry, service)


def _service(device: Device) -> str:
    """The device service that the hub's search has asked last."""
    return next((check.url for check in reversed(device.checks) if not check.url.startswith("rtsp:")), "")
