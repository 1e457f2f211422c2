"""Times of the wire: milliseconds since 1970, UTC."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_799_999


def moment(milliseconds: int) -> datetime | None:
    """A time of the wire; None for 0, which encoders write where they have none, and for what no calendar holds."""
    return EPOCH + timedelta(milliseconds=milliseconds) if 0 < milliseconds <= _LAST_MS else None


def to_milliseconds(at: datetime) -> int:
    """A time as the wire has it."""
    return (at - EPOCH) // timedelta(milliseconds=1)
