"""What really happened in a run, and what the system said of it: two files of JSON Lines that a score compares.

`truth.jsonl` is written by the simulators, `heard.jsonl` by whoever listened to the hub; `run.json` says what was run.
An alarm is named `metric.limit`, as in `person.person-near` or `picture.not-live`; all times are aware UTC.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Annotated, BinaryIO, Self, TypeVar

import msgspec
import structlog
from msgspec import Meta, Struct

from sensors.catalog import PictureState
from sensors.errors import ConfigError, LimitError
from sensors.model import Ident, Line, Position, Priority, Word

RUN, TRUTH, HEARD = "run.json", "truth.jsonl", "heard.jsonl"
MAX_RECORDS = 1_000_000
MAX_LINE_BYTES = 65_536

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""No run is before or after; so that times can be reckoned with, whatever a file says."""

Moment = Annotated[datetime, Meta(tz=True)]
Seconds = Annotated[float, Meta(ge=0, le=604_800)]
AlarmName = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}\.[a-z0-9][a-z0-9_-]{0,62}$(?!\n)", description="metric.limit")
]
MAX_AMONG = 256
Among = Annotated[tuple[Ident, ...], Meta(max_length=MAX_AMONG)]
_TIMES = ("start", "at", "until")
R = TypeVar("R")


class _Timed(Struct, frozen=True):
    """What has times of which none is beyond all bounds, and that does not end before it begins."""

    def __post_init__(self) -> None:
        """Check them.

        Raises:
            ValueError: a time cannot be.
        """
        times = [time for name in _TIMES if (time := getattr(self, name, None)) is not None]
        if not all(EARLIEST <= time < LATEST for time in times):
            raise ValueError(f"A time is not between {EARLIEST.year} and {LATEST.year}")
        if times != sorted(times):
            raise ValueError("It ends before it begins")


