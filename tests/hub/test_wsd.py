"""ONVIF cameras found by WS-Discovery: a foreign announcer on loopback, our messages, and anybody's bytes."""

import asyncio
import random
import socket
import subprocess
import sys
from ipaddress import IPv4Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.discovery import probing as probing_module
from hub.discovery.interfaces import Interface, own_interfaces
from hub.discovery.probing import Counters, Probing, Sighting
from hub.discovery.settings import MAX_ASKED, DiscoverySettings, Range, Ranges, parse_interfaces, parse_ranges
from hub.discovery.wsd import (
    CAMERA_TYPE,
    MAX_ADDRESSES,
    MAX_DATAGRAM_BYTES,
    MAX_MATCHES,
    Answered,
    Endpoint,
    Greeted,
    Left,
    encode_probe,
    parse,
)
from sensors.errors import ConfigError
from sensors.identity import UNASSIGNED
from sensors.model import SiteId
from tests.support.onvif_announcer import announced_camera
from tests.support.waiting import eventually_async

LOOPBACK = "127.0.0.1"
UUID = "1419d68a-1dd2-11b2-a105-00408c010203"
URN = f"urn:uuid:{UUID}"
DRAFT = ("http://schemas.xmlsoap.org/ws/2004/08/addressing", "http://schemas.xmlsoap.org/ws/2005/04/discovery")
STANDARD = ("http://www.w3.org/2005/08/addressing", "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01")
CAMERA_WORDS = f"""<zz:EndpointReference><zz:Address>uuid:{UUID.upper()}</zz:Address></zz:EndpointReference>
<q:Types xmlns:n="{CAMERA_TYPE[0]}">n:NetworkVideoTransmitter</q:Types>
<q:Scopes>onvif://www.onvif.org/Profile/Streaming onvif://www.onvif.org/name/%D0%92%D1%8A%D0%B5%D0%B7%D0%B4
  onvif://www.onvif.org/hardware/DS-2CD onvif://www.onvif.org/MAC/00:40:8c:01:02:03</q:Scopes>
<q:XAddrs>http://10.0.0.5/onvif/device_service http://[fe80::1]/onvif/device_service</q:XAddrs>"""


def envelope(body: str, *, relates_to: str = "urn:uuid:1", names: tuple[str, str] = DRAFT) -> bytes:
    """As a camera would send it, with prefixes of its own."""
    addressing, discovery = names
    return (
        f'<E:Envelope xmlns:E="http://www.w3.org/2003/05/soap-envelope" xmlns:zz="{addressing}" xmlns:q="{discovery}">'
        f"<E:Header><zz:RelatesTo> {relates_to} </zz:RelatesTo></E:Header><E:Body>{body}</E:Body></E:Envelope>"
    ).encode()


def matches(*words: str) -> str:
    return f"<q:ProbeMatches>{''.join(f'<q:ProbeMatch>{each}</q:ProbeMatch>' for each in words)}</q:ProbeMatches>"


CAMERA = Endpoint(
    URN,
    "Въезд",
    "DS-2CD",
    "mac:00408c010203",
    ("http://10.0.0.5/onvif/device_service", "http://[fe80::1]/onvif/device_service"),
)


@pytest.mark.parametrize("names", [DRAFT, STANDARD], ids=["draft", "standard"])
def test_a_camera_is_read_by_namespace_whatever_its_prefixes(names: tuple[str, str]) -> None:
    assert parse(envelope(matches(CAMERA_WORDS), names=names)) == Answered("urn:uuid:1", (CAMERA,))
    assert parse(envelope(f"<q:Hello>{CAMERA_WORDS}</q:Hello>", names=names)) == Greeted(CAMERA)
    assert parse(envelope(f"<q:Bye>{CAMERA_WORDS}</q:Bye>", names=names)) == Left(URN)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x00",
        b"<a/>",
        encode_probe("urn:uuid:2"),
        envelope(matches()),
        envelope(matches(CAMERA_WORDS.replace(UUID.upper(), "10.0.0.5"))),
        envelope(
            matches(CAMERA_WORDS.replace("n:NetworkVideoTransmitter", "w:Printer").replace("onvif://", "ldap://"))
        ),
        envelope(matches(CAMERA_WORDS.replace("zz:Address", "zz:Other"))),
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + envelope(matches(CAMERA_WORDS)),
        b'<?xml version="1.0" encoding="utf-7"?>' + envelope(matches(CAMERA_WORDS)),
        b'<?xml version="1.0" encoding="x-none"?>' + envelope(matches(CAMERA_WORDS)),
        envelope(matches(CAMERA_WORDS), names=("urn:other", "urn:another")),
        envelope(matches(CAMERA_WORDS) + " " * MAX_DATAGRAM_BYTES),
    ],
    ids=range(13),
)
def test_what_is_no_camera_is_nothing(datagram: bytes) -> None:
    assert parse(datagram) is None


