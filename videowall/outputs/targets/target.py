"""What a wall is sent to, as an operator writes it: a list of URLs, none of which holds a secret."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

from sensors.errors import ConfigError
from sensors.rtsp.authentication import Credentials
from videowall.encoding.profile import ProfileName

MAX_TARGETS: Final = 16
_SUBJECT: Final = "[outputs] urls"
_PROFILE: Final = re.compile(rf"({'|'.join(ProfileName)})=(.*)", re.DOTALL)


class Kind(StrEnum):
    """The URL schemes there are."""

    UDP = "udp"
    SRT = "srt"
    RTSP = "rtsp"
    RTMP = "rtmp"
    HLS = "hls"
    FILE = "file"


_PORTS: Final = {Kind.RTSP: 554, Kind.RTMP: 1935}
_OPTIONS: Final = {
    Kind.UDP: frozenset({"ttl", "interface"}),
    Kind.SRT: frozenset({"streamid", "latency"}),
}
_TELLING_APART: Final = frozenset({"interface", "streamid"})
"""Options by which one address is several places."""
_ON_DISK: Final = frozenset({Kind.HLS, Kind.FILE})


class Target(Struct, frozen=True):
    """One of them, taken apart. `path` begins with a slash; `label` may be logged and shown."""

    kind: Kind
    profile: ProfileName
    host: str
    port: int
    path: str
    options: Mapping[str, str]
    label: str
    credentials: Credentials | None = None

    @property
    def url(self) -> str:
        """The address without its options."""
        return f"{self.kind}://{_bracketed(self.host)}:{self.port}{self.path}"

    @property
    def place(self) -> tuple[str, frozenset[tuple[str, str]]]:
        """What two streams must not have in common: where it arrives. It may hold a secret name."""
        told = frozenset(item for item in self.options.items() if item[0] in _TELLING_APART)
        return (f"{self.kind}:{self.path}" if self.is_on_disk else self.url), told

    @property
    def is_on_disk(self) -> bool:
        """Whether it is a place on this machine's disk."""
        return self.kind in _ON_DISK


def parse_targets(text: str, credentials: Mapping[str, Credentials]) -> tuple[Target, ...]:
    """The targets of a comma list, each `URL` or `PROFILE=URL`; credentials are known by `host:port` or `host`.

    Raises:
        ConfigError: one is not an address that a wall can be sent to, or there are over `MAX_TARGETS`.
    """
    words = [word for part in text.split(",") if (word := part.strip())]
    if len(words) > MAX_TARGETS:
        raise ConfigError(f"over {MAX_TARGETS} addresses", subject=_SUBJECT)
    targets = tuple(_parse(word, credentials) for word in words)
    places = [target.place for target in targets]
    for target in targets:
        if places.count(target.place) > 1:
            raise ConfigError("is named twice", subject=f"{_SUBJECT} {target.label}", mend="Name each place once")
    return targets


def _parse(word: str, credentials: Mapping[str, Credentials]) -> Target:
    found = _PROFILE.fullmatch(word)
    profile, url = (ProfileName(found[1]), found[2]) if found else (ProfileName.FULL, word)
    try:
        parts = urlsplit(url)
        kind, host, port = Kind(parts.scheme), parts.hostname or "", parts.port
        # As whoever looks the name up will do: it may be of ASCII and no name all the same.
        host.encode("idna")
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise _bad("not an address that a wall can be sent to") from error
    if parts.username is not None or parts.password is not None:
        raise _bad("an address holds a user or a password", 'Put them in the secrets file, [outputs."HOST:PORT"]')
    if not url.isprintable() or unknown_options(kind, options):
        raise _bad(f"an address has options that {kind} does not know", f"Known: {', '.join(sorted(_known(kind)))}")
    if kind in _ON_DISK:
        if parts.netloc or not parts.path.startswith("/"):
            raise _bad("not the path of a folder or file", f"Write {kind}:/path")
        return Target(kind, profile, "", 0, parts.path, {}, f"{kind}:{parts.path}")
    port = port or _PORTS.get(kind)
    if not host or port is None:
        raise _bad("an address names no host or no port", f"Write {kind}://host:port")
    secret = credentials.get(f"{host}:{port}") or credentials.get(host)
    return Target(kind, profile, host, port, parts.path, options, _label(kind, host, port, parts.path), secret)


def _label(kind: Kind, host: str, port: int, path: str) -> str:
    """The last part of an RTMP path is a stream key, which is a secret in all but name."""
    shown = path if kind is not Kind.RTMP else path.rpartition("/")[0] + "/…"
    return f"{kind}://{_bracketed(host)}:{port}{shown}"


def unknown_options(kind: Kind, options: Mapping[str, str]) -> frozenset[str]:
    """Those that this kind of address does not have; RTMP and RTSP paths keep their queries, so theirs are none."""
    return frozenset(options) - _known(kind)


def _known(kind: Kind) -> frozenset[str]:
    return _OPTIONS.get(kind, frozenset())


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _bad(what: str, mend: str = "See docs/wall-outputs.md") -> ConfigError:
    return ConfigError(what, subject=_SUBJECT, mend=mend)
