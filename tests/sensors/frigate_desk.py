"""Frigate's side for its tests: what it publishes."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sensors.dialects.frigate import Frigate
from sensors.model import (
    BirthSeen,
    DeviceId,
    DeviceKey,
    EventSeen,
    Message,
    ReadingsSeen,
    Rejected,
    SiteId,
)

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
SITE = SiteId("kordai")
GATE = DeviceKey(SITE, DeviceId("cam-1"))


class Desk:
    """The hub's side: a clock that steps, and everything the dialect said."""

    def __init__(self) -> None:
        self.dialect = Frigate("frigate", SITE, {"gate": GATE})
        self.now = NOW
        self.messages: list[Message] = []

    def hear(self, below: str, payload: object, *, retained: bool = False) -> list[Message]:
        topic = f"frigate/{below}"
        assert self.dialect.claims(topic)
        said = (
            payload if isinstance(payload, bytes) else payload.encode() if isinstance(payload, str) else coded(payload)
        )
        return self._keep(self.dialect.decode(topic, said, retained=retained, received_at=self.now).messages)

    def wait(self, seconds: float) -> list[Message]:
        self.now += timedelta(seconds=seconds)
        return self._keep(self.dialect.tick(self.now).messages)

    def _keep(self, messages: tuple[Message, ...]) -> list[Message]:
        self.messages += messages
        return list(messages)

    @property
    def births(self) -> dict[str, BirthSeen]:
        return {
            each.birth.names.en: each
            for each in self.messages
            if isinstance(each, BirthSeen) and each.birth is not None
        }


def coded(payload: object) -> bytes:
    return json.dumps(payload).encode()


def values(messages: Sequence[Message]) -> dict[str, Any]:
    return {
        reading.metric: reading.value
        for each in messages
        if isinstance(each, ReadingsSeen)
        for reading in each.readings
    }


def events(messages: list[Message]) -> list[tuple[str, str, str]]:
    return [(each.id, each.kind, each.text) for each in messages if isinstance(each, EventSeen)]


def rejected(messages: list[Message]) -> list[str]:
    return [each.reason for each in messages if isinstance(each, Rejected)]


START = NOW.timestamp() - 5


def change(kind: str, **after: object) -> dict[str, object]:
    seen = {
        "id": "1764000000.475377-mxklsc",
        "camera": "gate",
        "frame_time": START + 1,
        "label": "person",
        "sub_label": None,
        "top_score": 0.958984375,
        "false_positive": False,
        "start_time": START,
        "end_time": None,
        "box": [424, 500, 536, 712],
        "current_zones": [],
        "entered_zones": [],
        "has_snapshot": False,
        "thumbnail": None,
    }
    return {"type": kind, "before": seen, "after": seen | after}


STATS = {
    "cameras": {
        "gate": {"camera_fps": 5.0, "process_fps": 5.1, "skipped_fps": 0.0, "detection_fps": 1.5, "pid": 34},
        "yard": {"camera_fps": 10.0, "process_fps": 9.5, "skipped_fps": 0.5, "detection_fps": 3.0},
    },
    "detectors": {"coral": {"inference_speed": 8.9, "detection_start": 0.0, "pid": 25}},
    "detection_fps": 4.5,
    "service": {"uptime": 100, "version": "0.16.1", "storage": {}},
}
