"""The application: every route of every part, behind the one gate."""

from importlib.metadata import version

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api import alarms, devices, exports, files, live, openapi, pages, people, records, sessions, training, walls
from hub.api.export_desk import ExportDesk
from hub.api.gate import Gate
from hub.api.route import Call, Nothing, Parts, Route, encode, register
from hub.api.signing_in import SignInDesk
from hub.config import HubSettings
from hub.core import Hub
from hub.people.accounts import Accounts
from hub.people.keys import SigningKeys
from hub.people.throttle import Throttle
from hub.protocol import API, EXERCISE_HEADER, Problem
from sensors.access import Action
from sensors.clock import Clock
from sensors.errors import ErrorKind

ROUTES: tuple[Route, ...] = (
    *sessions.ROUTES,
    *devices.ROUTES,
    *files.ROUTES,
    *alarms.ROUTES,
    *records.ROUTES,
    *exports.ROUTES,
    *walls.ROUTES,
    *training.ROUTES,
    *people.ROUTES,
    *pages.ROUTES,
)
LIVE = f"{API}/live"
"""The one WebSocket; its action is `live.NEEDED[Snapshot]`."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with that, browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_STRICT_POLICY = "default-src 'none'; frame-ancestors 'none'"


def build_app(hub: Hub, accounts: Accounts, keys: SigningKeys, settings: HubSettings, clock: Clock) -> FastAPI:
    """The hub's HTTP API and pages."""
    gate = Gate(accounts, keys, clock)
    desk = SignInDesk(accounts, keys, Throttle(clock))
    exports_desk = ExportDesk(settings.data_dir, exercise=settings.exercise)
    parts = Parts(hub, accounts, gate, desk, exports_desk, settings, clock)
    app = FastAPI(title="Shekara hub", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.exercise = settings.exercise
    for route in (*ROUTES, _openapi_route(exercise=settings.exercise)):
        register(app, parts, route)
    app.add_api_websocket_route(LIVE, live.LiveSocket(parts).serve, name="live")
    app.add_exception_handler(HTTPException, _not_a_route)
    app.add_middleware(ResponseHeaders, exercise=settings.exercise)
    return app


class ResponseHeaders:
    """Adds to every response what browsers should be told, and whether it is of an exercise."""

    def __init__(self, app: ASGIApp, *, exercise: bool) -> None:
        self._app = app
        self._headers = _HEADERS | ({EXERCISE_HEADER: "true"} if exercise else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its response back with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Content-Security-Policy", _STRICT_POLICY)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _openapi_route(*, exercise: bool) -> Route:
    made = openapi.document(ROUTES, version("shekara"), exercise=exercise)

    async def read_openapi(call: Call[Nothing, Nothing]) -> Response:
        """Read this document."""
        del call
        return encode(made)

    return Route("GET", f"{API}/openapi.json", Action.READ_STATE, read_openapi)


async def _not_a_route(request: Request, error: Exception) -> Response:
    """What the framework itself refuses: unknown paths and methods."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    kind = ErrorKind.NOT_FOUND if status == 404 else ErrorKind.WIRE
    return encode(Problem(kind.value, f"{request.method} {request.url.path[:200]} is not served"), status)
