"""What panels say, as plain values, as `videowall.captions.face` has it for cameras."""

from msgspec import Struct

from sensors.model import Language, Priority
from videowall.board import SiteCondition
from videowall.captions.face import Mark, ValueText


class AlarmRow(Struct, frozen=True):
    """An alarm that is not over."""

    priority: Priority
    acknowledged: bool
    message: str
    note: str


class AlarmsFace(Struct, frozen=True):
    """The list of alarms, most urgent first. `notice`: why it cannot be relied on; `calm`: said when there is none."""

    title: str
    rows: tuple[AlarmRow, ...]
    total: int
    more: str
    notice: str
    calm: str
    marks: tuple[Mark, ...] = ()


class SiteRow(Struct, frozen=True):
    """How a site stands."""

    name: str
    condition: SiteCondition
    word: str
    cameras: str
    values: tuple[ValueText, ...]


class SitesFace(Struct, frozen=True):
    """The list of sites, the worst first."""

    title: str
    rows: tuple[SiteRow, ...]
    more: str
    notice: str
    marks: tuple[Mark, ...] = ()


class MapPoint(Struct, frozen=True):
    """A site on the map, in degrees."""

    name: str
    condition: SiteCondition
    longitude: float
    latitude: float


class MapFace(Struct, frozen=True):
    """The border with its sites. `unplaced`: those of which nobody has said where they are, under that heading."""

    language: Language
    title: str
    points: tuple[MapPoint, ...]
    heading: str
    unplaced: tuple[SiteRow, ...]
    source: str
    notice: str
    marks: tuple[Mark, ...] = ()


class ClockFace(Struct, frozen=True):
    """The time, and the date with its day."""

    clock: str
    date: str
    marks: tuple[Mark, ...] = ()


class MessageFace(Struct, frozen=True):
    """Some words."""

    text: str
    marks: tuple[Mark, ...] = ()


class CalmFace(Struct, frozen=True):
    """What the spot says while no alarm needs it. `notice` stands in the place of `calm` when that is not known."""

    title: str
    clock: str
    date: str
    calm: str
    count: str
    notice: str = ""
    marks: tuple[Mark, ...] = ()


class QuietFace(Struct, frozen=True):
    """All that a wall says which is dark until something needs eyes."""

    clock: str
    note: str
    notice: str = ""
    marks: tuple[Mark, ...] = ()


PanelFace = AlarmsFace | SitesFace | MapFace | ClockFace | MessageFace | CalmFace | QuietFace
