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


class Imager(StrEnum):
    """What a camera sees by. DAY_NIGHT loses its colours in the dark, and lights the scene by infrared of its own."""

    COLOUR = "colour"
    DAY_NIGHT = "day-night"
    THERMAL = "thermal"


class Lighting(StrEnum):
    """By what a picture is taken: the sun, what is left of it, the post's lamps, an infrared lamp, or bodies' heat."""

    DAY = "day"
    LOW_SUN = "low-sun"
    DUSK = "dusk"
    LAMPS = "lamps"
    INFRARED = "infrared"
    HEAT = "heat"


class Air(StrEnum):
    """What lies between a camera and what it looks at."""

    CLEAR = "clear"
    RAIN = "rain"
    SNOW = "snow"
    FOG = "fog"


class Shape(StrEnum):
    """What something that moves looks like."""

    PERSON = "person"
    CAR = "car"
    JEEP = "jeep"
    TRUCK = "truck"
    BUS = "bus"
    LOCOMOTIVE = "locomotive"
    WAGON = "wagon"
    DOG = "dog"
    SHEEP = "sheep"
    COW = "cow"
    HORSE = "horse"
    BIRD = "bird"


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


class Codec(StrEnum):
    """How a picture is coded."""

    H264 = "h264"
    H265 = "h265"


class Audio(StrEnum):
    """What a camera's microphone, which hears nothing, is coded as; NONE has no track."""

    NONE = "none"
    G711 = "g711"
    AAC = "aac"


class Fault(StrEnum):
    """What can be wrong with a camera; docs/scenarios.md says what each does. A camera has one at a time."""

    NONE = "none"
    KILLED = "killed"
    STALLED = "stalled"
    FROZEN = "frozen"
    BLACK = "black"
    WHITE = "white"
    BLURRED = "blurred"
    COVERED = "covered"
    TURNED = "turned"
    NOISY = "noisy"
    LOCKED = "locked"
    GONE = "gone"
    FULL = "full"
    LEAKING = "leaking"
    HALF_OPEN = "half-open"
    RESET = "reset"
    TRICKLING = "trickling"
    RESTARTING = "restarting"
    TRUNCATED = "truncated"
    LOSSY = "lossy"
    REORDERED = "reordered"
    BARE = "bare"
    RESIZED = "resized"
    RECODED = "recoded"
    JUMPED = "jumped"
    ROLLING = "rolling"
