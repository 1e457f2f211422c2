"""Why a stream is not there, as the state that the wall says of the picture."""

import errno

from sensors.catalog import PictureState
from sensors.errors import UnavailableError

_SHORT = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENOSPC})


class StreamError(UnavailableError):
    """One attempt at one stream has ended. `other_transport`: packets must be carried otherwise.

    `other_reader`: our own client cannot read what this camera sends.
    """

    def __init__(
        self,
        what: str,
        state: PictureState,
        *,
        subject: str = "",
        mend: str = "",
        other_transport: bool = False,
        other_reader: bool = False,
    ) -> None:
        self.state = state
        self.other_transport = other_transport
        self.other_reader = other_reader
        super().__init__(what, subject=subject, mend=mend)


class MovedError(StreamError):
    """The camera names another address for its stream; `location` is what it said, not yet looked at."""

    def __init__(self, location: str) -> None:
        self.location = location
        super().__init__("the stream has moved", PictureState.REFUSED)


def blame(error: OSError, otherwise: str) -> StreamError:
    """What the system's refusal says of an attempt: `otherwise`, unless it is this machine that has nothing left."""
    if error.errno in _SHORT:
        return StreamError(
            "this machine has no free file descriptor or memory",
            PictureState.REFUSED,
            mend="Allow the wall more open files (LimitNOFILE), or close what uses them",
        )
    return StreamError(otherwise, PictureState.REFUSED)
