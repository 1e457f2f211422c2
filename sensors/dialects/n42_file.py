"""Files of radiation portals after ANSI N42.42-2012, read without trust: XML in, measurements and alarms out.

Elements and their units are the standard's: DoseRateValue in µSv/h, ExposureRateValue in mR/h, SpeedValue in m/s,
durations after ISO 8601. No DTD, no entities, nothing from outside the file; size, depth and number of elements are
bounded. The edition of 2006 has other elements and is refused by name.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.ElementTree import XMLParser
from msgspec import Struct

from sensors.moments import parse_duration_s, parse_moment

MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_ELEMENTS = 100_000
MAX_DEPTH = 32
MAX_MEASUREMENTS = 2_000
MAX_ALARMS = 64
MAX_TEXT = 200
_NAMESPACE = "{http://physics.nist.gov/N42/2011/N42}"
_MAX_COUNT = 1e12
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{0,15})?(?:[eE][+-]?\d{1,2})?")


class Category(StrEnum):
    """What a detector or an alarm is about; other categories of the standard are not told apart."""

    GAMMA = "Gamma"
    NEUTRON = "Neutron"
    OTHER = "Other"


class Purpose(StrEnum):
    """What a measurement is for: something in the portal, or what is there when nothing is."""

    FOREGROUND = "Foreground"
    BACKGROUND = "Background"


class Measurement(Struct, frozen=True):
    """One RadMeasurement. Rates are counts a second over all detectors of a category; None: not measured."""

    purpose: Purpose
    started_at: datetime | None
    duration_s: float
    gamma_cps: float | None = None
    neutron_cps: float | None = None
    dose_rate_usv_h: float | None = None
    exposure_rate_mr_h: float | None = None
    occupied: bool | None = None
    speed_m_s: float | None = None


class Alarm(Struct, frozen=True):
    """One RadAlarm."""

    category: Category
    at: datetime | None
    description: str


class N42File(Struct, frozen=True):
    """What a file says. `uuid` is its n42DocUUID, empty when it has none."""

    uuid: str
    maker: str
    model: str
    serial: str
    version: str
    measurements: tuple[Measurement, ...]
    alarms: tuple[Alarm, ...]
    nuclides: tuple[str, ...]


class _BoundedBuilder(TreeBuilder):
    """Builds a tree up to its bounds."""

    def __init__(self) -> None:
        super().__init__()
        self._elements = 0
        self._depth = 0

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self._elements += 1
        self._depth += 1
        if self._elements > MAX_ELEMENTS or self._depth > MAX_DEPTH:
            message = f"over {MAX_ELEMENTS} elements, or {MAX_DEPTH} levels of them"
            raise ValueError(message)
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse_file(raw: bytes) -> N42File | str:
    """The file, or the reason why it is none."""
    if len(raw) > MAX_FILE_BYTES:
        return f"over {MAX_FILE_BYTES} bytes"
    parser = XMLParser(target=_BoundedBuilder(), forbid_dtd=True)
    try:
        parser.feed(raw)
        root = parser.close()
    except (ParseError, ValueError, LookupError, OverflowError) as error:
        return f"is no XML that is read here: {_shown(str(error)) or type(error).__name__}"
    if _name(root) != "RadInstrumentData":
        return _wrong_root(root)
    try:
        return _read(root)
    except _BadFileError as error:
        return str(error)


class _BadFileError(ValueError):
    """The file is XML, and says what cannot be."""


def _read(root: Element) -> N42File:
    about = _child(root, "RadInstrumentInformation")
    categories = {
        each.get("id", ""): _category(_text(each, "RadDetectorCategoryCode"))
        for each in _children(root, "RadDetectorInformation")
    }
    measured = [
        measurement
        for each in _at_most(MAX_MEASUREMENTS, root, "RadMeasurement")
        if (measurement := _measurement(each, categories)) is not None
    ]
    analyses = list(_children(root, "AnalysisResults"))
    alarms = [alarm for each in analyses for alarm in _at_most(MAX_ALARMS, each, "RadAlarm")]
    if not measured and not alarms:
        raise _BadFileError("holds neither a RadMeasurement nor a RadAlarm")
    return N42File(
        uuid=_shown(root.get("n42DocUUID", ""))[:64],
        maker=_text(about, "RadInstrumentManufacturerName"),
        model=_text(about, "RadInstrumentModelName"),
        serial=_text(about, "RadInstrumentIdentifier"),
        version=_version(about),
        measurements=tuple(measured),
        alarms=tuple(_alarm(each) for each in alarms[:MAX_ALARMS]),
        nuclides=tuple(dict.fromkeys(name for each in analyses for name in _nuclides(each)))[:16],
    )


def _measurement(element: Element, categories: dict[str, Category]) -> Measurement | None:
    """One measurement; None for calibrations and the detector's own activity, which say nothing about a vehicle."""
    code = _text(element, "MeasurementClassCode")
    if code in ("Calibration", "IntrinsicActivity"):
        return None
    duration_s = parse_duration_s(_text(element, "RealTimeDuration")) or 0.0
    rates = _rates(element, categories, duration_s)
    state = _child(element, "RadItemState")
    occupied = _text(element, "OccupancyIndicator")
    return Measurement(
        purpose=Purpose.BACKGROUND if code == "Background" else Purpose.FOREGROUND,
        started_at=parse_moment(_text(element, "StartDateTime")),
        duration_s=duration_s,
        gamma_cps=rates.get(Category.GAMMA),
        neutron_cps=rates.get(Category.NEUTRON),
        dose_rate_usv_h=_greatest(element, "DoseRate", "DoseRateValue"),
        exposure_rate_mr_h=_greatest(element, "ExposureRate", "ExposureRateValue"),
        occupied={"true": True, "1": True, "false": False, "0": False}.get(occupied),
        speed_m_s=_number(_text(_child(state, "StateVector"), "SpeedValue")),
    )


