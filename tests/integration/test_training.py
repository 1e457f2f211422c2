"""An instructor starts a scenario in the console: hub, broker, simulator and screen are real, and it can be scored."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.client import HubClient
from sensors.clock import SystemClock
from sensors.model import Language
from simulators.scoring.recorder import record
from simulators.scoring.score import score_run
from simulators.truth import Expected, Happening, read_heard, read_run, read_truth
from tests.support.console import open_console
from tests.support.forked import run_shekara
from tests.support.running_hub import COMMAND, RunningHub, running_hub
from tests.support.waiting import eventually_async
from tui.config import ConsoleSettings

pytestmark = [pytest.mark.alone, pytest.mark.slow]

PASSWORD = "quiet-border-night"
POST = """
title = { en = "A cabinet alone" }
rtsp_port = 0
lasts_s = 86400
[[sites]]
id = "kordai"
names = { en = "Kordai" }
position = { latitude_deg = 43.0, longitude_deg = 74.7 }
[[sites.devices]]
id = "cabinet-1"
kind = "cabinet"
names = { en = "Cabinet 1" }
"""
TITLE, NAMED = 'title = { en = "A cabinet alone" }', 'title = { en = "Burglary" }'
ABOUT = 'about = { en = "Somebody opens the cabinet, and a day later again." }'
BURGLARY = """
[[steps]]
at_s = 1
site = "kordai"
id = "opened"
action = "door-open"
duration_s = 600
[[steps]]
at_s = 86000
site = "kordai"
action = "door-open"
[[expect]]
of = "opened"
device = "cabinet-1"
alarm = "door.door-open"
within_s = 60
"""


@contextmanager
def simulated(folder: Path, hub: RunningHub) -> Iterator[Path]:
    """The post, played for an instructor; its run's folder."""
    run = folder / "run"
    process = subprocess.Popen(
        [*COMMAND, "simulate", "post.toml", "--training", "--offer", "offered", "--run", str(run), "--cache", "clips"],
        cwd=folder,
        env={**os.environ, "SHEKARA_BROKER_PORT": str(hub.broker_port)},
        stdout=subprocess.PIPE,
    )
    try:
        yield run
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()


def _is_over(hub: RunningHub) -> bool:
    return any(kind == "event" and text.startswith("scenario-over: training-") for kind, text in hub.entries())


async def test_a_scenario_is_started_seen_ended_and_scored(tmp_path: Path) -> None:
    """Takes some ten seconds: four processes start, one after another."""
    (tmp_path / "shekara.toml").write_text("[hub]\nexercise = true\napprove_all = true\n", "utf-8")
    (tmp_path / "post.toml").write_text(POST, "utf-8")
    (tmp_path / "offered").mkdir()
    burglary = POST.replace(TITLE, f"{NAMED}\n{ABOUT}") + BURGLARY
    (tmp_path / "offered" / "burglary.toml").write_text(burglary, "utf-8")
    for name in ("dana", "recorder"):
        environ = {**os.environ, "SHEKARA_ACCOUNT_PASSWORD": PASSWORD}
        made = run_shekara(tmp_path, "account", "set", name, "--role", "instructor", environ=environ)
        assert made.returncode == 0, made.stderr
    with running_hub(tmp_path) as hub, simulated(tmp_path, hub) as run:
        url = f"http://127.0.0.1:{hub.port}"
        async with HubClient(url) as client, HubClient(url) as listener:
            await client.sign_in("dana", PASSWORD)
            await listener.sign_in("recorder", PASSWORD)
            await eventually_async((run / "run.json").exists, within_s=30, what="the simulator")
            recording = asyncio.ensure_future(record(listener, run, SystemClock()))
            async with open_console(client, SystemClock(), settings=ConsoleSettings(language=Language.EN)) as console:
                await console.press("i")
                await console.see("EXERCISE", "A cabinet alone", "Kordai", within_s=60)
                await console.press("home", "enter")  # the post may have come first, and has the cursor then
                await console.see("Burglary", "burglary: Somebody opens the cabinet", within_s=30)
                await console.press("enter")
                await console.see("1/2, next in 23 h", "Cabinet opened", within_s=30)
                await console.see("alarm", "not acked", within_s=30)
                await console.press("tab", "end")
                await console.see("Cabinet opened, Kordai (")
                await console.press("s")
                await console.see("1/2 steps", within_s=30)
            recording.cancel()
            await asyncio.gather(recording, return_exceptions=True)
        await eventually_async(lambda: _is_over(hub), what="the end in the log")
        told = [text for kind, text in hub.entries() if kind == "training-order"]
    assert [text.partition(": ")[2].partition(" ")[0] for text in told] == ["scenario-start", "relieve"]
    truth = tuple(read_truth(run))
    assert [one.id for one in truth if isinstance(one, Happening)] == ["run-1-opened"]
    assert {(one.of, one.device) for one in truth if isinstance(one, Expected)} == {("run-1-opened", "cabinet-1")}
    total = score_run(read_run(run), truth, read_heard(run)).score.total
    assert (total.detected, total.missed) == (1, 0)
