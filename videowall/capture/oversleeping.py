"""Whoever is woken much too late has heard nobody meanwhile: that is not the cameras' silence."""

import asyncio
from typing import Final

OVERSLEPT_S: Final = 0.5
_READ_S: Final = 0.05
"""In that time the cameras' connections are read several times."""


async def hear_first(late_s: float) -> None:
    """After waking so late, have read what came meanwhile before anything is said of it."""
    if late_s > OVERSLEPT_S:
        await asyncio.sleep(_READ_S)
