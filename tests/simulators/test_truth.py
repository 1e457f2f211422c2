"""What really happened and what was heard come back from their files as they were written."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from sensors.catalog import PictureState
from sensors.errors import ConfigError, LimitError
from sensors.model import Position, Priority
from simulators import truth
from simulators.truth import (
    HEARD,
    TRUTH,
    Ended,
    Excused,
    Expected,
    Happening,
    Heard,
    Pictured,
    PictureFault,
    Raised,
    Run,
    Truth,
    TruthWriter,
    read_heard,
    read_run,
    read_truth,
    write_run,
)

AT = datetime(2026, 7, 1, 2, 3, 4, 500_000, tzinfo=UTC)
LATER = AT + timedelta(seconds=20)
TRUTHS: tuple[Truth, ...] = (
    Happening(
        id="intrusion-1",
        at=AT,
        site="kordai",
        what="intrusion",
        position=Position(43.0, 74.7),
        sensors=("ground-1",),
        cameras=("perimeter",),
    ),
    Expected(
        of="intrusion-1", site="kordai", device="ground-1", alarm="person.person-near", at=AT, within_s=5.0, until=LATER
    ),
    Excused(
        of="herd-1",
        site="kordai",
        device="ground-1",
        alarm="person.person-near",
        at=AT,
        until=LATER,
        reason="animals",
    ),
    PictureFault(of="freeze-1", site="kordai", camera="gate", fault="frozen", at=AT, until=LATER, within_s=10.0),
)
HEARDS: tuple[Heard, ...] = (
    Raised(
        at=AT,
        site="kordai",
        device="ground-1",
        alarm="person.person-near",
        occurrence="kordai.ground-1.person.person-near.1",
        priority=Priority.HIGH,
    ),
    Ended(
        at=LATER,
        site="kordai",
        device="ground-1",
        alarm="person.person-near",
        occurrence="kordai.ground-1.person.person-near.1",
    ),
    Pictured(at=AT, site="kordai", camera="gate", state=PictureState.FROZEN),
)


def _write(path: Path, records: Iterable[Truth | Heard]) -> None:
    with TruthWriter.open(path) as writer:
        for record in records:
            writer.write(record)


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    _write(tmp_path / TRUTH, TRUTHS)
    _write(tmp_path / HEARD, HEARDS)
    assert tuple(read_truth(tmp_path)) == TRUTHS
    assert tuple(read_heard(tmp_path)) == HEARDS


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    run = Run(scenario="border", seed=7, start=AT, until=LATER, speed=0.0, sha256="ab" * 32)
    write_run(tmp_path, run)
    assert read_run(tmp_path) == run


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    _write(tmp_path / TRUTH, TRUTHS)
    whole = (tmp_path / TRUTH).read_bytes()
    (tmp_path / TRUTH).write_bytes(whole[:-5])
    with capture_logs() as logged:
        assert tuple(read_truth(tmp_path)) == TRUTHS[:-1]
    assert [(entry["log_level"], entry["line"]) for entry in logged] == [("warning", len(TRUTHS))]


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b'{"type":"raised"}',
        msgspec.json.encode(TRUTHS[1]).replace(b"person.person-near", b"person"),
        msgspec.json.encode(TRUTHS[1]).replace(b'Z"', b'"'),
        msgspec.json.encode(TRUTHS[1]).replace(b"2026", b"9026"),
        msgspec.json.encode(TRUTHS[1]).replace(b'"until":"2026', b'"until":"2025'),
        msgspec.json.encode(TRUTHS[1])[:-9],
        msgspec.json.encode(TRUTHS[0]) * 2,
        b'{"type":"happening","\xff":1}',
        b"\x89PNG\r",
        b"time,site,what",
        b"",
        b"[" * truth.MAX_LINE_BYTES,
        b"x" * (3 * truth.MAX_LINE_BYTES),
    ],
    ids=[
        "nothing",
        "of the other file",
        "no alarm's name",
        "a time of nowhere",
        "a time beyond all bounds",
        "an end before its beginning",
        "cut off in the middle",
        "two in one line",
        "no text",
        "a picture",
        "a table",
        "empty",
        "nested too deeply",
        "too long",
    ],
)
def test_a_malformed_line_is_named_and_mended(tmp_path: Path, line: bytes) -> None:
    (tmp_path / TRUTH).write_bytes(msgspec.json.encode(TRUTHS[0]) + b"\n" + line + b"\n")
    with pytest.raises(ConfigError, match=r"truth\.jsonl:2.*Take the line out"):
        tuple(read_truth(tmp_path))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b'{"scenario":"border"}',
        b'{"scenario":"border","seed":7,"start":"2026-07-01T02:03:04Z","until":"2026-07-01T02:03:03Z"}',
        b'{"scenario":"border","seed":7,"start":"2026-07-01T02:03:04Z","speed":-1}',
        b'{"more":' + b"[" * 60_000,
        b" " * 70_000,
    ],
    ids=["empty", "no text", "half of it", "an end before the start", "backwards", "nested too deeply", "too long"],
)
def test_a_malformed_run_is_named_and_mended(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"run\.json.*Run the scenario again"):
        read_run(tmp_path)


def test_a_record_of_times_that_cannot_be_is_not_made() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        Run(scenario="border", seed=7, start=LATER, until=AT)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"heard\.jsonl"):
        tuple(read_heard(tmp_path))
    with pytest.raises(ConfigError, match=r"run\.json"):
        read_run(tmp_path)
    with pytest.raises(ConfigError, match="nowhere"):
        TruthWriter.open(tmp_path / "nowhere" / TRUTH)


def test_neither_writer_nor_reader_goes_over_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truth, "MAX_RECORDS", 3)
    with TruthWriter.open(tmp_path / TRUTH) as writer:
        for record in TRUTHS[:3]:
            writer.write(record)
        with pytest.raises(LimitError):
            writer.write(TRUTHS[3])
    assert tuple(read_truth(tmp_path)) == TRUTHS[:3]
    with (tmp_path / TRUTH).open("ab") as file:
        file.write(msgspec.json.encode(TRUTHS[3]) + b"\n")
    with pytest.raises(LimitError):
        tuple(read_truth(tmp_path))
