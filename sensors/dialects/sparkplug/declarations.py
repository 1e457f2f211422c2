"""What births declare: metrics under names of our pattern, with their datatypes, aliases, units and ranges."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sensors.dialects.sparkplug.properties import scale_of
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.values import DataType, counted_in, datatype_of, metric_type, text_of
from sensors.model import Metric, MetricName, Names, Quality, Value

MAX_METRICS = 256
"""As many as a birth of ours holds."""
MAX_NAME = 512
REBIRTH = "Node Control/Rebirth"
BIRTH_DEATH_NUMBER = "bdSeq"
_CONTROLS = ("Node Control/", "Device Control/")
_LINE = 200
_IDENT_LETTERS = 56
_MARK_LETTERS = 6


@dataclass(slots=True)
class Trail:
    """The last reading of a metric, and how often a source's time has failed to move on.

    That number is the reading's sequence: normally 0, so that a reading that comes again, live or as history, is the
    same reading; but two values of one moment are two, and a clock that was set back does not hide what is new.
    """

    captured_at: datetime | None = None
    value: Value | None = None
    quality: Quality = Quality.GOOD
    sequence: int = 0
    stale: bool = False
    """Whether it has been said that nobody vouches for the last value any more."""

    def follow(self, captured_at: datetime, value: Value, quality: Quality, *, historical: bool) -> int:
        """The sequence number of the next reading."""
        last, self.stale = self.captured_at, False
        if last is not None and captured_at <= last:
            repeated = captured_at == last and (value, quality) == (self.value, self.quality)
            if historical and captured_at < last:
                self.sequence = 0
            elif not repeated:
                self.sequence += 1
        elif historical:
            self.sequence = 0
        self.captured_at, self.value, self.quality = captured_at, value, quality
        return self.sequence


@dataclass(slots=True)
class Declared:
    """One metric of a birth. `name` is the source's; controls are only written to."""

    name: str
    ident: MetricName
    datatype: DataType
    alias: int | None
    metric: Metric
    control: bool
    live: Trail = field(default_factory=Trail)
    past: Trail = field(default_factory=Trail)


@dataclass(slots=True)
class Declarations:
    """The metrics of an edge node or device. `dropped` are those beyond what is kept."""

    by_name: dict[str, Declared] = field(default_factory=dict)
    dropped: int = 0

    def __len__(self) -> int:
        return len(self.by_name)

    @property
    def shown(self) -> Iterable[Declared]:
        """What has readings."""
        return (declared for declared in self.by_name.values() if not declared.control)

    def find(self, ident: str) -> Declared | None:
        """By the name of our pattern."""
        return next((declared for declared in self.by_name.values() if declared.ident == ident), None)

    def members_of(self, instance: Declared) -> list[Declared]:
        """What is declared within an instance of a template, at any depth."""
        if instance.datatype is not DataType.TEMPLATE:
            return []
        inside = f"{instance.name}/"
        return [declared for name, declared in self.by_name.items() if name.startswith(inside)]

    def whole_of(self, member: Declared) -> Declared | None:
        """The outermost instance of a template that a metric is declared within."""
        levels = member.name.split("/")
        names = ("/".join(levels[:count]) for count in range(1, len(levels)))
        wholes = (self.by_name.get(name) for name in names)
        return next((each for each in wholes if each is not None and each.datatype is DataType.TEMPLATE), None)

    def inherit(self, former: "Declarations") -> None:
        """Go on with the trails of metrics that are what they were."""
        for name, declared in self.by_name.items():
            before = former.by_name.get(name)
            if before is not None and before.datatype is declared.datatype:
                declared.live, declared.past = before.live, before.past


def declare(metrics: Sequence[Payload.Metric]) -> tuple[Declarations, list[str]]:
    """The metrics of a birth, and what is wrong about the others; a name that comes twice counts once."""
    found, problems = Declarations(), list[str]()
    kept: dict[str, tuple[Payload.Metric, DataType]] = {}
    aliases: set[int] = set()
    for metric in metrics:
        if metric.template_value.is_definition:
            continue
        name = text_of(metric.name)
        datatype = datatype_of(metric.datatype)
        if not name or len(name) > MAX_NAME or name == BIRTH_DEATH_NUMBER:
            problems += [] if name == BIRTH_DEATH_NUMBER else ["a metric has no name, or too long a one"]
        elif datatype is None:
            problems.append(f"{name}: datatype {metric.datatype} is not known")
        elif name in kept:
            problems.append(f"{name} is declared twice")
        elif metric.HasField("alias") and metric.alias in aliases:
            problems.append(f"{name}: alias {metric.alias} is taken")
        elif len(kept) >= MAX_METRICS:
            found.dropped += 1
        else:
            kept[name] = metric, datatype
            aliases.update([metric.alias] if metric.HasField("alias") else ())
    idents = _idents(kept)
    found.by_name = {name: _declared(name, idents[name], metric, datatype) for name, (metric, datatype) in kept.items()}
    if found.dropped:
        problems.append(f"{found.dropped} metrics beyond {MAX_METRICS} are left out")
    return found, problems


def line(text: str) -> str:
    """A text of the network as one printable line."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:_LINE])


def _declared(name: str, ident: MetricName, metric: Payload.Metric, datatype: DataType) -> Declared:
    scale, counted = scale_of(metric), counted_in(datatype)
    shown = f"{name}, {scale.wording}" if scale.wording and counted is None else name
    return Declared(
        name=name,
        ident=ident,
        datatype=datatype,
        alias=metric.alias if metric.HasField("alias") else None,
        metric=Metric(
            name=ident,
            type=metric_type(datatype),
            names=Names(en=line(shown)),
            unit=scale.unit if counted is None else counted,
            minimum=scale.minimum if counted is None else None,
            maximum=scale.maximum if counted is None else None,
        ),
        control=name.startswith(_CONTROLS),
    )


def _idents(names: Iterable[str]) -> dict[str, MetricName]:
    """A name of our pattern for each: readable, the same for the same birth, and never one for two.

    A name that is of the pattern already keeps itself; others that look alike, or lose letters, get a mark.
    """
    plain = {name: _plain(name) for name in names}
    alike = Counter(plain.values())
    return {
        name: MetricName(word if word == name or (word and alike[word] == 1) else _marked(name))
        for name, word in plain.items()
    }


def _plain(name: str) -> str:
    """The name in letters of our pattern; empty when that would lose letters or digits."""
    letters = unicodedata.normalize("NFKD", name).lower()
    if len(letters) > _IDENT_LETTERS or any(letter.isalnum() and not letter.isascii() for letter in letters):
        return ""
    return name if re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) else re.sub(r"[^a-z0-9]+", "_", letters).strip("_")


def _marked(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    word = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_IDENT_LETTERS].strip("_")
    mark = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:_MARK_LETTERS]
    return f"{word or 'metric'}-{mark}"
