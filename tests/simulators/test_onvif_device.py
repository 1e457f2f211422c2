"""Simulated cameras as ONVIF devices, judged by a client that nobody here wrote and by bare requests."""

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from onvif import ONVIFCamera  # type: ignore[import-untyped]  # it has no types
from zeep.exceptions import Fault as SoapFault

from sensors.clock import SystemClock
from sensors.model import StreamRole
from sensors.rtsp.authentication import Credentials
from simulators.cameras.look import AHEAD
from simulators.cameras.vocabulary import Fault
from simulators.faults.line import Line
from simulators.faults.link import Link
from simulators.onvif.envelope import DEVICE, MAX_REQUEST_BYTES, MEDIA, PTZ
from simulators.onvif.subject import DEVICE_PATH, MEDIA_PATH, PTZ_PATH, Address
from simulators.scenario.link_actions import LinkBreak, LinkHalfOpen, LinkResume
from tests.support.onvif_stand import FIXED, GATE, LOOPBACK, PASSWORD, TURNING, WRONG, YARD, OnvifStand, onvif_stand
from tests.support.waiting import eventually_async

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


@asynccontextmanager
async def foreign_client(address: Address, credentials: Credentials) -> AsyncIterator[Any]:
    camera = ONVIFCamera(address.host, address.port, credentials.user, credentials.password, no_cache=True)
    try:
        yield camera
    finally:
        await camera.close()


async def test_a_foreign_client_learns_what_a_camera_is_and_where_its_streams_are() -> None:
    async with onvif_stand() as stand, foreign_client(stand.address, PASSWORD) as client:
        await client.update_xaddrs()
        device = await client.create_devicemgmt_service()
        facts = await device.GetDeviceInformation()
        assert (facts.Manufacturer, facts.SerialNumber) == ("Shekara", "SIM-kordai-cam-1")
        (network,) = await device.GetNetworkInterfaces()
        assert network.Info.HwAddress.startswith("02:")
        media = await client.create_media_service()
        profiles = await media.GetProfiles()
        sizes = {each.token: each.VideoEncoderConfiguration.Resolution.Width for each in profiles}
        assert sizes == {"main": 1280, "sub": 640}
        for role in StreamRole.MAIN, StreamRole.SUB:
            reply = await media.GetStreamUri({"StreamSetup": SETUP, "ProfileToken": role})
            assert reply.Uri == stand.cameras.url(TURNING, role, "127.0.0.1")
        assert (await media.GetVideoSources())[0].Resolution.Height == 720
        assert (await media.GetProfile({"ProfileToken": "sub"})).PTZConfiguration.NodeToken == "node"


async def test_a_foreign_client_turns_a_camera_to_its_presets_and_makes_and_removes_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # So that it can be seen on its way.
    monkeypatch.setattr("simulators.cameras.mount._SETTLES_S", 1.5)
    async with onvif_stand() as stand, foreign_client(stand.address, PASSWORD) as client:
        await client.update_xaddrs()
        ptz = await client.create_ptz_service()
        profile = {"ProfileToken": "main"}
        presets = await ptz.GetPresets(profile)
        assert [(each.token, each.Name) for each in presets] == [("1", "Ворота"), ("2", "yard")]
        assert presets[0].PTZPosition.PanTilt.x == pytest.approx(-0.4)
        await ptz.GotoPreset({**profile, "PresetToken": "1"})
        assert (await ptz.GetStatus(profile)).MoveStatus.PanTilt == "MOVING"
        await eventually_async(lambda: stand.mount.look == GATE)
        status = await ptz.GetStatus(profile)
        assert (status.MoveStatus.PanTilt, status.Position.PanTilt.x) == ("IDLE", pytest.approx(-0.4))
        kept = await ptz.SetPreset({**profile, "PresetName": "here"})
        assert stand.mount.preset(kept).look == GATE
        await ptz.GotoPreset({**profile, "PresetToken": "2"})
        await eventually_async(lambda: stand.mount.look == YARD)
        await ptz.GotoHomePosition(profile)
        await eventually_async(lambda: stand.mount.look == AHEAD)
        await ptz.RemovePreset({**profile, "PresetToken": kept})
        assert len(await ptz.GetPresets(profile)) == 2
        assert (await ptz.GetNodes())[0].HomeSupported


async def test_a_foreign_client_with_a_wrong_password_learns_the_time_and_the_services_alone() -> None:
    async with onvif_stand() as stand, foreign_client(stand.address, WRONG) as client:
        await client.update_xaddrs()
        assert set(client.xaddrs) >= {MEDIA, PTZ}
        media = await client.create_media_service()
        with pytest.raises(SoapFault, match="not authorized"):
            await media.GetProfiles()
        ptz = await client.create_ptz_service()
        with pytest.raises(SoapFault, match="not authorized"):
            await ptz.GotoPreset({"ProfileToken": "main", "PresetToken": "1"})
        assert not stand.mount.is_moving


