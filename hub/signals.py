"""When a command is told to stop."""

import asyncio
import signal


def stop_on_signals() -> asyncio.Event:
    """Set by SIGINT and SIGTERM; for the running loop."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    return stopping
