"""Nothing of a wall is reached without proof of sign-in, and every proof is the right one."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI
from starlette.routing import BaseRoute, WebSocketRoute
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from sensors.access import Audience
from sensors.clock import SystemClock
from tests.support.moving_picture import MovingWall
from tests.support.wall_server import Keys, serving
from videowall.config import WallSettings
from videowall.outputs.server import build_app

pytestmark = pytest.mark.alone

get = partial(httpx.get, timeout=60)
SIGN_IN = "http://hub.test:8460/sign-in"
PATHS = {"name": "main", "site": "kordai", "device": "cam-1"}


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


def _app(keys: Keys, sign_in_url: str = SIGN_IN) -> FastAPI:
    settings = WallSettings(public_key_file=str(keys.public_file), sign_in_url=sign_in_url)
    return build_app(MovingWall(), settings, SystemClock())


@pytest.fixture
def app(keys: Keys) -> FastAPI:
    return _app(keys)


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    with serving(app) as address:
        yield address


def _routes(app: FastAPI) -> Iterator[BaseRoute]:
    """Those of included routers too."""
    for route in app.routes:
        included = getattr(route, "original_router", None)
        yield from included.routes if included is not None else (route,)


def _paths(app: FastAPI, *, sockets: bool) -> list[str]:
    routes = [route for route in _routes(app) if isinstance(route, WebSocketRoute) is sockets]
    return [str(getattr(route, "path", "")).format(**PATHS) for route in routes]


def _close_code(address: str, path: str, **options: object) -> int:
    """The code a WebSocket is closed with, and proof that nothing was said before."""
    with (
        connect(f"ws://{address}{path}", **options) as socket,  # type: ignore[arg-type] # options are connect's own
        pytest.raises(ConnectionClosed) as closed,
    ):
        socket.recv(timeout=30)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def test_every_route_there_is_refuses_whoever_brings_no_proof(app: FastAPI, address: str) -> None:
    paths = _paths(app, sockets=False)
    assert {"/", "/health", "/wall/main.jpg", "/wall/main/tiles.json"} <= set(paths)
    for path in [*paths, "/nothing/here", "/docs", "/openapi.json"]:
        answer = get(f"http://{address}{path}")
        if path == "/":
            assert (answer.status_code, answer.headers["location"]) == (303, f"{SIGN_IN}?wall=main")
        else:
            assert answer.status_code == 401, path
            assert answer.json()["kind"] == "unauthenticated"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


def test_every_socket_there_is_refuses_whoever_brings_no_proof(app: FastAPI, address: str) -> None:
    paths = _paths(app, sockets=True)
    assert {path.removeprefix("/wall/main/") for path in paths} == {
        "stream",
        "faces",
        "tiles",
        "camera/kordai/cam-1/stream",
    }
    for path in [*paths, "/wall/other/stream", "/nothing"]:
        assert _close_code(address, path) == 4401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_no_other_method_slips_past_the_gate(address: str, method: str) -> None:
    assert httpx.request(method, f"http://{address}/", timeout=60).status_code == 401


def test_a_session_in_the_header_or_in_the_cookie_is_let_in(keys: Keys, address: str) -> None:
    url = f"http://{address}/health"
    assert get(url, headers=keys.bearer()).json() == {"wall": "main", "viewers": 0}
    for audience in Audience:
        assert get(url, cookies={"shekara_session": keys.token(audience)}).status_code == 200


@pytest.mark.parametrize("token", [".", "x", "a.b.c", "é", "x" * 9000])
def test_a_token_that_is_none_is_refused(address: str, token: str) -> None:
    headers = {b"Authorization": b"Bearer " + token.encode(), b"Cookie": b"shekara_session=" + token.encode()}
    assert get(f"http://{address}/health", headers=list(headers.items())[:1]).status_code == 401
    assert get(f"http://{address}/health", headers=list(headers.items())[1:]).status_code == 401


def test_a_token_of_another_signer_or_over_or_for_something_else_is_refused(
    keys: Keys, address: str, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    stranger = Keys(tmp_path / "other")
    url = f"http://{address}/health"
    for token in (stranger.token(), keys.token(lifetime_s=-5), keys.token(Audience.TICKET)):
        assert get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 401
    bad_header_wins = {"Authorization": "Bearer nothing", "Cookie": f"shekara_session={keys.token()}"}
    assert get(url, headers=bad_header_wins).status_code == 401


def test_a_ticket_becomes_a_cookie_and_leaves_the_address(keys: Keys, address: str) -> None:
    ticket = keys.token(Audience.TICKET, lifetime_s=300)
    with httpx.Client(timeout=60) as client:
        answer = client.get(f"http://{address}/?ticket={ticket}&lang=kk")
        assert (answer.status_code, answer.headers["location"]) == (303, "/?lang=kk")
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/" in cookie
        assert 290 < int(cookie.partition("Max-Age=")[2].partition(";")[0]) <= 300
        assert client.get(f"http://{address}/").status_code == 200
        assert client.get(f"http://{address}/page/main.js").status_code == 200


def test_a_ticket_opens_no_door_but_the_front_one(keys: Keys, address: str) -> None:
    ticket = keys.token(Audience.TICKET)
    assert get(f"http://{address}/wall/main.jpg?ticket={ticket}").status_code == 401


@pytest.mark.parametrize("ticket", ["wrong", "session", "over"])
def test_a_refused_ticket_is_explained_and_not_sent_round_in_circles(keys: Keys, address: str, ticket: str) -> None:
    text = {
        "wrong": "abc",
        "session": keys.token(Audience.SESSION),
        "over": keys.token(Audience.TICKET, lifetime_s=-1),
    }[ticket]
    answer = get(f"http://{address}/?ticket={text}")
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-type"].startswith("text/html")
    assert f"{SIGN_IN}?wall=main" in answer.text
    assert text not in answer.text


def test_without_a_sign_in_page_the_visitor_is_told_in_plain_words(keys: Keys) -> None:
    with serving(_app(keys, sign_in_url="")) as address:
        answer = get(f"http://{address}/")
    assert answer.status_code == 401
    assert "Нужно войти" in answer.text
    assert "Sign-in needed" in answer.text


def test_while_the_key_is_missing_everything_is_refused_with_the_reason(keys: Keys, address: str) -> None:
    headers = keys.bearer()
    url = f"http://{address}/health"
    assert get(url, headers=headers).status_code == 200
    keys.public_file.unlink()
    answer = get(url, headers=headers)
    assert answer.status_code == 503
    assert answer.json()["kind"] == "unavailable"
    assert "public_key_file" in answer.json()["detail"]
    assert str(keys.public_file.parent) not in answer.text
    assert get(f"http://{address}/").status_code == 503
    assert _close_code(address, "/wall/main/stream", additional_headers=headers) == 1013
    keys.publish()
    assert get(url, headers=headers).status_code == 200


def test_a_changed_key_ends_old_sign_ins_and_begins_new_ones(keys: Keys, address: str, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    new = Keys(tmp_path / "new")
    new.public_file.replace(keys.public_file)
    assert get(f"http://{address}/health", headers=keys.bearer()).status_code == 401
    assert get(f"http://{address}/health", headers=new.bearer()).status_code == 200


@pytest.mark.parametrize("kind", ["rubbish", "another curve", "empty"])
def test_a_file_that_is_no_key_is_named_as_the_trouble(keys: Keys, address: str, kind: str) -> None:
    foreign = generate_private_key(SECP256R1()).public_key()
    pem = foreign.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    keys.public_file.write_bytes({"rubbish": b"\xff\x00 key", "another curve": pem, "empty": b""}[kind])
    answer = get(f"http://{address}/health", headers=keys.bearer())
    assert answer.status_code == 503
    assert "no Ed25519 public key" in answer.json()["detail"]


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "http://[", "http://127.0.0.1:1"])
def test_a_page_of_another_site_cannot_open_the_stream(keys: Keys, address: str, origin: str) -> None:
    cookie = {"Cookie": f"shekara_session={keys.token()}"}
    code = _close_code(address, "/wall/main/stream", additional_headers=cookie, origin=origin)
    assert code == 4403
