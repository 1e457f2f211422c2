"""How long somebody on this machine has waited for a processor, as Linux counts it."""

from pathlib import Path
from typing import Final

_FILE: Final = Path("/proc/pressure/cpu")


def waited_s() -> float:
    """Up to now in all; always 0 where it is not counted."""
    if not _FILE.exists():
        return 0.0
    some = _FILE.read_text().splitlines()[0]
    return int(some.rpartition("total=")[2]) / 1e6
