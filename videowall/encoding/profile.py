"""The sizes in which a wall can be had: each encoded once, and only while somebody watches it."""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from sensors.errors import NotFoundError
from videowall.plan import Canvas


class ProfileName(StrEnum):
    """As in addresses and settings. `FULL` is the plan's own canvas, whatever its size."""

    FULL = "full"
    MIDDLE = "1080p"
    THIN = "720p"


class Profile(Struct, frozen=True):
    """At most so many pixels, pictures a second and kilobits a second."""

    name: ProfileName
    width: int
    height: int
    fps: float
    bitrate_kbps: int


MIDDLE_FPS: Final = 30.0
THIN_FPS: Final = 12.5


def read_profile(text: str) -> ProfileName:
    """The profile a viewer asks for; none is the whole wall.

    Raises:
        NotFoundError: there is no such profile.
    """
    try:
        return ProfileName(text or ProfileName.FULL)
    except ValueError as error:
        raise NotFoundError("there is no such profile", mend=f"There are {', '.join(ProfileName)}") from error


def fit_profile(profile: Profile, canvas: Canvas) -> tuple[Canvas, int]:
    """The canvas of a profile, never larger than the whole one and of its proportions, and how many ticks make a frame.

    Every n-th tick is encoded, so that the profile's rate is at most its own and divides the wall's.
    """
    ticks = max(1, -int(-canvas.fps // profile.fps)) if canvas.fps > profile.fps else 1
    share = min(1.0, profile.width / canvas.width, profile.height / canvas.height)
    width, height = (max(2, round(side * share / 2) * 2) for side in (canvas.width, canvas.height))
    return Canvas(width, height, canvas.fps / ticks), ticks
