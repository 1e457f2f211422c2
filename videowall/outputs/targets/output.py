"""One output, supervised alone: reached again and again with full-jitter back-off, never in anybody's way."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from enum import StrEnum
from typing import Final

import structlog
from msgspec import Struct

from sensors.clock import Clock
from sensors.errors import LimitError, WireError
from videowall.encoding.broadcast import Broadcast, EncodedFrame, ParameterSets
from videowall.encoding.profile import ProfileName
from videowall.fmp4.annexb import split_units
from videowall.fmp4.header import find_parameter_sets
from videowall.outputs.targets.receiver import OutputError, Receiver
from videowall.outputs.targets.target import Target

OPEN_WITHIN_S: Final = 8.0
SEND_WITHIN_S: Final = 5.0
STABLE_S: Final = 60.0
"""A session that lasted this long wipes the slate clean."""
_CLOSE_WITHIN_S: Final = 1.0
_FIRST_WAIT_S, _MOST_WAIT_S = 1.0, 30.0
_REFUSED_LEAST_S: Final = 15.0
_log = structlog.get_logger(__name__)


class OutputState(StrEnum):
    """What an output does now."""

    CONNECTING = "connecting"
    SENDING = "sending"
    WAITING = "waiting"


class OutputReport(Struct, frozen=True):
    """One output as others may see it; no secret is in it."""

    output: str
    profile: str
    state: OutputState
    problem: str
    frames_total: int
    bytes_total: int
    skipped_total: int
    failures_total: int


class _ChangedError(Exception):
    """The stream has changed its shape: the receiver must be told anew, at once."""


class Output:
    """Sends one profile to one target. `make_receiver` gives a fresh receiver for each session."""

    def __init__(
        self,
        target: Target,
        broadcast_of: Callable[[ProfileName], Broadcast],
        make_receiver: Callable[[Target], Receiver],
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self._target = target
        self._broadcast_of = broadcast_of
        self._make_receiver = make_receiver
        self._clock = clock
        self._chance = chance
        self._state = OutputState.CONNECTING
        self._problem = ""
        self._frames_total = 0
        self._bytes_total = 0
        self._skipped_total = 0
        self._failures_total = 0

    @property
    def report(self) -> OutputReport:
        """How it stands."""
        return OutputReport(
            self._target.label,
            self._target.profile,
            self._state,
            self._problem,
            self._frames_total,
            self._bytes_total,
            self._skipped_total,
            self._failures_total,
        )

    async def run(self) -> None:
        """Send until cancelled, whatever the receiver does."""
        failures = 0
        while True:
            begun_s = self._clock.monotonic_s()
            refused = False
            try:
                await self.run_once()
            except _ChangedError:
                continue
            except (OutputError, OSError, TimeoutError, WireError, LimitError) as error:
                refused = isinstance(error, OutputError) and error.refused
                self._note(_reason(error))
            else:
                return
            self._failures_total += 1
            failures = 1 if self._clock.monotonic_s() - begun_s > STABLE_S else failures + 1
            self._state = OutputState.WAITING
            least_s = _REFUSED_LEAST_S if refused else 0.0
            most_s = max(2 * least_s, min(_MOST_WAIT_S, _FIRST_WAIT_S * 2 ** min(failures - 1, 10)))
            await asyncio.sleep(self._chance.uniform(least_s, most_s))

    async def run_once(self) -> None:
        """One session; returns when the wall stops.

        Raises:
            OutputError: the receiver cannot be reached, or does not want it.
            OSError, TimeoutError: the same, found on the way.
        """
        self._state = OutputState.CONNECTING
        receiver = self._make_receiver(self._target)
        try:
            async with asyncio.timeout(OPEN_WITHIN_S):
                await receiver.open()
            await self._send_all(receiver)
        finally:
            with contextlib.suppress(OutputError, OSError, TimeoutError):
                async with asyncio.timeout(_CLOSE_WITHIN_S):
                    await receiver.close()

    async def _send_all(self, receiver: Receiver) -> None:
        sets: ParameterSets | None = None
        before: EncodedFrame | None = None
        with self._broadcast_of(self._target.profile).subscribe() as frames:
            skipped_before = self._skipped_total
            async for frame in frames:
                if frame.key:
                    found = find_parameter_sets(split_units(frame.data))
                    if sets is not None and found != sets:
                        raise _ChangedError
                    if sets is None:
                        sets = found
                        async with asyncio.timeout(OPEN_WITHIN_S):
                            await receiver.begin(sets, frame)
                        self._note("")
                if before is not None and frame.pts_90k <= before.pts_90k:
                    raise _ChangedError
                async with asyncio.timeout(SEND_WITHIN_S):
                    self._bytes_total += await receiver.send(frame)
                self._frames_total += 1
                self._skipped_total = skipped_before + frames.skipped_total
                before = frame

    def _note(self, problem: str) -> None:
        """Log what has changed, once."""
        self._state = OutputState.WAITING if problem else OutputState.SENDING
        if problem and problem != self._problem:
            _log.warning("an output is down", output=self._target.label, problem=problem)
        elif not problem:
            _log.info("an output is up", output=self._target.label, after_failures=self._failures_total)
        self._problem = problem


def _reason(error: Exception) -> str:
    if isinstance(error, OutputError | WireError | LimitError):
        return error.text
    if isinstance(error, TimeoutError):
        return "the receiver does not keep up or does not answer"
    if isinstance(error, OSError) and error.strerror:
        return f"the connection failed: {error.strerror}"
    return "the connection failed"
