"""What one message brings down is that message, not the pipeline: it would come again, and bring it down again."""

from types import TracebackType

import structlog

_log = structlog.get_logger("hub.dialects")


class Isolation:
    """A block in which one dialect reads a message, whose failure is kept instead of raised, and said in the log once.

    What dialects know to refuse they refuse themselves. This is for the rest: strangers' bytes pass through libraries
    for protocol buffers and XML, and nobody knows beforehand all that these raise. What is no error of the work, such
    as an interrupt, passes through.
    """

    def __init__(self, dialect: str) -> None:
        self.failures_total = 0
        self.failure: Exception | None = None
        """Of the last block, if it failed."""
        self._dialect = dialect

    def __enter__(self) -> None:
        self.failure = None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if not isinstance(error, Exception):
            return False
        self.failure = error
        self.failures_total += 1
        if self.failures_total == 1:
            _log.error("a dialect failed on a message", dialect=self._dialect, exc_info=error)
        return True
