"""Cameras sent to their presets: by officers and by alarms, over ONVIF or their own dialect, walls told before."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from onvif import ONVIFCamera  # type: ignore[import-untyped]  # it has no types

from hub.client import HubClient
from hub.cues import Cues
from hub.discovery.onvif import Interviewer
from hub.discovery.turning import Turner
from hub.inputs import Connected, Moment
from hub.protocol import Approval, StreamCheck, StreamState, WallRequest
from hub.protocol.walls import Blank
from hub.wall_orders import WallOrders
from sensors.access import Audience, Role, issue_token
from sensors.clock import ManualClock, SystemClock
from sensors.dialects.native import CommandPayload, decode_command, encode_ack, encode_birth, encode_state
from sensors.errors import AccessError, ConflictError, NotFoundError, UnavailableError
from sensors.model import Condition, DeviceId, DeviceKey, EventSeen, Limit, Names, Priority, SiteId
from sensors.rtsp.authentication import Credentials
from sensors.secrets import Secrets
from sensors.topics import Leaf, topic, wall_key
from sensors.wall_orders import ANSWER, ORDER, WallOrder, seal_order
from tests.hub.standing_hub import CAMERA, CAMERA_BIRTH, FENCE, FENCE_BIRTH, StandingHub, standing_hub
from tests.support.onvif_device import OnvifDevice, onvif_device
from tests.support.waiting import eventually_async
from videowall.plan import Feed, decode_plan

PASSWORD = Credentials("viewer", "not a secret: tests")
INTERVIEWER = Interviewer(SystemClock())
GATE, YARD = "Ворота", "yard"
OTHERS = tuple(DeviceKey(SiteId("kordai"), DeviceId(f"cam-{number}")) for number in range(2, 14))
OTHER = OTHERS[0]


@pytest.fixture
def endless_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent camera is waited for until the test has done with it."""
    monkeypatch.setattr("hub.discovery.onvif.REQUEST_WITHIN_S", 600.0)
    monkeypatch.setattr("hub.discovery.onvif.CONVERSATION_WITHIN_S", 600.0)


def turning(device: OnvifDevice) -> OnvifDevice:
    device.presets = {"1": GATE, "2": YARD, "3": ""}
    return device


@asynccontextmanager
async def hub_with_camera(folder: Path) -> AsyncIterator[tuple[StandingHub, OnvifDevice]]:
    """A hub that has found its camera by ONVIF, with a wall that shows it."""
    async with AsyncExitStack() as stack:
        device = turning(stack.enter_context(onvif_device(credentials=PASSWORD)))
        hub = await stack.enter_async_context(standing_hub(folder))
        hub.facade.turner = Turner(Secrets(cameras={"kordai": PASSWORD}), lambda: INTERVIEWER)
        told = await INTERVIEWER.ask(device.url, device.host, PASSWORD)
        check = StreamCheck(device.url, told.state, hub.clock.now())
        await hub.facade.note_checks(CAMERA, (check,), told.presets)
        yield hub, device


async def add_silent_cameras(hub: StandingHub, *cameras: DeviceKey) -> socket.socket:
    """Cameras, found and approved, whose device service takes connections and never answers, until it is closed."""
    silent = socket.create_server(("127.0.0.1", 0), backlog=2 * len(cameras))
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/onvif"
    for camera in cameras:
        hub.hear(camera, Leaf.BIRTH, encode_birth(CAMERA_BIRTH))
        assert camera in {view.key for view in await hub.facade.devices()}
        await hub.facade.note_checks(camera, (StreamCheck(url, StreamState.OK, hub.clock.now()),), (YARD,))
    return silent


