"""Which hardware there may be, as settings name it."""

from enum import StrEnum


class Choice(StrEnum):
    """What a setting may say."""

    AUTO = "auto"
    SOFTWARE = "software"
    NVIDIA = "nvenc"
    VAAPI = "vaapi"


def wanted(choice: Choice) -> tuple[Choice, ...]:
    """What to try for a setting, in order; software needs no trial."""
    if choice is Choice.SOFTWARE:
        return ()
    return (Choice.NVIDIA, Choice.VAAPI) if choice is Choice.AUTO else (choice,)