def test_one_message_brings_a_bounded_number_of_things() -> None:
    many = CAMERA_WORDS.replace("<q:XAddrs>", "<q:XAddrs>" + "http://10.0.0.5/ " * 20)
    heard = parse(envelope(matches(*[many] * 11)))
    assert isinstance(heard, Answered)
    assert len(heard.endpoints) == 11 <= MAX_MATCHES
    assert len(heard.endpoints[0].addresses) == MAX_ADDRESSES
    steered = parse(envelope(matches(CAMERA_WORDS.replace("DS-2CD", "%1b%5B2J%0A" + "x" * 500))))
    assert isinstance(steered, Answered)
    assert steered.endpoints[0].hardware.isprintable()
    assert len(steered.endpoints[0].hardware) <= 64


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: envelope(matches(CAMERA_WORDS.replace("DS-2CD", text))))
    | st.tuples(st.integers(0, 900), st.binary(max_size=8)).map(
        lambda cut: envelope(matches(CAMERA_WORDS))[: cut[0]] + cut[1] + envelope(matches(CAMERA_WORDS))[cut[0] :]
    )
)
def test_no_datagram_raises_and_nothing_in_it_is_longer_than_its_bound(datagram: bytes) -> None:
    heard = parse(datagram)
    endpoints = heard.endpoints if isinstance(heard, Answered) else ()
    for endpoint in endpoints:
        assert max(map(len, (endpoint.name, endpoint.hardware, endpoint.urn))) <= 64
        assert endpoint.mac == "" or len(endpoint.mac) == len("mac:00408c010203")
        assert all(len(url) <= 200 for url in endpoint.addresses)


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - nothing is secret here


def loopback() -> tuple[Interface, ...]:
    return own_interfaces((LOOPBACK,))


def found(probing: Probing) -> dict[str, Sighting]:
    """What has been found so far, by identity."""
    return {sighting.endpoint.urn: sighting for sighting in probing.sightings._queue}  # type: ignore[attr-defined]  # a look


async def test_a_foreign_announcer_is_found_by_multicast_and_by_asking_its_address() -> None:
    url = "http://127.0.0.1:8899/onvif/device_service"
    with announced_camera(url, "http://192.0.2.9/onvif/device_service") as urn:
        counters = Counters()
        async with Probing(loopback(), Ranges(), counters, chance(1)) as probing:
            await probing.search()
            await eventually_async(lambda: urn in found(probing))
            endpoint, address = found(probing)[urn]
            assert address == LOOPBACK
            assert endpoint == Endpoint(urn, "Gate North", "X-7", "mac:00408c010203", endpoint.addresses)
            assert endpoint.addresses[0] == url
        listed = Ranges((Range(IPv4Network("127.0.0.1/32"), SiteId("kordai")),))
        async with Probing(loopback(), listed, counters, chance(2)) as probing:
            await probing.ask_listed(100.0)
            await eventually_async(lambda: urn in found(probing))


async def test_a_camera_that_greets_is_asked_and_so_found() -> None:
    async with Probing(loopback(), Ranges(), Counters(), chance(3)) as probing:
        with announced_camera("http://127.0.0.1:8899/") as urn:
            await eventually_async(lambda: urn in found(probing))


