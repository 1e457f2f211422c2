"""What cameras shall look like, between the wall and its disk. A disk that fails costs memory over a restart only."""

import asyncio
from collections.abc import Iterable

import structlog

from sensors.errors import ShekaraError
from sensors.model import DeviceKey, StreamRole
from videowall.quality.inspector import Inspector
from videowall.quality.likeness import Reference
from videowall.quality.shelf import Shelf

Stream = tuple[DeviceKey, StreamRole]
_log = structlog.get_logger()


class Keeper:
    """On one event loop; the disk is touched in threads."""

    def __init__(self, shelf: Shelf) -> None:
        self.unstored_total = 0
        self._shelf = shelf
        self._stored: dict[Stream, tuple[Reference, ...]] = {}

    def load(self, stream: Stream) -> tuple[Reference, ...]:
        """What a stream that begins shall look like."""
        references = self._stored[stream] = self._shelf.load(*stream)
        return references

    async def store(self, running: Iterable[tuple[Stream, Inspector]]) -> None:
        """Put down what was learnt or accepted since the last time; what fails is tried again the next time."""
        current = {stream: inspector.references for stream, inspector in running}
        for stream in self._stored.keys() - current.keys():
            del self._stored[stream]
        for stream, references in current.items():
            if references == self._stored.get(stream, ()):
                continue
            try:
                await asyncio.to_thread(self._shelf.store, *stream, references)
            except ShekaraError as error:
                self.unstored_total += 1
                _log.warning("view not stored", camera=str(stream[0]), why=error.text)
            else:
                self._stored[stream] = references

    async def forget(self, stream: Stream) -> None:
        """A stream that does not run was accepted with another: it is learnt anew.

        Raises:
            UnavailableError: the disk does not take it now.
        """
        await asyncio.to_thread(self._shelf.forget, *stream)
