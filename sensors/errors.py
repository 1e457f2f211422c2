"""The one error tree, and what each kind of error means to those who meet it.

ShekaraError
├── ConfigError       a setting is missing, malformed, or points to something that is not there
├── WireError         bytes from outside do not follow the format they claim to follow
├── AccessError       nobody is signed in, or the one who is may not do this
├── NotFoundError     the named thing does not exist
├── ConflictError     the named thing has moved on since the request was made
├── UnavailableError  a peer, a port or a disk does not answer now and may later
└── LimitError        a stated bound on size, number or time was passed

Expected bad input from equipment is a value (`sensors.model.Rejected`), not an exception.
"""

from enum import StrEnum
from typing import ClassVar, NamedTuple


class ErrorKind(StrEnum):
    """The closed set of kinds. Code decides by kind; the text is for people."""

    CONFIG = "config"
    WIRE = "wire"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"
    LIMIT = "limit"


class Consequence(NamedTuple):
    """What a kind decides: whether trying again can help, the exit code, the HTTP status."""

    retry: bool
    exit_code: int
    http_status: int


CONSEQUENCES: dict[ErrorKind, Consequence] = {
    ErrorKind.CONFIG: Consequence(retry=False, exit_code=2, http_status=500),
    ErrorKind.WIRE: Consequence(retry=False, exit_code=3, http_status=400),
    ErrorKind.UNAUTHENTICATED: Consequence(retry=False, exit_code=4, http_status=401),
    ErrorKind.FORBIDDEN: Consequence(retry=False, exit_code=4, http_status=403),
    ErrorKind.NOT_FOUND: Consequence(retry=False, exit_code=5, http_status=404),
    ErrorKind.CONFLICT: Consequence(retry=False, exit_code=6, http_status=409),
    ErrorKind.UNAVAILABLE: Consequence(retry=True, exit_code=7, http_status=503),
    ErrorKind.LIMIT: Consequence(retry=False, exit_code=8, http_status=413),
}


class ShekaraError(Exception):
    """What happened, to what, and how to mend it.

    The text never contains a secret: callers put names of things here, not their contents.
    """

    kind: ClassVar[ErrorKind] = ErrorKind.CONFIG

    def __init__(self, what: str, *, subject: str = "", mend: str = "") -> None:
        self.what = what
        self.subject = subject
        self.mend = mend
        super().__init__(self.text)

    @property
    def text(self) -> str:
        """One line: subject, what happened, how to mend it."""
        head = f"{self.subject}: {self.what}" if self.subject else self.what
        return f"{head}. {self.mend}" if self.mend else head

    @property
    def consequence(self) -> Consequence:
        """What this error's kind decides."""
        return CONSEQUENCES[self.error_kind]

    @property
    def error_kind(self) -> ErrorKind:
        """The kind of this occurrence; a leaf with two kinds overrides it."""
        return self.kind


class ConfigError(ShekaraError):
    """A setting is missing, malformed, or points to something that is not there."""

    kind = ErrorKind.CONFIG


class WireError(ShekaraError):
    """Bytes from outside do not follow the format they claim to follow."""

    kind = ErrorKind.WIRE


class AccessError(ShekaraError):
    """Nobody is signed in (`signed_in` false), or the one who is may not do this."""

    def __init__(self, what: str, *, signed_in: bool, subject: str = "", mend: str = "") -> None:
        self.signed_in = signed_in
        super().__init__(what, subject=subject, mend=mend)

    @property
    def error_kind(self) -> ErrorKind:
        """UNAUTHENTICATED before sign-in, FORBIDDEN after it."""
        return ErrorKind.FORBIDDEN if self.signed_in else ErrorKind.UNAUTHENTICATED


class NotFoundError(ShekaraError):
    """The named thing does not exist."""

    kind = ErrorKind.NOT_FOUND


class ConflictError(ShekaraError):
    """The named thing has moved on since the request was made."""

    kind = ErrorKind.CONFLICT


class UnavailableError(ShekaraError):
    """A peer, a port or a disk does not answer now and may later."""

    kind = ErrorKind.UNAVAILABLE


class LimitError(ShekaraError):
    """A stated bound on size, number or time was passed."""

    kind = ErrorKind.LIMIT


def first_in(group: BaseExceptionGroup[ShekaraError]) -> ShekaraError:
    """The first error in a task group's failure, however deep the groups are nested."""
    inner = group.exceptions[0]
    return first_in(inner) if isinstance(inner, BaseExceptionGroup) else inner
