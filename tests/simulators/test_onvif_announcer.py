"""Simulated cameras that are searched for: by a searcher of others, by the hub, and by bare datagrams."""

import asyncio
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.discovery.interfaces import own_interfaces
from hub.discovery.probing import Counters, Probing, Sighting
from hub.discovery.settings import DiscoverySettings, parse_ranges
from hub.discovery.wsd import CAMERA_TYPE, DEVICE_TYPE, Answered, Greeted, Left, encode_probe, parse
from sensors.clock import SystemClock
from sensors.errors import ConfigError
from simulators.cameras.nameplate import nameplate_of
from simulators.cameras.vocabulary import Fault
from simulators.onvif import announcer as announcer_module
from simulators.onvif.announcer import Announcer
from simulators.onvif.wsd import (
    DRAFT,
    MAX_DATAGRAM_BYTES,
    STANDARD,
    Announced,
    Probe,
    Resolve,
    Stamp,
    read_question,
    write_answer,
    write_bye,
    write_hello,
)
from tests.support.multicast import alone_on_the_air
from tests.support.onvif_searcher import foreign_searcher
from tests.support.onvif_stand import FIXED, LOOPBACK, TURNING, onvif_stand
from tests.support.waiting import eventually_async

URNS = [nameplate_of(key).urn for key in (TURNING, FIXED)]
SCOPE = "onvif://www.onvif.org"
CAMERA = Announced(
    URNS[0], (f"{SCOPE}/type/ptz", f"{SCOPE}/name/Gate%20North"), "http://127.0.0.1:8600/onvif/device_service"
)
STAMP = Stamp("urn:uuid:9", 1, 2)


def question(body: str, names: tuple[str, str] = (DRAFT.discovery, DRAFT.addressing)) -> Probe | Resolve | None:
    discovery, addressing = names
    return read_question(
        f'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:q="{discovery}" xmlns:z="{addressing}">'
        f"<e:Header><z:MessageID> urn:uuid:1 </z:MessageID></e:Header><e:Body>{body}</e:Body></e:Envelope>".encode()
    )


@pytest.mark.parametrize("type_", [CAMERA_TYPE, DEVICE_TYPE])
def test_the_hubs_probe_is_understood_and_the_hub_understands_the_answer(type_: tuple[str, str]) -> None:
    probe = read_question(encode_probe("urn:uuid:1", type_))
    assert isinstance(probe, Probe)
    assert probe.finds(CAMERA)
    heard = parse(write_answer(probe, CAMERA, STAMP))
    assert isinstance(heard, Answered)
    (endpoint,) = heard.endpoints
    assert (heard.relates_to, endpoint.urn, endpoint.name) == ("urn:uuid:1", CAMERA.urn, "Gate North")
    assert endpoint.addresses == (CAMERA.address,)
    assert isinstance(parse(write_hello(CAMERA, STAMP)), Greeted)
    assert parse(write_bye(CAMERA, STAMP)) == Left(CAMERA.urn)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", True),
        ('<q:Types xmlns:n="http://www.onvif.org/ver10/network/wsdl">n:NetworkVideoTransmitter</q:Types>', True),
        ('<q:Types xmlns:n="http://schemas.xmlsoap.org/ws/2006/02/devprof">n:Device</q:Types>', False),
        ("<q:Types>n:NetworkVideoTransmitter</q:Types>", False),
        (f"<q:Scopes>{SCOPE}/type {SCOPE}/name/gate%20north/</q:Scopes>", True),
        (f"<q:Scopes>{SCOPE}/typ</q:Scopes>", False),
        (f"<q:Scopes>{SCOPE}/type {SCOPE}/name/Other</q:Scopes>", False),
        (f'<q:Scopes MatchBy="{DRAFT.discovery}/strcmp0">{SCOPE}/type/ptz</q:Scopes>', True),
        (f'<q:Scopes MatchBy="{DRAFT.discovery}/strcmp0">{SCOPE}/type</q:Scopes>', False),
        (f'<q:Scopes MatchBy="{DRAFT.discovery}/ldap">{SCOPE}/type</q:Scopes>', False),
    ],
)
def test_a_probe_finds_those_of_its_types_and_scopes(words: str, *, found: bool) -> None:
    probe = question(f"<q:Probe>{words}</q:Probe>")
    assert isinstance(probe, Probe)
    assert probe.finds(CAMERA) is found


