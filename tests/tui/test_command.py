import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensors.settings import document_section
from tests.support.waiting import eventually
from tui.config import ConsoleSettings

SHEKARA = [sys.executable, "-m", "hub.command"]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that nobody answers on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SHEKARA, "console", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def test_the_console_loads_no_pixels_and_no_web_framework() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, tui.app, tui.main; print(*sys.modules)"],
        capture_output=True, text=True, check=True, cwd=ROOT, timeout=60,
    ).stdout.split()  # fmt: skip
    assert not {"cv2", "av", "numpy", "fastapi"} & set(loaded)
    # Of the wall, the protocol knows the words of its plan, which loads nothing else.
    assert {name for name in loaded if name.startswith("videowall")} == {"videowall", "videowall.plan"}


@pytest.mark.parametrize(
    "module", ["store", "keys", "actions", "strings", "order", "figures", "trend", "bitmap", "watch"]
)
def test_pure_modules_load_no_terminal_library(module: str) -> None:
    code = f"import sys, tui.{module}; print('textual' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
    )
    assert done.stdout.strip() == "False"


def test_help_names_the_options() -> None:
    done = run("--help", COLUMNS="200", NO_COLOR="1", TERM="dumb")
    assert done.returncode == 0
    for option in ("--hub", "--user", "--token-file", "--language", "--plain"):
        assert option in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--token-file", "/nowhere/token"), "/nowhere/token: cannot be read"),
        (("--plain",), "console --plain: no token"),
        (("--plain", "--hub", "ftp://x", "--token-file", "TOKEN"), "ftp://x: not http://host:port"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("abc")
    done = run(*(str(token) if each == "TOKEN" else each for each in arguments))
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "abc" not in done.stderr


def test_a_wrong_time_zone_is_named(tmp_path: Path) -> None:
    config = tmp_path / "shekara.toml"
    config.write_text('[console]\ntime_zone = "Asia/Nowhere"\n')
    done = run(SHEKARA_CONFIG=str(config))
    assert (done.returncode, "no time zone Asia/Nowhere" in done.stderr) == (2, True)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_watching_survives_a_hub_that_is_not_there_and_stops_when_told(end: signal.Signals, silent_port: int) -> None:
    process = subprocess.Popen(
        [*SHEKARA, "console", "--plain", "--language", "en", "--hub", f"http://127.0.0.1:{silent_port}"],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "SHEKARA_TOKEN": "token"},
    )  # fmt: skip
    lines: list[str] = []
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    try:
        eventually(lambda: _read(process, lines) and "NO LINK TO THE HUB" in lines[0], within_s=30)
        process.send_signal(end)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_every_setting_is_described() -> None:
    assert {row.key for row in document_section(ConsoleSettings, "console")} >= {"hub_url", "language", "refresh_hz"}


def _read(process: subprocess.Popen[str], lines: list[str]) -> list[str]:
    assert process.stdout is not None
    lines.extend(process.stdout.readlines())
    return lines
