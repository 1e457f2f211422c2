"""Who is watching: proof of sign-in checked against the hub's public key, asking nobody."""

import re
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.requests import HTTPConnection

from sensors.access import Action, Audience, Principal, authorise, verify_token
from sensors.clock import Clock
from sensors.errors import AccessError, UnavailableError

COOKIE: Final = "shekara_session"
MAX_TOKEN: Final = 4_096
_MAX_KEY_BYTES: Final = 4_096
_BEARER: Final = re.compile(r"Bearer +([A-Za-z0-9_.=-]+) *", re.IGNORECASE)
_KEY_SETTING: Final = "[wall] public_key_file"


class PublicKeyFile:
    """The hub's public session key, read again whenever its file changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._pem = ""

    def pem(self) -> str:
        """The key as it stands.

        Raises:
            UnavailableError: the file is missing, unreadable, or holds no Ed25519 public key.
        """
        try:
            state = self._path.stat()
            seen = (state.st_mtime_ns, state.st_size, state.st_ino)
            if seen != self._seen:
                self._pem = _checked(self._path)
                self._seen = seen
        except OSError as error:
            self._seen = None
            raise UnavailableError(
                f"sign-ins cannot be checked, the hub's public key cannot be read: {error.strerror}",
                subject=_KEY_SETTING,
                mend="Start the hub, or name the file it keeps the key in",
            ) from error
        return self._pem


class Proof(NamedTuple):
    """Who is there, and the token that says so."""

    principal: Principal
    audience: Audience
    token: str


class Access:
    """Turns a request into the one who asks, or refuses it."""

    def __init__(self, key: PublicKeyFile, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def admit(self, connection: HTTPConnection) -> Principal:
        """Who is watching: a session in the Authorization header, or a session or a ticket in the cookie.

        Raises:
            AccessError: nobody is signed in, the sign-in is over, or the role may not watch.
            UnavailableError: the hub's public key is not there to check with.
        """
        return self.prove(connection).principal

    def prove(self, connection: HTTPConnection) -> Proof:
        """The same, with what proves it."""
        key = self._key.pem()
        header = connection.headers.get("authorization")
        if header is not None:
            found = _BEARER.fullmatch(header[:MAX_TOKEN])
            return self._proof(found.group(1) if found else "", Audience.SESSION, key)
        cookie = connection.cookies.get(COOKIE, "")[:MAX_TOKEN]
        if not cookie:
            authorise(None, Action.WATCH_WALL)
        try:
            return self._proof(cookie, Audience.TICKET, key)
        except AccessError as error:
            if error.signed_in:
                raise
            return self._proof(cookie, Audience.SESSION, key)

    def admit_ticket(self, ticket: str) -> Principal:
        """Who a ticket lets in.

        Raises:
            AccessError: it is not valid, is over, or its role may not watch.
            UnavailableError: the hub's public key is not there to check with.
        """
        return self._watcher(ticket[:MAX_TOKEN], Audience.TICKET, self._key.pem())

    def lifetime_s(self, principal: Principal) -> int:
        """Seconds until a sign-in ends."""
        return max(0, int((principal.expires_at - self._clock.now()).total_seconds()))

    def _proof(self, token: str, audience: Audience, key: str) -> Proof:
        return Proof(self._watcher(token, audience, key), audience, token)

    def _watcher(self, token: str, audience: Audience, key: str) -> Principal:
        return authorise(verify_token(token, audience, key, self._clock.now()), Action.WATCH_WALL)


def _checked(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(_MAX_KEY_BYTES)
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise UnavailableError(
            "sign-ins cannot be checked, the file holds no Ed25519 public key",
            subject=_KEY_SETTING,
            mend="Name the session.pub that the hub keeps",
        )
    return content.decode("ascii", "replace")
