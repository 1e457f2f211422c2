"""Signing in: throttled, few at a time, off the event loop; and what a sign-in is good for."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from hub.people.accounts import Accounts
from hub.people.keys import SigningKeys
from hub.people.throttle import Throttle
from hub.protocol import Session, SignIn, Ticket
from sensors.access import ALLOWED, Action, Audience, Principal, Role, issue_token
from sensors.errors import AccessError, UnavailableError

LIFETIME = timedelta(hours=12)
"""One shift: nobody signs in twice in it, and no sign-in outlives it."""
_AT_ONCE = 2
_WAITING = 32
_log = structlog.get_logger(__name__)


class SignInDesk:
    """Checks names and passwords; each check costs CPU and memory, so few run and few wait."""

    def __init__(self, accounts: Accounts, keys: SigningKeys, throttle: Throttle) -> None:
        self._accounts = accounts
        self._keys = keys
        self._throttle = throttle
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sign-in")
        """Its own: nobody waits to sign in because something else hangs."""
        self._present = 0

    async def sign_in(self, given: SignIn, address: str) -> Session:
        """A session for the right name and password.

        Raises:
            AccessError: one of them is wrong.
            ThrottledError: this name or this address has failed too often.
            UnavailableError: too many are signing in just now.
        """
        if self._present >= _AT_ONCE + _WAITING:
            raise UnavailableError("too many are signing in", subject="sign-in", mend="Try again in a moment")
        self._present += 1
        try:
            async with self._turns:
                self._throttle.check(given.name, address)
                loop = asyncio.get_running_loop()
                principal = await loop.run_in_executor(self._threads, self._authenticate, given)
        except AccessError:
            self._throttle.failed(given.name, address)
            _log.warning("sign-in refused", address=address)
            raise
        finally:
            self._present -= 1
        self._throttle.succeeded(given.name, address)
        token = issue_token(principal, Audience.SESSION, self._keys.private_pem)
        return Session(token, principal.name, principal.role, principal.expires_at)

    def ticket(self, principal: Principal, wall_url: str) -> Ticket:
        """The address of a wall's page that lets this browser watch until the sign-in ends, and control that may.

        A ticket is good at walls alone. It carries the role of those who may control them, since the hub proves orders
        by it, and of all others that of a viewer.
        """
        role = principal.role if Action.CONTROL_WALL in ALLOWED[principal.role] else Role.VIEWER
        watcher = Principal(principal.name, role, principal.token_id, principal.expires_at)
        token = issue_token(watcher, Audience.TICKET, self._keys.private_pem)
        return Ticket(f"{wall_url}?ticket={token}", principal.expires_at)

    def _authenticate(self, given: SignIn) -> Principal:
        return self._accounts.authenticate(given.name, given.password, LIFETIME)
