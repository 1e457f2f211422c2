"""Section [console] of shekara.toml. The console's token is never here: it comes by file or environment."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from sensors.model import Language, Line


class GlyphLevel(StrEnum):
    """How much of Unicode the terminal's font can draw."""

    UNICODE = "unicode"
    BLOCK = "block"
    ASCII = "ascii"


class ConsoleSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """How the console finds the hub, and how it draws."""

    hub_url: Annotated[str, Meta(description="address of the hub's API")] = "http://127.0.0.1:8460"
    user: Annotated[Line, Meta(description="name offered on the sign-in screen")] = ""
    language: Annotated[Language, Meta(description="language of the console at its start: kk, ru or en")] = Language.RU
    wall: Annotated[Line, Meta(description="wall that pictures come from and that the console's keys control")] = "main"
    time_zone: Annotated[Line, Meta(description="IANA zone of the times on screen")] = "Asia/Almaty"
    glyphs: Annotated[
        GlyphLevel,
        Meta(description="unicode; block for fonts without braille; ascii for terminals that draw neither"),
    ] = GlyphLevel.UNICODE
    refresh_hz: Annotated[
        float, Meta(ge=1, le=10, description="how often changed values are repainted; alarms never wait for it")
    ] = 4.0
    picture_interval_s: Annotated[
        float, Meta(ge=0.5, le=60, description="seconds between two pictures of the selected camera")
    ] = 1.0
    log_lines: Annotated[int, Meta(ge=100, le=20_000, description="lines of the operational log kept in memory")] = 2000
