"""What a route is, and how it is registered: with its action, or not at all.

A route's handler says by its type hints what it takes and returns: `async def answer(call: Call[Body, Query]) ->
Reply`. The same hints make the OpenAPI document, so it cannot say anything else.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, NamedTuple, TypeVar, get_args, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from fastapi import FastAPI
from msgspec import Struct
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from hub.api.export_desk import ExportDesk
from hub.api.gate import Gate
from hub.api.signing_in import SignInDesk
from hub.api.watched import ADMITTED
from hub.config import HubSettings
from hub.core import Hub
from hub.people.accounts import Accounts
from hub.people.throttle import ThrottledError
from hub.protocol import API, Problem
from sensors.access import Action, Principal
from sensors.clock import Clock
from sensors.errors import AccessError, ConfigError, ErrorKind, LimitError, ShekaraError, WireError
from sensors.model import DeviceId, DeviceKey, Ident, SiteId

MAX_BODY_BYTES = 65_536
MAX_FORM_FIELDS = 16


class Open(Enum):
    """In an action's place: anybody may ask. Only `OPEN_ROUTES` may say so."""

    OPEN = "open"


OPEN_ROUTES = frozenset({("POST", f"{API}/session"), ("GET", "/sign-in"), ("POST", "/sign-in")})
"""The whole list of what answers before sign-in."""


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """A body or query that must be empty."""


class RawBody(Struct, frozen=True):
    """A body that is a file, as it came."""

    content: bytes


B = TypeVar("B", bound=Struct)
Q = TypeVar("Q", bound=Struct)


class Parts(NamedTuple):
    """What handlers work with."""

    hub: Hub
    accounts: Accounts
    gate: Gate
    desk: SignInDesk
    exports: ExportDesk
    settings: HubSettings
    clock: Clock


@dataclass(frozen=True, slots=True)
class Call(Generic[B, Q]):
    """One request that has passed the gate, its parts decoded. `principal` is None on open routes alone."""

    parts: Parts
    request: Request
    principal: Principal | None
    body: B
    query: Q

    @property
    def who(self) -> Principal:
        """Who is asking.

        Raises:
            AccessError: this is an open route.
        """
        if self.principal is None:
            raise AccessError("sign-in needed", signed_in=False)
        return self.principal

    @property
    def key(self) -> DeviceKey:
        """The device that the path names."""
        return DeviceKey(SiteId(self.ident("site")), DeviceId(self.ident("device")))

    def ident(self, name: str) -> str:
        """An id of the path.

        Raises:
            WireError: it is not an id.
        """
        return str(convert(self.request.path_params[name], Ident, name))


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `answer` returns what is encoded as JSON, a ready `Response`, or None for 204.

    Its body is JSON, or an HTML form's fields where `form` is set; `explain` makes an error's response. A `Response`
    is documented as a file of the type `media`.
    """

    method: str
    path: str
    action: Action | Open
    answer: Callable[[Call[Any, Any]], Awaitable[object]]
    status: int = 200
    form: bool = False
    media: str = ""
    max_bytes: int = MAX_BODY_BYTES
    explain: "Callable[[Request, ShekaraError], Response]" = field(default_factory=lambda: problem)

    @property
    def takes(self) -> tuple[type[Struct], type[Struct]]:
        """The types of its body and of its query."""
        hints = get_type_hints(self.answer)
        body, query = get_args(hints["call"])
        return body, query

    @property
    def returns(self) -> object:
        """The type of its reply."""
        return get_type_hints(self.answer)["return"]


def register(app: FastAPI, parts: Parts, route: Route) -> None:
    """Add a route to the application, behind the gate.

    Raises:
        ConfigError: it is open without being listed as open, or listed and not open.
    """
    if (route.action is Open.OPEN) != ((route.method, route.path) in OPEN_ROUTES):
        raise ConfigError("a route is open if and only if OPEN_ROUTES lists it", subject=f"{route.method} {route.path}")
    body_type, query_type = route.takes

    async def endpoint(request: Request) -> Response:
        try:
            principal = None if isinstance(route.action, Open) else parts.gate.admit(request, route.action)
            setattr(request.state, ADMITTED, principal is not None)
            query = convert(dict(request.query_params), query_type, "query")
            body = await _body(request, body_type, route)
            reply = await route.answer(Call(parts, request, principal, body, query))
        except ShekaraError as error:
            return route.explain(request, error)
        return reply if isinstance(reply, Response) else _json(reply, route.status)

    app.add_api_route(
        route.path,
        endpoint,
        methods=[route.method],
        name=f"{route.method} {route.path}",
        status_code=route.status,
        response_model=None,
        include_in_schema=False,
    )


def problem(connection: HTTPConnection, error: ShekaraError) -> Response:
    """An error as its kind's status and a `Problem`."""
    del connection
    status, headers = error.consequence.http_status, dict[str, str]()
    if error.error_kind is ErrorKind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, ThrottledError):
        status, headers["Retry-After"] = 429, str(int(error.retry_after_s) + 1)
    return encode(Problem(error.error_kind.value, error.text), status, headers)


def encode(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A value of `hub.protocol` as JSON."""
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")


T = TypeVar("T")


def convert(value: object, type_: Any, subject: str) -> Any:
    """A value from outside as its type.

    Raises:
        WireError: it is not of that type; the text names the field.
    """
    try:
        return msgspec.convert(value, type_, strict=False)
    except msgspec.ValidationError as error:
        raise WireError(str(error), subject=subject) from error


def _json(reply: object, status: int) -> Response:
    return Response(status_code=204) if reply is None else encode(reply, status)


async def _body(request: Request, type_: type[Struct], route: Route) -> Struct:
    """The request's body, read up to its bound, decoded strictly.

    Raises:
        LimitError: it is over the route's `max_bytes`.
        WireError: it is not JSON of that type; the text names the field.
    """
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > route.max_bytes:
            raise LimitError(f"over {route.max_bytes} bytes", subject="request body", mend="Send less")
    if type_ is RawBody:
        return RawBody(bytes(raw))
    try:
        if route.form:
            fields = dict(parse_qsl(raw.decode("utf-8"), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS))
            return msgspec.convert(fields, type_, strict=False)
        return msgspec.json.decode(bytes(raw or b"{}"), type=type_)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise WireError(str(error), subject="request body", mend=f"See {API}/openapi.json") from error
