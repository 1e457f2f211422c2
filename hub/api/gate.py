"""The one gate of the API: who is asking, proven by token, and whether that role may do this."""

import re
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from hub.people.accounts import Accounts
from hub.people.keys import SigningKeys
from sensors.access import Action, Audience, Principal, authorise, verify_token
from sensors.clock import Clock
from sensors.errors import AccessError

COOKIE: Final = "shekara_hub"
"""The hub's own cookie. Cookies do not know ports, so it must not be the one that wall pages set."""
MAX_TOKEN = 4_096
_BEARER = re.compile(r"Bearer +([A-Za-z0-9_.=-]+) *", re.IGNORECASE)
_HARMLESS = frozenset({"GET", "HEAD"})


class Gate:
    """Every route and every live message passes here."""

    def __init__(self, accounts: Accounts, keys: SigningKeys, clock: Clock) -> None:
        self._accounts = accounts
        self._keys = keys
        self._clock = clock

    def admit(self, connection: HTTPConnection, action: Action) -> Principal:
        """Who is asking, allowed to do this.

        Raises:
            AccessError: nobody is signed in, the sign-in is over or ended, the role may not, or another site's page
                is asking with this browser's cookie.
        """
        return authorise(self._identify(connection), action)

    def still_admits(self, principal: Principal) -> bool:
        """Whether a sign-in that was admitted has not ended since."""
        return self._accounts.is_live(principal)

    def _identify(self, connection: HTTPConnection) -> Principal | None:
        header = connection.headers.get("authorization")
        if header is not None:
            found = _BEARER.fullmatch(header[:MAX_TOKEN])
            token = found.group(1) if found else ""
        else:
            token = connection.cookies.get(COOKIE, "")[:MAX_TOKEN]
            if not token:
                return None
            self._check_origin(connection)
        principal = verify_token(token, Audience.SESSION, self._keys.public_pem, self._clock.now())
        if not self._accounts.is_live(principal):
            raise AccessError("the sign-in has ended", signed_in=False, mend="Sign in again")
        return principal

    @staticmethod
    def _check_origin(connection: HTTPConnection) -> None:
        """A browser sends its cookie for any page that asks; only our own pages may change things or watch."""
        if connection.scope["type"] == "http" and connection.scope["method"] in _HARMLESS:
            return
        refuse_foreign_page(connection)


def refuse_foreign_page(connection: HTTPConnection) -> None:
    """Pass when the page that sent this request was ours.

    Raises:
        AccessError: its Origin is missing, or is not the address the request was sent to.
    """
    origin = connection.headers.get("origin", "")
    host = connection.headers.get("host", "")
    try:
        ours = bool(host) and urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        ours = False
    if not ours:
        raise AccessError(
            "asked by a page of another site", signed_in=True, subject="Origin", mend="Open the hub's own page"
        )
