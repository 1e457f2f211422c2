"""A wall as a device among devices: takes its plan from the broker, gives its readings to it."""

import asyncio
import time
from collections.abc import Callable

import structlog

from sensors.broker_settings import BrokerSettings
from sensors.catalog import PictureState
from sensors.clock import Clock
from sensors.dialects.native import encode_data, encode_event
from sensors.errors import WireError
from sensors.model import DeviceKey, Value
from sensors.reception import Reception
from sensors.rtsp.authentication import Credentials
from sensors.supervised import Restarts
from sensors.topics import Leaf, wall_key
from sensors.wall_orders import ORDER
from videowall.board import Board, decode_board
from videowall.capture.channel import Channel
from videowall.capture.oversleeping import hear_first
from videowall.centre.mqtt import BrokerLink
from videowall.centre.orders import Orders
from videowall.centre.petitions import Petitions
from videowall.centre.report import REPEAT_S, Losses, Sums, camera_values, shared_values, wall_birth, wall_values
from videowall.clips.clips import Manifest
from videowall.composing.scene import Tile
from videowall.outputs.targets.output import OutputReport
from videowall.outputs.targets.report import output_values
from videowall.plan import Plan, decode_plan
from videowall.wall import Wall

_PERIOD_S = 1.0
_MAX_PLAN_BYTES = 1_000_000
_MAX_BOARD_BYTES = 1_000_000
_MAX_COMMANDS = 16
_log = structlog.get_logger()


