"""Who may sign in, and which sign-ins still count: one SQLite file beside the readings.

Passwords are kept as argon2id. A sign-in is a row; a token counts as long as its row is there, so removing an
account, changing its role or its password, or signing out ends the sign-ins at once, also from another process
(`shekara account`). Every method is short and blocking; `authenticate` alone costs tens of milliseconds of CPU.
"""

import re
import sqlite3
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.protocol import AccountView
from hub.storage.database import open_writer, reading, speaking_of, transaction
from sensors.access import Principal, Role, principal_for
from sensors.clock import Clock
from sensors.errors import AccessError, ConflictError, LimitError, NotFoundError, UnavailableError, WireError

FILE_NAME = "accounts.sqlite"
MIN_PASSWORD = 12
MAX_PASSWORD = 256
MAX_ACCOUNTS = 1_000
MAX_SESSIONS = 64
"""Sign-ins of one account at once; the oldest gives way."""

_NAME = re.compile(r"[\w.@-]{1,64}")
_VERSION = 1
_SCHEMA = """
CREATE TABLE accounts (
  name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, created_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  token_id TEXT PRIMARY KEY, name TEXT NOT NULL, expires_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_name ON sessions(name, expires_at);
"""


class Accounts:
    """The accounts of one data directory; safe to use from several threads and processes."""

    def __init__(self, data_dir: Path, clock: Clock, hasher: PasswordHasher | None = None) -> None:
        """Make the file when there is none. It is held open: opening it anew would make files, on a disk that is full.

        Raises:
            UnavailableError: it cannot be opened.
            ConfigError: it is no database of ours.
        """
        self._file = data_dir / FILE_NAME
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(uuid.uuid4().hex)
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            self._file.touch(mode=0o600)
        except OSError as error:
            raise UnavailableError(
                f"cannot be made: {error.strerror}", subject=str(self._file), mend="Set [hub] data_dir"
            ) from error
        self._held = self._open()
        self._held.execute("SELECT count(*) FROM sessions").fetchone()

    def authenticate(self, name: str, password: str, lifetime: timedelta) -> Principal:
        """Start a sign-in. An unknown name costs as much, and says as much, as a wrong password.

        Raises:
            AccessError: no account has this name and password.
        """
        name = unicodedata.normalize("NFKC", name)
        with reading(self._file) as database:
            row = database.execute("SELECT role, hash FROM accounts WHERE name = ?", (name,)).fetchone()
        known = self._matches(row[1] if row else self._nobody, password)
        if row is None or not known:
            raise AccessError("name or password is wrong", signed_in=False, mend="Try again")
        role, kept = Role(row[0]), str(row[1])
        principal = principal_for(name, role, uuid.uuid4().hex, self._clock.now(), lifetime)
        fresh = self._hasher.hash(password) if self._hasher.check_needs_rehash(kept) else kept
        with self._write() as database:
            current = database.execute(
                "UPDATE accounts SET hash = ? WHERE name = ? AND hash = ? AND role = ?", (fresh, name, kept, role.value)
            )
            if current.rowcount != 1:
                raise AccessError("the account has just been changed", signed_in=False, mend="Sign in again")
            self._remember(database, principal)
        return principal

    def is_live(self, principal: Principal) -> bool:
        """Whether this sign-in is neither over nor ended."""
        now = self._clock.now()
        if principal.expires_at <= now:
            return False
        with reading(self._file) as database:
            row = database.execute(
                "SELECT 1 FROM sessions JOIN accounts USING (name)"
                " WHERE token_id = ? AND name = ? AND role = ? AND expires_at > ?",
                (principal.token_id, principal.name, principal.role.value, now.timestamp()),
            ).fetchone()
        return row is not None

    def revoke(self, principal: Principal) -> None:
        """End one sign-in; ending it twice changes nothing."""
        with self._write() as database:
            database.execute("DELETE FROM sessions WHERE token_id = ?", (principal.token_id,))

    def set(self, name: str, role: Role, password: str) -> AccountView:
        """Create an account, or change its role and password and end its sign-ins.

        Raises:
            WireError: the name or the password is not acceptable.
            ConflictError: it would leave nobody who can manage accounts.
            LimitError: there are too many accounts.
        """
        name = unicodedata.normalize("NFKC", name)
        if not _NAME.fullmatch(name):
            raise WireError("letters, digits and . _ - @ only, 1 to 64", subject="account name", mend="Choose another")
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise WireError(
                f"must be {MIN_PASSWORD} to {MAX_PASSWORD} characters long", subject="password", mend="Choose another"
            )
        digest = self._hasher.hash(password)
        with self._write() as database:
            if role is not Role.ADMINISTRATOR:
                _keep_an_administrator(database, name)
            (others,) = database.execute("SELECT count(*) FROM accounts WHERE name != ?", (name,)).fetchone()
            if others >= MAX_ACCOUNTS:
                raise LimitError(f"at most {MAX_ACCOUNTS}", subject="accounts", mend="Remove those that nobody uses")
            database.execute("DELETE FROM sessions WHERE name = ?", (name,))
            database.execute(
                "INSERT INTO accounts VALUES (?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET role = excluded.role, hash = excluded.hash",
                (name, role.value, digest, self._clock.now().timestamp()),
            )
            (created_at,) = database.execute("SELECT created_at FROM accounts WHERE name = ?", (name,)).fetchone()
        return AccountView(name, role, datetime.fromtimestamp(created_at, UTC))

    def remove(self, name: str) -> None:
        """Remove an account and end its sign-ins.

        Raises:
            NotFoundError: there is no such account.
            ConflictError: it is the last administrator.
        """
        name = unicodedata.normalize("NFKC", name)
        with self._write() as database:
            _keep_an_administrator(database, name)
            if database.execute("DELETE FROM accounts WHERE name = ?", (name,)).rowcount == 0:
                raise NotFoundError("no such account", subject=name[:64])
            database.execute("DELETE FROM sessions WHERE name = ?", (name,))

    def all(self) -> tuple[AccountView, ...]:
        """Every account, by name."""
        with reading(self._file) as database:
            rows = database.execute("SELECT name, role, created_at FROM accounts ORDER BY name").fetchall()
        return tuple(AccountView(name, Role(role), datetime.fromtimestamp(at, UTC)) for name, role, at in rows)

    def _matches(self, digest: str, password: str) -> bool:
        try:
            return self._hasher.verify(digest, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    def _remember(self, database: sqlite3.Connection, principal: Principal) -> None:
        database.execute("DELETE FROM sessions WHERE expires_at <= ?", (self._clock.now().timestamp(),))
        database.execute(
            "DELETE FROM sessions WHERE token_id IN"
            " (SELECT token_id FROM sessions WHERE name = ? ORDER BY expires_at DESC LIMIT -1 OFFSET ?)",
            (principal.name, MAX_SESSIONS - 1),
        )
        database.execute(
            "INSERT INTO sessions VALUES (?, ?, ?)",
            (principal.token_id, principal.name, principal.expires_at.timestamp()),
        )

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with closing(self._open()) as database, speaking_of(self._file), transaction(database):
            yield database

    def _open(self) -> sqlite3.Connection:
        return open_writer(self._file, _SCHEMA, _VERSION)


def _keep_an_administrator(database: sqlite3.Connection, name: str) -> None:
    rows = database.execute("SELECT name FROM accounts WHERE role = ?", (Role.ADMINISTRATOR.value,)).fetchall()
    if rows == [(name,)]:
        raise ConflictError(
            "is the last administrator", subject=name, mend="Make another account an administrator first"
        )
