"""A wall says that it is alive, to systemd or to `shekara walls`: while it draws and its event loop turns."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from sensors.supervised import ALIVE, READY, STOPPING

_BEAT_S = 1.0


class Heart:
    """Beats at `address`, the supervisor's socket, for as long as `progress` gives another number each time."""

    def __init__(self, address: str, progress: Callable[[], int]) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._progress = progress

    async def run(self) -> None:
        """Beat until cancelled. Nobody there to hear it is no trouble of ours."""
        before, word = self._progress(), READY
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            try:
                while True:
                    await asyncio.sleep(_BEAT_S)
                    now = self._progress()
                    if now != before:
                        before = now
                        self._say(out, word + b"\n" + ALIVE)
                        word = b""
            finally:
                self._say(out, STOPPING)

    def _say(self, out: socket.socket, words: bytes) -> None:
        with contextlib.suppress(OSError):
            out.sendto(words, self._address)
