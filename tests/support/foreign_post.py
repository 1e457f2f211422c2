"""Devices of a post that speak other dialects, and foreign readers of what they say."""

import json
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sensors.dialects.dialect import Send
from sensors.dialects.native import Sample
from sensors.model import Birth, DeviceId, Names, SiteId, Value
from simulators.foreign.speaker import Spoken
from simulators.kinds import KINDS

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
SITE = SiteId("kordai")
GROUND, FENCE, PORTAL = DeviceId("ground-1"), DeviceId("fence-1"), DeviceId("portal-1")
_KIND_OF = {GROUND: "ground-sensor", FENCE: "fence", PORTAL: "radiation-portal"}
_PEERS = Path(__file__).parents[1] / "peers"
_PYTHON = Path(__file__).parents[2] / ".venv-peers" / "bin" / "python"


def spoken(device: DeviceId, kind: str = "", period_s: float = 1.0) -> Spoken:
    """A device as a scenario would have it."""
    kind = kind or _KIND_OF[device]
    sheet = KINDS[kind]
    birth = Birth(
        kind,
        Names(en=f"Device {device}"),
        Names(en="Kordai"),
        metrics=sheet.metrics,
        maker=sheet.maker,
        model=sheet.model,
        firmware=sheet.firmware,
        serial=f"SIM-{SITE}-{device}",
    )
    return Spoken(SITE, device, birth, period_s)


def sample(after_s: float, **values: Value | None) -> Sample:
    """Values of a moment after the start; `_` at a name's end is left out (`class_`)."""
    at = NOW + timedelta(seconds=after_s)
    return Sample(at, round(after_s * 10), {name.rstrip("_"): value for name, value in values.items()})


def read_by_peer(program: str, *arguments: str, lines: Iterable[object] = ()) -> list[dict[str, Any]]:
    """What a program of tests/peers, run by its own interpreter, says of these lines: one object a line."""
    given = "".join(json.dumps(line) + "\n" for line in lines)
    command = [str(_PYTHON), str(_PEERS / program), *arguments]
    ended = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def as_lines(said: Iterable[Send]) -> list[dict[str, str]]:
    """Messages as a peer is given them."""
    return [{"topic": each.topic, "payload": each.payload.hex()} for each in said]
