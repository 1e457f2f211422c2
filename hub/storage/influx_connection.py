"""HTTP to an InfluxDB with every bound set: time, size of an answer, no redirect, no proxy of the environment."""

import base64
import io
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from urllib3 import BaseHTTPResponse, HTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from hub.config import InfluxSettings
from hub.storage.influx_answers import Answer
from sensors.errors import ConfigError
from sensors.secrets import InfluxSecrets

MAX_ANSWER_BYTES = 32 * 1024 * 1024
_PIECE_BYTES = 256 * 1024
_LINKS = 2


class AnswerTooLongError(HTTPError):
    """An answer passed its bound in bytes or seconds."""


class BoundedPool(PoolManager):
    """Connections whose answers are read whole within `within_s`, as printable as they come, up to a bound."""

    def __init__(self, within_s: float) -> None:
        super().__init__(num_pools=1, maxsize=_LINKS, retries=False)
        self._within_s = within_s

    def urlopen(self, method: str, url: str, redirect: bool = True, **kw: Any) -> BaseHTTPResponse:  # type: ignore[override] # noqa: FBT001, FBT002 - the parent's signature
        """As the parent's, but the body is there already, in UTF-8.

        Raises:
            HTTPError: no answer, or more of it than the bounds allow.
        """
        del redirect
        deadline_s = time.monotonic() + self._within_s
        kw.update(redirect=False, retries=False, preload_content=False, decode_content=False)
        kw["timeout"] = Timeout(total=self._within_s)
        answer = super().urlopen(method, url, **kw)
        body = bytearray()
        while piece := answer.read1(_PIECE_BYTES):
            body += piece
            if len(body) > MAX_ANSWER_BYTES or time.monotonic() > deadline_s:
                answer.close()
                message = "more than the bounds allow"
                raise AnswerTooLongError(message)
        answer.release_conn()
        text = body.decode("utf-8", "replace").encode()
        return HTTPResponse(
            io.BytesIO(text), answer.headers, answer.status, reason=answer.reason, request_method=method
        )


class InfluxConnection:
    """One server: its address, how to sign in there, and requests to it."""

    def __init__(self, settings: InfluxSettings, secrets: InfluxSecrets) -> None:
        self.url = check_url(settings.url)
        self.pool = BoundedPool(settings.timeout_s)
        self._secrets = secrets

    @property
    def token(self) -> str:
        """What follows "Token": InfluxDB 1.8 takes user:password there."""
        return self._secrets.token or (f"{self._secrets.user}:{self._secrets.password}" if self._secrets.user else "")

    def request(self, method: str, path: str, query: Mapping[str, str], body: bytes | None = None) -> Answer:
        """One request outside the v2 API. `body` is line protocol, gzipped when it says so by its first bytes.

        Never raises: no answer is an answer of status 0.
        """
        headers = {"Accept": "application/json"}
        if self._secrets.user:
            pair = f"{self._secrets.user}:{self._secrets.password}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        elif self._secrets.token:
            headers["Authorization"] = f"Token {self._secrets.token}"
        if body is not None:
            headers["Content-Type"] = "text/plain; charset=utf-8"
            if body[:2] == b"\x1f\x8b":
                headers["Content-Encoding"] = "gzip"
        try:
            answer = self.pool.request(method, f"{self.url}{path}?{urlencode(query)}", body=body, headers=headers)
        except (HTTPError, OSError) as error:
            return Answer(0, type(error).__name__, {})
        return Answer(answer.status, answer.data.decode(), answer.headers)

    def close(self) -> None:
        """Let its connections go."""
        self.pool.clear()


def check_url(url: str) -> str:
    """The address without a slash at its end.

    Raises:
        ConfigError: it is not http://host[:port][/path], or holds a password.
    """
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(
            "not an address of the form http://host:port",
            subject="[influx] url",
            mend="Write http://host:port; user, password and token belong in the secrets file",
        )
    return url.rstrip("/")
