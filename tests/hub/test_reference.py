import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hub.reference import EXAMPLE, PAGE, find_sections, write_example, write_page
from sensors.secrets import Secrets
from sensors.settings import SECTIONS, Settings, document_section, parse_document

ROOT = Path(__file__).parents[2]


def test_the_committed_page_and_example_are_those_of_the_settings() -> None:
    sections = find_sections()
    mend = "run: python -m hub.reference"
    assert (ROOT / PAGE).read_text("utf-8") == write_page(sections), mend
    assert (ROOT / EXAMPLE).read_text("utf-8") == write_example(sections), mend


def test_every_section_that_a_file_may_have_is_described() -> None:
    assert tuple(find_sections()) == SECTIONS


@pytest.mark.parametrize("name", SECTIONS)
def test_the_example_says_nothing_but_defaults(name: str) -> None:
    type_ = find_sections()[name]
    document = parse_document((ROOT / EXAMPLE).read_bytes(), str(EXAMPLE))
    assert Settings(str(EXAMPLE), document, {}, Secrets()).section(type_, name) == type_()
    assert set(document[name]) == {row.key for row in document_section(type_, name)}


def test_the_example_is_toml_and_holds_no_secret() -> None:
    text = (ROOT / EXAMPLE).read_text("utf-8")
    assert tomllib.loads(text)
    assert "password =" not in text


def test_showing_the_settings_loads_neither_pixels_nor_terminal() -> None:
    heavy = ("numpy", "cv2", "av", "textual", "fastapi", "paho")
    code = (
        f"import sys, hub.reference as r; r.find_sections(); print([name for name in {heavy} if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "[]"
