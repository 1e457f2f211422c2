"""The secrets file, read again when it changes, so that a camera's new password needs no restart of its wall."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from sensors.errors import ConfigError
from sensors.secrets import Secrets, parse_secrets

_LOOK_S = 1.0
_log = structlog.get_logger()


class SecretsFile:
    """Watches one file; `apply` gets what it says now, as soon as that can be read. Until then what was known holds."""

    def __init__(self, path: Path, environ: Mapping[str, str], apply: Callable[[Secrets], None]) -> None:
        self.rejected_total = 0
        self._path = path
        self._environ = environ
        self._apply = apply
        self._known = _fingerprint(path)

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            seen = await asyncio.to_thread(_fingerprint, self._path)
            if seen is None or seen == self._known:
                continue
            self._known = seen
            try:
                text = await asyncio.to_thread(self._path.read_bytes)
                secrets = parse_secrets(text, self._environ, str(self._path))
            except (OSError, ConfigError) as error:
                self.rejected_total += 1
                why = error.text if isinstance(error, ConfigError) else error.strerror
                _log.warning("secrets not read again", why=why)
            else:
                _log.info("secrets read again")
                self._apply(secrets)


def _fingerprint(path: Path) -> tuple[int, int, int] | None:
    """What changes with a file's contents; None while there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