def _rates(element: Element, categories: dict[str, Category], duration_s: float) -> dict[Category, float]:
    """Counts a second by category. A detector that gives gross counts is not counted again by its spectrum."""
    rates: dict[Category, float] = {}
    counted: set[str] = set()
    for tag, data in (("GrossCounts", "CountData"), ("Spectrum", "ChannelData")):
        found = [(each, each.get("radDetectorInformationReference", "")) for each in _children(element, tag)]
        for each, detector in found:
            if detector in counted:
                continue
            category = categories.get(detector, next(iter(categories.values())) if len(categories) == 1 else None)
            seconds = parse_duration_s(_text(each, "LiveTimeDuration")) or duration_s
            if category is None or category is Category.OTHER or seconds <= 0:
                continue
            rates[category] = rates.get(category, 0.0) + _counts(_child(each, data)) / seconds
        counted.update(detector for _, detector in found)
    return rates


def _counts(data: Element | None) -> float:
    """The sum of a list of counts; with CountedZeroes, the number after each 0 tells how many zeroes stand there."""
    if data is None or not data.text:
        return 0.0
    counted_zeroes = data.get("compressionCode") == "CountedZeroes"
    total, skip = 0.0, False
    for word in data.text.split():
        if skip:
            skip = False
            continue
        count = _number(word)
        if count is None or not 0 <= count <= _MAX_COUNT:
            raise _BadFileError(f"{_name(data)} holds {_shown(word)[:40]!r}, which is no count")
        skip = counted_zeroes and count == 0
        total += count
    return total


def _alarm(element: Element) -> Alarm:
    return Alarm(
        category=_category(_text(element, "RadAlarmCategoryCode")),
        at=parse_moment(_text(element, "RadAlarmDateTime")),
        description=_text(element, "RadAlarmDescription"),
    )


def _nuclides(analysis: Element) -> Iterator[str]:
    for results in _children(analysis, "NuclideAnalysisResults"):
        for nuclide in _children(results, "Nuclide"):
            if _text(nuclide, "NuclideIdentifiedIndicator") != "false" and (name := _text(nuclide, "NuclideName")):
                yield name[:32]


def _version(about: Element | None) -> str:
    """The version of the software, or of the component that is named first."""
    versions = {
        _text(each, "RadInstrumentComponentName").lower(): _text(each, "RadInstrumentComponentVersion")
        for each in _children(about, "RadInstrumentVersion")
    }
    return versions.get("software") or versions.get("firmware") or next(iter(versions.values()), "")


def _category(code: str) -> Category:
    return Category(code) if code in (Category.GAMMA, Category.NEUTRON) else Category.OTHER


def _greatest(element: Element, tag: str, value: str) -> float | None:
    """Of several detectors the one that measures most."""
    found = (_number(_text(each, value)) for each in _children(element, tag))
    return max((number for number in found if number is not None and number >= 0), default=None)


def _at_most(bound: int, element: Element, tag: str) -> list[Element]:
    found = list(_children(element, tag))
    if len(found) > bound:
        raise _BadFileError(f"holds over {bound} elements {tag}")
    return found


def _children(element: Element | None, tag: str) -> Iterator[Element]:
    return (child for child in (() if element is None else element) if _name(child) == tag)


def _child(element: Element | None, tag: str) -> Element | None:
    return next(_children(element, tag), None)


def _text(element: Element | None, tag: str) -> str:
    child = _child(element, tag)
    return "" if child is None else _shown(child.text or "")


def _name(element: Element) -> str:
    """The name of an element of the standard, also where a writer left the namespace out; empty for others."""
    name = element.tag.removeprefix(_NAMESPACE)
    return "" if "{" in name else name


def _wrong_root(root: Element) -> str:
    if root.tag.rpartition("}")[2] in ("N42InstrumentData", "Event"):
        return "follows N42.42-2006; files of N42.42-2012 (RadInstrumentData) are read"
    return "is no N42.42-2012 file: its root is not RadInstrumentData"


def _shown(text: str) -> str:
    """Printable, without blanks at its ends, at most `MAX_TEXT` letters."""
    return "".join(letter for letter in text[: 2 * MAX_TEXT] if letter.isprintable()).strip()[:MAX_TEXT]


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None
