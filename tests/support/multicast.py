"""Whoever announces equipment by multicast is heard by every listener of the machine, so its tests take turns."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone_on_the_air() -> Iterator[None]:
    """No other test of this machine that says so runs meanwhile. Not to be nested."""
    with (Path(tempfile.gettempdir()) / "shekara-tests-multicast.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
