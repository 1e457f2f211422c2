"""What is said on a tile, as plain values: two equal faces look the same, so nothing is drawn twice."""

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from sensors.catalog import PictureState
from sensors.model import Language, Priority
from videowall import strings
from videowall.plan import Feed, Plan, Spotlight

BLANK_AFTER_S = 30.0
"""A picture older than this is no help any more, and is taken off."""
STILL_SEEN = frozenset(
    {
        PictureState.OVEREXPOSED,
        PictureState.COVERED,
        PictureState.STRIPED,
        PictureState.NOISY,
        PictureState.BLURRED,
        PictureState.MOVED,
        PictureState.DISCOLOURED,
    }
)
"""Pictures of now in which something is wrong: that is said, and they are neither dimmed nor taken off."""


class AlarmFace(Struct, frozen=True):
    """The banner of the spot."""

    priority: Priority | None
    reason: str
    since: str
    procedure: str
    waiting: str


class TileFace(Struct, frozen=True):
    """What a camera's tile says. `blank`: there is no picture, or none that still helps."""

    state: PictureState
    label: str
    site: str
    trouble: str
    blank: bool
    clock: str = ""
    alarm: AlarmFace | None = None


class CalmFace(Struct, frozen=True):
    """What the spot says while no alarm needs it."""

    title: str
    clock: str
    date: str
    calm: str
    count: str


def tile_face(
    feed: Feed, state: PictureState, trouble_age_s: float | None, language: Language, spot: tuple[str, AlarmFace] | None
) -> TileFace:
    """The face of a camera's tile; `spot` is the clock and the banner of the spot tile."""
    live = state is PictureState.LIVE
    word = strings.STATES[state].in_language(language)
    known = trouble_age_s is not None and state is not PictureState.CONNECTING
    trouble = "" if live else f"{word} · {strings.age(trouble_age_s or 0.0, language)}" if known else word
    return TileFace(
        state=state,
        label=feed.names.in_language(language) or feed.key.device,
        site=feed.site_names.in_language(language) or feed.key.site,
        trouble=trouble,
        blank=not live and (trouble_age_s is None or (trouble_age_s > BLANK_AFTER_S and state not in STILL_SEEN)),
        clock=spot[0] if spot else "",
        alarm=spot[1] if spot else None,
    )


def alarm_face(spotlight: Spotlight, waiting: int, language: Language, zone: ZoneInfo, now: datetime) -> AlarmFace:
    """The banner for a spotlight."""
    since = strings.SINCE.in_language(language).format(spotlight.since.astimezone(zone).strftime("%H:%M:%S"))
    age = strings.age((now - spotlight.since).total_seconds(), language)
    return AlarmFace(
        priority=spotlight.priority,
        reason=spotlight.reason.in_language(language),
        since=f"{since} · {age}",
        procedure=spotlight.procedure.in_language(language),
        waiting=strings.MORE_WAITING.in_language(language).format(waiting) if waiting else "",
    )


def calm_face(plan: Plan, now: datetime, live: int, cameras: int) -> CalmFace:
    """The quiet spot."""
    local = now.astimezone(zone_of(plan))
    return CalmFace(
        title=plan.title.in_language(plan.language) or plan.wall,
        clock=local.strftime("%H:%M:%S"),
        date=local.strftime("%d.%m.%Y"),
        calm=strings.NO_ALARMS.in_language(plan.language),
        count=strings.CAMERAS_LIVE.in_language(plan.language).format(live, cameras),
    )


def zone_of(plan: Plan) -> ZoneInfo:
    """The zone that the plan names, or Almaty's when there is no such zone."""
    try:
        return ZoneInfo(plan.time_zone)
    except (ValueError, OSError, KeyError):
        return ZoneInfo("Asia/Almaty")
