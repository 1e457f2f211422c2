"""Files as portals hand them in, and files as nobody should."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.decisions.checking import check, find_lie
from sensors.dialects import native
from sensors.dialects.n42 import N42, Handed, read_handed
from sensors.dialects.n42_file import MAX_FILE_BYTES, N42File, Purpose, parse_file
from sensors.equipment import CATALOGUE
from sensors.model import (
    BirthSeen,
    DeviceId,
    DeviceKey,
    EventSeen,
    Message,
    Quality,
    Reading,
    ReadingsSeen,
    Rejected,
    SiteId,
)
from tests.support.n42_documents import START, UUID, occupancy

PORTAL = DeviceKey(SiteId("kordai"), DeviceId("portal-1"))
TOPIC = "n42/kordai/portal-1"
NOW = START + timedelta(seconds=5)
METRICS = {metric.name: metric for metric in CATALOGUE["radiation-portal"].metrics}


def parsed(raw: bytes) -> N42File:
    file = parse_file(raw)
    assert isinstance(file, N42File), file
    return file


def hear(raw: bytes, *, at: datetime = NOW, dialect: N42 | None = None) -> tuple[Message, ...]:
    return (dialect or N42()).decode(TOPIC, raw, retained=False, received_at=at).messages


def readings_of(messages: tuple[Message, ...]) -> list[Reading]:
    return [reading for message in messages if isinstance(message, ReadingsSeen) for reading in message.readings]


def test_rates_are_summed_over_the_detectors_of_a_category() -> None:
    file = parsed(occupancy())
    background, first, *_ = file.measurements
    assert len(file.measurements) == 8
    assert background.purpose is Purpose.BACKGROUND
    assert background.gamma_cps == pytest.approx((75_000 + 45_000) / 60)
    assert background.neutron_cps == pytest.approx(4.0)
    assert first.purpose is Purpose.FOREGROUND
    assert first.gamma_cps == pytest.approx((150 + 150) / 0.1)
    assert first.neutron_cps == pytest.approx(10.0)
    assert (first.dose_rate_usv_h, first.exposure_rate_mr_h, first.speed_m_s) == (0.14, 0.012, 2.5)
    assert (first.started_at, first.duration_s) == (START, 0.1)
    assert [one.occupied for one in file.measurements].count(True) == 3


def test_a_file_says_who_made_it() -> None:
    file = parsed(occupancy(alarm="Gamma"))
    assert (file.uuid, file.maker, file.model, file.serial, file.version) == (
        UUID,
        "Steppe Radiometrics",
        "Gate 7",
        "SR-0042",
        "3.1.4",
    )
    assert file.nuclides == ("Cs-137",)


def test_an_occupancy_is_a_portals_birth_and_its_readings_at_their_own_times() -> None:
    birth, said = hear(occupancy())
    assert isinstance(birth, BirthSeen)
    assert birth.birth is not None
    assert (birth.key, birth.birth.kind, birth.birth.serial) == (PORTAL, "radiation-portal", "SR-0042")
    assert find_lie(PORTAL, birth.birth) is None
    assert isinstance(said, ReadingsSeen)
    gamma = [reading for reading in said.readings if reading.metric == "gamma"]
    assert [reading.captured_at for reading in gamma] == [START + timedelta(milliseconds=100 * n) for n in range(1, 8)]
    assert [round(float(reading.value)) for reading in gamma] == [3000 + 100 * n for n in range(7)]
    assert {reading.metric for reading in said.readings} == {
        "gamma",
        "neutron",
        "background",
        "neutron_background",
        "dose_rate",
        "exposure_rate",
        "occupied",
        "speed",
        "gamma_alarm",
        "neutron_alarm",
    }
    for reading in said.readings:
        checked = check(reading, METRICS[reading.metric])
        assert isinstance(checked, Reading)
        assert checked.quality is Quality.GOOD
        assert not reading.historical
    assert {reading.value for reading in said.readings if reading.metric == "speed"} == {9.0}
    assert {reading.value for reading in said.readings if reading.metric == "exposure_rate"} == {12.0}


def test_an_alarm_is_raised_and_over_within_its_file_and_is_one_event() -> None:
    messages = hear(occupancy(alarm="Gamma"))
    alarm = [(r.value, r.captured_at) for r in readings_of(messages) if r.metric == "gamma_alarm"]
    assert alarm == [(True, START + timedelta(milliseconds=300)), (False, START + timedelta(milliseconds=700))]
    assert [r.value for r in readings_of(messages) if r.metric == "neutron_alarm"] == [False]
    event = messages[-1]
    assert isinstance(event, EventSeen)
    assert (event.id, event.kind, event.happened_at) == (UUID, "radiation-alarm", START + timedelta(milliseconds=300))
    assert event.text.startswith("gamma; Gross count over threshold; greatest 3600 counts/s; background 2000 counts/s")
    assert "Cs-137" in event.text
    assert "K-40" not in event.text
    assert "sha256 " in event.text


def test_the_same_file_twice_is_the_same_readings_and_event_and_no_second_birth() -> None:
    dialect = N42()
    birth, *first = hear(occupancy(alarm="Neutron"), dialect=dialect)
    assert isinstance(birth, BirthSeen)
    assert hear(occupancy(alarm="Neutron"), dialect=dialect) == tuple(first)


def test_after_a_portals_clock_was_set_back_what_it_hands_in_is_newer_than_all_before() -> None:
    dialect = N42()
    ahead = readings_of(hear(occupancy(uuid="ahead", started_at=START + timedelta(hours=1)), dialect=dialect))
    first = readings_of(hear(occupancy(), dialect=dialect))
    assert min(reading.sequence for reading in first) > max(reading.sequence for reading in ahead)
    later = occupancy(uuid="later", started_at=START + timedelta(seconds=1))
    assert min(reading.sequence for reading in readings_of(hear(later, dialect=dialect))) == first[0].sequence
    assert readings_of(hear(occupancy(), dialect=dialect)) == first, "the same file is the same readings"


def test_a_file_that_is_written_anew_is_the_same_readings() -> None:
    dialect = N42()
    first = readings_of(hear(occupancy(alarm="Gamma"), dialect=dialect))
    assert readings_of(hear(occupancy(alarm="Gamma", written=" "), dialect=dialect)) == first


def test_no_two_readings_of_a_file_have_one_identity() -> None:
    twins = occupancy(slices=3).replace(b"50.100000", b"50.000000").replace(b"50.200000", b"50.000000")
    readings = readings_of(hear(twins))
    assert len({(r.metric, r.captured_at, r.sequence) for r in readings}) == len(readings)
    assert next(r.sequence for r in readings if r.metric == "gamma") == 0


def test_an_old_file_is_history_and_its_event_is_told() -> None:
    messages = hear(occupancy(alarm="Gamma"), at=START + timedelta(hours=3))
    assert all(reading.historical for reading in readings_of(messages))
    assert isinstance(messages[-1], EventSeen)


@pytest.mark.parametrize("at", [b"yesterday", b"2026-11-23T05:59:50", b"", b"9999-99-99T99:99:99Z"])
def test_a_measurement_without_a_time_has_the_hubs_and_is_uncertain(at: bytes) -> None:
    raw = occupancy(slices=1).replace(b"2026-11-23T05:59:50+00:00", at)
    gamma = next(r for r in readings_of(hear(raw)) if r.metric == "gamma")
    assert (gamma.captured_at, gamma.quality) == (NOW, Quality.UNCERTAIN)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("PT0.1S", 0.1),
        ("PT1M0S", 60.0),
        ("P1DT2H3M4.5S", 93_784.5),
        ("PT1H", 3600.0),
        ("P1Y", 0.0),
        ("-PT1S", 0.0),
        ("PT", 0.0),
        ("1.5", 0.0),
        ("PT99999999999999999999S", 0.0),
    ],
)
def test_durations_are_iso_8601(duration: str, seconds: float) -> None:
    file = parsed(occupancy(slices=1).replace(b">PT0.1S<", f">{duration}<".encode()))
    assert file.measurements[1].duration_s == seconds


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "haha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%s;" % (str(n - 1).encode() if n else b"") * 10) for n in range(9))
    + b"]><RadInstrumentData>&a8;</RadInstrumentData>"
)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "is no XML"),
        (b"<", "is no XML"),
        (b"{}", "is no XML"),
        (b"\xff\xfe\x00", "is no XML"),
        (BOMB, "is no XML that is read here"),
        (b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><RadInstrumentData/>', "is no XML that is read here"),
        (b'<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1/">]><RadInstrumentData>&x;</RadInstrumentData>', "no XML"),
        (b'<?xml version="1.0" encoding="klingon"?><RadInstrumentData/>', "is no XML"),
        (b'<?xml version="1.0" encoding="utf-7"?><RadInstrumentData/>', "is no XML"),
        (b"<a>" * 100_000, "levels"),
        (b"<RadInstrumentData>" + b"<a/>" * 100_001 + b"</RadInstrumentData>", "over 100000 elements"),
        (b"<html/>", "RadInstrumentData"),
        (b"<RadInstrumentData/>", "holds neither"),
        (
            b'<N42InstrumentData xmlns="http://physics.nist.gov/Divisions/Div846/Gp4/ANSIN4242/2005/ANSIN4242"/>',
            "N42.42-2006",
        ),
        (b'<RadInstrumentData xmlns="urn:other"/>', "RadInstrumentData"),
        (b" " * (MAX_FILE_BYTES + 1), "over 8388608 bytes"),
        (occupancy().replace(b"60000 12000", b"60000 many"), "'many', which is no count"),
        (occupancy().replace(b"60000 12000", b"1e99 1"), "which is no count"),
        (occupancy().replace(b"60000 12000", b"-5 1"), "which is no count"),
        (occupancy().replace(b"60000 12000", b"NaN 1"), "which is no count"),
        (occupancy(slices=2_001), "over 2000 elements RadMeasurement"),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_what_is_no_such_file_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    refusal = parse_file(raw)
    assert isinstance(refusal, str)
    assert reason in refusal
    (said,) = N42().decode(TOPIC, raw or b" ", retained=False, received_at=NOW).messages
    assert isinstance(said, Rejected)
    assert said.key == PORTAL


def test_other_encodings_of_the_same_document_are_the_same_file() -> None:
    text = occupancy().decode().replace("Steppe", "Дала").replace('encoding="UTF-8"', 'encoding="{}"')
    utf8, utf16, cyrillic = (parsed(text.format(name).encode(name)) for name in ("utf-8", "utf-16", "windows-1251"))
    assert utf8 == utf16 == cyrillic
    assert utf8.maker == "Дала Radiometrics"


def test_elements_of_others_are_passed_over() -> None:
    strange = b'<x:RadMeasurement xmlns:x="urn:other"/><Vendor><RadAlarm/></Vendor></RadInstrumentData>'
    assert parsed(occupancy().replace(b"</RadInstrumentData>", strange)) == parsed(occupancy())


def test_calibrations_say_nothing_about_a_vehicle() -> None:
    raw = occupancy(slices=1).replace(b">Foreground<", b">Calibration<")
    assert [one.purpose for one in parsed(raw).measurements] == [Purpose.BACKGROUND]


@pytest.mark.parametrize("topic", ["n42/kordai", "n42/kordai/portal-1/x", "n42//x", "n42/Кордай/x", "n42/a b/x"])
def test_a_topic_names_a_site_and_a_device(topic: str) -> None:
    (said,) = N42().decode(topic, occupancy(), retained=False, received_at=NOW).messages
    assert isinstance(said, Rejected)
    assert "<site>/<device>" in said.reason


def test_the_largest_message_is_read_soon() -> None:
    raw = occupancy(slices=200)
    assert len(raw) < native.MAX_PAYLOAD_BYTES
    assert isinstance(read_handed(raw), Handed)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_no_bytes_can_raise(raw: bytes, level: str) -> None:
    for message in N42().decode(f"n42/{level}/portal-1", raw, retained=False, received_at=NOW).messages:
        assert isinstance(message, Rejected)


WORDS = [
    b"",
    b"true",
    b"1e99",
    b"-1",
    b"PT1S",
    b"9" * 400,
    b"P999999DT1S",
    b"9999-12-31T23:59:59Z",
    b"0001-01-01T00:00:00+14:00",
    "Ә\N{ARABIC-INDIC DIGIT FIVE}".encode(),
    b"&amp;&lt;",
]
MARKUP = [
    b"<a>",
    b"</a>",
    b"<RadMeasurement>",
    b"</RadMeasurement>",
    b"x",
    b"<?p?>",
    b"<!--c-->",
    b"&amp;",
    b"&#0;",
    b"<![CDATA[x]]>",
]


@settings(max_examples=100)
@given(st.data())
def test_no_text_in_any_element_can_raise(data: st.DataObject) -> None:
    raw = occupancy(alarm="Gamma", slices=2)
    for _ in range(3):
        pieces = raw.split(b">")
        place = data.draw(st.integers(1, len(pieces) - 2))
        tail = pieces[place].partition(b"<")
        pieces[place] = data.draw(st.sampled_from(WORDS) | st.binary(max_size=8)) + tail[1] + tail[2]
        raw = b">".join(pieces)
    for message in hear(raw):
        if isinstance(message, BirthSeen):
            assert message.birth is not None
            assert find_lie(message.key, message.birth) is None
        for reading in readings_of((message,)):
            assert isinstance(check(reading, METRICS[reading.metric]), Reading)
            assert reading.captured_at.tzinfo is UTC


@given(st.lists(st.sampled_from(MARKUP), max_size=30))
def test_no_xml_can_raise(parts: list[bytes]) -> None:
    assert parse_file(b"<RadInstrumentData>" + b"".join(parts) + b"</RadInstrumentData>")
