"""What the demonstration knows of its hub: the live feed folded into the few facts that it waits for."""

import asyncio
from collections.abc import Iterable

from hub.client import HubClient
from hub.protocol import (
    AlarmChanged,
    AlarmState,
    AlarmView,
    Approval,
    DevicesChanged,
    DeviceView,
    HubStatus,
    LiveMessage,
    Liveness,
    Snapshot,
    StatusChanged,
)
from sensors.model import DeviceKey


class Watch:
    """Devices, alarms and status as of the newest message; `run` until cancelled."""

    def __init__(self, client: HubClient) -> None:
        self._client = client
        self.devices: dict[DeviceKey, DeviceView] = {}
        self.alarms: dict[str, AlarmView] = {}
        self.raised: list[AlarmView] = []
        self.status: HubStatus | None = None
        self.changed = asyncio.Event()

    def registered(self, expected: Iterable[DeviceKey]) -> int:
        """How many of the expected devices are approved and online."""
        known = [self.devices[key] for key in expected if key in self.devices]
        return sum(view.approval is Approval.APPROVED and view.liveness is Liveness.ONLINE for view in known)

    async def run(self) -> None:
        """Follow the live feed, for ever."""
        async for item in self._client.live():
            if isinstance(item, LiveMessage):
                self._fold(item)
                self.changed.set()

    def _fold(self, message: LiveMessage) -> None:
        match message:
            case Snapshot():
                self.devices = {view.key: view for view in message.devices}
                self.alarms = {view.occurrence: view for view in message.alarms}
                self.status = message.status
            case DevicesChanged():
                self.devices.update({view.key: view for view in message.devices})
                for key in message.removed:
                    self.devices.pop(key, None)
            case AlarmChanged():
                alarm = message.alarm
                if alarm.occurrence not in self.alarms:
                    self.raised.append(alarm)
                if alarm.state is AlarmState.NORMAL:
                    self.alarms.pop(alarm.occurrence, None)
                else:
                    self.alarms[alarm.occurrence] = alarm
            case StatusChanged():
                self.status = message.status
            case _:
                pass
