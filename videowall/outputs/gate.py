"""The one gate around the whole application: nothing behind it is reached by anybody who may not watch.

It stands in front of the routing, so a route cannot be added without it; an unknown path is refused like a known one.
"""

from html import escape
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from sensors.errors import AccessError, ErrorKind, ShekaraError
from videowall.outputs.access import COOKIE, Access
from videowall.outputs.problem import problem_response, refusal_page

TICKET: Final = "ticket"
CLOSE_CODES: Final = {ErrorKind.UNAUTHENTICATED: 4401, ErrorKind.FORBIDDEN: 4403, ErrorKind.NOT_FOUND: 4404}
"""WebSocket close codes by kind of refusal, after the HTTP status they stand for; any other kind: 1013, try later."""
TRY_AGAIN_LATER: Final = 1013
MAX_REASON_BYTES: Final = 123


class Gate:
    """Admits, sends to the sign-in page, or refuses; takes tickets at the front door `/?ticket=`."""

    def __init__(self, app: ASGIApp, access: Access, sign_in_url: str) -> None:
        self._app = app
        self._access = access
        self._sign_in_url = sign_in_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request or one WebSocket."""
        if scope["type"] == "http":
            answer = self._answer(HTTPConnection(scope))
            await (answer or self._app)(scope, receive, send)
        elif scope["type"] == "websocket":
            try:
                refuse_foreign_page(HTTPConnection(scope))
                self._access.admit(HTTPConnection(scope))
            except ShekaraError as error:
                await refuse_stream(WebSocket(scope, receive, send), error)
            else:
                await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _answer(self, connection: HTTPConnection) -> Response | None:
        """The gate's own answer, or None for a request that may pass."""
        at_the_door = connection.scope["path"] == "/" and connection.scope["method"] == "GET"
        with_ticket = at_the_door and TICKET in connection.query_params
        try:
            if with_ticket:
                return self._enter(connection)
            self._access.admit(connection)
        except ShekaraError as error:
            if not at_the_door:
                return problem_response(error)
            # A ticket that was just refused would be refused again: asking for another one could go round for ever.
            if error.error_kind is ErrorKind.UNAUTHENTICATED and self._sign_in_url and not with_ticket:
                return RedirectResponse(self._sign_in_url, 303)
            return refusal_page(error, self._sign_in_url)
        return None

    def _enter(self, connection: HTTPConnection) -> Response:
        """Trade the ticket in the address for a cookie, and lead to an address without it."""
        ticket = connection.query_params[TICKET]
        principal = self._access.admit_ticket(ticket)
        kept = urlencode([(name, value) for name, value in connection.query_params.multi_items() if name != TICKET])
        target = f"/?{kept}" if kept else "/"
        response: Response = RedirectResponse(target, 303)
        if "text/html" in connection.headers.get("accept", ""):
            # A browser led here by another site keeps a strict cookie back all along a chain of redirects;
            # a page that moves on by itself begins a visit of our own.
            response = Response(
                '<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="dark"><title>Shekara</title>'
                '<link rel="icon" href="/page/icon.svg">'
                f'<meta http-equiv="refresh" content="0;url={escape(target)}">',
                media_type="text/html; charset=utf-8",
            )
        response.set_cookie(
            COOKIE,
            ticket,
            max_age=self._access.lifetime_s(principal),
            secure=connection.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response


def sign_in_address(url: str, wall: str) -> str:
    """The hub's sign-in page, told which wall to lead back to; empty stays empty."""
    if not url:
        return ""
    parts = urlsplit(url)
    query = [*parse_qsl(parts.query), ("wall", wall)]
    return urlunsplit(parts._replace(query=urlencode(query)))


def refuse_foreign_page(connection: HTTPConnection) -> None:
    """Pass a WebSocket of our own page, or of a program that is no browser and so names no Origin.

    Raises:
        AccessError: another site's page asks with this browser's cookie.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return
    try:
        ours = urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower()
    except ValueError:
        ours = False
    if not ours:
        raise AccessError("asked by a page of another site", signed_in=True, subject="Origin", mend="Open the wall")


async def refuse_stream(socket: WebSocket, error: ShekaraError) -> None:
    """Close before anything is sent. Accepted first, since a browser learns a close code only after that."""
    await socket.accept()
    reason = error.text.encode()[:MAX_REASON_BYTES].decode(errors="ignore")
    await socket.close(CLOSE_CODES.get(error.error_kind, TRY_AGAIN_LATER), reason)
