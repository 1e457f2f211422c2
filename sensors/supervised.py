"""What a supervised process and its supervisor say to each other. Pure: names, and what they stand for.

A process says that it is alive as systemd's services do (sd_notify(3), sd_watchdog_enabled(3)): datagrams of lines to
the socket that `NOTIFY_SOCKET` names. So systemd itself can be the supervisor.
"""

from collections.abc import Mapping

from msgspec import Struct

NOTIFY_SOCKET = "NOTIFY_SOCKET"
READY, ALIVE, STOPPING = b"READY=1", b"WATCHDOG=1", b"STOPPING=1"
RESTARTS_TOTAL = "SHEKARA_RESTARTS_TOTAL"
RESTARTED_BECAUSE = "SHEKARA_RESTARTED_BECAUSE"


class Restarts(Struct, frozen=True):
    """How often a supervised process was begun again, and why the last time."""

    total: int = 0
    because: str = ""

    def environ(self) -> dict[str, str]:
        """As the process is told."""
        return {RESTARTS_TOTAL: str(self.total), RESTARTED_BECAUSE: self.because}


def read_restarts(environ: Mapping[str, str]) -> Restarts:
    """What this process was told; nothing when nobody supervises it."""
    total = environ.get(RESTARTS_TOTAL, "")
    return Restarts(int(total) if total.isdecimal() else 0, environ.get(RESTARTED_BECAUSE, ""))
