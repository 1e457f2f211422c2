"""What the doctor finds: one line for each thing that was looked at."""

from enum import StrEnum

from msgspec import Struct


class Level(StrEnum):
    """How a check ended. Only FAIL makes the command fail."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(Struct, frozen=True):
    """One line of the doctor's table; `mend` is empty when all is well."""

    part: str
    level: Level
    text: str
    mend: str = ""
