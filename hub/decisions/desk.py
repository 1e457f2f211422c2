"""What people ask for, done: each request has one answer, and each order one line in the log."""

from typing import Any

from hub.decisions.camera_desk import CameraDesk
from hub.decisions.reception import Reception
from hub.decisions.registry import Device
from hub.decisions.state import Outgoing, State
from hub.decisions.training_desk import TrainingDesk
from hub.decisions.vetting import Vetting
from hub.decisions.wall_desk import WallDesk
from hub.inputs import Moment
from hub.protocol import AlarmView, Approval, DeviceView, FileReceipt, LogEntry
from hub.requests import (
    Acknowledge,
    Approve,
    ChangeWall,
    Instruct,
    NoteChecks,
    NoteTurn,
    Propose,
    ReadControls,
    ReadPresets,
    ReadRejected,
    ReadView,
    Refuse,
    RemovePreset,
    Request,
    Retire,
    SavePreset,
    SendCommand,
    Settle,
    SetView,
    Standing,
    TurnCamera,
    Upload,
    WriteNote,
)
from sensors.dialects.dialect import Heard
from sensors.dialects.n42 import N42
from sensors.dialects.native import CommandPayload, encode_command
from sensors.errors import ConflictError, LimitError, NotFoundError, UnavailableError, WireError
from sensors.model import DeviceKey
from sensors.topics import Leaf, topic

_DECISIONS: dict[type, tuple[Approval, str]] = {
    Approve: (Approval.APPROVED, "device-approved"),
    Refuse: (Approval.REFUSED, "device-refused"),
    Retire: (Approval.RETIRED, "device-retired"),
}


