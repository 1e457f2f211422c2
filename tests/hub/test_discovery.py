import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from hub.config import HubSettings
from hub.discovery import mdns
from hub.discovery.cameras import Service, camera_of
from hub.discovery.mdns import AXIS, HUB, MQTT, RTSP, Advertised, Discovery, own_services
from hub.protocol import Approval
from sensors.broker_settings import BrokerSettings
from sensors.clock import SystemClock
from sensors.dialects import native
from sensors.identity import UNASSIGNED
from sensors.model import Birth, BirthSeen, DeviceKey
from sensors.topics import Leaf, parse_topic, topic
from tests.hub.standing_hub import standing_hub
from tests.support.waiting import eventually_async

LOOPBACK = ("127.0.0.1",)


class Noted:
    """A registry that notes what it is told."""

    def __init__(self) -> None:
        self.proposals: list[tuple[DeviceKey, Birth, str]] = []

    async def propose(self, key: DeviceKey, birth: Birth, provenance: str) -> None:
        self.proposals.append((key, birth, provenance))


@asynccontextmanager
async def neighbour() -> AsyncIterator[AsyncZeroconf]:
    network = AsyncZeroconf(interfaces=list(LOOPBACK))
    try:
        yield network
    finally:
        await network.async_close()


@asynccontextmanager
async def discovering(registry: mdns.Registry, *advertised: Advertised) -> AsyncIterator[Discovery]:
    discovery = Discovery(registry, advertised, SystemClock(), LOOPBACK)
    task = asyncio.create_task(discovery.run(), name="discovery-under-test")
    try:
        yield discovery
    finally:
        task.cancel()
        await asyncio.wait({task})


async def announce(
    network: AsyncZeroconf, name: str, type_: str = RTSP, port: int = 8554, address: str = "127.0.0.1", **txt: Any
) -> None:
    host = f"camera-{address.rpartition('.')[2]}.local."
    info = AsyncServiceInfo(
        type_, f"{name}.{type_}", port=port, parsed_addresses=[address], properties=txt, server=host
    )
    await network.async_register_service(info)


async def test_a_camera_on_the_network_is_proposed_to_the_registry_and_not_approved(tmp_path: Path) -> None:
    async with standing_hub(tmp_path, approve_all=False) as hub, neighbour() as network, discovering(hub.facade):
        await announce(network, "Gate Camera 7", path="/main")
        found: list[Any] = []

        async def look() -> None:
            while not found:
                found.extend(each for each in await hub.facade.devices() if each.key.site == UNASSIGNED)
                await asyncio.sleep(0.05)

        await asyncio.wait_for(look(), 30)
        (device,) = found
        assert device.key.device.startswith("gate-camera-7-")
        assert (device.kind, device.approval, device.provenance) == ("camera", Approval.DISCOVERED, ("mdns",))
        assert device.streams[0].url == "rtsp://127.0.0.1:8554/main"


def label(part: bytes) -> bytes:
    return bytes((len(part),)) + part


def utter(instance: bytes, server: bytes) -> None:
    """One datagram as anybody may send it: a camera's service of this name, on a host of that name."""
    type_ = b"".join(map(label, (b"_rtsp", b"_tcp", b"local", b"")))
    name, host = label(instance) + type_, label(server) + label(b"local") + label(b"")
    records = ((type_, 12, name), (name, 33, struct.pack("!HHH", 0, 0, 554) + host), (name, 16, b"\0"))
    answers = b"".join(whose + struct.pack("!HHIH", kind, 1, 4_500, len(said)) + said for whose, kind, said in records)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        mouth.sendto(struct.pack("!6H", 0, 0x8400, 0, len(records), 0, 0) + answers, ("224.0.0.251", 5353))