class WallNode:
    """The wall's link to the rest of the system. A plan that cannot be read is counted; the last one stays."""

    def __init__(
        self,
        wall: Wall,
        broker: BrokerSettings,
        credentials: Credentials | None,
        clock: Clock,
        url: str,
        outputs: Callable[[], tuple[OutputReport, ...]] = tuple,
        *,
        exercise: bool = False,
    ) -> None:
        self.plans_rejected_total = 0
        self.boards_rejected_total = 0
        self.restarts = Restarts()
        """Of this wall's process, as its supervisor told it."""
        self.reception = Reception(clock)
        """Of this wall's server."""
        self.commands_dropped_total = 0
        self._wall = wall
        self._clock = clock
        self._url = url
        self._outputs = outputs
        self._exercise = exercise
        self._key = wall_key(wall.name)
        self._loop = asyncio.get_running_loop()
        self._link = BrokerLink(
            self._key,
            broker.address,
            broker.client_keepalive_s,
            credentials,
            clock,
            {
                Leaf.PLAN: self._on_loop(self.take_plan),
                Leaf.BOARD: self._on_loop(self.take_board),
                Leaf.COMMAND: self._on_loop(self._take_command),
            },
        )
        self.petitions = Petitions(wall.name, clock, self._petition)
        self._orders = Orders(wall, self.petitions.hear)
        self._commands: asyncio.Queue[bytes] = asyncio.Queue(_MAX_COMMANDS)
        self._sequence = int(clock.now().timestamp())
        self._camera_sequences: dict[DeviceKey, int] = {}
        self._reported: dict[DeviceKey, tuple[PictureState, float]] = {}
        self._received: dict[DeviceKey, tuple[float, int]] = {}

    async def run(self) -> None:
        """Report once a second until cancelled; the broker is told when the wall leaves."""
        self._announce()
        self._link.start()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._obey(), name="commands")
                before = self._sums()
                while True:
                    slept_from_s = self._clock.monotonic_s()
                    await asyncio.sleep(_PERIOD_S)
                    await hear_first(self._clock.monotonic_s() - slept_from_s - _PERIOD_S)
                    before = self._report(before)
        finally:
            await asyncio.to_thread(self._link.stop)

    def tell_clip(self, clip: Manifest) -> None:
        """Say in the log who has taken which pictures away."""
        text = (
            f"{clip.saved_by}: {clip.site}/{clip.device}, {clip.begins_at:%Y-%m-%d %H:%M:%S}Z to "
            f"{clip.ends_at:%H:%M:%S}Z, sha256 {clip.sha256}"
        )
        event = encode_event(f"clip-{clip.sha256[:32]}", "clip-saved", clip.saved_at, text)
        self._link.publish_event(event)

    def take_plan(self, payload: bytes) -> None:
        """Draw the plan in a payload, or count it; the plan that is drawn already changes nothing."""
        try:
            plan = self._read_plan(payload)
        except WireError as error:
            self.plans_rejected_total += 1
            _log.warning("plan ignored", wall=self._wall.name, why=error.text)
            return
        if plan != self._wall.plan:
            self._wall.apply(plan)
            self._announce()

    def take_board(self, payload: bytes) -> None:
        """Show the board in a payload, or count it; the last one stays until it is too old."""
        try:
            board = _read_board(payload)
        except WireError as error:
            self.boards_rejected_total += 1
            _log.warning("board ignored", wall=self._wall.name, why=error.text)
            return
        self._wall.show_board(board)

    def _petition(self, order: str, text: str) -> bool:
        if not self._link.is_connected:
            return False
        self._link.publish_event(encode_event(order, ORDER, self._clock.now(), text))
        return True

    def _read_plan(self, payload: bytes) -> Plan:
        if len(payload) > _MAX_PLAN_BYTES:
            raise WireError(f"over {_MAX_PLAN_BYTES} bytes", subject="wall plan")
        plan = decode_plan(payload)
        if plan.wall != self._wall.name:
            raise WireError("is for another wall", subject="wall plan")
        if plan.exercise is not self._exercise:
            raise WireError(
                "is of an exercise, and this wall is not for exercises"
                if plan.exercise
                else "is of actual work, and this wall is for exercises",
                subject="wall plan",
                mend="Set [hub] exercise for hub and wall alike",
            )
        return plan

    def _on_loop(self, take: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """The same, to be called in another thread."""

        def hand_over(payload: bytes) -> None:
            self._loop.call_soon_threadsafe(take, payload)

        return hand_over

    def _take_command(self, payload: bytes) -> None:
        """Queue a command; one too many is dropped, and its sender hears nothing."""
        if self._commands.full():
            self.commands_dropped_total += 1
            return
        self._commands.put_nowait(payload)

    async def _obey(self) -> None:
        while True:
            answer = await self._orders.answer(await self._commands.get())
            if answer is not None:
                self._link.acknowledge(answer)

    def _announce(self) -> None:
        wall = self._wall
        self._link.announce(wall_birth(wall.name, wall.plan_title(), wall.canvas, self._url, exercise=self._exercise))

    def _losses(self) -> Losses:
        return Losses(
            self.boards_rejected_total,
            self.commands_dropped_total,
            self._link.unsent_total,
            self.reception.refused_total,
            self.reception.unheard_total,
        )

    def _sums(self) -> Sums:
        pool = self._wall.pool.counts
        cpu_s, wall = time.process_time() + pool.cpu_s, self._wall
        return Sums(self._clock.monotonic_s(), cpu_s, wall.composer.counts, pool, wall.relief.depth)

    def _report(self, before: Sums) -> Sums:
        cameras = list(self._wall.cameras())
        for tile, channel in cameras:
            self._report_camera(tile, channel)
        after = self._sums()
        if after.at_s - before.at_s < REPEAT_S:
            return before
        revision = self._wall.plan.revision if self._wall.plan else 0
        viewers = self._wall.viewers
        self._sequence += 1
        self._send(
            self._key,
            wall_values(before, after, viewers, cameras, revision, self.plans_rejected_total, self.restarts)
            | shared_values(self._wall.shared_latency, self._losses())
            | output_values(self._outputs()),
            self._sequence,
        )
        return after

    def _report_camera(self, tile: Tile, channel: Channel | None) -> None:
        key, now_s = tile.feed.key, self._clock.monotonic_s()
        state = channel.state if channel else PictureState.CONNECTING
        known = self._reported.get(key)
        if known is not None and known[0] is state and now_s - known[1] < REPEAT_S:
            return
        self._reported[key] = (state, now_s)
        sequence = self._camera_sequences.get(key, int(self._clock.now().timestamp())) + 1
        self._camera_sequences[key] = sequence
        if channel is not None and channel.stream is not None:
            channel.pace.compare(channel.stream.clock_offset_s, now_s)
        values = camera_values(tile, channel, self._bitrate_kbps(key, channel, now_s), now_s)
        # Other walls may show it as well, and see it otherwise.
        self._send(key, values, sequence, observer=self._wall.name)

    def _bitrate_kbps(self, key: DeviceKey, channel: Channel | None, now_s: float) -> float:
        total = channel.stream.received_bytes_total if channel and channel.stream else 0
        before_s, before = self._received.get(key, (now_s, total))
        self._received[key] = (now_s, total)
        return max(0.0, 8 * (total - before) / 1000 / (now_s - before_s)) if now_s > before_s else 0.0

    def _send(self, key: DeviceKey, values: dict[str, Value | None], sequence: int, *, observer: str = "") -> None:
        self._link.publish_data(key, encode_data(self._clock.now(), sequence, values, observer=observer))


def _read_board(payload: bytes) -> Board:
    if len(payload) > _MAX_BOARD_BYTES:
        raise WireError(f"over {_MAX_BOARD_BYTES} bytes", subject="wall board")
    return decode_board(payload)