def order(hub: StandingHub, order_id: str, role: Role, camera: DeviceKey, preset: str) -> EventSeen:
    """What the wall passes on when somebody presses a preset on its page."""
    now = hub.clock.now()
    principal = hub.accounts.authenticate(role.value, "quiet-border-night", timedelta(hours=1))
    change = msgspec.json.encode({"site": camera.site, "device": camera.device, "preset": preset})
    asked = WallOrder(order_id, "main", now, "go-to-preset", msgspec.Raw(change))
    token = issue_token(principal, Audience.SESSION, hub.keys.private_pem)
    text = seal_order(asked, principal, Audience.SESSION, token)
    return EventSeen(wall_key("main"), order_id, ORDER, text, now, now)


def answers(hub: StandingHub) -> dict[object, object]:
    """What the wall was told of each order."""
    told = [each.arguments for each in commands(hub, wall_key("main")) if each.name == ANSWER]
    return {each["order"]: each["text"] for each in told}


def commands(hub: StandingHub, key: DeviceKey) -> list[CommandPayload]:
    """What a device was asked to do."""
    said = [decode_command(each.payload) for each in hub.outbox.published if each.topic == topic(key, Leaf.COMMAND)]
    return [each for each in said if isinstance(each, CommandPayload)]


async def test_the_written_device_turns_for_a_foreign_client_too() -> None:
    with onvif_device(credentials=PASSWORD) as device:
        turning(device)
        camera = ONVIFCamera(device.host, device.port, PASSWORD.user, PASSWORD.password, no_cache=True)
        try:
            await camera.update_xaddrs()
            service = await camera.create_ptz_service()
            presets = await service.GetPresets({"ProfileToken": "low"})
            assert [preset.token for preset in presets] == ["1", "2", "3"]
            await service.GotoPreset({"ProfileToken": "low", "PresetToken": "2"})
        finally:
            await camera.close()
        assert device.gone_to == ["2"]


async def test_a_camera_tells_its_presets_and_one_that_does_not_turn_or_gets_it_wrong_has_pictures_still() -> None:
    with onvif_device(credentials=PASSWORD) as device:
        still = await INTERVIEWER.ask(device.url, device.host, PASSWORD)
        turning(device)
        told = await INTERVIEWER.ask(device.url, device.host, PASSWORD)
        device.answers["GetPresets"] = (200, b"<no", {})
        confused = await INTERVIEWER.ask(device.url, device.host, PASSWORD)
    assert (still.presets, told.presets, confused.presets) == ((), (GATE, YARD, "3"), ())
    assert len(confused.streams) == len(told.streams) == 2
    assert confused.state is StreamState.OK


async def test_an_officer_sends_a_camera_and_the_walls_know_before(tmp_path: Path) -> None:
    async with hub_with_camera(tmp_path) as (hub, device), HubClient(hub.url) as client:
        await client.sign_in(Role.DUTY_OFFICER.value, "quiet-border-night")
        (view,) = [each for each in await client.devices() if each.key == CAMERA]
        assert view.presets == (GATE, YARD, "3")
        plan = (await client.walls())[0]
        entry = await client.go_to_preset(CAMERA, GATE)
        assert device.gone_to == ["1"]
        assert (entry.kind, entry.text, entry.who, entry.key) == ("camera-sent", GATE, Role.DUTY_OFFICER.value, CAMERA)
        (move,) = commands(hub, wall_key(plan.wall))
        assert move.name == "expect-move"
        assert move.arguments == {"site": "kordai", "camera": "cam-1", "seconds": 30.0}
        with pytest.raises(NotFoundError):
            await client.go_to_preset(CAMERA, "nowhere")
        with pytest.raises(NotFoundError):
            await client.go_to_preset(FENCE, GATE)


async def test_a_wall_that_does_not_show_the_camera_yet_knows_too(tmp_path: Path) -> None:
    async with hub_with_camera(tmp_path) as (hub, _), HubClient(hub.url) as client:
        await client.sign_in(Role.DUTY_OFFICER.value, "quiet-border-night")
        await client.change_wall("main", WallRequest(layout="1x1", tiles=(Blank(),)))
        plan = [each.payload for each in hub.outbox.published if each.topic == topic(wall_key("main"), Leaf.PLAN)][-1]
        assert not any(isinstance(tile, Feed) for tile in decode_plan(plan).tiles)
        await client.go_to_preset(CAMERA, GATE)
        assert [move.arguments["camera"] for move in commands(hub, wall_key("main"))] == ["cam-1"]


