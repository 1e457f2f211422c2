"""A reader of N42 files that nobody here wrote: Sandia's SpecUtils, which their spectrometers' programs are made of.

    n42_reader.py FILE

Prints, as JSON, the instrument, each sample of each detector, and the analysis.
"""

import json
import sys
from typing import Any

import SpecUtils


def main() -> None:
    file = SpecUtils.SpecFile()
    file.loadFile(sys.argv[1], SpecUtils.ParserType.N42_2012)
    said = {
        "maker": file.manufacturer(),
        "model": file.instrumentModel(),
        "serial": file.instrumentId(),
        "uuid": file.uuid(),
        "portal": file.portalOrSearch(),
        "passes": file.passthrough(),
        "warnings": list(file.parseWarnings()),
        "gamma_detectors": list(file.gammaDetectorNames()),
        "gamma": file.gammaCountSum(),
        "neutron": file.neutronCountsSum(),
        "nuclides": [each.nuclide() for each in file.detectorAnalysisResults()],
        "samples": list(map(sample, file.measurements())),
    }
    print(json.dumps(said))  # noqa: T201 - what the test reads


def sample(each: Any) -> dict[str, Any]:
    return {
        "detector": each.detectorName(),
        "number": each.sampleNumber(),
        "start": str(each.startTime()),
        "real_s": each.realTime(),
        "gamma": each.gammaCountSum(),
        "channels": list(each.gammaCounts()),
        "end_kev": each.gammaEnergyMax(),
        "neutron": each.neutronCountsSum(),
        "occupied": each.occupied() == SpecUtils.OccupancyStatus.Occupied,
        "background": each.sourceType() == SpecUtils.SourceType.Background,
        "speed_m_s": each.speed(),
    }


if __name__ == "__main__":
    main()