async def test_a_foreign_client_is_told_what_there_is_not() -> None:
    async with onvif_stand() as stand, foreign_client(stand.address, PASSWORD) as client:
        await client.update_xaddrs()
        media, ptz = await client.create_media_service(), await client.create_ptz_service()
        with pytest.raises(SoapFault, match="no such profile"):
            await media.GetStreamUri({"StreamSetup": SETUP, "ProfileToken": "third"})
        with pytest.raises(SoapFault, match="no such preset"):
            await ptz.GotoPreset({"ProfileToken": "main", "PresetToken": "99"})
        with pytest.raises(SoapFault, match="not supported"):
            await media.GetOSDs()
        with pytest.raises(SoapFault, match="no such profile"):
            await media.GetSnapshotUri({"ProfileToken": "third"})
        async with foreign_client(stand.onvif.addresses[1], PASSWORD) as fixed:
            await fixed.update_xaddrs()
            assert PTZ not in fixed.xaddrs


def token(password: Credentials, created: datetime, nonce: bytes = b"sixteen bytes it") -> str:
    moment = f"{created:%Y-%m-%dT%H:%M:%SZ}"
    secret = nonce + moment.encode() + password.password.encode()
    digest = base64.b64encode(hashlib.sha1(secret, usedforsecurity=False).digest()).decode()
    return (
        f'<w:Security xmlns:w="{WSS}-wssecurity-secext-1.0.xsd" xmlns:u="{WSS}-wssecurity-utility-1.0.xsd">'
        f"<w:UsernameToken><w:Username>{password.user}</w:Username>"
        f'<w:Password Type="{WSS}-username-token-profile-1.0#PasswordDigest">{digest}</w:Password>'
        f"<w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce><u:Created>{moment}</u:Created></w:UsernameToken></w:Security>"
    )


def envelope(asked: str, header: str = "") -> bytes:
    return (
        f'<e:Envelope xmlns:e="{SOAP}" xmlns:d="{DEVICE}" xmlns:m="{MEDIA}" xmlns:p="{PTZ}">'
        f"<e:Header>{header}</e:Header><e:Body>{asked}</e:Body></e:Envelope>"
    ).encode()


_HARDLY = httpx.Timeout(10, read=0.3)
"""For who never answers."""


async def post(stand: OnvifStand, path: str, body: bytes, **how: Any) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        return await http.post(stand.address.url(path), content=body, **how)


PROFILES = "<m:GetProfiles/>"
OF = "<m:{0}><m:ProfileToken>{1}</m:ProfileToken></m:{0}>"
GO = "<p:GotoPreset><p:ProfileToken>{}</p:ProfileToken><p:PresetToken>{}</p:PresetToken></p:GotoPreset>"
GO_NOWHERE = "<p:GotoPreset><p:ProfileToken>sub</p:ProfileToken></p:GotoPreset>"
IMAGING = "<d:GetCapabilities><d:Category>Imaging</d:Category></d:GetCapabilities>"


async def test_tokens_are_right_fresh_and_used_once() -> None:
    now = datetime.now(UTC)
    async with onvif_stand() as stand:

        async def status(header: str) -> tuple[int, bool]:
            reply = await post(stand, MEDIA_PATH, envelope(PROFILES, header))
            return reply.status_code, "ter:NotAuthorized" in reply.text

        right = token(PASSWORD, now)
        assert await status(right) == (200, False)
        assert await status(right) == (400, True)
        assert await status(token(PASSWORD, now, b"another")) == (200, False)
        for wrong in (
            token(WRONG, now),
            token(Credentials("admin", PASSWORD.password), now),
            token(PASSWORD, now - timedelta(minutes=5), b"old"),
            token(PASSWORD, now + timedelta(minutes=5), b"early"),
            token(PASSWORD, now, b"text").replace("#PasswordDigest", "#PasswordText"),
            token(PASSWORD, now, b"salt").replace("<w:Nonce>", "<w:Nonce>!"),
            token(PASSWORD, now, b"when").replace("Created>2", "Created>x"),
        ):
            assert await status(wrong) == (400, True)


