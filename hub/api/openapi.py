"""The OpenAPI document, made from the routes themselves and the types of `hub.protocol`."""

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct, structs

from hub.api.route import Open, RawBody, Route
from hub.protocol import API, LiveMessage, Problem
from sensors.access import ALLOWED, Action

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"{(\w+)}")
_ERRORS = {
    400: "the request is not understood; the text names the field",
    401: "nobody is signed in, or the sign-in is over",
    403: "the role may not do this",
    404: "the named thing does not exist",
    409: "the named thing has moved on",
    413: "a bound was passed",
    429: "too many failed sign-ins; see Retry-After",
    503: "a part of the hub does not answer now",
}


def document(routes: Iterable[Route], version: str, *, exercise: bool = False) -> dict[str, Any]:
    """OpenAPI 3.1 of all routes under the API's prefix, and of the live feed's messages."""
    listed = [route for route in routes if route.path.startswith(API)]
    types: list[object] = [Problem, LiveMessage]
    for route in listed:
        taken = route.takes if route.media else (*route.takes, route.returns)
        types += [type_ for type_ in taken if type_ not in (*types, RawBody)]
    shapes, components = msgspec.json.schema_components(types, ref_template=_REF)
    schemas = dict(zip(map(repr, types), shapes, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in listed:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    paths[f"{API}/live"] = {"get": _live(schemas)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Shekara hub, EXERCISE" if exercise else "Shekara hub",
            "version": version,
            "description": "Sign in with POST /session.",
            "x-exercise": exercise,
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"bearer": []}],
    }


def _operation(route: Route, schemas: Mapping[str, Any]) -> dict[str, Any]:
    body, query = route.takes
    operation: dict[str, Any] = {
        "operationId": route.answer.__name__,
        "summary": inspect.getdoc(route.answer) or "",
        "description": _who_may(route.action),
        "parameters": _path_parameters(route.path) + _query_parameters(query),
        "responses": {str(status): _problem(text, schemas) for status, text in _ERRORS.items()},
    }
    if body is RawBody:
        operation["requestBody"] = {"required": True, "content": {"application/xml": {"schema": {"type": "string"}}}}
    elif structs.fields(body):
        needed = any(item.required for item in structs.fields(body))
        operation["requestBody"] = {"required": needed, "content": _json(schemas[repr(body)])}
    if route.media:
        operation["responses"][str(route.status)] = {"description": "the file", "content": {route.media: {}}}
    elif route.returns is type(None):
        operation["responses"]["204"] = {"description": "done"}
    else:
        operation["responses"][str(route.status)] = {
            "description": "done",
            "content": _json(schemas[repr(route.returns)]),
        }
    if isinstance(route.action, Open):
        operation["security"] = []
    return operation


def _live(schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "operationId": "live",
        "summary": "WebSocket: a snapshot first, then every change since it.",
        "description": _who_may(Action.READ_STATE) + " Log lines go only to roles that may read the log.",
        "responses": {
            "101": {"description": "each text message is one of these", "content": _json(schemas[repr(LiveMessage)])},
            "401": _problem(_ERRORS[401], schemas),
            "403": _problem(_ERRORS[403], schemas),
            "503": _problem(_ERRORS[503], schemas),
        },
    }


def _who_may(action: Action | Open) -> str:
    if isinstance(action, Open):
        return "Open to anybody."
    return f"Action {action}: {', '.join(role for role in ALLOWED if action in ALLOWED[role])}."


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(path)
    ]


def _query_parameters(query: type[Struct]) -> list[dict[str, Any]]:
    (_, components) = msgspec.json.schema_components([query])
    properties = components[query.__name__].get("properties", {})
    return [
        {
            "name": item.encode_name,
            "in": "query",
            "required": item.required,
            "description": properties[item.encode_name].get("description", ""),
            "schema": properties[item.encode_name],
        }
        for item in structs.fields(query)
    ]


def _problem(text: str, schemas: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": _json(schemas[repr(Problem)])}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
