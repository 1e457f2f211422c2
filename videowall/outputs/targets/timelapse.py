"""A picture of the wall every so often, in a folder for each day, bounded by age and by size."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from sensors.clock import Clock
from videowall.encoding.profile import ProfileName
from videowall.outputs.targets.disk import Disk
from videowall.outputs.targets.output import OutputReport, OutputState
from videowall.outputs.targets.receiver import OutputError

_DAYS: Final = "????-??-??"
_PICTURES: Final = f"{_DAYS}/wall-??????Z.jpg"
_log = structlog.get_logger(__name__)


class Timelapse:
    """`folder/2026-01-31/wall-235900Z.jpg`, times in UTC. Files of another pattern are neither counted nor removed."""

    def __init__(
        self,
        folder: Path,
        every_s: float,
        max_days: int,
        max_bytes: int,
        still: Callable[[], bytes],
        clock: Clock,
    ) -> None:
        self._folder = folder
        self._every_s = every_s
        self._max_age = timedelta(days=max_days)
        self._max_bytes = max_bytes
        self._still = still
        self._clock = clock
        self._disk = Disk("timelapse")
        self._problem = ""
        self._pictures_total = 0
        self._bytes_total = 0
        self._failures_total = 0

    @property
    def report(self) -> OutputReport:
        """How it stands."""
        return OutputReport(
            f"timelapse:{self._folder}",
            ProfileName.FULL,
            OutputState.WAITING if self._problem else OutputState.SENDING,
            self._problem,
            self._pictures_total,
            self._bytes_total,
            0,
            self._failures_total,
        )

    async def run(self) -> None:
        """Keep a picture at every multiple of the interval, until cancelled; one that cannot be kept is left out."""
        try:
            while True:
                now_s = self._clock.now().timestamp()
                await asyncio.sleep(self._every_s - now_s % self._every_s)
                try:
                    await self.run_once()
                except OutputError as error:
                    self._failures_total += 1
                    self._note(error.text)
                else:
                    self._note("")
        finally:
            self._disk.close()

    async def run_once(self) -> None:
        """Keep one picture.

        Raises:
            OutputError: the disk does not take it.
        """
        picture = await self._disk.run(self._still)
        await self._disk.run(self._keep, picture, self._clock.now())
        self._pictures_total += 1
        self._bytes_total += len(picture)

    def _keep(self, picture: bytes, now: datetime) -> None:
        folder = self._folder / f"{now:%Y-%m-%d}"
        folder.mkdir(parents=True, exist_ok=True)
        self._make_room(now, len(picture))
        draft = folder / ".wall.part"
        draft.write_bytes(picture)
        draft.replace(folder / f"wall-{now:%H%M%S}Z.jpg")

    def _make_room(self, now: datetime, wanted: int) -> None:
        oldest_day = f"{now - self._max_age:%Y-%m-%d}"
        pictures = sorted(self._folder.glob(_PICTURES))
        sizes = [picture.stat().st_size for picture in pictures]
        total = sum(sizes) + wanted
        for picture, size in zip(pictures, sizes, strict=True):
            if total <= self._max_bytes and picture.parent.name >= oldest_day:
                break
            picture.unlink(missing_ok=True)
            total -= size
        for folder in self._folder.glob(_DAYS):
            if folder.is_dir() and folder.name < f"{now:%Y-%m-%d}" and not any(folder.iterdir()):
                folder.rmdir()

    def _note(self, problem: str) -> None:
        if problem and problem != self._problem:
            _log.warning("the timelapse leaves pictures out", folder=str(self._folder), problem=problem)
        elif self._problem and not problem:
            _log.info("the timelapse goes on", folder=str(self._folder))
        self._problem = problem
