"""Why a stream is not there, as the state that the wall says of the picture."""

from sensors.catalog import PictureState
from sensors.errors import UnavailableError


class StreamError(UnavailableError):
    """One attempt at one stream has ended. `other_transport` says that the server wants packets carried otherwise."""

    def __init__(
        self, what: str, state: PictureState, *, subject: str = "", mend: str = "", other_transport: bool = False
    ) -> None:
        self.state = state
        self.other_transport = other_transport
        super().__init__(what, subject=subject, mend=mend)
