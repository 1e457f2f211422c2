"""What a gateway was promised, on the disk before it is believed: the one side of the balance."""

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

Entry = tuple[str, int]


class Promised(NamedTuple):
    """Samples (device, sequence) that the broker, and that the hub, has confirmed."""

    by_broker: frozenset[Entry]
    by_hub: frozenset[Entry]


class Ledger:
    """One line for each confirmation: `broker|hub device sequence`. Written by one thread, read by any."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines: list[str] = []
        self._lock = threading.Lock()
        self.entries_total = 0

    def __enter__(self) -> Self:
        self._out = self._file.open("a", encoding="ascii")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.flush()
        self._out.close()

    def confirmed(self, samples: Iterable[Entry]) -> None:
        """The broker has acknowledged these."""
        self._write("broker", samples)

    def receipted(self, samples: Iterable[Entry]) -> None:
        """The hub has these on its disk."""
        self._write("hub", samples)

    def flush(self) -> None:
        """Make what was written durable; a confirmation counts from then on."""
        if self._lines:
            lines, self._lines = self._lines, []
            self._out.writelines(lines)
            self._out.flush()
            os.fsync(self._out.fileno())
            with self._lock:
                self.entries_total += len(lines)

    def read(self) -> Promised:
        """All of it, from the disk."""
        said: dict[str, set[Entry]] = {"broker": set(), "hub": set()}
        for line in self._file.read_text("ascii").splitlines():
            by, device, sequence = line.split()
            said[by].add((device, int(sequence)))
        return Promised(frozenset(said["broker"]), frozenset(said["hub"]))

    def _write(self, by: str, samples: Iterable[Entry]) -> None:
        self._lines += [f"{by} {device} {sequence}\n" for device, sequence in samples]
