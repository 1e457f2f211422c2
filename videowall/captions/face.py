"""What is said on a tile, as plain values: two equal faces look the same, so nothing is drawn twice."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from sensors.catalog import PictureState
from sensors.model import Language, Priority
from videowall.board import BoardValue
from videowall.captions import strings
from videowall.captions.attention import Attention, Edge
from videowall.decoding.thrift import Saving, Thrift
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


class Tone(StrEnum):
    """What sort of thing a mark says, and so its colour."""

    EXERCISE = "exercise"
    PAGE = "page"
    WAITING = "waiting"
    SAVING = "saving"
    """How the node does with less; of no meaning where a page decodes the camera's own stream."""


class Mark(Struct, frozen=True):
    """A word in a tile's upper left."""

    text: str
    tone: Tone


class ValueText(Struct, frozen=True):
    """A reading of the site, ready to be read; one that is old or of bad quality is not shown like the others."""

    text: str
    doubtful: bool


class AlarmFace(Struct, frozen=True):
    """The banner of the spot."""

    priority: Priority | None
    reason: str
    since: str
    procedure: str
    waiting: str
    acknowledged: str = ""


class TileFace(Struct, frozen=True):
    """What a camera's tile says. `blank`: there is no picture, or none that still helps."""

    state: PictureState
    label: str
    site: str
    trouble: str
    blank: bool
    clock: str = ""
    alarm: AlarmFace | None = None
    values: tuple[ValueText, ...] = ()
    edge: Edge | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def dims(self) -> bool:
        """Whether the picture must not be taken for one of now."""
        return bool(self.trouble) and self.state not in STILL_SEEN


class Moment(Struct, frozen=True):
    """When, where and in which language a face is made. `fresh`: the board may be shown as how things are."""

    now: datetime
    zone: ZoneInfo
    language: Language
    attention: Attention
    fresh: bool

    def clock(self, at: datetime) -> str:
        """A time of day on the wall; dashes for one at the end of all calendars, which no zone has."""
        return _time_of_day(at.replace(microsecond=0), self.zone)


@lru_cache(64)
def _time_of_day(at: datetime, zone: ZoneInfo) -> str:
    try:
        return at.astimezone(zone).strftime("%H:%M:%S")
    except OverflowError:
        return "--:--:--"


def tile_face(
    feed: Feed,
    state: PictureState,
    trouble_age_s: float | None,
    moment: Moment,
    alarm: AlarmFace | None = None,
    marks: tuple[Mark, ...] = (),
) -> TileFace:
    """The face of a camera's tile. Its clock is the picture's: it stands still when the picture does."""
    language = moment.language
    live = state is PictureState.LIVE
    blank = not live and (trouble_age_s is None or (trouble_age_s > BLANK_AFTER_S and state not in STILL_SEEN))
    behind_s = 0.0 if live or state in STILL_SEEN else trouble_age_s or 0.0
    return TileFace(
        state=state,
        label=feed.names.in_language(language) or feed.key.device,
        site=feed.site_names.in_language(language) or feed.key.site,
        trouble=strings.trouble(state, trouble_age_s, language),
        blank=blank,
        clock="" if blank else moment.clock(moment.now - timedelta(seconds=behind_s)),
        alarm=alarm,
        values=value_texts(moment.attention.values(feed.key.site)) if moment.fresh else (),
        edge=_edge(feed, alarm, moment),
        marks=marks,
    )


def alarm_face(spotlight: Spotlight, waiting: int, moment: Moment) -> AlarmFace:
    """The banner for a spotlight."""
    language = moment.language
    since = strings.SINCE.in_language(language).format(moment.clock(spotlight.since))
    age = strings.age((moment.now - spotlight.since).total_seconds(), language)
    known = moment.attention.is_acknowledged(spotlight.occurrence)
    return AlarmFace(
        priority=spotlight.priority,
        reason=spotlight.reason.in_language(language),
        since=f"{since} · {age}",
        procedure=spotlight.procedure.in_language(language),
        waiting=strings.MORE_WAITING.in_language(language).format(waiting) if waiting else "",
        acknowledged=strings.ACKNOWLEDGED.in_language(language) if known else "",
    )


def exercise_marks(plan: Plan) -> tuple[Mark, ...]:
    """What every picture says while what is shown is simulated."""
    return (Mark(strings.EXERCISE.in_language(plan.language), Tone.EXERCISE),) if plan.exercise else ()


def saving_marks(saving: Saving, language: Language) -> tuple[Mark, ...]:
    """That a tile goes without something, because there is too much to decode."""
    if saving.thrift < Thrift.UNFILTERED:
        return ()
    texts = {Thrift.PARTS: strings.SAVING_PARTS, Thrift.KEYS: strings.SAVING_KEYS}
    return (Mark(texts.get(saving.thrift, strings.SAVING).in_language(language), Tone.SAVING),)


def wall_marks(plan: Plan) -> tuple[Mark, ...]:
    """What is said of the wall as a whole, on its first tile: which page this is, and what waits for a spot."""
    marks: list[Mark] = []
    if plan.page is not None:
        page = plan.page
        name = page.names.in_language(plan.language)
        paused = strings.PAUSED.in_language(plan.language) if page.paused else ""
        parts = (f"{page.number}/{page.of}", name, paused)
        marks.append(Mark(" · ".join(part for part in parts if part), Tone.PAGE))
    if plan.spotlights_waiting and not plan.spotlights:
        text = strings.IN_QUEUE.in_language(plan.language).format(plan.spotlights_waiting)
        marks.append(Mark(text, Tone.WAITING))
    return tuple(marks)


def value_texts(values: tuple[BoardValue, ...]) -> tuple[ValueText, ...]:
    """Readings with three digits at most; what is doubtful bears a question mark."""
    return tuple(
        ValueText(
            " ".join(part for part in (value.symbol, number(value.value), value.unit) if part)
            + (" ?" if value.doubtful else ""),
            value.doubtful,
        )
        for value in values
    )


def number(value: float) -> str:
    """A number as it is read at a glance."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 1 or value == 0 else f"{value:.2g}"


def zone_of(plan: Plan) -> ZoneInfo:
    """The zone that the plan names, or Almaty's when there is no such zone."""
    try:
        return ZoneInfo(plan.time_zone)
    except (ValueError, OSError, KeyError):
        return ZoneInfo("Asia/Almaty")


def _edge(feed: Feed, alarm: AlarmFace | None, moment: Moment) -> Edge | None:
    """A spot's border is its own alarm's; another tile's is that of the gravest alarm that its camera sees."""
    if alarm is not None and alarm.priority is not None:
        return Edge(alarm.priority, bool(alarm.acknowledged))
    return moment.attention.edge(feed.key, fresh=moment.fresh)
