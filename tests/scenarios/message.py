"""What goes over a broker, with the moment at which it does."""

from datetime import datetime
from typing import NamedTuple


class Message(NamedTuple):
    """One message, as a broker delivers it."""

    at: datetime
    topic: str
    payload: bytes
    retained: bool = False
