"""The hub as its API sees it: questions and orders, answered by the pipeline; history and log, read from disk.

All methods belong to the event loop's thread and never block it. Orders are durable before they are answered.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from hub.lanes import Lane
from hub.live import Subscription
from hub.protocol import (
    AlarmView,
    CameraView,
    ControlView,
    DeviceView,
    FileReceipt,
    History,
    HistorySteps,
    HubStatus,
    LogEntry,
    Page,
    PresetRequest,
    PresetView,
    RejectedView,
    Snapshot,
    StreamCheck,
    WallRequest,
    WallView,
)
from hub.requests import (
    Acknowledge,
    Approve,
    ChangeWall,
    Instruct,
    NoteChecks,
    NoteTurn,
    Propose,
    ReadAlarms,
    ReadControls,
    ReadDevices,
    ReadPresets,
    ReadRejected,
    ReadStand,
    ReadView,
    ReadWalls,
    Refuse,
    RemovePreset,
    Request,
    Retire,
    SavePreset,
    SendCommand,
    Settle,
    SetView,
    TurnCamera,
    Upload,
    WriteNote,
)
from hub.storage.history import Question
from sensors.access import Principal
from sensors.dialects.n42 import Handed
from sensors.dialects.native import CommandPayload
from sensors.errors import ShekaraError, UnavailableError
from sensors.model import Birth, DeviceKey

R = TypeVar("R")
ANSWER_WITHIN_S = 10.0
READ_AT_ONCE = 4
READ_WAITING = 64
"""Questions to the archive that wait beyond those, of either kind: those that another server may have to answer keep
no other waiting."""


class Archive(Protocol):
    """What is read from disk, or from an InfluxDB, on threads."""

    def is_far(self, since: datetime) -> bool:
        """Whether another server may have to be asked for readings since then; it may take its time."""

    def history(self, key: DeviceKey, metric: str, since: datetime, until: datetime, limit: int) -> History:
        """Stored readings of one metric with since <= captured_at < until, oldest first."""

    def steps(self, asked: Question) -> HistorySteps:
        """One metric over time, one figure a step."""

    def log(self, before: int | None, limit: int) -> Page:
        """Log entries with a number below `before` (None: the newest), newest first."""


class Asker(Protocol):
    """The pipeline's front."""

    async def ask(self, request: Request[R]) -> R:
        """Put a request among the pipeline's inputs and wait for its answer."""


class Turner(Protocol):
    """What speaks to cameras' device services."""

    async def turn(self, key: DeviceKey, service: str, preset: str) -> None:
        """Send a camera to a preset, by its device service.

        Raises:
            ConflictError: it is being sent somewhere.
            UnavailableError: it does not answer, or refuses.
        """


class _NoTurner:
    async def turn(self, key: DeviceKey, service: str, preset: str) -> None:
        del service, preset
        raise UnavailableError("is switched off", subject=f"ONVIF for {key}", mend="Set [discovery] onvif")


