"""The RTSP server, judged by GStreamer's `rtspsrc`, over TCP and UDP, with good and bad credentials.

Its digests are MD5's; those of SHA-256 are judged by another client (test_rtsp_peer.py).
"""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sensors.rtsp.authentication import Credentials
from tests.support.camera_stand import BASIC, DIGEST, OPEN, PASSWORD, Stand

pytestmark = pytest.mark.alone

_PROGRAM = Path(__file__).parents[1] / "peers" / "gstreamer_viewer.py"
_PICTURES = 30
_WRONG = Credentials("viewer", "wrong")


def _watch(url: str, transport: str, credentials: Credentials | None) -> dict[str, Any]:
    known = () if credentials is None else (credentials.user, credentials.password)
    command = ["/usr/bin/python3", str(_PROGRAM), url, transport, str(_PICTURES), *known]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout, ended.stderr
    seen: dict[str, Any] = json.loads(ended.stdout)
    return seen


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("camera", [OPEN, DIGEST, BASIC])
def test_it_gets_whole_pictures_and_is_let_in_by_the_right_password_alone(
    stand: Stand, camera: str, transport: str
) -> None:
    asked = (PASSWORD, None, _WRONG)
    with ThreadPoolExecutor(len(asked)) as viewers:
        seen = list(viewers.map(lambda each: _watch(stand.url(camera), transport, each), asked))
    whole = {"pictures": _PICTURES, "width": 640, "height": 360, "lost": 0}
    refused = {"refused": "not-authorized"}
    assert seen == ([whole] * 3 if camera == OPEN else [whole, refused, refused])
