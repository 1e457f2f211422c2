"""What people ask for, done: each request has one answer, and each order one line in the log."""

from typing import Any

from hub.inputs import Moment
from hub.protocol import AlarmView, Approval, DeviceView, LogEntry, WallView
from hub.registry import Device
from hub.requests import (
    Acknowledge,
    Approve,
    ChangeWall,
    Propose,
    ReadRejected,
    ReadStand,
    Refuse,
    Request,
    SendCommand,
    WriteNote,
)
from hub.state import Outgoing, State
from sensors.dialects.native import encode_command
from sensors.errors import LimitError, NotFoundError, UnavailableError, WireError
from sensors.model import DeviceKey
from sensors.topics import Leaf, topic


class Desk:
    """Answers requests from the state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def answer(self, request: Request[Any], now: Moment) -> object:  # noqa: PLR0911 - one return for each request
        """The answer; for `ReadStand` the request itself, because it is answered after its batch.

        Raises:
            ShekaraError: as `hub.core.Hub` says of each request.
        """
        match request:
            case ReadStand():
                return request
            case ReadRejected():
                return self._state.rejections.newest(request.limit)
            case Acknowledge():
                return self._acknowledge(request, now)
            case Approve():
                return self._approve(request, now)
            case Refuse():
                return self._refuse(request, now)
            case Propose():
                return self._propose(request, now)
            case ChangeWall():
                return self._change_wall(request, now)
            case WriteNote():
                return self._state.log(now, "note", request.text, who=request.who, key=request.key)
            case SendCommand():
                return self._send_command(request, now)
        raise WireError("is not understood", subject=type(request).__name__)

    def _acknowledge(self, request: Acknowledge, now: Moment) -> AlarmView:
        transition = self._state.engine.acknowledge(request.occurrence, request.who, now)
        self._state.move_alarms([transition], now, who=request.who, text=request.text)
        return transition.view

    def _approve(self, request: Approve, now: Moment) -> DeviceView:
        device = self._device(request.key)
        if device.approved:
            return device.view()
        self._decide(device, Approval.APPROVED)
        self._log_decision(device, "device-approved", request, now)
        self._state.judge_alarms_of(device, now)
        return device.view()

    def _refuse(self, request: Refuse, now: Moment) -> DeviceView:
        device = self._device(request.key)
        self._decide(device, Approval.REFUSED)
        self._log_decision(device, "device-refused", request, now)
        self._state.move_alarms(self._state.engine.withdraw(device.key, (), now), now)
        return device.view()

    def _propose(self, request: Propose, now: Moment) -> DeviceView:
        device = self._state.registry.meet(request.key, now, request.provenance)
        if device is None:
            raise LimitError("the registry is full", subject=str(request.key))
        if not device.introduced:
            device.introduce(request.birth)
            self._state.registry.changed.add(device.key)
            self._state.plans_due = True
            kind = "device-approved" if device.approved else "device-discovered"
            self._state.log(now, kind, f"{self._state.name(device)} ({request.provenance})", key=device.key)
        return device.view()

    def _change_wall(self, request: ChangeWall, now: Moment) -> WallView:
        state = self._state
        state.walls.change(request.wall, request.change, request.who, state.registry, now.at)
        change = request.change
        words = [
            f"layout {change.layout}" if change.layout else "",
            f"language {change.language}" if change.language else "",
            f"spotlight {change.spotlight}" if change.spotlight else "spotlight cleared" * change.clear_spotlight,
        ]
        text = f"{request.wall}: {', '.join(word for word in words if word) or 'nothing'}"
        state.log(now, "wall-changed", text, who=request.who, key=change.spotlight)
        state.effects.changes.walls[request.wall] = state.walls.choices[request.wall]
        state.plan(now)
        return state.walls.view(request.wall, state.registry)

    def _send_command(self, request: SendCommand, now: Moment) -> LogEntry:
        device, command = self._device(request.key), request.command
        if not device.approved:
            raise NotFoundError("no such approved device", subject=str(request.key), mend="Approve it first")
        if not self._state.connected:
            raise UnavailableError("not connected", subject="the broker", mend="Try again when it is back")
        payload = encode_command(command.id, command.name, command.arguments)
        self._state.effects.outgoing.append(Outgoing(topic(request.key, Leaf.COMMAND), payload, retained=False))
        return self._state.log(now, "command", f"{command.id}: {command.name}", who=request.who, key=request.key)

    def _device(self, key: DeviceKey) -> Device:
        device = self._state.registry.find(key)
        if device is None:
            raise NotFoundError("no such device", subject=str(key))
        return device

    def _decide(self, device: Device, approval: Approval) -> None:
        device.approval = approval
        self._state.registry.changed.add(device.key)
        self._state.plans_due = True

    def _log_decision(self, device: Device, kind: str, request: Approve | Refuse, now: Moment) -> None:
        text = f"{self._state.name(device)}: {request.text}" if request.text else self._state.name(device)
        self._state.log(now, kind, text, who=request.who, key=device.key)
