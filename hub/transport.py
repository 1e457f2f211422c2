"""HTTP to a hub: bounded requests, whose failures are the hub's own errors."""

from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import TypeVar
from urllib.parse import quote

import httpx
import msgspec

from hub.protocol import API, Problem
from sensors.errors import (
    AccessError,
    ConfigError,
    ConflictError,
    ErrorKind,
    LimitError,
    NotFoundError,
    ShekaraError,
    UnavailableError,
    WireError,
)

T = TypeVar("T")
MAX_REPLY_BYTES = 32 * 1024 * 1024
MAX_PICTURE_BYTES = 8 * 1024 * 1024
TIMEOUT_S = 15.0
IDLE_S = 5.0
"""An unused connection is let go by us, long before the hub would (`hub.api.server.KEEP_ALIVE_S`): were both to wait
equally long, a request could go out on a connection that the hub closes at that moment."""
_CUT_OFF = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)

_ERRORS: dict[ErrorKind, Callable[[str], ShekaraError]] = {
    ErrorKind.CONFIG: ConfigError,
    ErrorKind.WIRE: WireError,
    ErrorKind.UNAUTHENTICATED: lambda text: AccessError(text, signed_in=False),
    ErrorKind.FORBIDDEN: lambda text: AccessError(text, signed_in=True),
    ErrorKind.NOT_FOUND: NotFoundError,
    ErrorKind.CONFLICT: ConflictError,
    ErrorKind.UNAVAILABLE: UnavailableError,
    ErrorKind.LIMIT: LimitError,
}


class Transport:
    """One sign-in at one hub: its address, and the token that proves it."""

    def __init__(self, url: str, token: str) -> None:
        """Nothing is connected yet.

        Raises:
            ConfigError: `url` is not http://host[:port] or https://host[:port].
        """
        parsed = _parse(url)
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ConfigError("not http://host:port", subject=url, mend="Name the hub's address")
        self.url = url.rstrip("/")
        self.token = token
        # The hub is on the centre's own network: what the environment says of proxies is not for it.
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=IDLE_S)
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits, trust_env=False)

    async def close(self) -> None:
        """Let its connections go; the sign-in stays."""
        await self._http.aclose()

    async def picture(self, url: str, wanted: str) -> bytes:
        """A picture of the media type `wanted`.

        Raises:
            ShekaraError: why there is none.
        """
        status, kind, body = await self._fetch("GET", url, limit=MAX_PICTURE_BYTES)
        if status != 200:
            raise error_of(status, body, url)
        if not kind.startswith(wanted):
            raise WireError(f"not {wanted}", subject=url)
        return body

    async def call(
        self, method: str, path: str, reply: type[T], body: object = None, query: Mapping[str, object] | None = None
    ) -> T:
        """The decoded answer to one request.

        Raises:
            ShekaraError: the hub refuses, does not answer, or answers in another version's words.
        """
        content = await self.ask(method, path, body, query)
        try:
            return msgspec.json.decode(content, type=reply)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise WireError(str(error), subject=f"{method} {path}", mend="Use the hub's own version") from error

    async def ask(
        self, method: str, path: str, body: object = None, query: Mapping[str, object] | None = None
    ) -> bytes:
        """The answer to one request.

        Raises:
            ShekaraError: the hub refuses, or does not answer.
        """
        status, _, content = await self._fetch(
            method,
            f"{self.url}{API}{path}",
            content=b"" if body is None else msgspec.json.encode(body),
            params={name: str(value) for name, value in (query or {}).items() if value is not None},
        )
        if not 200 <= status < 300:
            raise error_of(status, content, f"{method} {path}")
        return content

    async def has_header(self, name: str) -> bool:
        """Whether the hub's answers bear a header, to whomever.

        Raises:
            UnavailableError: it does not answer.
        """
        try:
            answer = await self._http.head(f"{self.url}{API}/status")
        except httpx.HTTPError as error:
            raise UnavailableError(f"does not answer: {reason_of(error)}", subject=self.url) from error
        return name in answer.headers

    async def _fetch(
        self,
        method: str,
        url: str,
        *,
        content: bytes = b"",
        params: dict[str, str] | None = None,
        limit: int = MAX_REPLY_BYTES,
    ) -> tuple[int, str, bytes]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = self._http.build_request(method, _parse(url), content=content, params=params or None, headers=headers)
        try:
            try:
                return await self._answer(request, limit)
            except _CUT_OFF:
                # A kept connection may have died unseen. What only asks is asked again; an order might be done twice.
                if method != "GET":
                    raise
                return await self._answer(request, limit)
        except httpx.HTTPError as error:
            raise UnavailableError(f"does not answer: {reason_of(error)}", subject=url) from error

    async def _answer(self, request: httpx.Request, limit: int) -> tuple[int, str, bytes]:
        response = await self._http.send(request, stream=True)
        body = bytearray()
        async with aclosing(response):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > limit:
                    raise LimitError(f"the reply is over {limit} bytes", subject=str(request.url))
        return response.status_code, response.headers.get("content-type", ""), bytes(body)


def error_of(status: int, body: bytes, subject: str) -> ShekaraError:
    """The error that a reply describes; the hub's own words where it gave any."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
        return _ERRORS[ErrorKind(problem.kind)](problem.detail)
    except (msgspec.DecodeError, ValueError):
        if status == 401:
            return AccessError("sign-in needed", signed_in=False, subject=subject)
        if status == 404:
            return NotFoundError("is not there", subject=subject)
        return UnavailableError(f"answered with status {status}", subject=subject)


def _parse(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise ConfigError("not an address", subject=url[:100], mend="Write http://host:port") from error


def quoted(text: str) -> str:
    """Text as one level of a path."""
    return quote(text, safe="")


def reason_of(error: BaseException) -> str:
    """What an error says, or at least what it is."""
    return str(error) or type(error).__name__
