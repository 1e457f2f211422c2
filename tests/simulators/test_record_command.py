"""`shekara record` against a hub that stands: what it says is written down as it is said."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from hub.client import HubClient
from sensors.catalog import CAMERA_HEALTH, PictureState
from sensors.dialects import native
from sensors.topics import Leaf
from simulators.truth import HEARD, Ended, Heard, Pictured, Raised, read_heard
from tests.hub.standing_hub import CAMERA, CAMERA_BIRTH, FENCE, PASSWORD, standing_hub
from tests.support.waiting import eventually_async

pytestmark = pytest.mark.alone

# Its own limits would be alarms too, where five seconds pass.
UNLIMITED = tuple(replace(metric, limits=()) for metric in CAMERA_HEALTH)
COMMAND = (sys.executable, "-m", "hub.command", "record")


async def test_what_a_hub_says_is_written_down_until_a_signal_comes(tmp_path: Path) -> None:
    run, token = tmp_path / "run", tmp_path / "token"
    run.mkdir()

    def heard() -> tuple[Heard, ...]:
        return tuple(read_heard(run)) if (run / HEARD).exists() else ()

    async with standing_hub(tmp_path / "hub") as hub, HubClient(hub.url) as client:
        await client.sign_in("viewer", PASSWORD)
        token.write_text(client.token)
        hub.hear(CAMERA, Leaf.BIRTH, native.encode_birth(replace(CAMERA_BIRTH, metrics=UNLIMITED)))
        hub.measure(CAMERA, picture="live")
        recorder = await asyncio.create_subprocess_exec(
            *COMMAND, str(run), "--hub", hub.url, "--token-file", str(token), stderr=subprocess.PIPE
        )
        try:
            await eventually_async(heard, within_s=30, what="the first word")
            hub.measure(FENCE, alarm=True)
            hub.measure(FENCE, alarm=False)
            hub.measure(CAMERA, picture="frozen")
            await eventually_async(lambda: len(heard()) >= 4, what="an alarm, its end and a picture")
        finally:
            recorder.send_signal(signal.SIGTERM)
            _, errors = await recorder.communicate()
    assert recorder.returncode == 0, errors
    pictured = [record.state for record in heard() if isinstance(record, Pictured)]
    assert pictured == [PictureState.LIVE, PictureState.FROZEN]
    raised, ended = (record for record in heard() if isinstance(record, Raised | Ended))
    assert isinstance(raised, Raised)
    assert isinstance(ended, Ended)
    assert (raised.site, raised.device, raised.alarm) == ("kordai", "fence-1", "alarm.cut")
    assert (ended.occurrence, ended.at >= raised.at) == (raised.occurrence, True)


def test_without_a_token_nobody_is_asked(tmp_path: Path) -> None:
    environ = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [*COMMAND, str(tmp_path)], check=False, capture_output=True, text=True, timeout=60, env=environ
    )
    assert done.returncode == 2
    assert "SHEKARA_TOKEN" in done.stderr
    assert not (tmp_path / HEARD).exists()
