"""A portal's files: judged by the hub's own reading, and by Sandia's SpecUtils."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest

from sensors.dialects.n42 import N42
from sensors.dialects.native import MAX_PAYLOAD_BYTES, Sample
from sensors.model import DeviceKey, EventSeen, Reading, ReadingsSeen, Rejected, Value
from simulators.foreign.n42 import MAX_KEPT, Portal
from simulators.foreign.n42_document import Document
from simulators.foreign.passage import MAX_SLICES
from simulators.foreign.spectra import CHANNELS, Load
from tests.support.foreign_post import NOW, PORTAL, SITE, read_by_peer, sample, spoken

_KEY = DeviceKey(SITE, PORTAL)


class _Bench:
    """A portal, and all files it made."""

    def __init__(self, load: Load = Load.NONE, *, publishes: bool = True, period_s: float = 1.0) -> None:
        self.files: list[Document] = []
        self.portal = Portal("n42", spoken(PORTAL, period_s=period_s), lambda _: load, self._take, publishes=publishes)

    def _take(self, key: DeviceKey, document: Document) -> None:
        assert key == _KEY
        self.files.append(document)

    def pass_through(self, samples: Iterator[Sample]) -> list[bytes]:
        return [said.payload for each in samples for said in self.portal.take(PORTAL, each)]


def _vehicles(*occupied: int, between: int = 20, radiates: bool = False, from_s: float = 0.0) -> Iterator[Sample]:
    """Vehicles that are there for so many samples each, with so many samples between them."""
    second = from_s
    for lasts in occupied:
        for number in range(between + lasts):
            there = number >= between
            values: dict[str, Value | None] = {
                "gamma": 4_000 if there and radiates else 1_500 if there else 2_000,
                "neutron": 9,
                "occupied": there,
                "speed": 7.2 if there else 0.0,
                "gamma_alarm": there and radiates,
                "neutron_alarm": False,
            }
            yield sample(second, **values)
            second += 1.0
    for _ in range(3):
        yield sample(second, gamma=2_000, neutron=9, occupied=False, speed=0.0)
        second += 1.0


def _read(raw: bytes) -> tuple[list[Reading], list[EventSeen]]:
    heard = N42().decode(f"n42/{_KEY}", raw, retained=False, received_at=NOW + timedelta(seconds=60)).messages
    assert not [each for each in heard if isinstance(each, Rejected)]
    readings = [reading for each in heard if isinstance(each, ReadingsSeen) for reading in each.readings]
    return readings, [each for each in heard if isinstance(each, EventSeen)]


def test_there_is_one_file_for_each_vehicle_and_none_between_them() -> None:
    bench = _Bench()
    bench.portal.connected(NOW)
    assert len(bench.pass_through(_vehicles(3, 1, 6))) == 3
    assert len(bench.files) == 3


def test_the_hub_reads_what_the_portal_measured() -> None:
    bench = _Bench(Load.SOURCE)
    bench.portal.connected(NOW)
    (raw,) = bench.pass_through(_vehicles(4, radiates=True))
    readings, (event,) = _read(raw)
    gamma = {reading.captured_at: reading.value for reading in readings if reading.metric == "gamma"}
    assert [gamma[NOW + timedelta(seconds=second)] for second in range(18, 26)] == [
        2_000, 2_000, 4_000, 4_000, 4_000, 4_000, 2_000, 2_000,
    ]  # fmt: skip
    assert [reading.value for reading in readings if reading.metric == "background"] == [2_000]
    assert 7.2 in [reading.value for reading in readings if reading.metric == "speed"]
    alarms = [(reading.value, reading.captured_at) for reading in readings if reading.metric == "gamma_alarm"]
    assert alarms[0] == (True, NOW + timedelta(seconds=20))
    assert alarms[-1][0] is False
    assert event.text.startswith("gamma; Gross count over threshold, spectrum of a point source")
    assert "Cs-137" in event.text


def test_a_vehicle_without_a_source_is_a_file_without_an_alarm() -> None:
    bench = _Bench()
    bench.portal.connected(NOW)
    (raw,) = bench.pass_through(_vehicles(4))
    readings, events = _read(raw)
    assert events == []
    assert not any(reading.value is True for reading in readings if reading.metric == "gamma_alarm")


def test_a_portal_that_is_asked_before_its_time_says_nothing_twice() -> None:
    bench = _Bench(Load.SOURCE)
    bench.portal.connected(NOW)
    hurried = [
        sample(second, gamma=4_000 if there else 2_000, neutron=9, occupied=there, gamma_alarm=there)
        for second, there in ((0.0, False), (1.0, False), (1.25, True), (2.25, True), (2.5, False), (3.5, False))
    ]
    (raw,) = bench.pass_through(iter(hurried))
    readings, _ = _read(raw)
    gamma = [(reading.captured_at, reading.value) for reading in readings if reading.metric == "gamma"]
    assert gamma == [
        (NOW + timedelta(seconds=second), value)
        for second, value in ((1.25, 4_000), (2.25, 4_000), (2.5, 2_000), (3.5, 2_000))
    ]


def test_the_same_passage_makes_the_same_file_and_another_has_another_name() -> None:
    benches = [_Bench(Load.NORM) for _ in range(2)]
    for bench in benches:
        bench.pass_through(_vehicles(4, 4, radiates=True))
    assert benches[0].files == benches[1].files
    assert len({document.name for document in benches[0].files}) == 2


def test_a_vehicle_that_stands_makes_files_that_fit_into_a_message() -> None:
    bench = _Bench(Load.NORM)
    bench.portal.connected(NOW)
    files = bench.pass_through(_vehicles(2 * MAX_SLICES + 10, radiates=True))
    assert len(files) == 3
    assert all(len(raw) < MAX_PAYLOAD_BYTES for raw in files)
    assert all(_read(raw) for raw in files)


def test_files_wait_for_a_connection_within_bounds() -> None:
    bench = _Bench()
    assert bench.pass_through(_vehicles(*[1] * (MAX_KEPT + 2), between=4)) == []
    assert bench.portal.dropped_total == 2
    waited = list(bench.portal.connected(NOW))
    assert [said.payload for said in waited] == [document.content for document in bench.files[2:]]
    assert bench.portal.connected(NOW) == ()


def test_a_portal_that_uploads_says_nothing_by_mqtt() -> None:
    bench = _Bench(publishes=False)
    bench.portal.connected(NOW)
    assert bench.pass_through(_vehicles(2, 2)) == []
    assert len(bench.files) == 2


@pytest.mark.parametrize(("load", "nuclide"), [(Load.SOURCE, "Cs-137"), (Load.NORM, "K-40")])
def test_sandias_reader_finds_the_portal_its_counts_and_what_passed(tmp_path: Path, load: Load, nuclide: str) -> None:
    bench = _Bench(load)
    bench.pass_through(_vehicles(4, radiates=True))
    path = tmp_path / bench.files[0].name
    path.write_bytes(bench.files[0].content)
    (said,) = read_by_peer("n42_reader.py", str(path))
    assert (said["maker"], said["model"], said["serial"]) == ("Shekara", "RP-4 portal", "SIM-kordai-portal-1")
    assert (said["portal"], said["passes"], said["warnings"]) == (True, True, [])
    assert said["gamma_detectors"] == ["Aa1", "Aa2", "Ba1", "Ba2"]
    assert nuclide in said["nuclides"]
    by_number = {
        number: list(group) for number, group in groupby(said["samples"], key=lambda each: int(each["number"]))
    }
    background, *slices = by_number.values()
    assert all(each["background"] and not each["occupied"] for each in background)
    assert (sum(each["gamma"] for each in background), background[0]["real_s"]) == (36_000, 18.0)
    assert [sum(each["gamma"] for each in one) for one in slices] == [2_000] * 2 + [4_000] * 4 + [2_000] * 2
    assert [sum(each["neutron"] for each in one) for one in slices] == [9] * 8
    assert [one[0]["occupied"] for one in slices] == [False] * 2 + [True] * 4 + [False] * 2
    assert slices[2][0]["speed_m_s"] == pytest.approx(2.0)
    assert datetime.fromisoformat(slices[2][0]["start"]) == datetime(2026, 11, 23, 6, 0, 19)  # noqa: DTZ001 - as it says
    assert len(slices[0][0]["channels"]) == CHANNELS


def test_naturally_radioactive_goods_reach_further_up_than_a_source() -> None:
    shares = {}
    for load in (Load.SOURCE, Load.NORM):
        bench = _Bench(load)
        bench.pass_through(_vehicles(10, radiates=True))
        text = bench.files[0].content.decode()
        channels = [list(map(int, part.split("<")[0].split())) for part in text.split("<ChannelData>")[1:]]
        middle = [sum(counts) for counts in zip(*channels[3 * 4 : 12 * 4], strict=True)]
        shares[load] = sum(middle[12:]) / sum(middle)
    assert shares[Load.NORM] > 2 * shares[Load.SOURCE]
