"""Writes docs/configuration.md and shekara.example.toml from the settings themselves: `python -m hub.reference`.

Every folder names the Structs of its sections in the entry-point group `shekara.settings`, so that the hub can show
and check them without knowing any other room.
"""

import json
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

from msgspec import Struct

from sensors.errors import ConfigError
from sensors.settings import SECTIONS, Documented, document_section

GROUP = "shekara.settings"
PAGE = Path("docs/configuration.md")
EXAMPLE = Path("shekara.example.toml")

_HEAD = """\
# Configuration

Made from the settings' own declarations by `python -m hub.reference`; a test holds the two together.

Shekara reads one `shekara.toml`: the file named by `--config` or `SHEKARA_CONFIG`, else `shekara.toml` of the current
directory, else nothing but defaults. Every key has a default. An unknown section or key is an error that names it.
`shekara.example.toml` holds every key with its default.

An environment variable `SHEKARA_<SECTION>_<KEY>` overrides the file: `SHEKARA_HUB_PORT=8500`. `shekara doctor` checks
all of it, and what it points to.
"""
_SECRETS = """\
## Secrets

Passwords and tokens are never in `shekara.toml`, in births, in plans or in log lines. They come from one TOML file,
named by `[secrets] file` (relative to `shekara.toml`) or by `SHEKARA_SECRETS_FILE`. Only its owner may read it
(`chmod 600`).

```toml
[mqtt]                       # how the hub, the walls and the simulators sign in at the broker
user = "hub"
password = "…"
[influx]                     # a token, or user and password for InfluxDB 1.x
token = "…"
[cameras."kordai"]           # every camera of a site
user = "viewer"
password = "…"
[cameras."kordai/cam-1"]     # one camera, before its site's
user = "viewer"
password = "…"
[hub]                        # an account, for simulated portals that upload their files
user = "portals"
password = "…"
[outputs."media.local:8554"] # where a wall is sent, by host:port or host
user = "wall"
password = "…"
```

`SHEKARA_SECRET_MQTT_USER`, `SHEKARA_SECRET_MQTT_PASSWORD`, `SHEKARA_SECRET_INFLUX_TOKEN`,
`SHEKARA_SECRET_INFLUX_USER` and `SHEKARA_SECRET_INFLUX_PASSWORD` override it.

The hub makes its own signing key in `<data_dir>/keys`: `session.key` (its owner's alone) and `session.pub`, which every
wall node needs (`[wall] public_key_file`). Accounts are made with `shekara account set NAME --role ROLE`.
"""


def find_sections() -> dict[str, type[Struct]]:
    """The Struct of every section, in the order of `sensors.settings.SECTIONS`.

    Raises:
        ConfigError: a folder registers a section that no settings file may have.
    """
    found: dict[str, type[Struct]] = {point.name: point.load() for point in entry_points(group=GROUP)}
    if unknown := found.keys() - set(SECTIONS):
        raise ConfigError(f"registers unknown sections {sorted(unknown)}", subject=GROUP)
    return {name: found[name] for name in SECTIONS if name in found}


def write_page(sections: Mapping[str, type[Struct]]) -> str:
    """The text of docs/configuration.md."""
    parts = [_HEAD]
    for name, type_ in sections.items():
        rows = "\n".join(_row(entry) for entry in document_section(type_, name))
        parts.append(
            f"## [{name}]\n\n{_about(type_)}\n\n| key | type | default | what it says |\n|---|---|---|---|\n{rows}\n"
        )
    return "\n".join([*parts, _SECRETS])


def write_example(sections: Mapping[str, type[Struct]]) -> str:
    """The text of shekara.example.toml: every key, its default, and what it says."""
    lines = ["# Every key with its default. Copy what you change into shekara.toml; docs/configuration.md says more."]
    for name, type_ in sections.items():
        lines += ["", f"# {_about(type_)}", f"[{name}]"]
        for entry in document_section(type_, name):
            lines += [f"# {entry.description}", f"{entry.key} = {_toml(entry)}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both files below the current directory."""
    sections = find_sections()
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(write_page(sections), encoding="utf-8")
    EXAMPLE.write_text(write_example(sections), encoding="utf-8")


def _row(entry: Documented) -> str:
    bounds = f" ({entry.allowed})" if entry.allowed else ""
    return f"| `{entry.key}` | {entry.type} | `{_toml(entry)}` | {_cell(entry.description + bounds)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _about(type_: type[Struct]) -> str:
    return (type_.__doc__ or "").split("\n\n")[0].replace("\n", " ").strip()


def _toml(entry: Documented) -> str:
    if entry.type == "bool":
        return entry.default.lower()
    return entry.default if entry.type in ("int", "float") else json.dumps(entry.default, ensure_ascii=False)


if __name__ == "__main__":
    main()
