"""The routes that browsers walk: sign in, see the walls, go to one with a fresh ticket."""

from urllib.parse import urlsplit

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hub.api.gate import COOKIE, refuse_foreign_page
from hub.api.html import STYLE_HASH, WAIT, WRONG, choose_language, failure_page, index_page, sign_in_page
from hub.api.route import Call, Nothing, Open, Parts, Route, problem
from hub.api.walls import find_page
from hub.people.throttle import ThrottledError
from hub.protocol import Session, SignIn
from sensors.access import Action, Principal
from sensors.errors import AccessError, ErrorKind, NotFoundError, ShekaraError, UnavailableError
from sensors.model import Language

_SEE_OTHER = 303


class PageQuery(Struct, frozen=True):
    """What a page's address may say; anything else in it means nothing."""

    wall: str = ""
    lang: str = ""


class SignInForm(Struct, frozen=True):
    """The form's fields."""

    name: str = ""
    password: str = ""
    wall: str = ""
    lang: str = ""


async def show_sign_in(call: Call[Nothing, PageQuery]) -> Response:
    """Show the form; somebody already signed in goes on to the wall at once."""
    language = language_of(call.request)
    try:
        principal = call.parts.gate.admit(call.request, Action.WATCH_WALL)
    except AccessError:
        page = sign_in_page(language, call.query.wall, exercise=call.parts.settings.exercise)
        return await _with_way_on(call.parts, call.query.wall, page)
    return await _go_on(call.parts, principal, call.query.wall)


async def sign_in_form(call: Call[SignInForm, Nothing]) -> Response:
    """Sign a browser in."""
    refuse_foreign_page(call.request)
    form = call.body
    language = choose_language(form.lang, call.request.headers.get("accept-language", ""), Language.RU)
    address = call.request.client.host if call.request.client else ""
    try:
        session = await call.parts.desk.sign_in(SignIn(form.name[:200], form.password[:256]), address)
    except ShekaraError as error:
        plain = problem(call.request, error)
        message = WAIT if isinstance(error, ThrottledError | UnavailableError) else WRONG
        made = sign_in_page(language, form.wall, message, exercise=call.parts.settings.exercise)
        page = await _with_way_on(call.parts, form.wall, made)
        page.status_code = plain.status_code
        return page
    principal = Principal(session.name, session.role, "", session.expires_at)
    return await _signed_in(call, session, principal)


async def _signed_in(call: Call[SignInForm, Nothing], session: Session, principal: Principal) -> Response:
    reply = await _go_on(call.parts, principal, call.body.wall)
    reply.set_cookie(
        COOKIE,
        session.token,
        expires=session.expires_at,
        httponly=True,
        samesite="strict",
        secure=call.parts.settings.url.startswith("https:"),
    )
    return reply


async def sign_out_form(call: Call[Nothing, Nothing]) -> Response:
    """Sign a browser out."""
    call.parts.accounts.revoke(call.who)
    reply = RedirectResponse("/sign-in", _SEE_OTHER)
    reply.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return reply


async def show_index(call: Call[Nothing, PageQuery]) -> Response:
    """Show the walls."""
    walls, exercise = await call.parts.hub.walls(), call.parts.settings.exercise
    return _html(index_page(language_of(call.request), call.who, walls, exercise=exercise))


async def go_to_wall(call: Call[Nothing, Nothing]) -> Response:
    """Go to a wall's page with a fresh ticket."""
    url = await find_page(call.parts.hub, call.ident("wall"))
    return RedirectResponse(call.parts.desk.ticket(call.who, url).url, _SEE_OTHER)


def explain(request: Request, error: ShekaraError) -> Response:
    """An error as a page: the form for those not signed in, else what happened."""
    plain = problem(request, error)
    language, exercise = language_of(request), bool(request.app.state.exercise)
    if error.error_kind is ErrorKind.UNAUTHENTICATED:
        page = sign_in_page(language, request.path_params.get("wall", ""), exercise=exercise)
    else:
        page = failure_page(language, error.text, exercise=exercise)
    return _html(page, plain.status_code)


def language_of(request: Request) -> Language:
    """The language asked for in the address, or by the browser; Russian when neither is ours."""
    return choose_language(
        request.query_params.get("lang", ""), request.headers.get("accept-language", ""), Language.RU
    )


async def _go_on(parts: Parts, principal: Principal, wall: str) -> Response:
    """To the named wall when the hub knows it; to the index otherwise. Never to an address that came from outside."""
    try:
        page = await find_page(parts.hub, wall)
    except (NotFoundError, UnavailableError):
        return RedirectResponse("/", _SEE_OTHER)
    return RedirectResponse(parts.desk.ticket(principal, page).url, _SEE_OTHER)


async def _with_way_on(parts: Parts, wall: str, page: str) -> Response:
    """A page whose form may end at the wall: browsers hold a form's redirects to the same policy as its action."""
    try:
        target = urlsplit(await find_page(parts.hub, wall))
    except (NotFoundError, UnavailableError):
        return _html(page)
    return _html(page, form_target=f" {target.scheme}://{target.netloc}")


def _html(page: str, status: int = 200, form_target: str = "") -> Response:
    policy = (
        f"default-src 'none'; style-src '{STYLE_HASH}'; form-action 'self'{form_target}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(page, status, {"Content-Security-Policy": policy})


ROUTES = (
    Route("GET", "/sign-in", Open.OPEN, show_sign_in, explain=explain),
    Route("POST", "/sign-in", Open.OPEN, sign_in_form, form=True, explain=explain),
    Route("POST", "/sign-out", Action.READ_STATE, sign_out_form, form=True, explain=explain),
    Route("GET", "/", Action.READ_STATE, show_index, explain=explain),
    Route("GET", "/walls/{wall}", Action.WATCH_WALL, go_to_wall, explain=explain),
)
