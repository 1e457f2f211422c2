import asyncio
import json
import re
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hub.api import live
from hub.api.app import LIVE, ROUTES
from hub.api.gate import COOKIE
from hub.api.html import choose_language
from hub.api.server import bind
from hub.protocol import Problem
from sensors.access import Audience, Principal, Role, issue_token, verify_token
from sensors.clock import ManualClock, SystemClock
from sensors.errors import UnavailableError
from sensors.model import Language
from tests.hub.standing_hub import FENCE, PASSWORD, StandingHub, standing_hub
from tests.support.waiting import eventually_async


class Speaker:
    """A raw HTTP client of the hub, signed in as one role."""

    def __init__(self, hub: StandingHub, http: httpx.AsyncClient, token: str) -> None:
        self.hub, self.http, self.token = hub, http, token

    async def ask(self, method: str, path: str, **named: Any) -> httpx.Response:
        return await self.http.request(method, path, headers={"Authorization": f"Bearer {self.token}"}, **named)


async def speaker(hub: StandingHub, role: Role, http: httpx.AsyncClient) -> Speaker:
    reply = await http.post("/api/v1/session", json={"name": role.value, "password": PASSWORD})
    assert reply.status_code == 200, reply.text
    return Speaker(hub, http, reply.json()["token"])


def browser(hub: StandingHub) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=hub.url, trust_env=False, timeout=60, headers={"Origin": hub.url})


def problem(reply: httpx.Response) -> Problem:
    return msgspec.json.decode(reply.content, type=Problem)


