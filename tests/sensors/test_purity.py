import ast
from pathlib import Path

import pytest

import sensors
from sensors.errors import CONSEQUENCES, AccessError, ErrorKind, ShekaraError

ROOM = Path(sensors.__file__).parent
FORBIDDEN = {
    "asyncio",
    "socket",
    "threading",
    "subprocess",
    "multiprocessing",
    "select",
    "ssl",
    "http",
    "urllib.request",
}


def imports_of(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("file", sorted(ROOM.rglob("*.py")), ids=lambda file: str(file.relative_to(ROOM)))
def test_what_equipment_says_needs_no_input_or_output(file: Path) -> None:
    found = imports_of(file)
    assert not {name for name in found if name in FORBIDDEN or name.split(".")[0] in FORBIDDEN}
    assert "time" not in found or file.name == "clock.py"
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & {"open", "print", "input", "exec", "eval"}


def test_every_kind_of_error_has_its_consequence() -> None:
    assert set(CONSEQUENCES) == set(ErrorKind)
    for consequence in CONSEQUENCES.values():
        assert consequence.exit_code != 0
        assert 400 <= consequence.http_status < 600


@pytest.mark.parametrize("leaf", ShekaraError.__subclasses__())
def test_an_errors_text_says_what_where_and_how_to_mend_it(leaf: type[ShekaraError]) -> None:
    error = (
        AccessError("is closed", signed_in=True, subject="gate", mend="Knock")
        if issubclass(leaf, AccessError)
        else leaf("is closed", subject="gate", mend="Knock")
    )
    assert error.text == str(error) == "gate: is closed. Knock"
    assert error.consequence == CONSEQUENCES[error.error_kind]
