"""Section [outputs]: where else a wall goes, beside its page."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from videowall.outputs.targets.target import parse_targets

_WALL = "{wall}"


class OutputsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What a wall node sends by itself, and how much of it is kept; see docs/wall-outputs.md."""

    urls: Annotated[
        str,
        Meta(
            description="where the wall is sent, separated by commas, each URL or PROFILE=URL (full, 1080p, 720p): "
            "udp://, srt://, rtsp://, rtmp://, hls:/folder, file:/path.mp4; {wall} becomes the wall's id"
        ),
    ] = ""
    file_piece_s: Annotated[float, Meta(ge=1, le=86_400, description="seconds in one file of a recording")] = 600.0
    file_max_mb: Annotated[
        int, Meta(ge=10, le=100_000_000, description="megabytes that the files of one recording may take together")
    ] = 10_000
    hls_segment_s: Annotated[float, Meta(ge=0.5, le=30, description="seconds in one HLS segment, at least")] = 2.0
    middle_kbps: Annotated[int, Meta(ge=200, le=50_000, description="bit rate of the profile 1080p, in kbit/s")] = 4000
    thin_kbps: Annotated[int, Meta(ge=100, le=20_000, description="bit rate of the profile 720p, in kbit/s")] = 1000
    timelapse_s: Annotated[
        float, Meta(ge=0, le=86_400, description="seconds between kept pictures of the wall; 0: none are kept")
    ] = 0.0
    timelapse_dir: Annotated[
        str, Meta(description="folder of kept pictures, in which each day has its own; {wall} becomes the wall's id")
    ] = "data/timelapse"
    timelapse_days: Annotated[int, Meta(ge=1, le=10_000, description="days that pictures are kept, at most")] = 30
    timelapse_max_mb: Annotated[
        int, Meta(ge=1, le=100_000_000, description="megabytes that kept pictures may take together")
    ] = 2000
    clip_s: Annotated[
        float,
        Meta(ge=0, le=600, description="seconds of every camera kept in memory, to be saved as clips; 0: none"),
    ] = 40.0
    clips_max_mb: Annotated[
        int, Meta(ge=1, le=100_000, description="megabytes of memory that all cameras' last seconds may take together")
    ] = 512
    webrtc_viewers: Annotated[int, Meta(ge=0, le=100, description="viewers over WebRTC at a time; 0 turns it off")] = 8
    webrtc_addresses: Annotated[
        str,
        Meta(description="own addresses that WebRTC is sent from, separated by commas; empty: [wall] host, or all"),
    ] = ""
    hls_segments: Annotated[int, Meta(ge=3, le=1000, description="segments in an HLS playlist")] = 6

    def of(self, wall: str) -> "OutputsSettings":
        """These for one wall, with its id where `{wall}` is written."""
        return replace(self, urls=self.urls.replace(_WALL, wall), timelapse_dir=self.timelapse_dir.replace(_WALL, wall))

    def shared(self, walls: Iterable[str]) -> tuple[str, ...]:
        """Where more than one of these walls would be sent or kept, each as it may be shown.

        Raises:
            ConfigError: one of `urls` is not an address that a wall can be sent to.
        """
        each = [self.of(wall) for wall in walls]
        targets = [target for own in each for target in parse_targets(own.urls, {})]
        folders = [f"timelapse_dir {own.timelapse_dir}" for own in each if own.timelapse_s]
        used = Counter([target.place for target in targets])
        labels = (target.label for target in targets if used[target.place] > 1)
        return tuple(dict.fromkeys((*labels, *(folder for folder in folders if folders.count(folder) > 1))))
