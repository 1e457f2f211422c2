"""Refusals and failures as the asker sees them: a Problem in JSON, or a page in plain words for a person."""

from html import escape
from typing import Final

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from msgspec import Struct
from starlette.exceptions import HTTPException

from sensors.errors import ErrorKind, ShekaraError, UnavailableError

_RETRY_AFTER_S: Final = "2"
_TITLES: Final = {
    401: ("Кіру қажет", "Нужно войти", "Sign-in needed"),
    403: ("Рұқсат жоқ", "Нет доступа", "Not allowed"),
    503: ("Әзірге қолжетімсіз", "Пока недоступно", "Not available yet"),
}


class Problem(Struct, frozen=True):
    """An error's body, as at the hub: the closed kind, and one line for people."""

    kind: ErrorKind
    detail: str


def problem_response(error: ShekaraError) -> Response:
    """The error as a Problem, with its kind's status."""
    return _respond(error.consequence.http_status, Problem(error.error_kind, error.text), _headers(error))


def refusal_page(error: ShekaraError, sign_in_url: str) -> Response:
    """The error as a page for a person, in three languages. It needs no style sheet: those are behind the gate."""
    status = error.consequence.http_status
    titles = _TITLES.get(status, _TITLES[503])
    link = (
        f'<p><a href="{escape(sign_in_url)}">{escape(titles[1])} / {escape(titles[2])}</a></p>' if sign_in_url else ""
    )
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="dark">'
        f"<title>{escape(titles[2])}</title>"
        + "".join(f"<h1>{escape(title)}</h1>" for title in titles)
        + f"<p>{escape(error.text)}</p>{link}"
    )
    return Response(body, status, _headers(error), "text/html; charset=utf-8")


def install_problems(app: FastAPI) -> None:
    """Make every failure of a route leave as a Problem."""

    async def of_ours(_: Request, error: Exception) -> Response:
        assert isinstance(error, ShekaraError)  # noqa: S101 - the registration below says so
        return problem_response(error)

    async def of_input(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - the registration below says so
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return _respond(400, Problem(ErrorKind.WIRE, f"{where}: {first['msg']}"))

    async def of_routing(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - the registration below says so
        kind = ErrorKind.NOT_FOUND if error.status_code == 404 else ErrorKind.WIRE
        return _respond(error.status_code, Problem(kind, error.detail), dict(error.headers or {}))

    app.add_exception_handler(ShekaraError, of_ours)
    app.add_exception_handler(RequestValidationError, of_input)
    app.add_exception_handler(HTTPException, of_routing)


def _headers(error: ShekaraError) -> dict[str, str]:
    if error.error_kind is ErrorKind.UNAUTHENTICATED:
        return {"WWW-Authenticate": "Bearer"}
    return {"Retry-After": _RETRY_AFTER_S} if isinstance(error, UnavailableError) else {}


def _respond(status: int, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(problem), status, headers, "application/json")
