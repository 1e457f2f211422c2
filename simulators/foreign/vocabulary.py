"""The words a scenario uses of other dialects, and the topics they are spoken on. Importing them loads no dialect."""

from enum import StrEnum


class Dialect(StrEnum):
    """How a sensor speaks, or who says what a camera sees."""

    NATIVE = "native"
    HOME_ASSISTANT = "home-assistant"
    SPARKPLUG = "sparkplug"
    N42 = "n42"
    ONVIF_EVENTS = "onvif-events"
    FRIGATE = "frigate"


OF_SENSORS = frozenset({Dialect.NATIVE, Dialect.HOME_ASSISTANT, Dialect.SPARKPLUG, Dialect.N42})
OF_CAMERAS = frozenset({Dialect.NATIVE, Dialect.ONVIF_EVENTS, Dialect.FRIGATE})
INTRUSION, TAMPER = "inside--vsc1-field-1.intrusion", "tamper--vsc1-tamper-1.tamper"
SCENE_CHANGE, TOO_DARK, TOO_BLURRY = (
    "scene_change--vs1.scene-change",
    "too_dark--vs1.too-dark",
    "too_blurry--vs1.too-blurry",
)
FRIGATE_ALERT = "frigate-review-status.frigate-alert"
ALARMS: dict[Dialect, dict[str, float]] = {
    Dialect.ONVIF_EVENTS: {INTRUSION: 0.0, TAMPER: 0.0, SCENE_CHANGE: 0.0, TOO_DARK: 60.0, TOO_BLURRY: 60.0},
    Dialect.FRIGATE: {FRIGATE_ALERT: 0.0},
}
"""What a hub raises by what is said of a camera, `metric.limit`, and after how many seconds."""
FRIGATE_PREFIX = "frigate"
N42_PREFIX = "n42"
EDGE = "post"
"""What a post's edge node is called in Sparkplug; its group is the post."""
PRIMARY_HOST = "shekara"
"""The host that edge nodes wait for: what a hub calls itself unless it is told otherwise."""


def root_of(site: str) -> str:
    """Where the topics of a post's own equipment begin."""
    return f"posts/{site}"


def discovery_of(site: str) -> str:
    """The prefix under which a post's equipment announces itself for Home Assistant."""
    return f"{root_of(site)}/ha"


def events_of(site: str, camera: str) -> str:
    """The topic prefix of an ONVIF camera."""
    return f"{root_of(site)}/{camera}"
