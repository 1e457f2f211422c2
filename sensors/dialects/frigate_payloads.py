"""What Frigate's messages hold, as far as a hub has a use for it. Facts of Frigate's MQTT and API documentation."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Names = Annotated[list[Name], Meta(max_length=64)]
_CAMERA_MARK = "camera_fps"


class TrackedObject(Struct, frozen=True):
    """An object that Frigate follows through a picture; times are seconds since 1970."""

    id: Id
    camera: Name
    label: Name
    start_time: float
    end_time: float | None = None
    false_positive: bool = False
    top_score: float | None = None
    sub_label: Any = None
    entered_zones: Names = field(default_factory=list)


class TrackedObjectChange(Struct, frozen=True):
    """A message of `events`."""

    type: Literal["new", "update", "end"]
    after: TrackedObject


class ReviewData(Struct, frozen=True):
    """What a review is about."""

    objects: Names = field(default_factory=list)
    zones: Names = field(default_factory=list)


class Review(Struct, frozen=True):
    """A stretch of time that a person should look at."""

    id: Id
    camera: Name
    severity: Literal["alert", "detection"]
    start_time: float
    end_time: float | None = None
    data: ReviewData = field(default_factory=ReviewData)


class ReviewChange(Struct, frozen=True):
    """A message of `reviews`."""

    type: Literal["new", "update", "end"]
    after: Review


class Recognised(Struct, frozen=True):
    """A message of `tracked_object_update`: a plate or a face was read, or something else that is passed over."""

    type: Name
    id: Id
    camera: Name | None = None
    plate: Annotated[str, Meta(max_length=64)] | None = None
    name: Annotated[str, Meta(max_length=64)] | None = None
    score: float | None = None
    timestamp: float | None = None


class CameraStats(Struct, frozen=True):
    """Rates of one camera."""

    camera_fps: float | None = None
    process_fps: float | None = None
    skipped_fps: float | None = None
    detection_fps: float | None = None


class DetectorStats(Struct, frozen=True):
    """One detector; milliseconds."""

    inference_speed: float | None = None


class ServiceStats(Struct, frozen=True):
    """Frigate itself."""

    uptime: float | None = None
    version: Annotated[str, Meta(max_length=100)] = ""


class Stats(Struct, frozen=True):
    """A message of `stats`."""

    cameras: Annotated[dict[Name, CameraStats], Meta(max_length=1_000)] = {}
    detectors: Annotated[dict[Name, DetectorStats], Meta(max_length=64)] = {}
    detection_fps: float | None = None
    service: ServiceStats = field(default_factory=ServiceStats)


_change = msgspec.json.Decoder(TrackedObjectChange)
_review = msgspec.json.Decoder(ReviewChange)
_recognised = msgspec.json.Decoder(Recognised)
_stats = msgspec.json.Decoder(Stats)
_activity = msgspec.json.Decoder(dict[Name, Any])
read_change = _change.decode
read_review = _review.decode
read_recognised = _recognised.decode
read_activity = _activity.decode


def read_stats(payload: bytes) -> Stats:
    """A message of `stats`; before version 0.13 the cameras stood beside the rest."""
    stats = _stats.decode(payload)
    if stats.cameras:
        return stats
    flat: Mapping[str, Any] = msgspec.json.decode(payload)
    cameras = {name: said for name, said in flat.items() if isinstance(said, dict) and _CAMERA_MARK in said}
    return msgspec.structs.replace(stats, cameras=msgspec.convert(cameras, dict[Name, CameraStats]))


def moment_of(seconds: float | None, otherwise: datetime) -> datetime:
    """A time of Frigate's clock; the other one where it says none, or none that is one."""
    try:
        return otherwise if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return otherwise