async def test_http_digest_is_taken_where_there_is_no_token_and_strangers_are_asked_for_it() -> None:
    async with onvif_stand() as stand:
        stranger = await post(stand, MEDIA_PATH, envelope(PROFILES))
        assert (stranger.status_code, stranger.headers["WWW-Authenticate"][:7]) == (401, "Digest ")
        right, wrong = (httpx.DigestAuth(each.user, each.password) for each in (PASSWORD, WRONG))
        assert (await post(stand, MEDIA_PATH, envelope(PROFILES), auth=right)).status_code == 200
        assert (await post(stand, MEDIA_PATH, envelope(PROFILES), auth=wrong)).status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "status", "codes"),
    [
        (DEVICE_PATH, b"", 400, ["ter:WellFormed"]),
        (DEVICE_PATH, b"<a", 400, ["ter:WellFormed"]),
        (DEVICE_PATH, b'<!DOCTYPE a [<!ENTITY b "bb">]>' + envelope("<d:GetServices/>"), 400, ["ter:WellFormed"]),
        (DEVICE_PATH, envelope(""), 400, ["ter:WellFormed"]),
        (DEVICE_PATH, b"<a/>", 500, ["s:VersionMismatch"]),
        (DEVICE_PATH, envelope("<d:SystemReboot/>"), 500, ["s:Receiver", "ter:ActionNotSupported"]),
        (DEVICE_PATH, envelope(PROFILES), 500, ["ter:ActionNotSupported"]),
        (DEVICE_PATH, envelope(IMAGING), 500, ["ter:NoSuchService"]),
        (MEDIA_PATH, envelope("<m:GetStreamUri/>"), 400, ["s:Sender", "ter:InvalidArgs"]),
        (MEDIA_PATH, envelope(OF.format("GetProfile", "x")), 400, ["ter:InvalidArgVal", "ter:NoProfile"]),
        (MEDIA_PATH, envelope(OF.format("GetStreamUri", "sub")), 400, ["ter:InvalidStreamSetup"]),
        (PTZ_PATH, envelope(GO.format("x", "1")), 400, ["ter:NoProfile"]),
        (PTZ_PATH, envelope(GO_NOWHERE), 400, ["ter:InvalidArgs"]),
        (PTZ_PATH, envelope(GO.format("sub", "9")), 400, ["ter:InvalidArgVal", "ter:NoToken"]),
        ("/onvif/imaging", envelope(PROFILES), 404, []),
        (MEDIA_PATH, b" " * (MAX_REQUEST_BYTES + 1), 413, []),
    ],
)
async def test_what_cannot_be_answered_is_refused_with_its_code(
    path: str, body: bytes, status: int, codes: list[str]
) -> None:
    async with onvif_stand(None) as stand:
        reply = await post(stand, path, body)
        assert reply.status_code == status
        for code in codes:
            assert f">{code}<" in reply.text
        assert (await post(stand, MEDIA_PATH, envelope(PROFILES))).status_code == 200


async def test_presets_are_bounded() -> None:
    async with onvif_stand(None) as stand:
        keep = envelope("<p:SetPreset><p:ProfileToken>sub</p:ProfileToken></p:SetPreset>")
        replies = [await post(stand, PTZ_PATH, keep) for _ in range(15)]
        assert [reply.status_code for reply in replies] == [200] * 14 + [500]
        assert "ter:TooManyPresets" in replies[-1].text


async def test_a_camera_that_is_locked_dead_or_silent_is_so_over_onvif_too() -> None:
    async with onvif_stand() as stand:
        signed = envelope(PROFILES, token(PASSWORD, datetime.now(UTC)))
        await stand.cameras.set_fault(TURNING, Fault.LOCKED)
        assert "ter:NotAuthorized" in (await post(stand, MEDIA_PATH, signed)).text
        await stand.cameras.set_fault(TURNING, Fault.KILLED)
        with pytest.raises(httpx.TransportError):
            await post(stand, MEDIA_PATH, signed)
        await stand.cameras.set_fault(TURNING, Fault.HALF_OPEN)
        with pytest.raises(httpx.ReadTimeout):
            await post(stand, MEDIA_PATH, signed, timeout=_HARDLY)
        await stand.cameras.set_fault(TURNING, Fault.NONE)
        assert (await post(stand, MEDIA_PATH, signed)).status_code == 200
        assert not stand.cameras.rigs[FIXED].mount.turns


async def test_a_camera_behind_a_line_names_it_and_is_as_far_away_over_onvif_as_its_link_is() -> None:
    link, clock = Link(), SystemClock()
    line = Line(link, clock, (LOOPBACK, 1), port=8555)
    async with onvif_stand() as stand:
        stand.cameras.ways[TURNING.site] = line
        stream = (
            '<m:GetStreamUri xmlns:t="http://www.onvif.org/ver10/schema"><m:StreamSetup><t:Stream>RTP-Unicast</t:Stream>'
            "<t:Transport><t:Protocol>RTSP</t:Protocol></t:Transport></m:StreamSetup>"
            "<m:ProfileToken>sub</m:ProfileToken></m:GetStreamUri>"
        )
        asked = envelope(stream, token(PASSWORD, datetime.now(UTC)))
        assert "rtsp://127.0.0.1:8555/kordai/cam-1/sub" in (await post(stand, MEDIA_PATH, asked)).text
        anybody = envelope("<d:GetSystemDateAndTime/>")
        link.act(LinkBreak(site="kordai", duration_s=600), clock.now())
        with pytest.raises(httpx.TransportError):
            await post(stand, DEVICE_PATH, anybody)
        link.act(LinkResume(site="kordai"), clock.now())
        link.act(LinkHalfOpen(site="kordai", duration_s=600), clock.now())
        with pytest.raises(httpx.ReadTimeout):
            await post(stand, DEVICE_PATH, anybody, timeout=_HARDLY)
        link.act(LinkResume(site="kordai"), clock.now())
        assert (await post(stand, DEVICE_PATH, anybody)).status_code == 200
