"""`shekara simulate --onvif` as people start it: the cameras of several posts are found, each at its own post."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hub.discovery.checks import StreamChecks
from hub.discovery.finder import Finder
from hub.discovery.onvif import Interviewer
from hub.discovery.settings import DiscoverySettings
from hub.protocol import StreamState
from sensors.clock import SystemClock
from sensors.model import StreamRole
from sensors.secrets import Secrets
from simulators.foreign.advice import hub_settings
from simulators.scenario.form import OnvifEntry
from simulators.scenario.reading import read_scenario
from tests.hub.standing_hub import standing_hub
from tests.support.multicast import alone_on_the_air
from tests.support.onvif_searcher import foreign_searcher
from tests.support.rtsp_clients import opened
from tests.support.waiting import eventually_async

pytestmark = pytest.mark.alone

_POST = """
[[sites]]
id = "{0}"
names = {{ en = "{0}" }}
position = {{ latitude_deg = 43.0, longitude_deg = 74.7 }}
[[sites.cameras]]
id = "cam-1"
view = "yard"
names = {{ en = "Yard" }}
"""
_SCENARIO = "".join(
    ['title = { en = "Two posts" }\nrtsp_port = 0\nlight = "day"\n', *map(_POST.format, ("kordai", "aukhatty"))]
)
_SERIALS = {"SIM-kordai-cam-1": "kordai", "SIM-aukhatty-cam-1": "aukhatty"}


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "posts.toml"
    path.write_text(_SCENARIO, "utf-8")
    return path


@asynccontextmanager
async def _simulated(scenario: Path, broker_port: int) -> AsyncIterator[dict[str, Any]]:
    """The running command, and what it says of itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub.command", "simulate", str(scenario), "--onvif"),
        env={**os.environ, "SHEKARA_BROKER_PORT": str(broker_port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        yield msgspec.json.decode(await process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.slow  # the whole command is started, and searched for by two who are not in a hurry
async def test_cameras_of_two_posts_are_found_by_others_and_by_the_hub_each_at_its_own_post(
    tmp_path: Path, scenario: Path, broker_port: int
) -> None:
    with alone_on_the_air(), foreign_searcher() as searcher:
        async with _simulated(scenario, broker_port) as ready, standing_hub(tmp_path, approve_all=False) as hub:
            found = await asyncio.to_thread(searcher.search, 2)
            assert sorted(each["addresses"] for each in found) == sorted([url] for url in ready["onvif"])
            assert [url.split(":")[1] for url in ready["onvif"]] == ["//127.0.0.1", "//127.0.0.2"]
            finder = Finder(
                _advised(scenario),
                hub.facade,
                Secrets(),
                SystemClock(),
                interviewer=Interviewer(SystemClock()),
                chance=random.SystemRandom(),
            )
            searching = asyncio.create_task(finder.run())
            await eventually_async(lambda: finder.proposed_total >= 2, within_s=30)
            searching.cancel()
            await asyncio.wait({searching})
            cameras = {each.serial: each for each in await hub.facade.devices() if each.provenance == ("onvif",)}
            assert {serial: str(each.key.site) for serial, each in cameras.items()} == _SERIALS
            await StreamChecks(hub.facade, Secrets(), SystemClock(), on_loopback=True).run_once()
            for each in await hub.facade.devices():
                if each.provenance == ("onvif",):
                    assert [check.state for check in each.checks] == [StreamState.OK] * 3
            sub = next(stream.url for stream in cameras["SIM-aukhatty-cam-1"].streams if stream.role is StreamRole.SUB)
            assert sub.startswith("rtsp://127.0.0.2:")
            for transport in "tcp", "udp":
                assert await asyncio.to_thread(_first_width, sub, transport) == 640


def _advised(scenario: Path) -> DiscoverySettings:
    """What a hub is said to need."""
    speaking = msgspec.structs.replace(read_scenario(str(scenario)), onvif=OnvifEntry())
    return msgspec.convert(tomllib.loads(hub_settings(speaking))["discovery"], DiscoverySettings)


def _first_width(url: str, transport: str) -> int:
    with opened(url, transport) as container:
        return next(frame.width for frame in container.decode(video=0))