async def test_bad_requests_are_answered_with_what_is_wrong_and_where(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        chief = await speaker(hub, Role.ADMINISTRATOR, http)
        cases: list[tuple[str, str, dict[str, Any], int, str]] = [
            ("POST", "/api/v1/session", {"content": b"{"}, 400, "request body"),
            ("POST", "/api/v1/session", {"content": b"\xff"}, 400, "request body"),
            ("POST", "/api/v1/session", {"content": b"[" * 50_000}, 400, "request body"),
            ("POST", "/api/v1/session", {"json": {"name": "x"}}, 400, "password"),
            ("POST", "/api/v1/session", {"json": {"name": 3, "password": "x"}}, 400, "$.name"),
            ("POST", "/api/v1/session", {"json": {"name": "x", "password": "x", "role": "viewer"}}, 400, "role"),
            ("POST", "/api/v1/log", {"content": b"x" * 65_537}, 413, "65536"),
            ("POST", "/api/v1/log", {"json": {"text": "x" * 2001}}, 400, "$.text"),
            ("PUT", "/api/v1/walls/main", {"json": {"spotlight": {"site": "a"}}}, 400, "$.spotlight"),
            ("PUT", "/api/v1/walls/Main", {"json": {}}, 400, "wall"),
            ("PUT", "/api/v1/accounts/x", {"json": {"role": "king", "password": PASSWORD}}, 400, "$.role"),
            ("PUT", "/api/v1/accounts/x", {"json": {"role": "viewer", "password": "short"}}, 400, "$.password"),
            ("GET", "/api/v1/log?limit=0", {}, 400, "limit"),
            ("GET", "/api/v1/log?limit=many", {}, 400, "limit"),
            ("GET", "/api/v1/log?colour=red", {}, 400, "colour"),
            ("GET", "/api/v1/history/kordai/fence-1/tension?since=2026-01-01T00:00:00", {}, 400, "since"),
            ("GET", "/api/v1/history/kordai/fence-1/Tension", {}, 400, "metric"),
            ("GET", "/api/v1/history/kordai/fence-1/nothing", {}, 404, "nothing"),
            ("POST", "/api/v1/devices/kordai/ghost/approve", {}, 404, "ghost"),
            ("POST", "/api/v1/devices/..%2f/ghost/approve", {}, 404, ""),
            ("POST", "/api/v1/walls/other/ticket", {}, 404, "other"),
            ("GET", "/api/v1/nothing", {}, 404, "nothing"),
            ("DELETE", "/api/v1/devices", {}, 405, "DELETE"),
            ("GET", "/docs", {}, 404, ""),
        ]
        for method, path, named, status, text in cases:
            reply = await chief.ask(method, path, **named)
            assert reply.status_code == status, (method, path, reply.text)
            assert text in problem(reply).detail, (method, path, reply.text)


async def test_every_reply_tells_browsers_to_be_careful(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        for path in ("/", "/sign-in", "/api/v1/status", "/nothing"):
            headers = (await http.get(path)).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["cache-control"] == "no-store"
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "server" not in headers


async def test_the_document_describes_every_route_and_type(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        viewer = await speaker(hub, Role.VIEWER, http)
        document = (await viewer.ask("GET", "/api/v1/openapi.json")).json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    listed = {(route.method, route.path) for route in ROUTES if route.path.startswith("/api")}
    assert described == listed | {("GET", LIVE)}
    text = json.dumps(document)
    for name in re.findall(r'"#/components/schemas/(\w+)"', text):
        assert name in document["components"]["schemas"]
    for name in ("Problem", "Snapshot", "AlarmChanged", "SignIn", "WallRequest", "History", "DeviceView"):
        assert name in document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            assert {"401", "403"} <= set(operation["responses"])
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(set(names)) == len(names)


async def test_guessing_is_slowed_down_and_says_for_how_long(tmp_path: Path) -> None:
    clock = ManualClock(datetime.now(UTC))
    async with standing_hub(tmp_path, clock) as hub, browser(hub) as http:
        guess = {"name": "administrator", "password": "wrong"}
        statuses = [(await http.post("/api/v1/session", json=guess)).status_code for _ in range(4)]
        assert statuses == [401] * 4
        slowed = await http.post("/api/v1/session", json=guess)
        assert (slowed.status_code, problem(slowed).kind) == (429, "limit")
        assert int(slowed.headers["retry-after"]) >= 1
        right = await http.post("/api/v1/session", json={"name": "administrator", "password": PASSWORD})
        assert right.status_code == 429
        page = await http.post("/sign-in", data={"name": "administrator", "password": PASSWORD, "lang": "kk"})
        assert (page.status_code, "Әрекет тым көп" in page.text) == (429, True)
        assert (await http.post("/api/v1/session", json={"name": "viewer", "password": PASSWORD})).status_code == 200


async def test_many_who_sign_in_at_once_are_served_few_at_a_time_or_told_to_wait(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        body = {"name": "viewer", "password": PASSWORD}
        replies = await asyncio.gather(*(http.post("/api/v1/session", json=body) for _ in range(60)))
        assert {reply.status_code for reply in replies} <= {200, 503}
        assert sum(reply.status_code == 200 for reply in replies) >= 34


async def test_a_browser_signs_in_and_goes_on_to_the_wall_with_a_ticket(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        form = await http.get("/sign-in?wall=main&lang=kk")
        assert (form.status_code, 'lang="kk"' in form.text, "Құпиясөз" in form.text) == (200, True, True)
        assert "form-action 'self' http://127.0.0.1:8461;" in form.headers["content-security-policy"]
        signed_in = await http.post("/sign-in", data={"name": "viewer", "password": PASSWORD, "wall": "main"})
        assert signed_in.status_code == 303
        place, _, ticket = signed_in.headers["location"].partition("?ticket=")
        assert place == "http://127.0.0.1:8461/"
        watcher = verify_token(ticket, Audience.TICKET, hub.keys.public_pem, hub.clock.now())
        assert (watcher.name, watcher.role) == ("viewer", Role.VIEWER)
        cookie = signed_in.headers["set-cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/", COOKIE))
        again = await http.get("/sign-in?wall=main")
        assert (again.status_code, "ticket=" in again.headers["location"]) == (303, True)
        assert (await http.get("/walls/main")).status_code == 303
        index = await http.get("/")
        assert (index.status_code, 'href="/walls/main"' in index.text) == (200, True)
        away = await http.post("/sign-out")
        assert (away.status_code, away.headers["location"]) == (303, "/sign-in")
        assert (await http.get("/")).status_code == 401


async def test_a_ticket_never_carries_more_than_is_of_use_at_a_wall(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        carried = {}
        for role in Role:
            asking = await speaker(hub, role, http)
            ticket = (await asking.ask("POST", "/api/v1/walls/main/ticket")).json()["url"].partition("?ticket=")[2]
            carried[role] = verify_token(ticket, Audience.TICKET, hub.keys.public_pem, hub.clock.now()).role
        assert carried == {
            Role.VIEWER: Role.VIEWER,
            Role.TECHNICIAN: Role.VIEWER,
            Role.INSTRUCTOR: Role.VIEWER,
            Role.DUTY_OFFICER: Role.DUTY_OFFICER,
            Role.ADMINISTRATOR: Role.ADMINISTRATOR,
        }
        as_session = await http.get("/api/v1/status", headers={"Authorization": f"Bearer {ticket}"})
        assert as_session.status_code == 401


@pytest.mark.parametrize("wall", ["", "//evil.example", "https://evil.example/", "other", "main/../..", '"><script>'])
async def test_sign_in_leads_nowhere_that_the_hub_does_not_know(tmp_path: Path, wall: str) -> None:
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        form = await http.get("/sign-in", params={"wall": wall})
        assert "<script" not in form.text
        assert "evil.example" not in form.headers["content-security-policy"]
        reply = await http.post("/sign-in", data={"name": "viewer", "password": PASSWORD, "wall": wall})
        assert (reply.status_code, reply.headers["location"]) == (303, "/")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1:1", "http://[", "x"])
async def test_a_page_of_another_site_can_do_nothing_with_this_browsers_cookie(tmp_path: Path, origin: str) -> None:
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        await http.post("/sign-in", data={"name": "administrator", "password": PASSWORD})
        assert (await http.post("/api/v1/log", json={"text": "mine"})).status_code == 201
        foreign = {"Origin": origin}
        for method, path in (("POST", "/api/v1/log"), ("POST", "/sign-out"), ("DELETE", "/api/v1/accounts/viewer")):
            assert (await http.request(method, path, headers=foreign)).status_code == 403
        named = {"name": "viewer", "password": PASSWORD}
        assert (await http.post("/sign-in", data=named, headers=foreign)).status_code == 403
        cookie = f"{COOKIE}={http.cookies[COOKIE]}"
        address = f"{hub.url.replace('http', 'ws')}{LIVE}"
        with pytest.raises(InvalidStatus) as refused:
            await connect(address, additional_headers={"Cookie": cookie, "Origin": origin}, proxy=None)
        assert refused.value.response.status_code == 403
        async with connect(address, additional_headers={"Cookie": cookie, "Origin": hub.url}, proxy=None) as ours:
            assert json.loads(await ours.recv())["type"] == "snapshot"


async def test_a_wrong_password_on_the_page_says_so_in_the_readers_language(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        for language, words in (("en", "is wrong"), ("ru", "Неверное имя"), ("kk", "дұрыс емес")):
            page = await http.post("/sign-in", data={"name": "viewer", "password": "no", "lang": language})
            assert (page.status_code, words in page.text) == (401, True)


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("kk", "en", Language.KK),
        ("", "de-DE, en-GB;q=0.8, ru;q=0.5", Language.EN),
        ("xx", "kk-KZ", Language.KK),
        ("", "", Language.RU),
        ("", ",;=" * 200, Language.RU),
    ],
)
def test_the_page_speaks_the_readers_language(asked: str, accepted: str, language: Language) -> None:
    assert choose_language(asked, accepted, Language.RU) is language


async def watch(hub: StandingHub, token: str) -> ClientConnection:
    return await connect(
        f"{hub.url.replace('http', 'ws')}{LIVE}",
        additional_headers={"Authorization": f"Bearer {token}"},
        proxy=None,
        max_size=None,
    )


async def read_to_the_end(feed: Connection) -> None:
    async with asyncio.timeout(20):
        while True:
            await feed.recv()


async def test_log_lines_reach_only_those_who_may_read_the_log(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        officer = await speaker(hub, Role.DUTY_OFFICER, http)
        viewer = await speaker(hub, Role.VIEWER, http)
        sockets = [await watch(hub, each.token) for each in (officer, viewer)]
        try:
            first = [json.loads(await each.recv()) for each in sockets]
            assert [bool(snapshot["log"]) for snapshot in first] == [True, False]
            await officer.ask("POST", "/api/v1/log", json={"text": "for the log's readers"})
            hub.measure(FENCE, alarm=True)
            kinds: list[set[str]] = [set(), set()]
            for each, seen in zip(sockets, kinds, strict=True):
                while "alarm" not in seen or "metrics" not in seen:
                    seen.add(json.loads(await asyncio.wait_for(each.recv(), 20))["type"])
            assert "log" in kinds[0]
            assert "log" not in kinds[1]
        finally:
            for each in sockets:
                await each.close()


async def test_a_revoked_sign_in_is_shown_out_of_a_running_feed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHECK_INTERVAL_S", 0.05)
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        viewer = await speaker(hub, Role.VIEWER, http)
        async with await watch(hub, viewer.token) as feed:
            await feed.recv()
            assert (await viewer.ask("DELETE", "/api/v1/session")).status_code == 204
            with pytest.raises(ConnectionClosed) as closed:
                await read_to_the_end(feed)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == live.POLICY_VIOLATION
        assert live.CHECK_INTERVAL_S <= 5


async def test_whoever_talks_on_the_feed_is_shown_out(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        viewer = await speaker(hub, Role.VIEWER, http)
        async with await watch(hub, viewer.token) as feed:
            await feed.send("hello")
            with pytest.raises(ConnectionClosed):
                await read_to_the_end(feed)


async def test_a_watcher_that_does_not_read_is_cut_off_and_counted_and_the_others_see_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SEND_WITHIN_S", 0.5)
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        chief = await speaker(hub, Role.ADMINISTRATOR, http)
        host, port = hub.url.removeprefix("http://").split(":")
        lazy = socket.socket()
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.connect((host, int(port)))
        lazy.sendall(
            f"GET {LIVE} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {chief.token}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        try:
            async with await watch(hub, chief.token) as good:
                await good.recv()
                noted = 0

                def dropped() -> bool:
                    return hub.feed.dropped_total > 0

                async def talk() -> None:
                    nonlocal noted
                    while not dropped():
                        await hub.facade.write_note("administrator", f"{noted} {'x' * 1990}")
                        noted += 1

                talking = asyncio.create_task(talk())
                numbers: list[int] = []
                with suppress(TimeoutError):
                    while not (talking.done() and len(numbers) == noted):
                        message = json.loads(await asyncio.wait_for(good.recv(), 30))
                        if message["type"] == "log":
                            numbers.append(int(message["entry"]["text"].split(" ")[0]))
                await talking
                assert dropped()
                assert numbers == list(range(noted))
        finally:
            lazy.close()


async def test_too_many_watchers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_WATCHERS", 1)
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        viewer = await speaker(hub, Role.VIEWER, http)
        async with await watch(hub, viewer.token):
            with pytest.raises(InvalidStatus) as refused:
                await watch(hub, viewer.token)
            assert refused.value.response.status_code == 413

        async def comes_back() -> bool:
            try:
                await (await watch(hub, viewer.token)).close()
            except InvalidStatus:
                return False
            return True

        came_back = [False]

        async def try_again() -> None:
            while not came_back[0]:
                came_back[0] = await comes_back()

        trying = asyncio.create_task(try_again())
        await eventually_async(lambda: came_back[0])
        await trying


async def test_a_bad_token_is_worth_nothing(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, browser(hub) as http:
        stranger = Principal("administrator", Role.ADMINISTRATOR, "made-up", SystemClock().now().replace(year=2099))
        forged = issue_token(stranger, Audience.SESSION, hub.keys.private_pem)
        for token in (b"x", b"a.b.c", forged.encode(), "қ".encode(), b"x" * 20_000):
            reply = await http.get("/api/v1/status", headers={b"Authorization": b"Bearer " + token})
            assert reply.status_code in (401, 400)
            if reply.status_code == 401:
                assert reply.headers["www-authenticate"] == "Bearer"
        basic = await http.get("/api/v1/status", headers={"Authorization": "Basic dmlld2VyOng="})
        assert basic.status_code == 401


def test_a_port_in_use_is_named_with_the_mend() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UnavailableError, match=rf"127\.0\.0\.1:{port}.*\[hub\] port"):
            bind("127.0.0.1", port)
    with pytest.raises(UnavailableError, match="not an address"):
        bind("no-such-host.invalid", 0)
