"""A wall as a device, over a real broker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from msgspec.structs import replace
from paho.mqtt.enums import CallbackAPIVersion

from sensors.broker_settings import BrokerSettings
from sensors.catalog import CAMERA_HEALTH, PictureState
from sensors.clock import SystemClock
from sensors.dialects.native import decode, encode_command
from sensors.model import (
    AckSeen,
    Birth,
    BirthSeen,
    DeviceKey,
    Message,
    Priority,
    ReadingsSeen,
    StateSeen,
    StreamRole,
    Value,
)
from sensors.secrets import Secrets
from sensors.topics import EVERYTHING, Leaf, topic, wall_key
from tests.support.board_of import alarm, board_of
from tests.support.border_wall import CAMERAS, feed, key, make_plan
from tests.support.brokers import free_port, running_broker
from tests.support.camera_stand import Stand
from tests.support.waiting import eventually, eventually_async
from videowall.board import encode_board
from videowall.captions.palette import PRIORITIES
from videowall.centre.report import WALL_METRICS
from videowall.config import WallSettings
from videowall.node import WallNode
from videowall.plan import encode_plan
from videowall.wall import Wall

pytestmark = pytest.mark.alone

WALL = wall_key("main")
# What is published while a wall subscribes may come twice: as it was published, and as what the broker retained of it.
GARBAGE_PLANS = (b"", b"{}", b"\xff\xfe", b'{"revision": 2, "tiles": 7}', b"[" * 5000)
BAD_BOARDS = (
    b"{}",
    b"[",
    b'{"at":"2026-07-14T06:00:00Z","sites":7}',
    b" " * 1_000_001,
    b'{"at":"2026-07-14T06:00:00"}',
)


class Hub:
    """The other side of the broker: publishes plans, keeps what it hears."""

    def __init__(self, port: int) -> None:
        self.messages: list[Message] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="hub")
        self._client.on_message = self._hear
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(EVERYTHING, qos=1)
        self._client.loop_start()
        eventually(self._client.is_connected)

    def plan(self, payload: bytes) -> None:
        self._client.publish(topic(WALL, Leaf.PLAN), payload, qos=1, retain=True).wait_for_publish(60)

    def board(self, payload: bytes) -> None:
        self._client.publish(topic(WALL, Leaf.BOARD), payload, qos=1, retain=True).wait_for_publish(60)

    def command(self, command_id: str, name: str, arguments: dict[str, Value]) -> None:
        payload = encode_command(command_id, name, arguments)
        self._client.publish(topic(WALL, Leaf.COMMAND), payload, qos=1).wait_for_publish(60)

    def answers(self) -> dict[str, tuple[bool, str]]:
        seen = [message for message in self.messages if isinstance(message, AckSeen)]
        return {message.command_id: (message.done, message.text) for message in seen}

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def online(self) -> bool | None:
        """The wall's last word; it subscribes before its first, so what is published from then on reaches it."""
        states = [message.online for message in self.messages if isinstance(message, StateSeen)]
        return states[-1] if states else None

    def values(self, metric: str) -> list[object]:
        seen = [message for message in self.messages if isinstance(message, ReadingsSeen)]
        return [reading.value for message in seen for reading in message.readings if reading.metric == metric]

    def observers(self, of: DeviceKey) -> set[str]:
        seen = [message for message in self.messages if isinstance(message, ReadingsSeen)]
        return {reading.observer for message in seen if message.key == of for reading in message.readings}

    def reported(self) -> set[tuple[DeviceKey, str]]:
        seen = [message for message in self.messages if isinstance(message, ReadingsSeen)]
        return {(message.key, reading.metric) for message in seen for reading in message.readings}

    def _hear(self, client: object, userdata: object, message: paho.MQTTMessage) -> None:
        del client, userdata
        payload = bytes(message.payload)
        heard = decode(message.topic, payload, retained=message.retain, received_at=datetime.now(UTC))
        if heard is not None:
            self.messages.append(heard)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with running_broker(tmp_path) as port:
        yield port