class Hub:
    """The one facade. Who is asking has been authorised before any call; `who` goes into the log."""

    def __init__(self, pipeline: Asker, archive: Archive, read_status: Callable[[], HubStatus]) -> None:
        self._pipeline = pipeline
        self._archive = archive
        self._read_status = read_status
        self._near = Lane("records", READ_AT_ONCE, READ_WAITING)
        self._far = Lane("old records", READ_AT_ONCE, READ_WAITING)
        self.turner: Turner = _NoTurner()

    async def subscribe(self, principal: Principal) -> tuple[Snapshot, Subscription]:
        """Everything now, and every change after it. The caller closes the subscription."""
        subscription = Subscription(asyncio.get_running_loop())
        try:
            stand = await self._ask(ReadStand(subscription))
        except UnavailableError:
            subscription.close()
            raise
        snapshot = Snapshot(
            status=self._read_status(),
            principal_name=principal.name,
            principal_role=principal.role,
            devices=stand.devices,
            metrics=stand.metrics,
            alarms=stand.alarms,
            walls=stand.walls,
            log=stand.log,
        )
        return snapshot, subscription

    async def devices(self) -> tuple[DeviceView, ...]:
        """Every device of the registry, in order of key."""
        return await self._ask(ReadDevices())

    async def alarms(self) -> tuple[AlarmView, ...]:
        """Every occurrence that is not normal, most urgent first."""
        return await self._ask(ReadAlarms())

    async def walls(self) -> tuple[WallView, ...]:
        """Every wall, in order of name."""
        return await self._ask(ReadWalls())

    async def rejected(self, limit: int) -> tuple[RejectedView, ...]:
        """The newest bad input, newest first."""
        return await self._ask(ReadRejected(limit))

    async def acknowledge(self, occurrence: str, who: str, text: str = "") -> AlarmView:
        """Acknowledge one occurrence.

        Raises:
            NotFoundError: there never was such an occurrence.
            ConflictError: it is acknowledged, over, or has occurred again since.
        """
        return await self._ask(Acknowledge(occurrence, who, text))

    async def approve(self, key: DeviceKey, who: str, text: str = "") -> DeviceView:
        """Admit a device.

        Raises:
            NotFoundError: nothing of that key was ever seen.
        """
        return await self._ask(Approve(key, who, text))

    async def refuse(self, key: DeviceKey, who: str, text: str = "") -> DeviceView:
        """Keep a device out: its readings are stored, but raise nothing and reach no wall.

        Raises:
            NotFoundError: nothing of that key was ever seen.
        """
        return await self._ask(Refuse(key, who, text))

    async def retire(self, key: DeviceKey, who: str, text: str = "") -> DeviceView:
        """Take a device out of service: no alarms, on no wall; its readings are stored and shown still.

        Raises:
            NotFoundError: nothing of that key was ever seen.
            ConflictError: it is not approved.
        """
        return await self._ask(Retire(key, who, text))

    async def accept(self, key: DeviceKey, mark: str, who: str, text: str = "") -> DeviceView:
        """Let a device be what its held birth says.

        Raises:
            NotFoundError: nothing of that key was ever seen.
            ConflictError: that conflict is settled, is another by now, or has no other identity to accept.
        """
        return await self._ask(Settle(key, mark, who, text, accepted=True))

    async def dismiss(self, key: DeviceKey, mark: str, who: str, text: str = "") -> DeviceView:
        """Leave a device as it is; this very conflict is not raised again.

        Raises:
            NotFoundError: nothing of that key was ever seen.
            ConflictError: that conflict is settled, or is another by now.
        """
        return await self._ask(Settle(key, mark, who, text, accepted=False))

    async def note_checks(
        self, key: DeviceKey, checks: tuple[StreamCheck, ...], presets: tuple[str, ...] | None = None
    ) -> DeviceView:
        """Show what a camera answered when it was asked about its streams, and the presets it named, if it was asked.

        Raises:
            NotFoundError: nothing of that key is known any more.
        """
        return await self._ask(NoteChecks(key, checks, presets))

    async def propose(self, key: DeviceKey, birth: Birth, provenance: str, *, whole: bool = True) -> DeviceView:
        """Tell the registry of something found by `provenance` ("mdns").

        What another source has introduced only gains that provenance, and so does everything that is known already
        when `whole` is false: the thing has more to say of itself than was heard.

        Raises:
            LimitError: there is no room for it.
        """
        return await self._ask(Propose(key, birth, provenance, whole))

    async def change_wall(self, wall: str, change: WallRequest, who: str) -> WallView:
        """Apply an officer's choice to a wall.

        Raises:
            NotFoundError: no such wall, preset, page, or approved camera.
            WireError: a wall cannot show that.
            ConflictError: there is no tour to go on with.
        """
        return await self._ask(ChangeWall(wall, change, who))

    async def presets(self) -> tuple[PresetView, ...]:
        """Every preset, in order of id."""
        return await self._ask(ReadPresets())

    async def save_preset(self, preset: str, asked: PresetRequest, who: str) -> PresetView:
        """Keep a page under an id, in place of what had it.

        Raises:
            NotFoundError: no such wall, or no such approved camera.
            WireError: a wall cannot show that.
            LimitError: there are too many presets.
        """
        return await self._ask(SavePreset(preset, asked, who))

    async def remove_preset(self, preset: str, who: str) -> None:
        """Forget a preset.

        Raises:
            NotFoundError: there is none of that id.
            ConflictError: a tour goes by it.
        """
        await self._ask(RemovePreset(preset, who))

    async def camera_view(self, key: DeviceKey) -> CameraView:
        """How walls show a camera.

        Raises:
            NotFoundError: no such camera.
        """
        return await self._ask(ReadView(key))

    async def set_camera_view(self, key: DeviceKey, view: CameraView, who: str) -> CameraView:
        """Show a camera so, on every wall and at once; masks hide from everybody what they cover.

        Raises:
            NotFoundError: no such camera.
            LimitError: views of too many cameras are kept.
        """
        return await self._ask(SetView(key, view, who))

    async def write_note(self, who: str, text: str, key: DeviceKey | None = None) -> LogEntry:
        """Put an officer's line into the operational log."""
        return await self._ask(WriteNote(who, text, key))

    async def upload(self, key: DeviceKey, handed: Handed, who: str) -> FileReceipt:
        """Take in a radiation portal's file, as if it had come over MQTT, and log who handed it in.

        Raises:
            NotFoundError: the dialect of these files is switched off.
            ConflictError: nothing of it can be this device's; the text says why.
        """
        return await self._ask(Upload(key, handed, who))

    async def send_command(self, key: DeviceKey, command: CommandPayload, who: str) -> LogEntry:
        """Log a command and publish it to a device; its answer comes as a log entry.

        Raises:
            NotFoundError: no such approved device.
            UnavailableError: the broker is not connected.
        """
        return await self._ask(SendCommand(key, command, who))

    async def controls(self) -> tuple[ControlView, ...]:
        """What simulated posts and simulators can be told, in order of key.

        Raises:
            ConflictError: this hub is not for exercises.
        """
        return await self._ask(ReadControls())

    async def instruct(self, key: DeviceKey, command: CommandPayload, who: str) -> LogEntry:
        """Log an instructor's order and publish it; its answer comes as a log entry.

        Raises:
            ConflictError: this hub is not for exercises.
            NotFoundError: nothing simulated of that key takes such a command.
            WireError: the arguments do not fit what it says that it takes.
            UnavailableError: the broker is not connected.
        """
        return await self._ask(Instruct(key, command.id, command.name, command.arguments, who))

    async def go_to_preset(self, key: DeviceKey, preset: str, who: str) -> LogEntry:
        """Send a camera to one of its presets, and wait until it has said that it goes there.

        A camera that takes it as a command of its own dialect answers later, in the log.

        Raises:
            NotFoundError: no such approved camera, or it has no such preset.
            ConflictError: it is being sent somewhere.
            UnavailableError: it does not answer, or refuses.
        """
        turn = await self._ask(TurnCamera(key, preset, who))
        if turn.service:
            try:
                await self.turner.turn(key, turn.service, preset)
            except ShekaraError as error:
                await self._ask(NoteTurn(key, preset, who, error.what))
                raise
        return turn.entry

    async def history(self, key: DeviceKey, metric: str, since: datetime, until: datetime, limit: int) -> History:
        """Stored readings of one metric with since <= captured_at < until, oldest first, at most `limit`.

        Raises:
            NotFoundError: nothing of that metric was ever stored.
            UnavailableError: too many are asking.
        """
        return await self._lane(since).run(self._archive.history, key, metric, since, until, limit)

    async def history_steps(self, asked: Question) -> HistorySteps:
        """One metric over time, one figure for each step that has any; silences are listed.

        Raises:
            NotFoundError: nothing of that metric was ever stored.
            UnavailableError: too many are asking.
        """
        return await self._lane(asked.since).run(self._archive.steps, asked)

    async def log(self, before: int | None, limit: int) -> Page:
        """Log entries with a number below `before` (None: the newest), newest first, at most `limit`.

        Raises:
            UnavailableError: too many are asking.
        """
        return await self._near.run(self._archive.log, before, limit)

    def status(self) -> HubStatus:
        """The hub's counters and troubles now; answers even while the disk does not."""
        return self._read_status()

    def _lane(self, since: datetime) -> Lane:
        return self._far if self._archive.is_far(since) else self._near

    async def _ask(self, request: Request[R]) -> R:
        status = self._read_status()
        if not status.storage_writable:
            raise UnavailableError(
                "; ".join(status.problems), subject="the hub's disk", mend="It goes on by itself once that is mended"
            )
        try:
            return await asyncio.wait_for(self._pipeline.ask(request), ANSWER_WITHIN_S)
        except TimeoutError:
            raise UnavailableError(
                f"no answer within {ANSWER_WITHIN_S:.0f} s",
                subject="the hub's pipeline",
                mend="See the hub's problems; its disk may be full",
            ) from None
