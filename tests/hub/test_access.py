"""Every route of the running application, for nobody and for each role, against the one table."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from hub.api import live
from hub.api.app import LIVE, ROUTES, build_app
from hub.api.route import OPEN_ROUTES, Call, Nothing, Open, Route, register
from hub.protocol import Snapshot, live_decoder
from sensors.access import ALLOWED, Action, Role
from sensors.errors import ConfigError
from tests.hub.standing_hub import PASSWORD, StandingHub, standing_hub

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACTIONS: dict[tuple[str, str], Action | Open] = {(route.method, route.path): route.action for route in ROUTES} | {
    ("GET", "/api/v1/openapi.json"): Action.READ_STATE
}
GATED = {route: action for route, action in ACTIONS.items() if isinstance(action, Action)}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def hub(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StandingHub]:
    async with standing_hub(tmp_path_factory.mktemp("access")) as hub:
        yield hub


async def sign_in(hub: StandingHub, role: Role) -> str:
    async with httpx.AsyncClient(base_url=hub.url, trust_env=False, timeout=60) as http:
        reply = await http.post("/api/v1/session", json={"name": role.value, "password": PASSWORD})
        return str(reply.json()["token"])


async def ask(hub: StandingHub, method: str, path: str, token: str | None) -> int:
    """The status for a request whose path leads nowhere and whose body is wrong: past the gate, nothing happens."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    real = path.format(site="no", device="no", metric="no", occurrence="no", wall="no", name="no", preset="no")
    async with httpx.AsyncClient(base_url=hub.url, trust_env=False, timeout=60) as http:
        return (await http.request(method, real, headers=headers, content=b"[]")).status_code


async def test_the_application_serves_exactly_the_routes_that_name_their_action(hub: StandingHub) -> None:
    app = build_app(hub.facade, hub.accounts, hub.keys, hub.settings, hub.clock)
    served: set[tuple[str, str]] = set()
    sockets: list[str] = []
    for route in app.routes:
        if isinstance(route, APIWebSocketRoute):
            sockets.append(route.path)
        else:
            assert isinstance(route, APIRoute), route
            served |= {(method, route.path) for method in route.methods or ()}
    assert served == set(ACTIONS)
    assert sockets == [LIVE]
    assert {route for route, action in ACTIONS.items() if action is Open.OPEN} == OPEN_ROUTES
    assert {
        ("POST", "/api/v1/session"),
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
    } == OPEN_ROUTES


@pytest.mark.parametrize("route", GATED, ids=" ".join)
async def test_nobody_passes_without_signing_in(hub: StandingHub, route: tuple[str, str]) -> None:
    assert await ask(hub, *route, None) == 401


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", GATED, ids=" ".join)
async def test_each_role_passes_exactly_where_the_table_lets_it(
    hub: StandingHub, route: tuple[str, str], role: Role
) -> None:
    status = await ask(hub, *route, await sign_in(hub, role))
    if GATED[route] in ALLOWED[role]:
        assert status not in (401, 403)
    else:
        assert status == 403


async def test_the_live_feed_passes_the_same_gate(hub: StandingHub) -> None:
    address = f"{hub.url.replace('http', 'ws')}{LIVE}"
    with pytest.raises(InvalidStatus) as refused:
        await connect(address, proxy=None)
    assert refused.value.response.status_code == 401
    for role in Role:
        header = {"Authorization": f"Bearer {await sign_in(hub, role)}"}
        async with connect(address, additional_headers=header, proxy=None) as socket:
            assert isinstance(live_decoder.decode(await socket.recv()), Snapshot)


async def test_every_live_message_has_its_action() -> None:
    assert set(live_decoder.type.__args__) == set(live.NEEDED)


async def nothing(call: Call[Nothing, Nothing]) -> None:
    """Do nothing."""
    del call


@pytest.mark.parametrize(
    "route",
    [
        Route("GET", "/api/v1/backdoor", Open.OPEN, nothing),
        Route("POST", "/api/v1/session", Action.READ_STATE, nothing),
    ],
)
async def test_a_route_is_open_only_by_the_list_and_closed_only_off_it(hub: StandingHub, route: Route) -> None:
    del hub
    app = FastAPI()
    before = len(app.routes)
    with pytest.raises(ConfigError, match="OPEN_ROUTES"):
        register(app, None, route)  # type: ignore[arg-type] # refused before its parts are looked at
    assert len(app.routes) == before
