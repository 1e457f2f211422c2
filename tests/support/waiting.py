"""Waiting for a condition, never for a time."""

import asyncio
import threading
import time
from collections.abc import Callable

WITHIN_S = 30.0
"""Long enough for the busiest machine: it bounds how long a failure takes, and asserts no speed."""

_STEP_S = 0.02


def eventually(condition: Callable[[], object], *, within_s: float = WITHIN_S, what: str = "the condition") -> None:
    """Return as soon as `condition()` is true; fail when it has not come true within the deadline."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {within_s} s")
        pause.wait(_STEP_S)


async def eventually_async(
    condition: Callable[[], object], *, within_s: float = WITHIN_S, what: str = "the condition"
) -> None:
    """The same on an event loop."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {within_s} s")
        await asyncio.sleep(_STEP_S)
