"""What people at walls' pages ask: proven by their own sign-in, whatever wall passed it on, then done as any order."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

import msgspec
import structlog
from msgspec import Struct

from hub.core import Hub
from hub.decisions.state import Outgoing
from hub.people.accounts import Accounts
from hub.people.keys import SigningKeys
from hub.protocol import WallRequest
from sensors.access import Action, Principal, authorise
from sensors.clock import Clock
from sensors.dialects.native import encode_command
from sensors.errors import AccessError, ConflictError, ShekaraError, WireError
from sensors.model import DeviceId, DeviceKey, EventSeen, Ident, Line, SiteId
from sensors.topics import Leaf, topic
from sensors.wall_orders import ANSWER, WallOrder, open_order

MAX_WAITING: Final = 64
AT_ONCE: Final = 64
"""Cameras that do not answer keep their own orders waiting, and not the others: more than anybody presses meanwhile."""
_MAX_ANSWER: Final = 250
S = TypeVar("S", bound=Struct)
_log = structlog.get_logger(__name__)


class _Preset(Struct, frozen=True, forbid_unknown_fields=True):
    site: Ident
    device: Ident
    preset: Line


class WallOrders:
    """Carries out orders, begun as they come; the wall hears what became of each. Belongs to the hub's event loop."""

    def __init__(
        self, hub: Hub, accounts: Accounts, keys: SigningKeys, publish: Callable[[Outgoing], None], clock: Clock
    ) -> None:
        self.dropped_total = 0
        self._hub = hub
        self._accounts = accounts
        self._keys = keys
        self._publish = publish
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[EventSeen] = asyncio.Queue(MAX_WAITING)

    def take(self, event: EventSeen) -> None:
        """An order has come: from the pipeline's thread. One too many is dropped; its page hears nothing in time."""
        self._loop.call_soon_threadsafe(self._take, event)

    async def run(self) -> None:
        """Carry out what comes until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(AT_ONCE):
                group.create_task(self._work(), name=f"wall-orders-{number}")

    async def carry_out(self, event: EventSeen) -> None:
        """Do what an event of a wall asks.

        Raises:
            ShekaraError: nobody who may has asked for it, or it cannot be done.
        """
        wall = event.key.device
        order, principal = open_order(event.text, wall, self._keys.private_pem, self._clock.now())
        if order.id != event.id:
            raise WireError("has another id than its event", subject="order")
        if not self._accounts.is_live(principal):
            raise AccessError("the sign-in has ended", signed_in=False, mend="Sign in again")
        authorise(principal, Action.CONTROL_WALL)
        known: Mapping[str, Callable[[WallOrder, Principal], Awaitable[None]]] = {
            "change-wall": self._change_wall,
            "go-to-preset": self._go_to_preset,
        }
        if order.name not in known:
            raise WireError(f"is not known: {order.name}", subject="order")
        await known[order.name](order, principal)

    async def _work(self) -> None:
        while True:
            event = await self._waiting.get()
            try:
                await self.carry_out(event)
            except ShekaraError as error:
                _log.warning("a wall's order was refused", wall=event.key.device, problem=error.text)
                self._answer(event, error.text)
            else:
                self._answer(event, "")

    async def _change_wall(self, order: WallOrder, principal: Principal) -> None:
        await self._hub.change_wall(order.wall, _read(order, WallRequest), principal.name)

    async def _go_to_preset(self, order: WallOrder, principal: Principal) -> None:
        asked = _read(order, _Preset)
        key = DeviceKey(SiteId(asked.site), DeviceId(asked.device))
        await self._hub.go_to_preset(key, asked.preset, principal.name)

    def _take(self, event: EventSeen) -> None:
        if self._waiting.full():
            self.dropped_total += 1
            return
        self._waiting.put_nowait(event)

    def _answer(self, event: EventSeen, refusal: str) -> None:
        told = {"order": event.id, "text": refusal[:_MAX_ANSWER]}
        payload = encode_command(f"answer-{event.id}"[:64], ANSWER, told)
        self._publish(Outgoing(topic(event.key, Leaf.COMMAND), payload, retained=False))


def _read(order: WallOrder, kind: type[S]) -> S:
    try:
        return msgspec.json.decode(order.change, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConflictError(str(error), subject=order.name) from error