def test_a_device_is_resolved_by_its_identity_in_the_version_that_was_asked() -> None:
    words = "<q:Resolve><z:EndpointReference><z:Address>{}</z:Address></z:EndpointReference></q:Resolve>"
    asked = question(words.format(CAMERA.urn.upper()), (STANDARD.discovery, STANDARD.addressing))
    other = question(words.format(URNS[1]))
    assert isinstance(asked, Resolve)
    assert isinstance(other, Resolve)
    assert asked.finds(CAMERA)
    assert not other.finds(CAMERA)
    answer = write_answer(asked, CAMERA, STAMP).decode()
    assert f'xmlns:d="{STANDARD.discovery}"' in answer
    assert "<d:ResolveMatches><d:ResolveMatch>" in answer


@given(
    st.binary(max_size=200)
    | st.tuples(st.integers(0, 700), st.binary(max_size=6)).map(
        lambda cut: encode_probe("urn:uuid:1")[: cut[0]] + cut[1] + encode_probe("urn:uuid:1")[cut[0] :]
    )
)
def test_no_datagram_raises(datagram: bytes) -> None:
    asked = read_question(datagram)
    assert asked is None or asked.message_id


def test_what_is_too_long_or_has_a_dtd_asks_nothing() -> None:
    probe = encode_probe("urn:uuid:1")
    assert read_question(probe + b" " * MAX_DATAGRAM_BYTES) is None
    assert read_question(probe.replace(b"?>", b'?><!DOCTYPE a [<!ENTITY b "bb">]>', 1)) is None


async def test_a_foreign_searcher_finds_cameras_and_hears_them_come_and_go() -> None:
    with alone_on_the_air(), foreign_searcher() as searcher:
        async with onvif_stand(announced=True) as stand:
            came = {(await asyncio.to_thread(searcher.next, "came"))["came"] for _ in URNS}
            assert came == set(URNS)
            found = {each["identity"]: each for each in await asyncio.to_thread(searcher.search, 2)}
            assert set(found) == set(URNS)
            assert [found[urn]["addresses"] for urn in URNS] == [[url] for url in stand.onvif.urls]
            assert f"{SCOPE}/type/ptz" in found[URNS[0]]["scopes"]
            assert f"{SCOPE}/type/ptz" not in found[URNS[1]]["scopes"]
            assert " ".join(CAMERA_TYPE) in found[URNS[0]]["types"]
            await stand.cameras.set_fault(TURNING, Fault.KILLED)
            (alone,) = await asyncio.to_thread(searcher.search, 1)
            assert alone["identity"] == URNS[1]
        assert (await asyncio.to_thread(searcher.next, "went"))["went"] == URNS[1]


def found_by(probing: Probing) -> Callable[[], bool]:
    seen: dict[str, Sighting] = {}

    def look() -> bool:
        while not probing.sightings.empty():
            sighting = probing.sightings.get_nowait()
            seen[sighting.endpoint.urn] = sighting
        return set(seen) == set(URNS)

    return look


async def test_the_hub_finds_cameras_by_multicast_and_address_by_address() -> None:
    loopback, counters = own_interfaces((LOOPBACK,)), Counters()
    listed = parse_ranges(DiscoverySettings(ranges=f"{LOOPBACK}/32=kordai"))
    with alone_on_the_air():
        async with onvif_stand(announced=True):
            async with Probing(loopback, listed, counters, random.SystemRandom()) as probing:
                await probing.search()
                await eventually_async(found_by(probing))
            async with Probing(loopback, listed, counters, random.SystemRandom()) as probing:
                await probing.ask_listed(100.0)
                await eventually_async(found_by(probing))


async def test_questions_are_answered_once_and_not_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    async with onvif_stand() as stand:
        devices = zip(stand.onvif.devices, stand.onvif.addresses, strict=True)
        announcer = Announcer(devices, LOOPBACK, SystemClock(), random.SystemRandom(), port=0)
        here, elsewhere = (LOOPBACK, 9), ("192.0.2.9", 9)
        announcer.hear(encode_probe("urn:uuid:1"), elsewhere)
        assert (announcer.waiting, announcer.ignored_total) == (0, 1)
        for _ in range(3):
            announcer.hear(encode_probe("urn:uuid:1"), here)
        assert announcer.waiting == 2
        monkeypatch.setattr(announcer_module, "MAX_WAITING", 5)
        for number in range(2, 5):
            announcer.hear(encode_probe(f"urn:uuid:{number}"), here)
        assert (announcer.waiting, announcer.ignored_total) == (5, 4)
        monkeypatch.setattr(announcer_module, "MAX_DATAGRAMS_A_SECOND", 0)
        announcer.hear(encode_probe("urn:uuid:9"), here)
        assert announcer.ignored_total == 5
        announcer.close()
        assert announcer.waiting == 0


async def test_an_address_that_is_none_of_this_machine_is_refused() -> None:
    announcer = Announcer((), "192.0.2.9", SystemClock(), random.SystemRandom())
    with pytest.raises(ConfigError, match=r"rtsp_host"):
        await announcer.start()
