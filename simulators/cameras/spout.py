"""A connection's way out: as fast as the network takes it, or a few bytes at a time."""

import asyncio

_DROP_S = 0.1
_MOST_BYTES = 4_000_000


class Spout:
    """Writes to one transport, in order. What waits is bounded: beyond, the connection is dropped."""

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport
        self._bytes_s: float | None = None
        self._waiting = bytearray()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def pending_bytes(self) -> int:
        """How much has not left."""
        return len(self._waiting) + self._transport.get_write_buffer_size()

    @property
    def is_closing(self) -> bool:
        """Whether nothing more will leave."""
        return self._transport.is_closing()

    def write(self, data: bytes | bytearray) -> None:
        """Send bytes behind all others."""
        if self._bytes_s is None:
            self._transport.write(data)
        elif len(self._waiting) + len(data) > _MOST_BYTES:
            self.close()
            self._transport.abort()
        else:
            self._waiting += data
            self._drip_later()

    def throttle(self, bytes_s: float | None) -> None:
        """Let so many bytes a second through from now on, or with None everything, at once what waits."""
        self._bytes_s = bytes_s
        if bytes_s is None and self._waiting:
            self._transport.write(bytes(self._waiting))
            self.close()

    def close(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _drip_later(self) -> None:
        if self._timer is None and self._bytes_s is not None:
            wait_s = max(_DROP_S, 1 / self._bytes_s)
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._drip, wait_s)

    def _drip(self, waited_s: float) -> None:
        self._timer = None
        if self._bytes_s is None or self.is_closing:
            self._waiting.clear()
            return
        drop = max(1, round(self._bytes_s * waited_s))
        self._transport.write(bytes(self._waiting[:drop]))
        del self._waiting[:drop]
        if self._waiting:
            self._drip_later()
