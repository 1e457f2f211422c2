import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.decisions.records import Changes, DeviceRecord, WallChoice
from hub.protocol import Approval, LogEntry
from hub.storage.database import from_us, open_writer, to_us
from hub.storage.operations import OperationsStore
from hub.storage.readings import FILE_NAME, ReadingsStore, WriteOutcome
from sensors.errors import ConfigError, NotFoundError, UnavailableError
from sensors.model import Birth, Names, Value
from tests.hub.quiet_center import CAMERA, FENCE, START, reading


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def test_every_reading_is_stored_once_and_duplicates_are_counted(tmp_path: Path) -> None:
    store = ReadingsStore(tmp_path)
    batch = [reading(float(number), at=at(number), sequence=number) for number in range(5)]
    assert store.write(batch) == WriteOutcome(5)
    assert store.write([*batch, reading(9.0, at=at(4), sequence=5)]) == WriteOutcome(1, {FENCE: 5})
    again = ReadingsStore(tmp_path)
    assert again.write(batch[:2]) == WriteOutcome(0, {FENCE: 2})
    assert [stored.reading.value for stored in again.read_after(0, 100)] == [0.0, 1.0, 2.0, 3.0, 4.0, 9.0]


@pytest.mark.parametrize("value", [True, False, 0, 1, -(2**63) + 1, 1.5, "", "текст\x00"])
def test_a_value_comes_back_as_what_it_was(tmp_path: Path, value: Value) -> None:
    store = ReadingsStore(tmp_path)
    store.write([reading(value)])
    (stored,) = store.read_after(0, 1)
    assert stored.reading == reading(value)
    assert type(stored.reading.value) is type(value)


def test_the_outbox_is_read_in_order_of_storing_from_any_thread(tmp_path: Path) -> None:
    store = ReadingsStore(tmp_path)
    store.write([reading(1.0, at=at(9), sequence=9)])
    store.write([reading(2.0, at=at(1), sequence=1)])
    read: list[Value] = []

    def forward() -> None:
        while page := store.read_after(store.get_cursor("influx"), 1):
            read.extend(stored.reading.value for stored in page)
            store.set_cursor("influx", page[-1].id)

    thread = threading.Thread(target=forward)
    thread.start()
    thread.join()
    assert read == [1.0, 2.0]
    assert store.get_cursor("influx") == store.last_id()
    assert store.get_cursor("other") == 0


def test_nobody_is_ahead_of_a_file_of_readings_that_was_begun_anew_or_restored(tmp_path: Path) -> None:
    with closing(ReadingsStore(tmp_path)) as store:
        store.write([reading(float(number), at=at(number), sequence=number) for number in range(5)])
        store.set_cursor("influx", 5)
        store.set_cursor("rollups", 1)
    for left in tmp_path.glob("readings.sqlite*"):
        left.unlink()
    with closing(ReadingsStore(tmp_path)) as begun_anew:
        begun_anew.write([reading(9.0)])
        assert [begun_anew.get_cursor(name) for name in ("influx", "rollups")] == [0, 0]


def test_history_is_bounded_in_time_and_number_and_says_when_it_is_cut(tmp_path: Path) -> None:
    store = ReadingsStore(tmp_path)
    store.write([reading(float(number), at=at(number), sequence=number) for number in range(10)])
    history = store.history(FENCE, "tension", at(2), at(9), 3)
    assert [point.value for point in history.points] == [2.0, 3.0, 4.0]
    assert (history.unit, history.truncated) == ("N", True)
    assert not store.history(FENCE, "tension", at(2), at(5), 3).truncated
    with pytest.raises(NotFoundError):
        store.history(FENCE, "nothing", at(0), at(1), 1)


def test_readings_from_before_the_birth_join_the_series_with_the_unit(tmp_path: Path) -> None:
    store = ReadingsStore(tmp_path)
    early = msgspec.structs.replace(reading(1.0), unit="")
    store.write([early])
    store.write([reading(2.0, at=at(1), sequence=2)])
    assert store.write([early, reading(1.0)]) == WriteOutcome(0, {FENCE: 2})
    assert store.history(FENCE, "tension", at(0), at(5), 9).unit == "N"
    assert ReadingsStore(tmp_path).write([early]) == WriteOutcome(0, {FENCE: 1})


