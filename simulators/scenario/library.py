"""The scenarios that are shipped: one TOML file each, in simulators/scenarios."""

from importlib.resources import files
from importlib.resources.abc import Traversable

_SCENARIOS = files("simulators") / "scenarios"
_SUFFIX = ".toml"


def scenario_names() -> tuple[str, ...]:
    """The names of all shipped scenarios, in alphabetical order."""
    found = (file.name for file in _SCENARIOS.iterdir() if file.name.endswith(_SUFFIX))
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in found))


def shipped(name: str) -> Traversable | None:
    """The file of a shipped scenario, or None when none has that name."""
    return _SCENARIOS / f"{name}{_SUFFIX}" if name in scenario_names() else None
