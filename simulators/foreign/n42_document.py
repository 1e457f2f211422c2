"""ANSI N42.42-2012 as a radiation portal writes it: one file for each vehicle.

Four gamma panels with a coarse spectrum each and two neutron panels, as many as in NIST's worked example of a portal.
What the portal counted is dealt out over panels and channels at random, so that the sums are what it measured.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple
from uuid import NAMESPACE_OID, uuid5
from xml.sax.saxutils import escape

from sensors.model import Birth, DeviceKey
from simulators.foreign.passage import Passage, Slice
from simulators.foreign.spectra import CHANNEL_KEV, Load, deal, shape

_GAMMA = ("Aa1", "Aa2", "Ba1", "Ba2")
_NEUTRON = ("An1", "Bn1")
_TAG = "shekara"
_NAMESPACE = "http://physics.nist.gov/N42/2011/N42"
_SHADOW = 0.75
"""Of the background, what a vehicle's body lets through."""


_WORDS = {
    Load.NONE: "Gross count over threshold",
    Load.SOURCE: "Gross count over threshold, spectrum of a point source",
    Load.NEUTRON: "Gross count over threshold, neutrons",
    Load.NORM: "Gross count over threshold, spectrum of naturally radioactive goods",
}


class Document(NamedTuple):
    """A file: its name, and its bytes."""

    name: str
    content: bytes


def write_document(key: DeviceKey, birth: Birth, passage: Passage, load: Load) -> Document:
    """The file of one passage; the same passage makes the same bytes."""
    began = passage.slices[0].at
    uuid = uuid5(NAMESPACE_OID, f"{_TAG}/{key}/{began.isoformat()}")
    random = Random(str(uuid))  # noqa: S311 - repeatable noise, not a secret
    ended = passage.slices[-1].at
    usual_cps = _mean([each.gamma_cps for each in passage.background])
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<RadInstrumentData xmlns="{_NAMESPACE}" n42DocUUID="{uuid}" n42DocDateTime="{_time(ended)}">',
        *_instrument(birth),
        *_background(passage.background, random),
        *itertools.chain.from_iterable(
            _foreground(number, each, _shares(each, usual_cps, load), random)
            for number, each in enumerate(passage.slices, 1)
        ),
        *_analysis(passage, load),
        "</RadInstrumentData>",
    ]
    name = f"{key.site}_{key.device}_{began.astimezone(UTC):%Y%m%dT%H%M%S}_{str(uuid)[:8]}.n42"
    return Document(name, "\n".join([*lines, ""]).encode())


def _instrument(birth: Birth) -> Iterator[str]:
    yield "<RadInstrumentDataCreatorName>Shekara simulators</RadInstrumentDataCreatorName>"
    yield '<RadInstrumentInformation id="portal">'
    yield _element("RadInstrumentManufacturerName", birth.maker)
    yield _element("RadInstrumentIdentifier", birth.serial)
    yield _element("RadInstrumentModelName", birth.model)
    yield _element("RadInstrumentClassCode", "Portal Monitor")
    yield "<RadInstrumentVersion>"
    yield _element("RadInstrumentComponentName", "Software") + _element("RadInstrumentComponentVersion", birth.firmware)
    yield "</RadInstrumentVersion></RadInstrumentInformation>"
    for category, kind, panels in (("Gamma", "PVT", _GAMMA), ("Neutron", "He3", _NEUTRON)):
        for panel in panels:
            yield (
                f'<RadDetectorInformation id="{panel}">{_element("RadDetectorCategoryCode", category)}'
                f"{_element('RadDetectorKindCode', kind)}</RadDetectorInformation>"
            )
    yield '<RadItemInformation id="vehicle"><RadItemDescription>Vehicle in the lane</RadItemDescription>'
    yield "</RadItemInformation>"
    yield f'<EnergyCalibration id="scale">{_element("CoefficientValues", f"0 {CHANNEL_KEV:g} 0")}</EnergyCalibration>'


def _background(slices: Sequence[Slice], random: Random) -> Iterator[str]:
    if not slices:
        return
    seconds = sum(each.seconds for each in slices)
    gamma = round(sum(each.gamma_cps * each.seconds for each in slices))
    neutron = round(sum(each.neutron_cps * each.seconds for each in slices))
    yield from _measurement("background", "Background", slices[-1].at, seconds)
    yield from _counts("background", gamma, neutron, (shape(Load.NONE, 0.0), seconds), random)
    yield "<OccupancyIndicator>false</OccupancyIndicator></RadMeasurement>"


