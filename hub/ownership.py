"""Who writes to the data directory: one hub, and one ingest process for each spool."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sensors.errors import ConfigError, UnavailableError


@contextmanager
def sole_owner(data_dir: Path, name: str) -> Iterator[None]:
    """Hold `name` in the data directory, so that no other process of that name writes to it.

    Raises:
        ConfigError: the directory cannot be made or written.
        UnavailableError: another process holds it.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / f"{name}.lock").open("w")
    except OSError as error:
        raise ConfigError(
            f"cannot be used: {error.strerror}", subject=f"[hub] data_dir {data_dir}", mend="Name a writable folder"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UnavailableError(
                f"another {name} is using it",
                subject=f"[hub] data_dir {data_dir}",
                mend=f"Stop that {name}, or name another folder",
            ) from error
        yield
