"""Ids made of what strangers call themselves: readable, of our pattern, and never the same for two identities."""

import hashlib
import re
import unicodedata

from sensors.model import DeviceId, SiteId

UNASSIGNED = SiteId("unassigned")
"""The site of what nobody has placed yet."""
_WORD_LETTERS = 40
_MARK_LETTERS = 6


def slug(text: str) -> str:
    """The text in letters of an id, at most 40; empty when it has none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_WORD_LETTERS].strip("-")


def device_id(words: str, identity: str) -> DeviceId:
    """An id that reads like `words` and is as unique as `identity`, what the device is known by for good."""
    mark = hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:_MARK_LETTERS]
    return DeviceId(f"{slug(words) or 'device'}-{mark}")


def plain_id(text: str) -> str | None:
    """The text itself where it is an id but for its case; else None."""
    lowered = text.lower()
    return lowered if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", lowered) else None


def identity_mark(text: str) -> str:
    """One spelling of what a device is known by: "mac:" and twelve digits, "urn:uuid:…", or the text in small letters.

    Empty for what no two devices differ in: nothing at all, or a MAC address of zeros.
    """
    lowered = text.strip().lower()
    digits = re.sub(r"[:.-]", "", lowered.removeprefix("mac:"))
    if re.fullmatch(r"[0-9a-f]{12}", digits):
        return f"mac:{digits}" if digits.strip("0") and digits.strip("f") else ""
    if re.fullmatch(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bare := lowered.removeprefix("urn:").removeprefix("uuid:")
    ):
        return f"urn:uuid:{bare}" if bare.strip("0-") else ""
    return lowered