async def test_a_wall_that_was_away_is_told_when_it_is_back_until_it_has_answered(tmp_path: Path) -> None:
    async with hub_with_camera(tmp_path) as (hub, _):
        wall = wall_key("main")

        async def told_after(leaf: Leaf, payload: bytes) -> list[str]:
            hub.hear(wall, leaf, payload)
            await hub.facade.devices()
            return [each.id for each in commands(hub, wall)]

        online, gone = (encode_state(online=here, since=hub.clock.now()) for here in (True, False))
        entry = await hub.facade.go_to_preset(CAMERA, GATE, "aigul")
        move = f"move-{entry.number}"
        assert await told_after(Leaf.STATE, gone) == [move]
        assert await told_after(Leaf.STATE, online) == [move, move]
        assert await told_after(Leaf.ACK, encode_ack(move, done=True, text="")) == [move, move]
        assert await told_after(Leaf.STATE, online) == [move, move]


async def test_only_who_may_control_walls_may_turn_cameras(tmp_path: Path) -> None:
    async with hub_with_camera(tmp_path) as (hub, device), HubClient(hub.url) as client:
        await client.sign_in(Role.VIEWER.value, "quiet-border-night")
        with pytest.raises(AccessError):
            await client.go_to_preset(CAMERA, GATE)
        assert device.gone_to == []


async def test_what_a_camera_refuses_is_said_and_logged(tmp_path: Path) -> None:
    async with hub_with_camera(tmp_path) as (hub, device):
        del device.presets["1"]  # type: ignore[union-attr]  # it has some
        with pytest.raises(NotFoundError):
            await hub.facade.go_to_preset(CAMERA, GATE, "aigul")
        device.credentials = Credentials("viewer", "changed")
        with pytest.raises(UnavailableError, match="refuses the password"):
            await hub.facade.go_to_preset(CAMERA, YARD, "aigul")
        kinds = [(entry.kind, entry.text) for entry in (await hub.facade.log(None, 10)).entries]
        assert ("camera-not-sent", f"{YARD}: refuses the password") in kinds
        assert ("camera-not-sent", f"{GATE}: has no such preset any more") in kinds
        await hub.facade.refuse(CAMERA, "aigul")
        with pytest.raises(NotFoundError):
            await hub.facade.go_to_preset(CAMERA, YARD, "aigul")


@pytest.mark.usefixtures("endless_patience")
async def test_a_camera_that_never_answers_holds_up_no_other_and_is_not_asked_twice_at_once(tmp_path: Path) -> None:
    async with hub_with_camera(tmp_path) as (hub, device):
        with await add_silent_cameras(hub, OTHER) as silent:
            waiting = asyncio.create_task(hub.facade.go_to_preset(OTHER, YARD, "aigul"))
            await hub.facade.go_to_preset(CAMERA, YARD, "aigul")
            assert device.gone_to == ["2"]
            assert not waiting.done()
            with pytest.raises(ConflictError):
                await hub.facade.go_to_preset(OTHER, YARD, "aigul")
            silent.close()
            with pytest.raises(UnavailableError, match="does not answer"):
                await waiting


async def test_a_camera_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.discovery.onvif.CONVERSATION_WITHIN_S", 0.5)
    async with hub_with_camera(tmp_path) as (hub, _):
        with await add_silent_cameras(hub, OTHER), pytest.raises(UnavailableError, match="does not answer"):
            await hub.facade.go_to_preset(OTHER, YARD, "aigul")