@pytest.fixture
def hub(port: int) -> Iterator[Hub]:
    with contextlib.closing(Hub(port)) as hub:
        yield hub


@asynccontextmanager
async def running_node(
    port: int, settings: WallSettings | None = None, *, exercise: bool = False
) -> AsyncIterator[tuple[Wall, WallNode]]:
    wall = Wall(settings or WallSettings(), Secrets(), SystemClock())
    url = "http://127.0.0.1:8461/"
    node = WallNode(wall, BrokerSettings(port=port), None, SystemClock(), url, exercise=exercise)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(wall.run()), group.create_task(node.run())]
        yield wall, node
        for task in tasks:
            task.cancel()


async def test_a_wall_announces_itself_draws_its_retained_plan_and_reports(
    port: int, hub: Hub, border_stand: Stand
) -> None:
    # A clock's drift takes most of an hour to tell.
    known = {metric.name for metric in CAMERA_HEALTH} - {"clock_drift"}
    hub.plan(encode_plan(make_plan(tuple(feed(border_stand, camera) for camera in CAMERAS[:2]))))
    async with running_node(port) as (wall, _):
        await eventually_async(lambda: len(wall.tiles()) == 2)
        await eventually_async(hub.online)
        await eventually_async(lambda: PictureState.LIVE in hub.values("picture"))
        await eventually_async(lambda: hub.values("cameras_live"))
        # The first report of a camera knows no rate yet.
        await eventually_async(lambda: {(key("cam-1"), name) for name in known} <= hub.reported())
    births = [message for message in hub.messages if isinstance(message, BirthSeen) and message.key == WALL]
    birth = births[-1].birth
    assert birth is not None
    assert (birth.kind, birth.streams[0].role, birth.names.kk) == ("wall", StreamRole.WALL, "Қабырға")
    assert (birth.streams[0].width, birth.streams[0].fps) == (1920, 12.5)
    reported = hub.reported()
    assert {name for seen, name in reported if seen == key("cam-1")} == known
    assert {name for seen, name in reported if seen == WALL} <= {metric.name for metric in WALL_METRICS}
    # A camera may be on several walls, so each says who it is; of itself a wall need not say it.
    assert (hub.observers(key("cam-1")), hub.observers(WALL)) == ({"main"}, {""})
    await eventually_async(lambda: hub.online() is False)


async def test_a_wall_draws_no_plan_of_the_other_sort_and_says_in_its_birth_which_it_is_for(
    port: int, hub: Hub, border_stand: Stand
) -> None:
    own = make_plan((feed(border_stand, "cam-1"),))
    for exercise in (True, False):
        async with running_node(port, exercise=exercise) as (wall, node):
            node.take_plan(encode_plan(replace(own, exercise=not exercise)))
            assert (wall.plan, node.plans_rejected_total) == (None, 1)
            node.take_plan(encode_plan(replace(own, exercise=exercise)))
            assert wall.plan is not None
            await eventually_async(lambda: exercise in [birth.exercise for birth in _births(hub)])  # noqa: B023 - at once


def _births(hub: Hub) -> list[Birth]:
    seen = [message for message in hub.messages if isinstance(message, BirthSeen) and message.key == WALL]
    return [message.birth for message in seen if message.birth is not None]


async def test_a_plan_that_cannot_be_read_is_counted_and_the_last_one_stays(
    port: int, hub: Hub, border_stand: Stand
) -> None:
    async with running_node(port) as (wall, node):
        hub.plan(encode_plan(make_plan((feed(border_stand, "cam-1"),))))
        await eventually_async(lambda: wall.plan is not None and hub.online())
        good = wall.plan
        for garbage in GARBAGE_PLANS:
            hub.plan(garbage)
        await eventually_async(lambda: node.plans_rejected_total >= len(GARBAGE_PLANS))
        assert wall.plan == good


