"""What an SDP (RFC 8866) says of the stream that the wall wants: the first video that it can decode."""

import base64
import binascii
import re

from msgspec import Struct

from videowall.capture.rtsp.packing import PACKINGS, Packing

_SET_NAMES = ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets")
_MAX_SETS = 16
_CONTROL = re.compile(r"[!-~]{1,500}")
_RTPMAP = re.compile(r"(\d{1,3}) ([\w.-]{1,32})/(\d{1,9})")


class VideoTrack(Struct, frozen=True):
    """One video medium: where to SETUP it, and how its packets are read."""

    control: str
    payload_type: int
    clock_rate_hz: int
    encoding: str
    parameter_sets: tuple[bytes, ...] = ()

    @property
    def packing(self) -> Packing:
        """How this track's NAL units travel."""
        return PACKINGS[self.encoding]


def find_video(sdp: bytes, base_url: str) -> VideoTrack | None:
    """The first decodable video track, or None when the SDP offers none. Never raises."""
    lines = sdp.decode("utf-8", "replace").splitlines()
    starts = [place for place, line in enumerate(lines) if line.startswith("m=")]
    session_control = _attribute(lines[: starts[0]] if starts else lines, "control")
    aggregate = resolve(base_url, session_control)
    for start, end in zip(starts, [*starts, len(lines)][1:], strict=True):
        if lines[start].startswith("m=video ") and (track := _track(lines[start:end], aggregate)) is not None:
            return track
    return None


def resolve(base_url: str, control: str) -> str:
    """A control attribute as an absolute URL: RTSP servers expect it appended, not merged."""
    if control == "*" or not _CONTROL.fullmatch(control):
        return base_url
    return control if "://" in control else f"{base_url.rstrip('/')}/{control.lstrip('/')}"


def _track(lines: list[str], base_url: str) -> VideoTrack | None:
    offered = set(lines[0].split()[3:])
    for line in lines:
        found = _RTPMAP.fullmatch(line.removeprefix("a=rtpmap:").strip()) if line.startswith("a=rtpmap:") else None
        if found is None or found[1] not in offered or found[2].upper() not in PACKINGS:
            continue
        parameters = _attribute(lines, "fmtp", f"{found[1]} ")
        return VideoTrack(
            control=resolve(base_url, _attribute(lines, "control")),
            payload_type=int(found[1]),
            clock_rate_hz=int(found[3]) or 90_000,
            encoding=found[2].upper(),
            parameter_sets=_parameter_sets(parameters),
        )
    return None


def _attribute(lines: list[str], name: str, prefix: str = "") -> str:
    head = f"a={name}:{prefix}"
    return next((line[len(head) :].strip() for line in lines if line.startswith(head)), "")


def _parameter_sets(parameters: str) -> tuple[bytes, ...]:
    given = {name.strip().lower(): value for name, _, value in (part.partition("=") for part in parameters.split(";"))}
    sets: list[bytes] = []
    for text in ",".join(given[name] for name in _SET_NAMES if name in given).split(","):
        try:
            unit = base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError):
            continue
        if unit and len(sets) < _MAX_SETS:
            sets.append(unit)
    return tuple(sets)
