import asyncio
import subprocess
import sys
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.api import server as api_server
from hub.client import Connected, Disconnected, HubClient, _is_here
from hub.protocol import AlarmChanged, AlarmState, Logged, Snapshot, WallRequest
from hub.transport import IDLE_S
from sensors.access import Role
from sensors.errors import (
    AccessError,
    ConfigError,
    ConflictError,
    ErrorKind,
    LimitError,
    NotFoundError,
    UnavailableError,
    WireError,
)
from sensors.model import DeviceId, DeviceKey, SiteId
from tests.hub.standing_hub import CAMERA, FENCE, PASSWORD, standing_hub
from tests.support.waiting import eventually_async
from videowall.outputs import listener

NOBODY = DeviceKey(SiteId("kordai"), DeviceId("ghost"))


async def test_a_sign_in_lets_every_call_through_that_the_role_allows(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, HubClient(hub.url) as client:
        with pytest.raises(AccessError) as caught:
            await client.devices()
        assert caught.value.error_kind is ErrorKind.UNAUTHENTICATED
        session = await client.sign_in("administrator", PASSWORD)
        assert (session.name, session.role) == ("administrator", Role.ADMINISTRATOR)
        assert {str(device.key) for device in await client.devices()} == {
            "kordai/fence-1",
            "kordai/cam-1",
            "walls/main",
        }
        hub.measure(FENCE, alarm=True, tension=812.5)
        await eventually_async(lambda: hub.health.counters.readings_stored_total == 2)
        (alarm,) = await client.alarms()
        assert alarm.cameras == (CAMERA,)
        acknowledged = await client.acknowledge(alarm.occurrence, "patrol sent")
        assert (acknowledged.state, acknowledged.acknowledged_by) == (AlarmState.ACKNOWLEDGED, "administrator")
        with pytest.raises(ConflictError):
            await client.acknowledge(alarm.occurrence)
        with pytest.raises(NotFoundError):
            await client.acknowledge("no/such occurrence?")
        history = await client.history(FENCE, "tension")
        assert [(point.value, history.unit) for point in history.points] == [(812.5, "N")]
        assert not (await client.history(FENCE, "tension", until=datetime.now(UTC) - timedelta(hours=1))).points
        note = await client.write_note("quiet night")
        assert (await client.log(limit=1)).entries == (note,)
        assert (await client.log(before=note.number, limit=5)).entries[0].number == note.number - 1
        assert (await client.refuse(FENCE, "broken")).approval == "refused"
        assert (await client.approve(FENCE)).approval == "approved"
        with pytest.raises(NotFoundError):
            await client.approve(NOBODY)
        assert (await client.change_wall("main", WallRequest(layout="2x2"))).composition.layout == "2x2"
        with pytest.raises(WireError):
            await client.change_wall("main", WallRequest(layout="9x9"))
        assert (await client.ticket("main")).url.startswith("http://127.0.0.1:8461/?ticket=")
        with pytest.raises(NotFoundError):
            await client.ticket("other")
        with pytest.raises(UnavailableError):
            await client.send_command(FENCE, "test", {"seconds": 5})
        assert (await client.status()).readings_stored_total == 2
        assert await client.rejected() == ()
        await client.sign_out()
        with pytest.raises(AccessError):
            await client.devices()


async def test_accounts_are_managed_and_their_changes_logged(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, HubClient(hub.url) as client:
        await client.sign_in("administrator", PASSWORD)
        await client.set_account("жаңа", Role.VIEWER, PASSWORD)
        assert "жаңа" in [account.name for account in await client.accounts()]
        await client.remove_account("жаңа")
        with pytest.raises(NotFoundError):
            await client.remove_account("жаңа")
        with pytest.raises(ConflictError):
            await client.remove_account("administrator")
        assert [entry.text for entry in (await client.log(limit=2)).entries] == [
            "account жаңа removed",
            "account жаңа set, role viewer",
        ]


async def test_the_live_feed_begins_with_everything_and_goes_on_with_changes(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, HubClient(hub.url) as client:
        await client.sign_in("duty-officer", PASSWORD)
        async with aclosing(client.live()) as events, asyncio.timeout(20):
            assert isinstance(await anext(events), Connected)
            snapshot = await anext(events)
            assert isinstance(snapshot, Snapshot)
            assert (snapshot.principal_name, len(snapshot.devices), len(snapshot.walls)) == ("duty-officer", 3, 1)
            assert snapshot.log
            hub.measure(FENCE, alarm=True)
            seen: list[object] = []
            async for event in events:
                seen.append(event)
                if {AlarmChanged, Logged} <= {type(each) for each in seen}:
                    break
            (alarm,) = [event.alarm for event in seen if isinstance(event, AlarmChanged)]
            assert (alarm.key, alarm.state) == (FENCE, AlarmState.UNACKNOWLEDGED)


async def test_the_live_feed_comes_back_after_the_hub_was_away(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub:
        port = int(hub.url.rpartition(":")[2])
        client = HubClient(hub.url)
        await client.sign_in("viewer", PASSWORD)
        events = client.live()
        assert isinstance(await anext(events), Connected)
        assert isinstance(await anext(events), Snapshot)
    async with aclosing(events), asyncio.timeout(60):
        lost = await anext(event async for event in events if isinstance(event, Disconnected))
        assert lost.kind is ErrorKind.UNAVAILABLE
        assert 0 < lost.retry_in_s <= 0.5
        async with standing_hub(tmp_path, port=port):
            first = await anext(event async for event in events if not isinstance(event, Disconnected))
            seen = [first, await anext(events)]
            assert [type(event) for event in seen] == [Connected, Snapshot]
    await client.close()


async def test_a_sign_in_that_ends_ends_the_live_feed_for_good(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, HubClient(hub.url) as client:
        session = await client.sign_in("viewer", PASSWORD)
        async with aclosing(client.live()) as events, asyncio.timeout(20):
            await anext(events)
            hub.accounts.set("viewer", Role.VIEWER, PASSWORD)
            with pytest.raises(AccessError, match="ended"):
                _ = [event async for event in events]
        async with HubClient(hub.url, session.token) as again, aclosing(again.live()) as refused:
            with pytest.raises(AccessError):
                await anext(refused)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8460", "ftp://host", "http://", "http://[::1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        HubClient(url)


async def test_a_hub_that_is_not_there_is_unavailable() -> None:
    async with HubClient("http://127.0.0.1:9") as client:
        with pytest.raises(UnavailableError, match="127"):
            await client.sign_in("viewer", PASSWORD)
        async with aclosing(client.live()) as events:
            lost = await anext(events)
            assert isinstance(lost, Disconnected)
            assert lost.kind is ErrorKind.UNAVAILABLE


async def serve_bytes(reply: bytes) -> asyncio.Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("head", "body", "error"),
    [
        ("200 OK\r\nContent-Type: image/bmp", b"BMpicture", None),
        ("200 OK\r\nContent-Type: text/html", b"<p>", WireError),
        ("401 No\r\nContent-Type: text/plain", b"no", AccessError),
        ("404 No\r\nContent-Type: text/plain", b"", NotFoundError),
        ("500 No\r\nContent-Type: text/plain", b"", UnavailableError),
        ("403 No\r\nX: 1", b'{"kind":"forbidden","detail":"no"}', AccessError),
        ("418 No\r\nX: 1", b'{"kind":"unheard-of","detail":"no"}', UnavailableError),
        ("200 OK\r\nContent-Type: image/bmp", b"x" * (8 * 1024 * 1024 + 1), LimitError),
    ],
)
async def test_pictures_come_from_walls_and_nothing_else_passes_for_one(
    head: str, body: bytes, error: type[Exception] | None
) -> None:
    reply = f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
    async with await serve_bytes(reply) as server, HubClient("http://127.0.0.1:9", "token") as client:
        port = server.sockets[0].getsockname()[1]
        picture = client.camera_picture(f"http://127.0.0.1:{port}/", "main", CAMERA, 160)
        if error is None:
            assert await picture == body
        else:
            with pytest.raises(error):
                await picture


async def test_a_reply_of_another_shape_is_said_to_be_one() -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    async with await serve_bytes(reply) as server:
        port = server.sockets[0].getsockname()[1]
        async with HubClient(f"http://127.0.0.1:{port}", "token") as client:
            with pytest.raises(WireError, match="GET /status"):
                await client.status()


class _Closing:
    """A server whose every connection answers once, and is closed when the next request is there."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def serve(self) -> asyncio.Server:
        return await asyncio.start_server(self._answer, "127.0.0.1", 0)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answered in (True, False):
            request = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(request.split(b" ", 1)[0].decode())
            if answered:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
        writer.close()


async def test_a_connection_that_dies_as_it_is_used_again_fails_no_question_and_repeats_no_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hub.transport.IDLE_S", 600.0)
    closing = _Closing()
    async with await closing.serve() as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        async with HubClient(url, "token") as client:
            assert (await client.devices(), await client.devices()) == ((), ())
            assert closing.asked == ["GET"] * 3
            with pytest.raises(UnavailableError, match="does not answer"):
                await client.acknowledge("an occurrence")
            assert closing.asked == ["GET"] * 3 + ["POST"]


def test_hub_and_wall_keep_an_idle_connection_for_longer_than_their_client_does() -> None:
    assert min(api_server.KEEP_ALIVE_S, listener.KEEP_ALIVE_S) > 2 * IDLE_S


def test_the_client_loads_neither_pixels_nor_servers() -> None:
    heavy = ("numpy", "cv2", "av", "textual", "fastapi", "starlette", "uvicorn", "paho", "amqtt", "sqlite3")
    code = f"import sys, hub.client; print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8460", True),
        ("http://[::1]:8460", True),
        ("http://localhost", True),
        ("https://10.2.0.7:8460", False),
        ("https://hub.border.example", False),
    ],
)
def test_only_what_leaves_this_machine_is_compressed(url: str, here: bool) -> None:  # noqa: FBT001 - given by name
    assert _is_here(url) is here
