"""Whether the walls of one machine, which share their settings, keep out of each other's way."""

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from hub.reference import find_sections
from sensors.errors import ConfigError
from sensors.settings import Settings

SECTION = "outputs"


@runtime_checkable
class _Shares(Protocol):
    """What the hub knows of the section by which a wall writes to disks and sends to receivers."""

    def shared(self, walls: Iterable[str]) -> tuple[str, ...]:
        """Where more than one of these walls would write or send to."""


def check_apart(settings: Settings, walls: Sequence[str]) -> None:
    """See that no wall writes over what another one keeps, or into what another one sends: neither would know.

    Raises:
        ConfigError: walls are to be kept in one place or sent to one.
    """
    outputs = settings.section(find_sections()[SECTION], SECTION)
    if not isinstance(outputs, _Shares):
        raise TypeError(f"[{SECTION}] does not say where it writes")
    if shared := outputs.shared(walls):
        raise ConfigError(
            f"the walls {', '.join(walls)} would write over each other in {', '.join(shared)}",
            subject=f"{settings.source} [{SECTION}]",
            mend="Write {wall} where each wall's id shall stand in the address or path",
        )
