"""Which of this machine's monitors a window goes to: by name, by number, or by its place on the desktop."""

import re
import subprocess
from collections.abc import Mapping
from typing import Final, NamedTuple

from sensors.errors import ConfigError

_GEOMETRY: Final = re.compile(r"(\d{1,5})x(\d{1,5})\+(\d{1,5})\+(\d{1,5})")
_LISTED: Final = re.compile(r"\s*\d+:\s+\S+\s+(\d+)/\d+x(\d+)/\d+\+(\d+)\+(\d+)\s+(\S+)")
_SUBJECT: Final = "shekara wall --monitor"
_WITHIN_S: Final = 5.0


class Monitor(NamedTuple):
    """A rectangle of the desktop, in pixels, and what the system calls it."""

    name: str
    x: int
    y: int
    width: int
    height: int


def find_monitor(wanted: str, environ: Mapping[str, str]) -> Monitor:
    """The monitor of a name (`HDMI-1`), a number from 1, or a place `WIDTHxHEIGHT+X+Y`, which asks nobody.

    Raises:
        ConfigError: there is none of that name or number, or the system cannot say.
    """
    place = _GEOMETRY.fullmatch(wanted)
    if place is not None:
        width, height, x, y = map(int, place.groups())
        return Monitor(wanted, x, y, width, height)
    monitors = parse_monitors(_list_monitors(environ))
    for number, monitor in enumerate(monitors, 1):
        if wanted in {monitor.name, str(number)}:
            return monitor
    known = ", ".join(f"{number} {monitor.name}" for number, monitor in enumerate(monitors, 1)) or "none"
    raise ConfigError("there is no such monitor", subject=_SUBJECT, mend=f"There are: {known}")


def parse_monitors(listing: str) -> tuple[Monitor, ...]:
    """What `xrandr --listmonitors` printed, in its order."""
    found = (_LISTED.fullmatch(line) for line in listing.splitlines())
    return tuple(
        Monitor(match[5], int(match[3]), int(match[4]), int(match[1]), int(match[2])) for match in found if match
    )


def _list_monitors(environ: Mapping[str, str]) -> str:
    try:
        listed = subprocess.run(
            ["xrandr", "--listmonitors"],  # noqa: S607 - wherever the system keeps it
            env=dict(environ),
            capture_output=True,
            text=True,
            timeout=_WITHIN_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        mend = "Install xrandr, or give the place itself, as in 1920x1080+1920+0"
        raise ConfigError("the system does not say which monitors there are", subject=_SUBJECT, mend=mend) from error
    return listed.stdout