class Peer(asyncio.DatagramProtocol):
    """Whoever listens on a free port, and what was sent there."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - the callback's shape
        self.heard.append(data)


async def test_every_probe_has_a_message_id_of_its_own_and_only_answers_to_it_count() -> None:
    peer = Peer()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: peer, local_addr=(LOOPBACK, 0))
    port = transport.get_extra_info("sockname")[1]
    counters = Counters()
    try:
        async with Probing(loopback(), Ranges(), counters, chance(4), port=port) as probing:
            for _ in range(3):
                probing.ask(ip_address(LOOPBACK))
            await eventually_async(lambda: len(peer.heard) == 3)
            ids = [data.partition(b"MessageID>")[2].partition(b"<")[0].decode() for data in peer.heard]
            assert len(set(ids)) == 3
            probing.hear(envelope(matches(CAMERA_WORDS), relates_to="urn:uuid:somebody-elses"), LOOPBACK)
            probing.hear(envelope(matches(CAMERA_WORDS), relates_to=ids[0]), "192.0.2.77")
            assert found(probing) == {}
            assert counters.ignored_total == 2
            probing.hear(envelope(matches(CAMERA_WORDS), relates_to=ids[0]), LOOPBACK)
            assert set(found(probing)) == {URN}
    finally:
        transport.close()


async def test_a_storm_of_answers_is_bounded_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing_module, "MAX_DATAGRAMS_A_SECOND", 100_000)
    monkeypatch.setattr(probing_module, "MAX_DATAGRAMS_EACH", 100_000)
    counters = Counters()
    async with Probing(loopback(), Ranges(), counters, chance(5)) as probing:
        probing._sent["urn:uuid:1"] = None
        for _ in range(probing_module.MAX_WAITING + 44):
            probing.hear(envelope(matches(CAMERA_WORDS)), LOOPBACK)
        assert probing.sightings.qsize() == probing_module.MAX_WAITING
        assert counters.ignored_total == 44
        monkeypatch.setattr(probing_module, "MAX_DATAGRAMS_A_SECOND", 0)
        probing.hear(envelope(matches(CAMERA_WORDS)), LOOPBACK)
        assert counters.ignored_total == 45


async def test_one_who_storms_leaves_others_time_to_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    interfaces = (Interface(ip_address("127.0.0.1"), ip_network("127.0.0.0/8"), 1),)
    counters = Counters()
    async with Probing(interfaces, Ranges(), counters, chance(6)) as probing:
        probing._sent["urn:uuid:1"] = None
        with monkeypatch.context() as still:
            still.setattr(asyncio.get_running_loop(), "time", lambda: 5.0)
            for _ in range(2 * probing_module.MAX_DATAGRAMS_A_SECOND):
                probing.hear(b"nothing", "127.0.0.66")
            probing.hear(envelope(matches(CAMERA_WORDS)), "127.0.0.5")
        assert found(probing)[URN].address == "127.0.0.5"
        assert counters.ignored_total == 2 * probing_module.MAX_DATAGRAMS_A_SECOND


def test_ranges_are_networks_with_posts_and_the_narrowest_decides() -> None:
    ranges = parse_ranges(DiscoverySettings(ranges="10.1.0.0/22=kordai, 10.1.2.0/30 = sypatai-batyr,192.0.2.8/29="))
    assert [ranges.site_of(each) for each in ("10.1.1.1", "10.1.2.1", "192.0.2.9", "8.8.8.8", "fe80::1")] == [
        "kordai",
        "sypatai-batyr",
        UNASSIGNED,
        UNASSIGNED,
        UNASSIGNED,
    ]
    assert ranges.covers(ip_address("10.1.3.9"))
    assert not ranges.covers(ip_address("10.2.0.1"))
    assert len(list(ranges.hosts())) == len(set(ranges.hosts())) == 1022 + 6
    assert parse_ranges(DiscoverySettings()) == ()


@pytest.mark.parametrize(
    "text", ["10.1.2.1/24", "kordai", "10.1.2.0/24=Kordai!", "fe80::/64", "10.0.0.0/8", "0.0.0.0/0", "=kordai"]
)
def test_ranges_that_are_none_or_too_large_are_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match=r"\[discovery\] ranges"):
        parse_ranges(DiscoverySettings(ranges=text))


def test_interfaces_are_addresses_of_this_machine() -> None:
    assert parse_interfaces(DiscoverySettings(interfaces=" 127.0.0.1, ::1 ")) == ("127.0.0.1", "::1")
    with pytest.raises(ConfigError):
        parse_interfaces(DiscoverySettings(interfaces="eth0"))
    with pytest.raises(ConfigError, match=r"192\.0\.2\.99"):
        own_interfaces(("192.0.2.99",))
    assert loopback()[0].network == ip_network("127.0.0.0/8")
    assert all(not each.address.is_loopback for each in own_interfaces())
    assert MAX_ASKED == 4096


async def test_an_interface_over_ipv6_is_searched_too() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    interfaces = own_interfaces(("::1",))
    async with Probing(interfaces, Ranges(), Counters(), chance(6)) as probing:
        assert [interface.address for interface, _ in probing._senders] == [ip_address("::1")]
        probing.ask(ip_address("::1"))


def test_searching_costs_nothing_until_it_is_asked_for() -> None:
    code = (
        "import hub.main, sys; print([name for name in ('zeep', 'lxml', 'zeroconf', 'onvif') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