async def test_a_wall_does_what_it_is_asked_about_a_view_once_and_answers(
    port: int, hub: Hub, border_stand: Stand, tmp_path: Path
) -> None:
    hub.plan(encode_plan(make_plan((feed(border_stand, "cam-1"),))))
    folder = tmp_path / "references"
    async with running_node(port, WallSettings(references_dir=str(folder))) as (wall, _):
        await eventually_async(hub.online)
        await eventually_async(lambda: [tile.state for tile in wall.tiles()] == [PictureState.LIVE])
        hub.command("a-1", "accept-reference", {"site": "kordai", "camera": "cam-1"})
        await eventually_async(lambda: hub.answers() == {"a-1": (True, "")})
        stored = folder / "main" / "kordai" / "cam-1.sub.ref"
        before = stored.stat().st_mtime_ns
        hub.command("a-1", "accept-reference", {"site": "kordai", "camera": "cam-1"})
        hub.command("a-2", "accept-reference", {"site": "kordai", "camera": "cam-9"})
        hub.command("a-3", "expect-move", {"site": "kordai", "camera": "cam-1", "seconds": 30})
        hub.command("a-4", "expect-move", {"site": "kordai", "camera": "cam-1"})
        hub.command("a-5", "accept-reference", {"site": "../..", "camera": "cam-1"})
        hub.command("a-6", "dance", {})
        await eventually_async(lambda: len(hub.answers()) == 6)
        assert stored.stat().st_mtime_ns == before
    done = {id_: done for id_, (done, _) in hub.answers().items()}
    assert done == {"a-1": True, "a-2": False, "a-3": True, "a-4": False, "a-5": False, "a-6": False}
    assert "kordai/cam-9" in hub.answers()["a-2"][1]


async def test_a_wall_says_how_many_connections_its_server_turned_away(port: int, hub: Hub) -> None:
    async with running_node(port) as (_, node):
        node.reception.refused_total, node.reception.unheard_total = 7, 9
        await eventually_async(lambda: 7 in hub.values("connections_refused_total"))
        await eventually_async(lambda: 9 in hub.values("connections_unheard_total"))


async def test_a_wall_composes_without_a_broker() -> None:
    async with running_node(free_port()) as (wall, _):
        await eventually_async(lambda: wall.composer.counts.ticks_total > 5)


async def test_a_board_is_shown_and_a_bad_one_is_counted_and_changes_nothing(
    port: int, hub: Hub, border_stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("videowall.captions.attention.STALE_S", 600.0)  # this board is old when this machine is slow
    board = board_of(alarm("a", Priority.CRITICAL, 1), at=datetime.now(UTC))
    hub.plan(encode_plan(make_plan((feed(border_stand, "cam-1"),), layout="1x1")))
    hub.board(encode_board(board))
    async with running_node(port) as (wall, node):
        await eventually_async(lambda: wall.plan is not None and border_is_red(wall) and hub.online())
        for bad in BAD_BOARDS:
            hub.board(bad)
        await eventually_async(lambda: node.boards_rejected_total >= len(BAD_BOARDS))
        assert border_is_red(wall)
        hub.board(encode_board(board_of(at=datetime.now(UTC))))
        await eventually_async(lambda: not border_is_red(wall))
        await eventually_async(lambda: node.boards_rejected_total in hub.values("boards_rejected_total"))


async def test_what_is_lost_between_a_wall_and_its_centre_is_reported(port: int, hub: Hub) -> None:
    async with running_node(port) as (_, node):
        node._link.publish_event(b"said before there is a broker")
        for _ in range(20):  # no more than sixteen wait
            node._take_command(b"")
        await eventually_async(lambda: node.commands_dropped_total in hub.values("commands_dropped_total"))
        await eventually_async(lambda: node._link.unsent_total in hub.values("unsent_total"))
        assert node.commands_dropped_total > 0
        assert node._link.unsent_total > 0
    assert {"commands_dropped_total", "unsent_total"} <= {metric.name for metric in WALL_METRICS}


def border_is_red(wall: Wall) -> bool:
    """Whether the canvas's outermost pixels, which no picture reaches, have the colour of a critical alarm."""
    colour = PRIORITIES[Priority.CRITICAL]
    planes = wall.composer.snapshot()
    return (int(planes.y[1, 900]), int(planes.v[0, 450])) == (colour.y, colour.v)