def test_the_newest_reading_of_each_series_is_found(tmp_path: Path) -> None:
    store = ReadingsStore(tmp_path)
    store.write([reading(float(number), at=at(number), sequence=number) for number in (3, 7, 5)])
    store.write([reading("armed", metric="mode")])
    assert [each.value for each in store.newest()] == [7.0, "armed"]


def test_the_log_is_moved_into_the_file_while_others_write_and_begun_again_when_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.storage.readings._LOG_PAGES", 100)
    store = ReadingsStore(tmp_path)
    log = tmp_path / f"{FILE_NAME}-wal"
    numbers = iter(range(1_000_000))

    def write(batches: int) -> None:
        for _ in range(batches):
            store.write(
                [
                    reading(float(n), at=at(n), sequence=n, metric=f"m{n % 250}")
                    for n, _ in zip(numbers, range(250), strict=False)
                ]
            )

    write(40)
    assert log.stat().st_size > 100 * 4_096
    writer = threading.Thread(target=write, args=(5,))
    writer.start()
    store.checkpoint()
    writer.join()
    store.checkpoint()
    grown = log.stat().st_size
    write(5)
    assert log.stat().st_size == grown
    assert store.last_id() == 50 * 250


def test_a_full_disk_stores_nothing_of_a_batch_and_takes_it_whole_later(tmp_path: Path) -> None:
    store = ReadingsStore(tmp_path)
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count={pages + 2}")
    batch = [reading("x" * 250, at=at(number), sequence=number, metric=f"m{number}") for number in range(500)]
    with pytest.raises(UnavailableError, match="full"):
        store.write(batch)
    assert store.read_after(0, 1) == []
    store._connection.execute("PRAGMA max_page_count=100000")
    assert store.write(batch) == WriteOutcome(500)


def test_a_file_of_a_newer_hub_is_refused_with_the_way_out(tmp_path: Path) -> None:
    ReadingsStore(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(ConfigError, match="version 99"):
        ReadingsStore(tmp_path)


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database, but long enough to look" * 100)
    with pytest.raises(ConfigError, match=FILE_NAME):
        ReadingsStore(tmp_path)


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001 - the zone follows
def test_times_survive_the_disk_to_the_microsecond(moment: datetime) -> None:
    aware = moment.replace(tzinfo=UTC)
    assert from_us(to_us(aware)) == aware


def entry(number: int) -> LogEntry:
    return LogEntry(number, at(number), "note", "aigul", f"line {number}", FENCE, "")


def test_decisions_come_back_after_a_restart(tmp_path: Path) -> None:
    store = OperationsStore(tmp_path)
    device = DeviceRecord(CAMERA, Approval.REFUSED, START, ("mqtt",), Birth("camera", Names(kk="Жол")))
    choice = WallChoice(layout="2x2", spotlight=CAMERA, spotlight_since=START, revision=7)
    store.commit(Changes(log=[entry(1)], devices={CAMERA: device}, walls={"main": choice}))
    store.close()
    remembered = OperationsStore(tmp_path).recall()
    assert remembered.devices == (device,)
    assert remembered.walls == {"main": choice}
    assert remembered.log == (entry(1),)


def test_the_log_is_read_backwards_in_pages_and_cannot_be_rewritten(tmp_path: Path) -> None:
    store = OperationsStore(tmp_path)
    store.commit(Changes(log=[entry(number) for number in range(1, 6)]))
    assert [each.number for each in store.log(None, 2).entries] == [5, 4]
    assert [each.number for each in store.log(4, 2).entries] == [3, 2]
    with sqlite3.connect(tmp_path / "operations.sqlite") as connection:
        for statement in ("UPDATE log SET who = 'x'", "DELETE FROM log"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
    connection.close()


def test_a_file_that_several_open_at_once_is_made_once(tmp_path: Path) -> None:
    schema = "CREATE TABLE one (n INTEGER); CREATE TRIGGER t BEFORE DELETE ON one BEGIN SELECT RAISE(ABORT, 'no'); END;"
    barrier = threading.Barrier(8)

    def make() -> int:
        barrier.wait(60)
        with closing(open_writer(tmp_path / "new.sqlite", schema, 3)) as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])

    with ThreadPoolExecutor(8) as pool:
        assert [each.result() for each in [pool.submit(make) for _ in range(8)]] == [3] * 8