async def test_names_that_nothing_may_have_are_counted_and_cameras_are_found_after_them() -> None:
    registry = Noted()
    bad = ((b"Gate\x01", b"host"), (b"\xff" * 63, b"host"), (b"Gate", b"\xff" * 63))
    async with neighbour() as network, discovering(registry) as discovery:
        for number, (instance, server) in enumerate(bad):

            def counted(number: int = number, instance: bytes = instance, server: bytes = server) -> bool:
                utter(instance, server)
                return discovery.ignored_total > number

            await eventually_async(counted, within_s=30)
        await announce(network, "Camera")
        await eventually_async(lambda: any(key.device.startswith("camera-") for key, *_ in registry.proposals))


async def test_the_hub_and_its_broker_can_be_found() -> None:
    own = (
        Advertised(HUB, "shekara-hub", 8460, LOOPBACK, (("path", "/api/v1"),)),
        Advertised(MQTT, "shekara-hub", 1883, LOOPBACK),
    )
    async with neighbour() as network, discovering(Noted(), *own):
        for type_, port in ((HUB, 8460), (MQTT, 1883)):
            info = AsyncServiceInfo(type_, f"shekara-hub.{type_}")
            assert await info.async_request(network.zeroconf, 20_000)
            assert (info.parsed_addresses(), info.port) == (["127.0.0.1"], port)
        hub = AsyncServiceInfo(HUB, f"shekara-hub.{HUB}")
        await hub.async_request(network.zeroconf, 20_000)
        assert hub.properties == {b"path": b"/api/v1"}


async def test_a_hub_whose_name_is_too_long_for_the_network_is_found_by_its_beginning() -> None:
    name = "Ситуационный центр Кордайского района"
    async with neighbour() as network, discovering(Noted(), Advertised(HUB, name, 8460, LOOPBACK)):
        info = AsyncServiceInfo(HUB, f"{name[:30]}.{HUB}")
        assert await info.async_request(network.zeroconf, 20_000)
        assert info.port == 8460


async def test_a_camera_announced_twice_is_proposed_once_and_again_when_it_moves() -> None:
    registry = Noted()
    async with neighbour() as network, discovering(registry):
        await announce(network, "Camera", path="/a")
        await eventually_async(lambda: len(registry.proposals) == 1, within_s=30)
        moved = AsyncServiceInfo(
            RTSP, f"Camera.{RTSP}", port=8555, parsed_addresses=["127.0.0.1"], properties={}, server="camera.local."
        )
        await network.async_update_service(moved)
        await eventually_async(lambda: len(registry.proposals) == 2, within_s=30)
        first, second = registry.proposals
        assert first[0] == second[0]
        assert second[1].streams[0].url == "rtsp://127.0.0.1:8555"


async def test_a_camera_with_a_type_of_its_makers_own_is_known_by_its_mac_address() -> None:
    registry = Noted()
    async with neighbour() as network, discovering(registry):
        await announce(network, "AXIS P1", AXIS, port=80, macaddress="00408CABCDEF")
        await eventually_async(lambda: bool(registry.proposals), within_s=30)
    ((key, birth, provenance),) = registry.proposals
    assert (birth.identities, provenance) == (("mac:00408cabcdef",), "mdns")
    assert birth.streams[0].url == "rtsp://127.0.0.1:554/axis-media/media.amp"
    renamed = camera_of(Service("AXIS P1", ("10.0.0.9",), 80, {b"MACAddress": b"00:40:8c:ab:cd:ef"}), stream=":554/")
    assert not isinstance(renamed, str)
    assert renamed[0] == key


async def test_a_stranger_who_invents_cameras_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mdns, "MAX_FOUND", 3)
    registry = Noted()
    async with neighbour() as network, discovering(registry) as discovery:
        await asyncio.gather(*(announce(network, f"Camera {number}") for number in range(6)))
        await eventually_async(lambda: discovery.ignored_total >= 3, within_s=30)
        assert len(registry.proposals) == 3


