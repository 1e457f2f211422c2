"""Orders from the page: who may give them, what is passed on, and what the page is told."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from websockets.sync.client import connect

from sensors.access import Role
from sensors.clock import SystemClock
from tests.support.centre import Centre
from tests.support.moving_picture import MovingWall
from tests.support.wall_server import Keys, serving
from videowall.centre.orders import Orders
from videowall.clips.clips import Clips
from videowall.clips.ring import Rings
from videowall.config import WallSettings
from videowall.outputs.server import build_app

pytestmark = pytest.mark.alone

BODY = {"name": "change-wall", "change": {"layout": "3x3"}}


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def centre(keys: Keys) -> Centre:
    return Centre(keys)


@pytest.fixture
def post(centre: Centre, keys: Keys) -> Iterator[Callable[..., httpx.Response]]:
    app = build_app(
        MovingWall(),
        WallSettings(public_key_file=str(keys.public_file)),
        SystemClock(),
        petitions=centre.petitions,
    )
    with serving(app) as address, httpx.Client(base_url=f"http://{address}", trust_env=False, timeout=60) as client:

        def post(
            role: Role = Role.DUTY_OFFICER,
            wall: str = "main",
            headers: dict[str, str] | None = None,
            json: Any = None,
            content: bytes | None = None,
        ) -> httpx.Response:
            sent = {"Authorization": f"Bearer {keys.token(role=role)}", "Origin": f"http://{address}"}
            body = BODY if json is None and content is None else json
            return client.post(f"/wall/{wall}/order", headers={**sent, **(headers or {})}, json=body, content=content)

        yield post


def test_an_officers_order_reaches_the_centre_under_their_name(
    post: Callable[..., httpx.Response], centre: Centre
) -> None:
    assert post().status_code == 204
    assert centre.opened == [("aliya", "change-wall", b'{"layout":"3x3"}')]


def test_what_the_centre_refuses_is_said(post: Callable[..., httpx.Response], centre: Centre) -> None:
    centre.refusal = "no such layout"
    answer = post()
    assert (answer.status_code, "no such layout" in answer.json()["detail"]) == (409, True)


def test_without_a_centre_nothing_is_promised(post: Callable[..., httpx.Response], centre: Centre) -> None:
    centre.is_connected = False
    assert post().status_code == 503


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
def test_others_may_not_give_orders(post: Callable[..., httpx.Response], centre: Centre, role: Role) -> None:
    assert post(role).status_code == 403
    assert centre.opened == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN, Role.DUTY_OFFICER])
@pytest.mark.parametrize("is_able", [True, False], ids=["able", "unable"])
def test_a_page_is_told_what_its_sign_in_may_do_of_what_the_wall_can(
    centre: Centre, keys: Keys, *, role: Role, is_able: bool
) -> None:
    clock = SystemClock()
    clips = Clips("main", Rings(clock, 40.0, 1_000_000), clock, lambda _: None) if is_able else None
    petitions = centre.petitions if is_able else None
    settings = WallSettings(public_key_file=str(keys.public_file))
    headers = {"Authorization": f"Bearer {keys.token(role=role)}"}
    with (
        serving(build_app(MovingWall(), settings, clock, None, clips, petitions)) as address,
        connect(f"ws://{address}/wall/main/faces", additional_headers=headers, proxy=None) as page,
    ):
        hello = msgspec.json.decode(page.recv(timeout=60))
    may = is_able and role is Role.DUTY_OFFICER
    assert (hello["kind"], hello["may_control"], hello["may_save"]) == ("hello", may, may)


@pytest.mark.parametrize(
    ("named", "status"),
    [
        ({"headers": {"Origin": "http://evil.example"}}, 403),
        ({"headers": {"Content-Type": "text/plain"}, "content": msgspec.json.encode(BODY)}, 400),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b"[" * 1_000, "headers": {"Content-Type": "application/json"}}, 400),
        ({"content": b'{"change":' + b"[" * 1_400, "headers": {"Content-Type": "application/json"}}, 400),
        ({"json": {"name": "x y", "change": {}}}, 400),
        ({"json": {"name": "change-wall", "change": {"text": "x" * 2_000}}}, 413),
        ({"wall": "other"}, 404),
    ],
)
def test_bad_orders_are_refused(
    post: Callable[..., httpx.Response], centre: Centre, named: dict[str, object], status: int
) -> None:
    answer = post(**named)
    assert answer.status_code == status, answer.text
    assert centre.opened == []


async def test_the_centres_answers_are_no_commands_to_be_acknowledged() -> None:
    heard: list[tuple[str, str]] = []
    orders = Orders(None, lambda order, text: heard.append((order, text)))  # type: ignore[arg-type]  # not asked here
    payload = msgspec.json.encode({"id": "answer-1", "name": "order-answer", "arguments": {"order": "1", "text": "no"}})
    assert await orders.answer(payload) is None
    assert heard == [("1", "no")]
