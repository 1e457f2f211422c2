"""Who a device says it is: what of a birth identifies it, and where two births disagree. Pure."""

import hashlib
from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec

from sensors.catalog import CAMERA
from sensors.identity import identity_mark
from sensors.model import Birth

MARK_LETTERS = 16
HOST = "host:"
"""How a token of `likely_tokens` begins."""
_SHOWN_LETTERS = 60
_TEXT_LETTERS = 300
_NO_SERIALS = frozenset({"", "0", "none", "unknown", "n/a", "na", "default", "serial", "1234567890", "12345678"})


def differences(known: Birth, said: Birth) -> tuple[str, ...]:
    """Where the second birth contradicts the first, in words; empty when it may be the same device.

    What was never said before may be added. What was said and is now something else, or is missing, contradicts: an
    impostor would leave out what it does not know. Firmware, names, metrics and limits are no part of identity.
    """
    found = [
        f"{name} {_shown(before)} → {_shown(after)}"
        for name, before, after in (
            ("kind", known.kind, said.kind),
            ("maker", known.maker, said.maker),
            ("model", known.model, said.model),
            ("serial", known.serial, said.serial),
        )
        if before and before != after
    ]
    if known.exercise is not said.exercise:
        found.append("actual → simulated" if said.exercise else "simulated → actual")
    if missing := _marks(known) - _marks(said):
        found.append(f"identity {_shown(', '.join(sorted(missing)))} → {_shown(', '.join(sorted(_marks(said))))}")
    if (hosts := _hosts(known)) and (new := _hosts(said) - hosts):
        found.append(f"streams at {_shown(', '.join(sorted(hosts)))} → {_shown(', '.join(sorted(new)))}")
    return tuple(found)


def describe(found: Iterable[str]) -> str:
    """Differences on one line of bounded length."""
    return "; ".join(found)[:_TEXT_LETTERS]


def fingerprint(birth: Birth) -> str:
    """A short name of everything that identifies, the same for the same identity."""
    parts = [birth.kind, birth.maker, birth.model, birth.serial, sorted(_marks(birth)), sorted(_hosts(birth))]
    parts += ["simulated"] if birth.exercise else []
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:MARK_LETTERS]


def unique_tokens(birth: Birth) -> tuple[str, ...]:
    """What no two devices may have in common: MAC, URN, and the serial number among a maker's devices of one model."""
    tokens = set(_marks(birth))
    serial = birth.serial.strip().lower()
    if birth.maker and serial not in _NO_SERIALS:
        tokens.add(f"serial:{birth.maker.strip().lower()}/{birth.model.strip().lower()}/{serial}")
    return tuple(sorted(tokens))


def likely_tokens(birth: Birth) -> tuple[str, ...]:
    """What cameras found in two ways have in common, and the cameras of one recorder too: their streams' hosts."""
    return tuple(f"{HOST}{host}" for host in sorted(_hosts(birth))) if birth.kind == CAMERA else ()


def _marks(birth: Birth) -> set[str]:
    return {mark for text in birth.identities if (mark := identity_mark(text))}


def _hosts(birth: Birth) -> set[str]:
    hosts: set[str] = set()
    for stream in birth.streams:
        try:
            host = urlsplit(stream.url).hostname
        except ValueError:
            continue
        if host:
            hosts.add(host)
    return hosts


def _shown(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else "·" for letter in text[:_SHOWN_LETTERS])
    return printable or "none"