async def test_one_machine_that_invents_cameras_takes_the_place_of_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mdns, "MAX_FOUND_EACH", 2)
    registry = Noted()
    async with neighbour() as network, discovering(registry) as discovery:
        await asyncio.gather(*(announce(network, f"Camera {number}") for number in range(4)))
        await eventually_async(lambda: discovery.ignored_total >= 2, within_s=30)
        await announce(network, "Another", address="127.0.0.9")
        await eventually_async(lambda: len(registry.proposals) == 3, within_s=30)
    assert registry.proposals[-1][1].streams[0].url.startswith("rtsp://127.0.0.9:")


@pytest.mark.parametrize(
    "txt", [{}, {"path": b"\xff\xfe"}, {"path": None}, {"path": "x" * 200}, {"path": "/a b\r\nX: 1"}, {"PATH": "/a"}]
)
async def test_garbage_in_the_text_record_is_harmless(txt: dict[str, Any]) -> None:
    registry = Noted()
    async with neighbour() as network, discovering(registry):
        await announce(network, 'Камера "Б"\\ <b>', **txt)
        await eventually_async(lambda: bool(registry.proposals), within_s=30)
    ((key, birth, _),) = registry.proposals
    assert_is_a_birth(key, birth)


def assert_is_a_birth(key: DeviceKey, birth: Birth) -> None:
    """It could as well have come over MQTT."""
    name = topic(key, Leaf.BIRTH)
    assert not isinstance(parse_topic(name), str)
    now = SystemClock().now()
    assert native.decode(name, native.encode_birth(birth), retained=False, received_at=now) == BirthSeen(
        key, birth, now, retained=False
    )


@given(
    st.text(max_size=80),
    st.lists(st.sampled_from(["10.0.0.1", "fe80::1", "2001:db8::1", "224.0.0.1", "0.0.0.0", "127.0.0.1", "x", ""])),
    st.integers(-1, 70_000),
    st.dictionaries(st.sampled_from([b"path", b"Path", b"macaddress", b"x"]), st.none() | st.binary(max_size=400)),
)
def test_nothing_that_is_announced_makes_a_camera_that_is_none(
    name: str, addresses: list[str], port: int, properties: dict[bytes, bytes | None]
) -> None:
    camera = camera_of(Service(name, tuple(addresses), port, properties))
    if isinstance(camera, str):
        assert camera
        return
    key, birth = camera
    assert_is_a_birth(key, birth)
    url = birth.streams[0].url
    assert url.startswith(("rtsp://10.0.0.1:", "rtsp://[2001:db8::1]:"))
    assert url.isascii()
    assert url.isprintable()
    assert not set(url) & set(' "<>@\\')


def test_a_camera_keeps_its_id_when_its_address_changes_and_shares_it_with_no_other() -> None:
    def key(name: str, address: str) -> object:
        camera = camera_of(Service(name, (address,), 554, {}))
        assert not isinstance(camera, str)
        return camera[0]

    assert key("Gate", "10.0.0.1") == key("Gate", "10.0.0.2")
    assert len({key(name, "10.0.0.1") for name in ("Gate", "gate", "Gate!", "Қақпа", "Ворота", "")}) == 6


def test_only_what_others_can_reach_is_advertised() -> None:
    assert own_services(HubSettings(), BrokerSettings()) == ()
    both = own_services(HubSettings(host="10.0.0.5"), BrokerSettings(host="10.0.0.5"))
    assert [(each.type, each.addresses, each.port) for each in both] == [
        (HUB, ("10.0.0.5",), 8460),
        (MQTT, ("10.0.0.5",), 1883),
    ]
    named = own_services(HubSettings(host="10.0.0.5"), BrokerSettings(url="mqtt://elsewhere"))
    assert [each.type for each in named] == [HUB]
    everywhere = own_services(HubSettings(host="0.0.0.0"), BrokerSettings())
    assert all(not address.startswith("127.") for each in everywhere for address in each.addresses)