class Happening(_Timed, frozen=True, tag="happening", kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something happened: what, where, when, and which sensors and cameras had it in range. `until` None: no end known.

    `what` is the action's or the actor's word ("intrusion", "herd", "camera-freeze"); `id` is unique in the run.
    """

    id: Ident
    at: Moment
    until: Moment | None = None
    site: Ident
    what: Word
    position: Position | None = None
    sensors: Among = ()
    cameras: Among = ()


class Expected(_Timed, frozen=True, tag="expected", kw_only=True, forbid_unknown_fields=True):
    """A happening's alarm: it must be raised from `at` on, at most `within_s` later; until `until` it may be again."""

    of: Ident
    site: Ident
    device: Ident
    alarm: AlarmName
    at: Moment
    within_s: Seconds
    until: Moment


class Excused(_Timed, frozen=True, tag="excused", kw_only=True, forbid_unknown_fields=True):
    """An alarm that a happening may raise though nobody is needed: in this span it is a nuisance, and not false."""

    of: Ident
    site: Ident
    device: Ident
    alarm: AlarmName
    at: Moment
    until: Moment
    reason: Line


class PictureFault(_Timed, frozen=True, tag="picture-fault", kw_only=True, forbid_unknown_fields=True):
    """A camera's picture cannot be believed in this span: `within_s` after `at` no wall may show it as live."""

    of: Ident
    site: Ident
    camera: Ident
    fault: Word
    at: Moment
    until: Moment
    within_s: Seconds


class Raised(_Timed, frozen=True, tag="raised", kw_only=True, forbid_unknown_fields=True):
    """The hub raised an alarm; `occurrence` is the hub's own id of it."""

    at: Moment
    site: Ident
    device: Ident
    alarm: AlarmName
    occurrence: Annotated[str, Meta(max_length=512)]
    priority: Priority


class Ended(_Timed, frozen=True, tag="ended", kw_only=True, forbid_unknown_fields=True):
    """What an alarm was raised for is gone."""

    at: Moment
    site: Ident
    device: Ident
    alarm: AlarmName
    occurrence: Annotated[str, Meta(max_length=512)]


class Pictured(_Timed, frozen=True, tag="pictured", kw_only=True, forbid_unknown_fields=True):
    """From now on a wall says this of a camera's picture."""

    at: Moment
    site: Ident
    camera: Ident
    state: PictureState


class Run(_Timed, frozen=True, kw_only=True, omit_defaults=True):
    """What was run. `speed` is simulated seconds a second, 0 where the clock was fixed; `until` None: it was cut off.

    `sha256` is that of the stream of messages, where it was taken.
    """

    scenario: Line
    seed: int
    start: Moment
    until: Moment | None = None
    speed: Annotated[float, Meta(ge=0)] = 1.0
    sha256: Word = ""


Truth = Happening | Expected | Excused | PictureFault
Heard = Raised | Ended | Pictured
_MEND = "Take the line out, or record the run again: docs/scoring.md has the form"
_MEND_RUN = "Run the scenario again, or write it by hand: docs/scoring.md has the form"
_log = structlog.get_logger()
_run = msgspec.json.Decoder(Run)
_encoder = msgspec.json.Encoder()


class RecordWriter:
    """Appends records to a file, one line each; each is in the file when `write` returns."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.records_total = 0

    @classmethod
    def open(cls, path: Path) -> Self:
        """A writer on a new file.

        Raises:
            ConfigError: there can be none.
        """
        try:
            return cls(path.open("wb"))
        except OSError as error:
            raise ConfigError(
                f"cannot be written: {error.strerror}", subject=str(path), mend="Name another folder"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def write(self, record: Truth | Heard) -> None:
        """Add one record.

        Raises:
            LimitError: the file has `MAX_RECORDS`.
        """
        if self.records_total >= MAX_RECORDS:
            raise LimitError(f"more than {MAX_RECORDS} records in one run", mend="Begin a new run")
        self._file.write(_encoder.encode(record) + b"\n")
        self._file.flush()
        self.records_total += 1

    def close(self) -> None:
        """End the file."""
        self._file.close()


TruthWriter = RecordWriter


def read_truth(folder: Path) -> Iterator[Truth]:
    """The truth of a run, in the order written.

    Raises:
        ConfigError: there is none, or a line is malformed; it is named.
        LimitError: there is too much of it.
    """
    return _records(folder / TRUTH, msgspec.json.Decoder(Truth))


def read_heard(folder: Path) -> Iterator[Heard]:
    """What was heard in a run, in the order written.

    Raises:
        ConfigError: there is none, or a line is malformed; it is named.
        LimitError: there is too much of it.
    """
    return _records(folder / HEARD, msgspec.json.Decoder(Heard))


def write_run(folder: Path, run: Run) -> None:
    """Say what was run."""
    (folder / RUN).write_bytes(msgspec.json.format(_encoder.encode(run), indent=2) + b"\n")


def read_run(folder: Path) -> Run:
    """What was run.

    Raises:
        ConfigError: the folder does not say.
    """
    path = folder / RUN
    try:
        with path.open("rb") as file:
            content = file.read(MAX_LINE_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    return _record(content, _run, str(path), _MEND_RUN)


def _records(path: Path, decoder: msgspec.json.Decoder[R]) -> Iterator[R]:
    """A last line without its end is of a run that was cut off, and is left out."""
    try:
        with path.open("rb") as file:
            for number in range(1, MAX_RECORDS + 2):
                line = file.readline(MAX_LINE_BYTES + 1)
                if number > MAX_RECORDS and line:
                    raise LimitError(f"more than {MAX_RECORDS} records", subject=str(path), mend="Score a shorter run")
                if len(line) <= MAX_LINE_BYTES and not line.endswith(b"\n"):
                    if line:
                        _log.warning("the last line is cut off, and left out", file=str(path), line=number)
                    return
                yield _record(line, decoder, f"{path}:{number}", _MEND)
    except OSError as error:
        raise _unreadable(path, error) from error


def _record(text: bytes, decoder: msgspec.json.Decoder[R], place: str, mend: str) -> R:
    """One record. `place` is what an error names: file and line."""
    if len(text) > MAX_LINE_BYTES:
        raise ConfigError(f"is longer than {MAX_LINE_BYTES} bytes", subject=place, mend=mend)
    try:
        return decoder.decode(text)
    except UnicodeDecodeError as error:
        raise ConfigError("is not text in UTF-8", subject=place, mend=mend) from error
    except RecursionError as error:
        raise ConfigError("is nested too deeply", subject=place, mend=mend) from error
    except msgspec.DecodeError as error:
        raise ConfigError(f"is no record: {error}", subject=place, mend=mend) from error


def _unreadable(path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"cannot be read: {error.strerror}", subject=str(path), mend="Name the folder of a run: see docs/scoring.md"
    )
