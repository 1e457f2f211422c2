"""What an unattended demonstration found, and whether everything that was expected happened."""

from collections.abc import Iterable

from msgspec import Struct, field


class Percentiles(Struct, frozen=True):
    """Of a set of measurements; zero when there were none."""

    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0


class Report(Struct):
    """The JSON that `--report` writes. Seconds, milliseconds and counts as the names say."""

    devices_expected: int = 0
    devices_registered: int = 0
    tiles_expected: int = 0
    tiles_live: int = 0
    first_wall_frame_s: float | None = None
    alarm_to_spot_s: float | None = None
    readings_acknowledged: int = 0
    readings_stored: int = 0
    wall_latency_ms: Percentiles = Percentiles()
    cpu_s_per_s: dict[str, float] = {}
    url_wall: str = ""
    errors: list[str] = field(default_factory=list)

    def missing(self) -> list[str]:
        """What was expected and did not happen, in words."""
        found: list[str] = []
        if self.devices_registered < self.devices_expected:
            found.append(f"{self.devices_registered} of {self.devices_expected} devices are registered and approved")
        if self.tiles_live < self.tiles_expected:
            found.append(f"{self.tiles_live} of {self.tiles_expected} tiles are live on the encoded wall")
        if self.first_wall_frame_s is None:
            found.append("no frame of the wall showed a camera")
        if self.alarm_to_spot_s is None:
            found.append("the intrusion's camera did not come to the spot tile")
        if self.readings_acknowledged == 0:
            found.append("no reading was acknowledged")
        if self.readings_stored < self.readings_acknowledged:
            found.append(f"{self.readings_stored} of {self.readings_acknowledged} acknowledged readings are stored")
        return found


def percentiles(values: Iterable[float]) -> Percentiles:
    """The nearest-rank percentiles of `values`."""
    ordered = sorted(values)
    if not ordered:
        return Percentiles()
    last = len(ordered) - 1
    return Percentiles(*(round(ordered[min(last, int(share * len(ordered)))], 1) for share in (0.50, 0.95, 0.99)))