def _foreground(number: int, each: Slice, shares: tuple[float, ...], random: Random) -> Iterator[str]:
    name = f"slice{number}"
    gamma, neutron = round(each.gamma_cps * each.seconds), round(each.neutron_cps * each.seconds)
    yield from _measurement(name, "Foreground", each.at, each.seconds)
    yield from _counts(name, gamma, neutron, (shares, each.seconds), random)
    yield (
        f'<RadItemState radItemInformationReferences="vehicle"><StateVector>'
        f"{_element('SpeedValue', f'{each.speed_kmh / 3.6:.2f}')}</StateVector></RadItemState>"
    )
    yield f"<OccupancyIndicator>{str(each.occupied).lower()}</OccupancyIndicator></RadMeasurement>"


def _shares(each: Slice, usual_cps: float, load: Load) -> tuple[float, ...]:
    """By channel: what is above the shadowed background is of the load."""
    if not each.occupied or each.gamma_cps <= 0.0:
        return shape(Load.NONE, 0.0)
    return shape(load, max(0.0, 1.0 - _SHADOW * usual_cps / each.gamma_cps))


def _measurement(name: str, purpose: str, ended: datetime, seconds: float) -> Iterator[str]:
    at = ended - timedelta(seconds=seconds)
    yield f'<RadMeasurement id="{name}">{_element("MeasurementClassCode", purpose)}'
    yield f"{_element('StartDateTime', _time(at))}{_element('RealTimeDuration', _seconds(seconds))}"


def _counts(
    name: str, gamma: int, neutron: int, spread: tuple[tuple[float, ...], float], random: Random
) -> Iterator[str]:
    """A spectrum of each gamma panel and the gross counts of each neutron panel; `spread`: shares, and seconds."""
    shares, seconds = spread
    live = _element("LiveTimeDuration", _seconds(seconds))
    for panel, count in zip(_GAMMA, deal(gamma, [1.0] * len(_GAMMA), random), strict=True):
        channels = " ".join(map(str, deal(count, shares, random)))
        yield (
            f'<Spectrum id="{name}-{panel}" radDetectorInformationReference="{panel}" '
            f'energyCalibrationReference="scale">{live}{_element("ChannelData", channels)}</Spectrum>'
        )
    for panel, count in zip(_NEUTRON, deal(neutron, [1.0] * len(_NEUTRON), random), strict=True):
        yield (
            f'<GrossCounts id="{name}-{panel}" radDetectorInformationReference="{panel}">{live}'
            f"{_element('CountData', str(count))}</GrossCounts>"
        )


def _analysis(passage: Passage, load: Load) -> Iterator[str]:
    raised = {
        category: first
        for category, first in (
            ("Gamma", _first(number for number, each in enumerate(passage.slices, 1) if each.gamma_alarm)),
            ("Neutron", _first(number for number, each in enumerate(passage.slices, 1) if each.neutron_alarm)),
        )
        if first is not None
    }
    if not raised:
        return
    yield f'<AnalysisResults radMeasurementReferences="slice{min(raised.values())}">'
    for category, number in raised.items():
        yield (
            f'<RadAlarm id="alarm-{category.lower()}">'
            f"{_element('RadAlarmDateTime', _time(passage.slices[number - 1].at))}"
            f"{_element('RadAlarmCategoryCode', category)}{_element('RadAlarmDescription', _WORDS[load])}</RadAlarm>"
        )
    if load is not Load.NONE:
        yield (
            "<NuclideAnalysisResults><Nuclide><NuclideIdentifiedIndicator>true</NuclideIdentifiedIndicator>"
            f"{_element('NuclideName', load)}</Nuclide></NuclideAnalysisResults>"
        )
    yield "</AnalysisResults>"


def _first(numbers: Iterable[int]) -> int | None:
    return next(iter(numbers), None)


def _element(tag: str, text: str) -> str:
    return f"<{tag}>{escape(text)}</{tag}>"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _seconds(seconds: float) -> str:
    return f"PT{seconds:.3f}S"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
