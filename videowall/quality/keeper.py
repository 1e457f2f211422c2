"""What cameras shall look like, between the wall and its disk. A disk that fails costs memory over a restart only."""

import asyncio
from collections.abc import Iterable

import structlog

from sensors.clock import Clock
from sensors.errors import ShekaraError, UnavailableError
from sensors.model import DeviceKey, StreamRole
from videowall.quality.inspector import Inspector
from videowall.quality.likeness import Reference
from videowall.quality.shelf import Shelf, View
from videowall.quality.whereabouts import Whereabouts

_TURNS_S = 30.0
"""A camera that was sent elsewhere before this wall began may be on its way for so long."""
_log = structlog.get_logger()


class Keeper:
    """On one event loop; the disk is touched in threads."""

    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        self.unstored_total = 0
        self._turn = asyncio.Lock()
        self._shelf = shelf
        self._stored: dict[View, tuple[Reference, ...]] = {}
        self._stored_sent = shelf.load_sent()
        turned_by_s = clock.monotonic_s() + _TURNS_S
        self.whereabouts = Whereabouts(dict.fromkeys(self._stored_sent, turned_by_s))

    def load(self, view: View) -> tuple[Reference, ...]:
        """What a stream that begins shall look like; nothing is known when the disk fails."""
        try:
            references = self._shelf.load(view)
        except UnavailableError as error:
            _log.warning("view not loaded", camera=str(view.key), why=error.text)
            references = ()
        self._stored[view] = references
        return references

    async def store(self, running: Iterable[tuple[View, Inspector]]) -> None:
        """Put down what was learnt or accepted since the last time; what fails is tried again the next time."""
        async with self._turn:
            await self._store(tuple(running))

    async def _store(self, running: tuple[tuple[View, Inspector], ...]) -> None:
        self.whereabouts.follow((view.key, inspector) for view, inspector in running)
        await self._store_sent()
        current = {view: inspector.references for view, inspector in running}
        for view in self._stored.keys() - current.keys():
            del self._stored[view]
        for view, references in current.items():
            if references == self._stored.get(view, ()):
                continue
            try:
                await asyncio.to_thread(self._shelf.store, view, references)
            except ShekaraError as error:
                self.unstored_total += 1
                _log.warning("view not stored", camera=str(view.key), why=error.text)
            else:
                self._stored[view] = references

    async def _store_sent(self) -> None:
        sent = frozenset(self.whereabouts.sent)
        if sent == self._stored_sent:
            return
        try:
            await asyncio.to_thread(self._shelf.store_sent, sent)
        except UnavailableError as error:
            self.unstored_total += 1
            _log.warning("which cameras were sent elsewhere is not stored", why=error.text)
        else:
            self._stored_sent = sent

    async def forget(self, key: DeviceKey, role: StreamRole) -> None:
        """A stream that does not run was accepted with another: it is learnt anew.

        Raises:
            UnavailableError: the disk does not take it now.
        """
        await asyncio.to_thread(self._shelf.forget, key, role)
