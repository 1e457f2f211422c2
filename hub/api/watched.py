"""uvicorn's HTTP protocol under the eyes of the reception: it is told of every connection, and may end it."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.utils import get_remote_addr
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from sensors.reception import Reception

ADMITTED: Final = "admitted"
"""In a request's state: whoever sends it has signed in, and may do what it asks for."""
_ASKING: Final = frozenset({h11.IDLE, h11.SEND_BODY})


class WatchedState(ServerState):
    """What a server's connections share."""

    def __init__(self, reception: Reception) -> None:
        super().__init__()
        self.reception = reception


class WatchedHttp(H11Protocol):
    """One connection, until it is a WebSocket's."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: WatchedState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._reception = server_state.reception

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the parent
        """Somebody comes, and goes again at once where there is no room."""
        if not self._reception.admits(_host(get_remote_addr(transport)), _strangers(self.connections)):
            self.transport = transport
            transport.abort()
            return
        super().connection_made(transport)
        self._reception.listen(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody has gone."""
        self._reception.has_heard(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A part of a request, or all of it: another part is no reason to wait for longer."""
        super().data_received(data)
        if self.transport.get_protocol() is self and self.conn.their_state in _ASKING:
            self._reception.listen(self)
        else:
            self._reception.has_heard(self)

    def hang_up(self) -> None:
        """End it, without waiting for somebody who may not read either; but let who is known send a large file."""
        if self._is_handing_in():
            return
        self._reception.unheard_total += 1
        self.transport.abort()

    def _is_handing_in(self) -> bool:
        """Whether somebody who may do so sends a body that is still waited for."""
        waits = self.conn.their_state is h11.SEND_BODY and self.conn.our_state is h11.SEND_RESPONSE
        return waits and bool(self.scope["state"].get(ADMITTED))


def _strangers(connections: Iterable[object]) -> list[str]:
    """Where those are who are not let in; who has a WebSocket is, but a refused one is there until it is closed."""
    hosts: list[str] = []
    for each in connections:
        if isinstance(each, WebSocketsSansIOProtocol):
            if each.close_sent or not each.handshake_complete:
                hosts.append(_host(each.client))
        elif isinstance(each, WatchedHttp):
            hosts.append(_host(each.client))
    return hosts


def _host(address: tuple[str, int] | None) -> str:
    return address[0] if address else ""
