"""All outputs of a wall, side by side."""

import asyncio
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sensors.clock import Clock
from sensors.rtsp.authentication import Credentials
from videowall.encoding.broadcast import Broadcast
from videowall.encoding.profile import ProfileName
from videowall.outputs.config import OutputsSettings
from videowall.outputs.targets.datagrams import Datagrams
from videowall.outputs.targets.disk import Disk
from videowall.outputs.targets.hls import HlsFolder
from videowall.outputs.targets.output import Output, OutputReport
from videowall.outputs.targets.receiver import Receiver
from videowall.outputs.targets.recording import Recording
from videowall.outputs.targets.rtmp.publisher import RtmpPublisher
from videowall.outputs.targets.rtsp import RtspPublisher
from videowall.outputs.targets.srt.sender import SrtSender
from videowall.outputs.targets.target import Kind, Target, parse_targets
from videowall.outputs.targets.timelapse import Timelapse

_MEGABYTE = 1_000_000


class Outputs:
    """What the settings name; a failing one concerns nobody else."""

    def __init__(
        self,
        settings: OutputsSettings,
        credentials: dict[str, Credentials],
        broadcast_of: Callable[[ProfileName], Broadcast],
        still: Callable[[], bytes],
        clock: Clock,
    ) -> None:
        chance = random.Random()  # noqa: S311 - jitter, not a secret
        self._disks: list[Disk] = []
        self._settings = settings
        self._clock = clock
        self._outputs = tuple(
            Output(target, broadcast_of, self._maker(target), clock, chance)
            for target in parse_targets(settings.urls, credentials)
        )
        self._timelapse = _make_timelapse(settings, still, clock) if settings.timelapse_s else None

    @property
    def reports(self) -> tuple[OutputReport, ...]:
        """Every output, in the order of the settings, the timelapse last."""
        last = () if self._timelapse is None else (self._timelapse.report,)
        return (*(output.report for output in self._outputs), *last)

    async def run(self) -> None:
        """Send to all until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for output in self._outputs:
                    group.create_task(output.run(), name=f"output {output.report.output}")
                if self._timelapse is not None:
                    group.create_task(self._timelapse.run(), name="timelapse")
        finally:
            for disk in self._disks:
                disk.close()

    def _maker(self, target: Target) -> Callable[[Target], Receiver]:
        if not target.is_on_disk:
            return partial(_reach, clock=self._clock)
        disk = Disk(target.label)
        self._disks.append(disk)
        return partial(self._keep, disk)

    def _keep(self, disk: Disk, target: Target) -> Receiver:
        settings, path = self._settings, Path(target.path)
        if target.kind is Kind.HLS:
            return HlsFolder(path, settings.hls_segment_s, settings.hls_segments, disk)
        return Recording(path, settings.file_piece_s, settings.file_max_mb * _MEGABYTE, disk)


def _make_timelapse(settings: OutputsSettings, still: Callable[[], bytes], clock: Clock) -> Timelapse:
    return Timelapse(
        Path(settings.timelapse_dir),
        settings.timelapse_s,
        settings.timelapse_days,
        settings.timelapse_max_mb * _MEGABYTE,
        still,
        clock,
    )


def _reach(target: Target, clock: Clock) -> Receiver:
    if target.kind is Kind.RTSP:
        return RtspPublisher(target, clock)
    if target.kind is Kind.RTMP:
        return RtmpPublisher(target)
    if target.kind is Kind.SRT:
        return SrtSender(target, clock)
    return Datagrams(target)
