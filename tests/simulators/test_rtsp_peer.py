"""The RTSP server, judged by a client that shares no code with FFmpeg or with us; SHA-256 digests by it alone."""

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sensors.rtsp.authentication import Credentials
from tests.support.camera_stand import BASIC, DIGEST, OPEN, PASSWORD, SHA, Stand

pytestmark = pytest.mark.alone

_ROOT = Path(__file__).parents[2]
_PYTHON = _ROOT / ".venv-peers" / "bin" / "python"
_PROGRAM = _ROOT / "tests" / "peers" / "rtsp_viewer.py"
_SCHEMES = {"udp": "rtsp://", "tcp": "rtspt://"}


def _watch(url: str, transport: str, packets: int = 60, reports: int = 1) -> dict[str, Any]:
    url = url.replace("rtsp://", _SCHEMES[transport])
    command = [str(_PYTHON), str(_PROGRAM), url, str(packets), str(reports)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout, ended.stderr
    seen: dict[str, Any] = json.loads(ended.stdout)
    return seen


@pytest.mark.parametrize("transport", _SCHEMES)
@pytest.mark.parametrize("camera", [DIGEST, SHA, BASIC])
def test_it_is_let_in_by_the_right_password_alone(stand: Stand, camera: str, transport: str) -> None:
    urls = [stand.url(camera, credentials=each) for each in (PASSWORD, None, Credentials("viewer", "wrong"))]
    with ThreadPoolExecutor(len(urls)) as viewers:
        seen, *refused = viewers.map(_watch, urls, [transport] * len(urls))
    assert (seen["status"], seen["lost"]) == (200, 0)
    assert seen["packets"] >= 60
    assert refused == [{"status": 401}] * 2


@pytest.mark.slow
def test_two_reports_tell_the_same_clock_and_the_right_time(stand: Stand) -> None:
    seen = _watch(stand.url(OPEN), "tcp", reports=2)
    (first_s, first_ticks), (second_s, second_ticks) = seen["reports"]
    assert abs((second_ticks - first_ticks) / 90_000 - (second_s - first_s)) < 0.5
    assert abs(second_s - time.time()) < 30
    assert seen["timeout_s"] == 54