class Desk:
    """Answers requests from the state."""

    def __init__(self, state: State, vetting: Vetting, reception: Reception) -> None:
        self._state = state
        self._vetting = vetting
        self._reception = reception
        self._walls = WallDesk(state)
        self._cameras = CameraDesk(state, self._say)
        self._training = TrainingDesk(state)

    def answer(self, request: Request[Any], now: Moment) -> object:  # noqa: C901, PLR0911, PLR0912 - one case for each request
        """The answer; for what is `Standing` the request itself, because it is answered after its batch.

        Raises:
            ShekaraError: as `hub.core.Hub` says of each request.
        """
        match request:
            case Standing():
                return request
            case ReadRejected():
                return self._state.rejections.newest(request.limit)
            case Acknowledge():
                return self._acknowledge(request, now)
            case Approve() | Refuse() | Retire():
                return self._decide(request, now)
            case Settle():
                return self._settle(request, now)
            case Propose():
                return self._propose(request, now)
            case NoteChecks():
                return self._note_checks(request)
            case TurnCamera() | NoteTurn():
                return self._cameras.answer(request, now)
            case ChangeWall() | ReadPresets() | SavePreset() | RemovePreset() | ReadView() | SetView():
                return self._walls.answer(request, now)
            case WriteNote():
                return self._state.log(now, "note", request.text, who=request.who, key=request.key)
            case Upload():
                return self._upload(request, now)
            case SendCommand():
                return self._send_command(request, now)
            case ReadControls() | Instruct():
                return self._training.answer(request, now)
        raise WireError("is not understood", subject=type(request).__name__)

    def _acknowledge(self, request: Acknowledge, now: Moment) -> AlarmView:
        transition = self._state.engine.acknowledge(request.occurrence, request.who, now)
        self._state.move_alarms([transition], now, who=request.who, text=request.text)
        return transition.view

    def _decide(self, request: Approve | Refuse | Retire, now: Moment) -> DeviceView:
        device, (approval, kind) = self._device(request.key), _DECISIONS[type(request)]
        if device.approval is approval:
            return device.view()
        if approval is Approval.RETIRED and not device.approved:
            raise ConflictError("is not approved", subject=str(device.key), mend="Refuse what never was in service")
        if approval is Approval.APPROVED and device.barred:
            raise ConflictError(
                device.barred, subject=str(device.key), mend="See docs/training.md; refuse it meanwhile"
            )
        self._vetting.decide(device, approval, now)
        self._log_decision(device, kind, "", request, now)
        return device.view()

    def _settle(self, request: Settle, now: Moment) -> DeviceView:
        device = self._device(request.key)
        if request.accepted:
            text = self._vetting.accept(device, request.mark, now)
            self._log_decision(device, "device-change-accepted", text, request, now)
        else:
            text = self._vetting.dismiss(device, request.mark, now)
            self._log_decision(device, "device-conflict-dismissed", text, request, now)
        return device.view()

    def _propose(self, request: Propose, now: Moment) -> DeviceView:
        registry, source = self._state.registry, request.provenance
        device = registry.meet(request.key, now, source)
        if isinstance(device, str):
            raise LimitError(device, subject=str(request.key))
        if not device.introduced or (request.whole and device.doubts.birth_from == source):
            self._vetting.hear(device, request.birth, source, now, live=True)
        return device.view()

    def _note_checks(self, request: NoteChecks) -> DeviceView:
        device = self._device(request.key)
        checks = {check.url: check for check in (*device.checks, *request.checks)}
        current = {stream.url for stream in device.birth.streams} | {check.url for check in request.checks}
        services = [url for url in checks if not url.startswith("rtsp:")]
        kept = tuple(check for url, check in checks.items() if url in current or url in services[-1:])
        found = device.found_presets if request.presets is None else request.presets
        if (device.checks, device.found_presets) != (kept, found):
            device.checks, device.found_presets = kept, found
            self._state.registry.changed.add(device.key)
            self._state.plans_due = True
        return device.view()

    def _upload(self, request: Upload, now: Moment) -> FileReceipt:
        state, handed = self._state, request.handed
        dialect = next((dialect for dialect in state.dialects.spoken if isinstance(dialect, N42)), None)
        if dialect is None:
            raise NotFoundError("files of N42.42 are not taken in", mend="Set [n42] enabled")
        device = state.registry.find(request.key)
        if device is not None and device.introduced and state.dialects.owner(device.spoken_by) is not dialect:
            raise ConflictError(
                "this device speaks otherwise than by files", subject=str(request.key), mend="Name another device"
            )
        taken, refused = len(state.effects.readings), state.rejections.total
        self._reception.take_heard(Heard(dialect.tell(request.key, handed, now.at)), dialect, now)
        taken, refused = len(state.effects.readings) - taken, state.rejections.total - refused
        if (device := state.registry.find(request.key)) is not None and device.barred:
            raise ConflictError(device.barred, subject=str(request.key), mend="See docs/training.md")
        if refused and not taken:
            reason = state.rejections.newest(1)[0].reason
            raise ConflictError(f"nothing of the file was taken in: {reason}", subject=str(request.key))
        text = f"n42: {taken} readings, {len(handed.file.alarms)} alarms; sha256 {handed.sha256}"
        state.log(now, "file-received", text, who=request.who, key=request.key)
        return FileReceipt(request.key, handed.sha256, taken, refused, len(handed.file.alarms))

    def _send_command(self, request: SendCommand, now: Moment) -> LogEntry:
        device, command = self._device(request.key), request.command
        if not device.approved:
            raise NotFoundError("no such approved device", subject=str(request.key), mend="Approve it first")
        if device.simulated and any(each.name == command.name for each in device.birth.commands):
            raise ConflictError(
                f"{command.name} is an instructor's to start", subject=str(request.key), mend="See docs/training.md"
            )
        said = self._say(command, device)
        if any(outgoing.connection not in self._state.connected for outgoing in said):
            raise UnavailableError("not connected", subject="the broker", mend="Try again when it is back")
        self._state.effects.outgoing += said
        return self._state.log(now, "command", f"{command.id}: {command.name}", who=request.who, key=request.key)

    def _say(self, command: CommandPayload, device: Device) -> list[Outgoing]:
        """The command in the words of the device's own dialect.

        Raises:
            WireError: it has no words for it.
        """
        dialect = self._state.dialects.owner(device.spoken_by)
        if dialect is None:
            payload = encode_command(command.id, command.name, command.arguments)
            return [Outgoing(topic(device.key, Leaf.COMMAND), payload, retained=False)]
        said = dialect.command(device.key, command)
        if isinstance(said, str):
            raise WireError(said, subject=f"command {command.name} to {device.key}")
        connection = self._state.dialects.connection_of(dialect)
        return [Outgoing(send.topic, send.payload, send.retained, send.qos, connection) for send in said]

    def _device(self, key: DeviceKey) -> Device:
        device = self._state.registry.find(key)
        if device is None:
            raise NotFoundError("no such device", subject=str(key))
        return device

    def _log_decision(
        self, device: Device, kind: str, text: str, request: Approve | Refuse | Retire | Settle, now: Moment
    ) -> None:
        words = ": ".join(filter(None, (self._state.name(device), text, request.text)))
        self._state.log(now, kind, words, who=request.who, key=device.key)
