"""Frigate's payloads as it writes them: tracked objects, reviews, statistics. Times are seconds since 1970."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from simulators.foreign.sight import Label, Sighting

LABELS = {Label.PERSON: "person", Label.VEHICLE: "car", Label.ANIMAL: "cow", Label.TRAIN: "train"}
WIDTH, HEIGHT = 1280, 720
_FOCAL = 0.86 * WIDTH
_HORIZON = 0.35 * HEIGHT
_EYE_M = 5.0
_SIZES_M = {Label.PERSON: (0.6, 1.8), Label.VEHICLE: (2.2, 2.0), Label.ANIMAL: (1.6, 1.4), Label.TRAIN: (3.2, 4.2)}


class Tracked(Struct):
    """An object that is followed through a picture."""

    id: str
    camera: str
    seen: Sighting
    score: float
    began_s: float
    now_s: float
    zones: tuple[str, ...] = ()
    entered: tuple[str, ...] = ()
    told_s: float = 0.0

    @property
    def label(self) -> str:
        """As Frigate's model calls it."""
        return LABELS[self.seen.label]

    def words(self, ended_s: float | None = None) -> dict[str, Any]:
        """One half of a message of `events`."""
        box = _box(self.seen)
        return {
            "id": self.id,
            "camera": self.camera,
            "frame_time": self.now_s,
            "snapshot": None,
            "label": self.label,
            "sub_label": None,
            "top_score": self.score,
            "false_positive": False,
            "start_time": self.began_s,
            "end_time": ended_s,
            "score": self.score,
            "box": box,
            "area": (box[2] - box[0]) * (box[3] - box[1]),
            "ratio": round((box[2] - box[0]) / max(1, box[3] - box[1]), 4),
            "region": [0, 0, HEIGHT, HEIGHT],
            "active": self.seen.speed_mps > 0.0,
            "stationary": self.seen.speed_mps == 0.0,
            "motionless_count": 0,
            "position_changes": 1,
            "attributes": {},
            "current_attributes": [],
            "current_zones": list(self.zones),
            "entered_zones": list(self.entered),
            "has_clip": False,
            "has_snapshot": False,
        }


class Review(Struct):
    """A stretch of time that somebody should look at."""

    id: str
    camera: str
    severity: str
    began_s: float
    last_s: float
    objects: list[str]
    detections: list[str]
    zones: list[str]

    def words(self, ended_s: float | None = None) -> dict[str, Any]:
        """One half of a message of `reviews`."""
        return {
            "id": self.id,
            "camera": self.camera,
            "start_time": self.began_s,
            "end_time": ended_s,
            "severity": self.severity,
            "thumb_path": "",
            "data": {
                "detections": list(self.detections),
                "objects": list(self.objects),
                "sub_labels": [],
                "zones": list(self.zones),
                "audio": [],
            },
        }


def stats_words(cameras: Iterable[str], online: frozenset[str], uptime_s: float, fps: float) -> dict[str, Any]:
    """A message of `stats`. `fps` are frames a second that are looked at for objects, over all cameras."""
    names = list(cameras)
    return {
        "cameras": {
            name: {
                "camera_fps": 5.0 if name in online else 0.0,
                "process_fps": 5.0 if name in online else 0.0,
                "skipped_fps": 0.0,
                "detection_fps": round(fps / max(1, len(names)), 1),
                "detection_enabled": True,
                "pid": 100 + place,
                "capture_pid": 200 + place,
                "ffmpeg_pid": 300 + place,
            }
            for place, name in enumerate(names)
        },
        "detectors": {"ov": {"detection_start": 0.0, "inference_speed": 9.4, "pid": 99}},
        "detection_fps": round(fps, 1),
        "service": {"uptime": round(uptime_s), "version": "0.16.0-simulated", "latest_version": "0.16.0"},
    }


def _box(seen: Sighting) -> list[int]:
    """Left, top, right, bottom in pixels, within the picture."""
    wide_m, high_m = _SIZES_M[seen.label]
    away_m = max(1.0, seen.away_m)
    middle = WIDTH / 2 + _FOCAL * seen.right_m / away_m
    foot = _HORIZON + _FOCAL * _EYE_M / away_m
    half, high = _FOCAL * wide_m / away_m / 2, _FOCAL * high_m / away_m
    corners = ((middle - half, WIDTH), (foot - high, HEIGHT), (middle + half, WIDTH), (foot, HEIGHT))
    return [round(min(max(0.0, at), limit)) for at, limit in corners]
