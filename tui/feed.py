"""From the hub to the store: the one worker that listens. Screens never see a message.

It only needs what `HubPort` says of a hub client, so tests hand it a scripted one.
"""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Protocol

from hub.client import Connected, Disconnected
from hub.protocol import (
    Aggregate,
    ControlView,
    History,
    HistorySteps,
    LiveMessage,
    PresetRequest,
    PresetView,
    Session,
    Ticket,
    WallRequest,
)
from sensors.clock import Clock
from sensors.model import DeviceKey, Value
from tui.store import Store

FeedItem = LiveMessage | Connected | Disconnected


class HubPort(Protocol):
    """What the console asks of the hub."""

    async def sign_in(self, name: str, password: str) -> Session:
        """Exchange a password for a session that later calls use."""

    async def is_exercise(self) -> bool:
        """Whether the hub is for exercises, asked before anybody has signed in."""

    def live(self) -> AsyncIterator[FeedItem]:
        """The live feed for ever: it reconnects by itself, and says so."""

    async def acknowledge(self, occurrence: str, text: str = "") -> object:
        """Accept one occurrence of an alarm."""

    async def approve(self, key: DeviceKey, text: str = "") -> object:
        """Let a device's readings in."""

    async def refuse(self, key: DeviceKey, text: str = "") -> object:
        """Keep a device's readings out."""

    async def retire(self, key: DeviceKey, text: str = "") -> object:
        """Take a device out of service."""

    async def accept(self, key: DeviceKey, mark: str, text: str = "") -> object:
        """Accept the identity that a device's held birth claims."""

    async def dismiss(self, key: DeviceKey, mark: str, text: str = "") -> object:
        """Leave a device as it is."""

    async def change_wall(self, wall: str, request: WallRequest) -> object:
        """Change what a wall shows."""

    async def presets(self) -> tuple[PresetView, ...]:
        """The pages that are kept for all walls."""

    async def save_preset(self, preset: str, request: PresetRequest) -> object:
        """Keep a page under an id."""

    async def remove_preset(self, preset: str) -> object:
        """Forget a kept page."""

    async def controls(self) -> tuple[ControlView, ...]:
        """What can be told to simulated posts and simulators in an exercise."""

    async def instruct(self, key: DeviceKey, name: str, arguments: dict[str, Value]) -> object:
        """Start or end something in an exercise."""

    async def write_note(self, text: str) -> object:
        """Add a line to the operational log."""

    async def ticket(self, wall: str) -> Ticket:
        """An address of a wall's page that is good for one entry."""

    async def history(self, key: DeviceKey, metric: str, since: datetime, until: datetime, limit: int) -> History:
        """Stored readings of one metric."""

    async def history_steps(
        self, key: DeviceKey, metric: str, since: datetime, until: datetime, step_s: int, aggregate: Aggregate
    ) -> HistorySteps:
        """One metric over a long time, one figure a step."""

    async def camera_picture(self, wall_url: str, wall: str, key: DeviceKey, width: int) -> bytes:
        """A small bitmap of a camera's latest picture, from the wall node."""


async def follow(hub: HubPort, store: Store, clock: Clock, on_item: Callable[[FeedItem, bool], None]) -> None:
    """Fold the live feed into the store until cancelled.

    `on_item` hears each item after it was folded, and whether it should be seen before the next tick.

    Raises:
        AccessError: the hub does not accept the sign-in.
    """
    async for item in hub.live():
        now = clock.now()
        match item:
            case Connected():
                store.connected(now)
                on_item(item, True)
            case Disconnected():
                store.disconnected(now, item.reason)
                on_item(item, True)
            case _:
                on_item(item, store.fold(item, now))
