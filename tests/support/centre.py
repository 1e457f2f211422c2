"""The far end of what a wall's page asks, without a broker in between."""

import asyncio

from sensors.clock import SystemClock
from sensors.wall_orders import open_order
from tests.support.wall_server import Keys
from videowall.centre.petitions import Petitions


class Centre:
    """The far end: opens each order with the hub's key and answers as it is told to."""

    def __init__(self, keys: Keys) -> None:
        self.opened: list[tuple[str, str, bytes]] = []
        self.refusal: str | None = ""
        self.is_connected = True
        self._keys = keys
        self.petitions = Petitions("main", SystemClock(), self._send)

    def _send(self, order_id: str, text: str) -> bool:
        if not self.is_connected:
            return False
        order, principal = open_order(text, "main", self._keys.private_pem, SystemClock().now())
        assert order.id == order_id
        self.opened.append((principal.name, order.name, bytes(order.change)))
        if self.refusal is not None:
            asyncio.get_running_loop().call_soon(self.petitions.hear, order_id, self.refusal)
        return True
