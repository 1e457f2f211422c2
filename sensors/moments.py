"""Times and durations as text, after ISO 8601 and xsd:dateTime, read strictly: what is half a time is none."""

import re
from datetime import UTC, datetime

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_DURATION = re.compile(r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,12})?)S)?)?", re.ASCII)


def parse_moment(text: str) -> datetime | None:
    """UTC, from a full date and time with its zone; None for anything else, for nobody knows whose clock it was."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_duration_s(text: str) -> float | None:
    """Seconds of a duration; None for what is none, is negative, or counts in years and months."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
