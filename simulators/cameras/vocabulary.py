"""The words a scenario uses of a camera. Importing them loads no video library."""

from enum import StrEnum


class View(StrEnum):
    """What a camera looks at."""

    GATE = "gate"
    PERIMETER = "perimeter"
    LANE = "lane"
    YARD = "yard"


class Terrain(StrEnum):
    """What lies behind a post."""

    MOUNTAINS = "mountains"
    FOOTHILLS = "foothills"
    PLAIN = "plain"


class Blemish(StrEnum):
    """What can be wrong with what a lens sees. The stamp is drawn by the camera afterwards, and stays readable."""

    NONE = "none"
    BLACK = "black"
    WHITE = "white"
    BLURRED = "blurred"
    COVERED = "covered"
    TURNED = "turned"
    NOISY = "noisy"


class Authentication(StrEnum):
    """How a camera asks for credentials, when it has any."""

    DIGEST = "digest"
    DIGEST_SHA256 = "digest-sha256"
    BASIC = "basic"
    NONE = "none"


class Fault(StrEnum):
    """What can be wrong with a camera.

    KILLED drops every connection; STALLED keeps them and sends nothing; FROZEN sends the same picture for ever;
    LOCKED takes no password; GONE does not know its own streams.
    """

    NONE = "none"
    KILLED = "killed"
    STALLED = "stalled"
    FROZEN = "frozen"
    LOCKED = "locked"
    GONE = "gone"
