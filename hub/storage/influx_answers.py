"""What an InfluxDB's answer means: who is to blame, and how long to leave the server alone.

A refused line is the line's trouble (`WireError`), too many of them is the batch's (`TooLargeError`), everything else
is the server's or its settings' (`BusyError`): no reading is given up for that.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from sensors.errors import UnavailableError, WireError

LONGEST_WAIT_S = 300.0
"""The longest wish of a server that is granted."""
WRONG_TOKEN_WAIT_S = 60.0
"""A wrong token does not get right by trying: servers lock out those who hammer."""
_REASON_LETTERS = 300
_REFUSES_LINES = frozenset({400, 422})
"""Statuses that speak of what was sent. InfluxDB answers them too when it took the rest of the batch."""


class BusyError(UnavailableError):
    """The server does not take anything now. `retry_after_s` is the least wait, 0 when there is none."""

    def __init__(self, what: str, *, subject: str, mend: str, retry_after_s: float = 0.0) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(what, subject=subject, mend=mend)


class TooLargeError(WireError):
    """The server takes no request of this size; fewer lines may pass."""


class Answer(NamedTuple):
    """One answer, bounded. Status 0: none came, and `text` says why."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def is_good(self) -> bool:
        """Whether everything that was asked is done."""
        return 200 <= self.status < 300

    @property
    def reason(self) -> str:
        """What it says, on one printable line: the `error` or `message` of a JSON answer, else the text."""
        try:
            said = json.loads(self.text)
        except (ValueError, RecursionError):
            said = None
        text = (said.get("error") or said.get("message")) if isinstance(said, dict) else None
        words = " ".join((text if text and isinstance(text, str) else self.text).split())
        return "".join(each if each.isprintable() else "?" for each in words)[:_REASON_LETTERS]

    @property
    def knows_no_such_path(self) -> bool:
        """Whether the path is unknown to the server, not the bucket: the latter is said in JSON."""
        return self.status in (404, 405) and not self.text.lstrip().startswith("{")


def explain(answer: Answer, url: str, now: datetime | None = None) -> WireError | BusyError:
    """The error that an answer which is not good stands for."""
    reason = answer.reason or f"status {answer.status}"
    if answer.status in _REFUSES_LINES:
        return WireError(reason, subject=url)
    if answer.status == 413:
        return TooLargeError(reason, subject=url, mend="Lower [influx] batch_lines")
    if answer.status == 0:
        return BusyError(f"does not answer: {reason}", subject=url, mend="Readings wait in the local store")
    least_s = read_retry_after_s(answer.headers, now or datetime.now(UTC))
    mend = "Readings wait in the local store"
    if answer.status in (401, 403):
        least_s = max(least_s, WRONG_TOKEN_WAIT_S)
        mend = "Check token, user and password of influx in the secrets"
    elif answer.status in (404, 405):
        mend = "Check [influx] url, org and bucket"
    return BusyError(f"answers with status {answer.status}: {reason}", subject=url, mend=mend, retry_after_s=least_s)


def read_retry_after_s(headers: Mapping[str, str], now: datetime) -> float:
    """The server's wish in seconds, from seconds or a date (RFC 9110, 10.2.3); 0 when it has none, capped."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(0.0, (until - now).total_seconds()), LONGEST_WAIT_S)
