"""Gets lines into an InfluxDB whatever it makes of some of them: what is refused is halved until bad lines stand alone.

Lines that were taken are written again on the way, which changes nothing: a server may take a part of a batch, refuse
the rest with one status, and say neither which nor how many.
"""

import re
import threading
from collections.abc import Sequence
from typing import Protocol

from hub.storage.dead_letters import Refused
from hub.storage.influx_answers import BusyError, TooLargeError
from sensors.clock import Clock
from sensors.errors import WireError

_DROPPED = re.compile(r"dropped=(\d{1,9})$")
"""How InfluxDB 1 and 2 end a reason: so many of the points are not there, all others are."""


class Writer(Protocol):
    """`hub.storage.influx_writer.InfluxWriter`."""

    def write(self, lines: Sequence[str]) -> None:
        """All of the lines, confirmed; or TooLargeError, WireError, BusyError."""


class Delivery:
    """One server. `batch_lines` shrinks for good when the server calls a request too large."""

    def __init__(self, writer: Writer, clock: Clock, batch_lines: int, stopping: threading.Event) -> None:
        self.batch_lines = batch_lines
        self._writer = writer
        self._clock = clock
        self._stopping = stopping

    def deliver(self, lines: Sequence[str]) -> list[Refused]:
        """Write them all; those that are refused for good are returned, everything else is confirmed.

        Raises:
            BusyError: the server takes nothing now, or refuses even a line beyond doubt, or we are to stop.
        """
        try:
            self._writer.write(lines)
        except TooLargeError as error:
            return self._halve(lines, error)
        except WireError as error:
            # A server that refuses everything is misconfigured: that is no trouble of the lines.
            self._probe(error)
            return self._halve(lines, error)
        return []

    def _halve(self, lines: Sequence[str], error: WireError) -> list[Refused]:
        too_large = isinstance(error, TooLargeError)
        if len(lines) == 1:
            if too_large:
                self._probe(error)
            return [Refused(lines[0], error.what)]
        if (said := _DROPPED.search(error.what)) is not None and int(said[1]) == len(lines):
            # A backlog older than the bucket keeps: halving it would ask twice for every line.
            return [Refused(line, error.what) for line in lines]
        if self._stopping.is_set():
            raise BusyError("stopped in the middle of a batch", subject=error.subject, mend="It is sent again")
        middle = len(lines) // 2
        if too_large:
            self.batch_lines = min(self.batch_lines, middle)
        return self._part(lines[:middle]) + self._part(lines[middle:])

    def _part(self, lines: Sequence[str]) -> list[Refused]:
        try:
            self._writer.write(lines)
        except WireError as error:
            return self._halve(lines, error)
        return []

    def _probe(self, doubt: WireError) -> None:
        try:
            self._writer.write([f"shekara_probe,hub=1 v=1.0 {round(self._clock.now().timestamp())}000000000"])
        except WireError as error:
            raise BusyError(
                f"refuses every line: {doubt.what}", subject=error.subject, mend="Check [influx] org and bucket"
            ) from error
