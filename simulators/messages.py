"""What comes out of a post's line in a rehearsal."""

from datetime import datetime
from typing import NamedTuple

WILL_AFTER_S = 30.0
"""A broker that hears nothing believes for one and a half keep-alives that its client lives."""


class Message(NamedTuple):
    """What came out of a post's line, and when."""

    at: datetime
    topic: str
    payload: bytes
    retained: bool = False
