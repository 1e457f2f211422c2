"""What turns a camera: where it looks, where it is on its way to, and the places that it knows by name."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from msgspec import Struct

from sensors.errors import LimitError, NotFoundError
from simulators.cameras.look import AHEAD, Look

MAX_PRESETS: Final = 16
_PAN_DEG_S, _TILT_DEG_S, _DOUBLINGS_S, _SETTLES_S = 60.0, 40.0, 1.5, 0.2


class Preset(Struct, frozen=True):
    """A place to look at. Protocols know it by its token, people by its name."""

    token: str
    name: str
    look: Look


class Mount:
    """One camera's; belongs to the event loop. A camera without presets from the beginning does not turn.

    `on_turned` may be set to have pictures follow; the mount goes on when they do.
    """

    def __init__(self, presets: Iterable[Preset] = ()) -> None:
        self.on_turned: Callable[[Look], Awaitable[None]] | None = None
        self._presets = {preset.token: preset for preset in presets}
        self._goal: Look | None = None
        self._sent = asyncio.Event()
        self.turns = bool(self._presets)
        self.look = AHEAD
        self.moves_total = 0

    @property
    def presets(self) -> tuple[Preset, ...]:
        """All there are, oldest first."""
        return tuple(self._presets.values())

    @property
    def is_moving(self) -> bool:
        """Whether it is on its way."""
        return self._goal is not None

    def preset(self, token: str) -> Preset:
        """The preset of a token.

        Raises:
            NotFoundError: there is none.
        """
        if token not in self._presets:
            raise NotFoundError("no such preset", subject=token, mend="Ask for its presets")
        return self._presets[token]

    def go_to(self, look: Look) -> None:
        """Begin to turn there; the newest wish counts."""
        if look == (self.look if self._goal is None else self._goal):
            return
        self._goal = look
        self._sent.set()

    def stop(self) -> None:
        """Call the move off: it goes on looking where it did."""
        self._goal = None
        self._sent.set()

    def keep(self, name: str, token: str = "") -> Preset:
        """Remember where it looks now, under a new token or in the place of a known one.

        Raises:
            LimitError: it remembers as many as it can.
            NotFoundError: no such token.
        """
        if token:
            self.preset(token)
        elif len(self._presets) >= MAX_PRESETS:
            raise LimitError(f"holds {MAX_PRESETS} presets", subject="camera", mend="Remove one first")
        else:
            token = next(free for number in range(1, MAX_PRESETS + 2) if (free := str(number)) not in self._presets)
        preset = Preset(token, name or token, self.look)
        self._presets[token] = preset
        return preset

    def forget(self, token: str) -> None:
        """Remove a preset.

        Raises:
            NotFoundError: there is none.
        """
        self.preset(token)
        del self._presets[token]

    async def run(self) -> None:
        """Turn whenever it is sent somewhere, for ever."""
        while True:
            await self._sent.wait()
            self._sent.clear()
            if (goal := self._goal) is None:
                continue
            await self._travel(goal)
            if self._goal is not goal:
                continue  # it was sent elsewhere, or called off, in the meantime
            self.look, self._goal = goal, None
            self.moves_total += 1
            if self.on_turned is not None:
                await self.on_turned(goal)

    async def _travel(self, goal: Look) -> None:
        """Until it is there, or wanted elsewhere."""
        try:
            async with asyncio.timeout(travel_s(self.look, goal)):
                await self._sent.wait()
        except TimeoutError:
            return


def travel_s(start: Look, goal: Look) -> float:
    """How long a move takes: pan, tilt and zoom go on at the same time, then it settles."""
    return _SETTLES_S + max(
        abs(goal.pan_deg - start.pan_deg) / _PAN_DEG_S,
        abs(goal.tilt_deg - start.tilt_deg) / _TILT_DEG_S,
        abs(math.log2(goal.zoom / start.zoom)) / _DOUBLINGS_S,
    )
