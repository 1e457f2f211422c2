"""Rules of the repository that no other check holds."""

import re
import statistics
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("hub", "sensors", "simulators", "tui", "videowall")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
CEILING_LINES = 400
MEDIAN_LINES = 180


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_module_is_over_the_ceiling() -> None:
    tests = sorted((ROOT / "tests").rglob("*.py"))
    assert {str(path.relative_to(ROOT)): _lines(path) for path in MODULES + tests if _lines(path) > CEILING_LINES} == {}


def test_the_median_module_is_small() -> None:
    sizes = [_lines(path) for path in MODULES if path.name != "__init__.py"]
    assert statistics.median(sizes) <= MEDIAN_LINES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_are_nouns_that_say_something(path: Path) -> None:
    banned = {"util", "utils", "helper", "helpers", "common", "manager", "base", "misc"}
    assert path.stem not in banned
    assert not re.search(r"^\s*global |except( Exception)?:", path.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_dependency_has_its_line_in_the_decisions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = project["dependencies"] + project["optional-dependencies"]["test"]
    decisions = (ROOT / "DECISIONS.md").read_text(encoding="utf-8")
    bare = [re.split(r"[\[<>=!~ ]", text, maxsplit=1)[0] for text in named]
    assert [name for name in bare if f"| {name} |" not in decisions] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock", "requirements-peers.lock"])
def test_locks_pin_with_hashes_and_name_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-zA-Z0-9_.-]+==", text, re.MULTILINE)
    assert pins
    assert text.count("--hash=sha256:") >= len(pins)
    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links", text)


def test_the_wheel_holds_the_five_rooms_and_their_files(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("shekara-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == set(ROOMS)
    for path in MODULES:
        assert str(path.relative_to(ROOT)) in names
    assert "simulators/scenarios/border.toml" in names
    assert any(name.startswith("videowall/outputs/page/") and name.endswith(".js") for name in names)


@pytest.mark.parametrize("module", ["hub.client", "hub.protocol", "tui.main", "hub.command"])
def test_the_light_doors_load_no_heavy_library(module: str) -> None:
    heavy = {"numpy", "cv2", "av", "fastapi", "uvicorn", "paho", "influxdb_client", "amqtt"}
    if module.startswith("hub."):
        heavy |= {"textual"}
    program = f"import sys, {module}; print(sorted(set(sys.modules) & {heavy!r}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ROOMS)
def test_each_module_can_be_imported_alone(room: str) -> None:
    """A cycle shows only when its unlucky member comes first."""
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in MODULES
        if path.is_relative_to(ROOT / room)
    ]
    program = (
        "import importlib, sys\n"
        "mine = tuple(f'{room}.' for room in ('hub', 'sensors', 'simulators', 'tui', 'videowall'))\n"
        f"for name in {names!r}:\n"
        "    for loaded in [m for m in sys.modules if (m + '.').startswith(mine)]:\n"
        "        del sys.modules[loaded]\n"
        "    importlib.import_module(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
