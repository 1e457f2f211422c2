"""Documents as a radiation portal of the standard's kind writes them: two gamma panels, one neutron panel."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 5, 59, 50, tzinfo=UTC)
UUID = "6f1c1c1e-8f0b-4c8e-9a51-0d0a4b1f7a10"
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<RadInstrumentData xmlns="http://physics.nist.gov/N42/2011/N42" n42DocUUID="{uuid}"
    n42DocDateTime="2026-11-23T11:00:00+05:00">
  <RadInstrumentDataCreatorName>Lane controller</RadInstrumentDataCreatorName>
  <RadInstrumentInformation id="portal">
    <RadInstrumentManufacturerName>Steppe Radiometrics</RadInstrumentManufacturerName>
    <RadInstrumentIdentifier>SR-0042</RadInstrumentIdentifier>
    <RadInstrumentModelName>Gate 7</RadInstrumentModelName>
    <RadInstrumentClassCode>Portal Monitor</RadInstrumentClassCode>
    <RadInstrumentVersion>
      <RadInstrumentComponentName>Software</RadInstrumentComponentName>
      <RadInstrumentComponentVersion>3.1.4</RadInstrumentComponentVersion>
    </RadInstrumentVersion>
  </RadInstrumentInformation>
  <RadDetectorInformation id="Aa1">
    <RadDetectorCategoryCode>Gamma</RadDetectorCategoryCode><RadDetectorKindCode>PVT</RadDetectorKindCode>
  </RadDetectorInformation>
  <RadDetectorInformation id="Ba1">
    <RadDetectorCategoryCode>Gamma</RadDetectorCategoryCode><RadDetectorKindCode>PVT</RadDetectorKindCode>
  </RadDetectorInformation>
  <RadDetectorInformation id="An1">
    <RadDetectorCategoryCode>Neutron</RadDetectorCategoryCode><RadDetectorKindCode>He3</RadDetectorKindCode>
  </RadDetectorInformation>
  <EnergyCalibration id="cal"><CoefficientValues>0 3 0</CoefficientValues></EnergyCalibration>
"""
ALARM = """  <AnalysisResults radMeasurementReferences="slice0">
    <RadAlarm id="alarm">
      <RadAlarmDateTime>{at}</RadAlarmDateTime>
      <RadAlarmCategoryCode>{category}</RadAlarmCategoryCode>
      <RadAlarmDescription>Gross count over threshold</RadAlarmDescription>
    </RadAlarm>
    <NuclideAnalysisResults>
      <Nuclide><NuclideIdentifiedIndicator>true</NuclideIdentifiedIndicator><NuclideName>Cs-137</NuclideName></Nuclide>
      <Nuclide><NuclideIdentifiedIndicator>false</NuclideIdentifiedIndicator><NuclideName>K-40</NuclideName></Nuclide>
    </NuclideAnalysisResults>
  </AnalysisResults>
"""
_BACKGROUND = """  <RadMeasurement id="background">
    <MeasurementClassCode>Background</MeasurementClassCode>
    <StartDateTime>{at}</StartDateTime><RealTimeDuration>PT1M0S</RealTimeDuration>
    <GrossCounts id="b1" radDetectorInformationReference="Aa1"><CountData>60000 12000 3000</CountData></GrossCounts>
    <GrossCounts id="b2" radDetectorInformationReference="Ba1"><CountData>45000</CountData></GrossCounts>
    <GrossCounts id="b3" radDetectorInformationReference="An1">
      <LiveTimeDuration>PT30S</LiveTimeDuration><CountData>120</CountData>
    </GrossCounts>
    <OccupancyIndicator>false</OccupancyIndicator>
  </RadMeasurement>
"""
_SLICE = """  <RadMeasurement id="slice{number}">
    <MeasurementClassCode>Foreground</MeasurementClassCode>
    <StartDateTime>{at}</StartDateTime><RealTimeDuration>PT0.1S</RealTimeDuration>
    <GrossCounts id="ga{number}" radDetectorInformationReference="Aa1"><CountData>{counts}</CountData></GrossCounts>
    <Spectrum id="sp{number}" radDetectorInformationReference="Ba1" energyCalibrationReference="cal">
      <LiveTimeDuration>PT0.1S</LiveTimeDuration>
      <ChannelData compressionCode="CountedZeroes">0 500 100 0 20 50</ChannelData>
    </Spectrum>
    <GrossCounts id="gn{number}" radDetectorInformationReference="An1"><CountData>1</CountData></GrossCounts>
    <DoseRate id="d{number}" radDetectorInformationReference="Aa1"><DoseRateValue>0.14</DoseRateValue></DoseRate>
    <ExposureRate id="e{number}" radDetectorInformationReference="Aa1">
      <ExposureRateValue>0.012</ExposureRateValue>
    </ExposureRate>
    <OccupancyIndicator>{occupied}</OccupancyIndicator>
    <RadItemState><StateVector><SpeedValue>2.5</SpeedValue></StateVector></RadItemState>
  </RadMeasurement>
"""


def occupancy(
    *, alarm: str = "", uuid: str = UUID, started_at: datetime = START, slices: int = 7, written: str = ""
) -> bytes:
    """One vehicle: a minute of background, then `slices` of 0.1 s, the middle ones occupied; `alarm` is a category.

    `written` is put before the document's end.
    """
    parts = [_HEAD.format(uuid=uuid), _BACKGROUND.format(at=(started_at - timedelta(seconds=60)).isoformat())]
    for number in range(slices):
        at = (started_at + timedelta(milliseconds=100 * number)).isoformat()
        occupied = "true" if 2 <= number < slices - 2 else "false"
        parts.append(_SLICE.format(number=number, at=at, counts=150 + 10 * number, occupied=occupied))
    if alarm:
        parts.append(ALARM.format(at=(started_at + timedelta(milliseconds=300)).isoformat(), category=alarm))
    return "".join([*parts, written, "</RadInstrumentData>\n"]).encode()
