"""What one block of work on a stranger's bytes brings down is that work alone."""

from types import TracebackType


class Isolation:
    """A block whose failure is kept and counted instead of raised; whoever enters it says what became of it.

    What is known to be refused is refused before. This is for the rest: strangers' bytes pass through several
    libraries, and nobody knows beforehand all that these raise. One thread at a time enters it. What is no error of the
    work, such as an interrupt, passes through.
    """

    def __init__(self) -> None:
        self.failure: Exception | None = None
        """Of the last block, if it failed."""
        self.failures_total = 0
        self.failures_in_row = 0

    def __enter__(self) -> None:
        self.failure = None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if not isinstance(error, Exception):
            self.failures_in_row = 0
            return False
        self.failure = error
        self.failures_total += 1
        self.failures_in_row += 1
        return True

    @property
    def first_failure(self) -> Exception | None:
        """That of the last block, if none had failed before: worth its trace in a log, once."""
        return self.failure if self.failures_total == 1 else None
