"""What one camera's picture brings down is that camera's error, not the thread's that decodes for all of them."""

from types import TracebackType

import structlog

_log = structlog.get_logger(__name__)


class Isolation:
    """A block of work on one stream whose failure is counted instead of raised, and said in the log at the first time.

    What decoders know to refuse they count themselves. This is for the rest: strangers' bytes pass through several
    libraries, and nobody knows beforehand all that these raise. One thread at a time enters it. What is no error of the
    work, such as an interrupt, passes through.
    """

    def __init__(self, label: str) -> None:
        self.failures_total = 0
        self.failures_in_row = 0
        self._label = label

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if not isinstance(error, Exception):
            self.failures_in_row = 0
            return False
        self.failures_total += 1
        self.failures_in_row += 1
        if self.failures_total == 1:
            _log.error("a camera's picture cannot be worked on", camera=self._label, exc_info=error)
        return True