@pytest.mark.usefixtures("endless_patience")
async def test_presets_pressed_on_a_walls_page_are_carried_out_none_waiting_for_a_camera_of_another(
    tmp_path: Path,
) -> None:
    async with hub_with_camera(tmp_path) as (hub, device):
        orders = WallOrders(hub.facade, hub.accounts, hub.keys, hub.outbox.publish, hub.clock)
        working = asyncio.create_task(orders.run())
        with await add_silent_cameras(hub, *OTHERS) as silent:
            for camera in OTHERS:
                orders.take(order(hub, f"silent-{camera.device}", Role.DUTY_OFFICER, camera, YARD))
            orders.take(order(hub, "order-gate", Role.DUTY_OFFICER, CAMERA, GATE))
            orders.take(order(hub, "order-viewer", Role.VIEWER, CAMERA, YARD))
            await eventually_async(lambda: {"order-gate", "order-viewer"} <= answers(hub).keys(), what="the others")
            assert len(answers(hub)) == 2
            assert device.gone_to == ["1"]
            assert answers(hub)["order-gate"] == ""
            assert "the role viewer may not do this" in str(answers(hub)["order-viewer"])
            silent.close()
            await eventually_async(lambda: len(answers(hub)) == 2 + len(OTHERS), what="the silent ones' answers")
            assert all("does not answer" in str(answers(hub)[f"silent-{camera.device}"]) for camera in OTHERS)
            sent = [each for each in (await hub.facade.log(None, 50)).entries if each.kind == "camera-sent"]
            assert (GATE, Role.DUTY_OFFICER.value, CAMERA) in [(each.text, each.who, each.key) for each in sent]
            working.cancel()
            await asyncio.wait({working})


async def test_a_camera_of_the_native_dialect_is_sent_by_a_command(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub:
        hub.hear(CAMERA, Leaf.BIRTH, encode_birth(msgspec.structs.replace(CAMERA_BIRTH, presets=(GATE,))))
        (camera,) = [view for view in await hub.facade.devices() if view.key == CAMERA]
        assert camera.presets == (GATE,)
        with pytest.raises(UnavailableError):
            await hub.facade.go_to_preset(CAMERA, GATE, "aigul")
        now = hub.clock.now()
        hub.pipeline.inbox.put(Connected(Moment(now, hub.clock.monotonic_s()), now))
        await hub.facade.go_to_preset(CAMERA, GATE, "aigul")
        (go,) = commands(hub, CAMERA)
        assert (go.name, go.arguments) == ("go-to-preset", {"preset": GATE})


async def test_an_alarm_that_names_a_preset_has_its_cameras_look_there_and_not_again_at_once(tmp_path: Path) -> None:
    limit = Limit("cut", Condition.EQUALS, True, Priority.CRITICAL, Names(en="The fence is cut"), preset=GATE)
    alarm = msgspec.structs.replace(FENCE_BIRTH.metrics[0], limits=(limit,))
    async with hub_with_camera(tmp_path) as (hub, device):
        cues = Cues(hub.facade, ManualClock(hub.clock.now()))
        hub.pipeline.take_cue = cues.take
        working = asyncio.create_task(cues.run())
        hub.hear(FENCE, Leaf.BIRTH, encode_birth(msgspec.structs.replace(FENCE_BIRTH, metrics=(alarm,))))
        hub.measure(FENCE, alarm=True)
        await eventually_async(lambda: device.gone_to == ["1"], what="the camera sent")
        (view,) = await hub.facade.alarms()
        assert (view.preset, view.cameras) == (GATE, (CAMERA,))
        hub.measure(FENCE, alarm=False)
        hub.measure(FENCE, alarm=True)
        await eventually_async(lambda: cues.dropped_total == 1, what="the second cue passed over")
        assert device.gone_to == ["1"]
        assert (await hub.facade.devices())[0].approval is Approval.APPROVED
        working.cancel()
        await asyncio.wait({working})
