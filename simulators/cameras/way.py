"""What may lie between the cameras of a post and who watches them."""

from typing import Protocol


class Way(Protocol):
    """A post's line as its cameras know it: clients come in at its `port` and out of it at the server's.

    What they say inside their connections it carries by itself; datagrams ask it when they may go.
    """

    port: int

    @property
    def is_open(self) -> bool:
        """Whether what is sent now arrives at all, however late."""

    @property
    def is_broken(self) -> bool:
        """Whether connections end now, and no new one comes about."""

    def client_of(self, address: tuple[str, int]) -> str | None:
        """The host of the client whose connection comes out of it with that address; None: it did not come through."""

    def datagram_due_s(self, size: int) -> float | None:
        """When a datagram that is sent now comes out, by the event loop's clock; None: never."""
