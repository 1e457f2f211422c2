"""What an instructor asks of simulated posts: told in an exercise alone, and only as its devices say that they can."""

from hub.decisions.dialects import MAIN
from hub.decisions.registry import Device
from hub.decisions.state import Outgoing, State
from hub.inputs import Moment
from hub.protocol import ControlView, Liveness, LogEntry
from hub.protocol.training import TRAINING_ORDER
from hub.requests import Instruct, ReadControls
from sensors.commands import Told, find_misfit, write_told
from sensors.dialects.native import encode_command
from sensors.errors import ConflictError, NotFoundError, UnavailableError, WireError
from sensors.topics import Leaf, topic


class TrainingDesk:
    """Answers an instructor's requests from the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def answer(self, request: ReadControls | Instruct, now: Moment) -> tuple[ControlView, ...] | LogEntry:
        """The answer.

        Raises:
            ShekaraError: as `hub.core.Hub` says of each request.
        """
        if not self._state.settings.exercise:
            raise ConflictError(
                "is for actual work: nothing is started here",
                subject="this hub",
                mend="Set [hub] exercise, see docs/training.md",
            )
        if isinstance(request, Instruct):
            return self._instruct(request, now)
        devices = sorted(self._state.registry.devices.items())
        return tuple(_view(device) for _, device in devices if _can_be_told(device))

    def _instruct(self, order: Instruct, now: Moment) -> LogEntry:
        device = self._state.registry.find(order.key)
        if device is None or not _can_be_told(device):
            raise NotFoundError(
                "nothing can be started there", subject=str(order.key), mend="Is its simulator running?"
            )
        command = next((each for each in device.birth.commands if each.name == order.name), None)
        if command is None:
            raise NotFoundError(f"no command {order.name}", subject=str(order.key))
        if (misfit := find_misfit(command, order.arguments)) is not None:
            raise WireError(misfit, subject=f"{order.name} at {order.key}", mend="See GET /api/v1/training")
        if MAIN not in self._state.connected:
            raise UnavailableError("not connected", subject="the broker", mend="Try again when it is back")
        payload = encode_command(order.id, order.name, order.arguments)
        self._state.effects.outgoing.append(Outgoing(topic(order.key, Leaf.COMMAND), payload, retained=False))
        text = write_told(Told(order.id, order.name, order.arguments))
        return self._state.log(now, TRAINING_ORDER, text, who=order.who, key=order.key)


def _can_be_told(device: Device) -> bool:
    return device.approved and device.simulated and bool(device.birth.commands)


def _view(device: Device) -> ControlView:
    return ControlView(
        key=device.key,
        kind=device.birth.kind,
        names=device.birth.names,
        site_names=device.birth.site_names,
        online=device.liveness is Liveness.ONLINE,
        commands=device.birth.commands,
    )
