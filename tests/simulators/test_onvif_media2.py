"""The second media service and snapshots of simulated cameras, judged by a client that nobody here wrote."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import pytest
from onvif import ONVIFService  # type: ignore[import-untyped]  # it has no types
from zeep.exceptions import Fault as SoapFault

from sensors.model import StreamRole
from sensors.rtsp.authentication import Credentials
from sensors.stamp import Stamp, read
from simulators.cameras.vocabulary import Fault
from simulators.onvif.envelope import DEVICE
from simulators.onvif.subject import DEVICE_PATH, MEDIA2_PATH, SNAPSHOT_PATH, Address
from tests.support.likeness import grey, likeness, small
from tests.support.media2_contract import BINDING, MEDIA2, write_contract
from tests.support.onvif_stand import FIXED, PASSWORD, TURNING, WRONG, YARD, onvif_stand
from tests.support.waiting import eventually_async

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ALL = {"Type": ["All"]}
ALIKE, OTHER = 0.9, 0.7


@asynccontextmanager
async def foreign_media2(address: Address, credentials: Credentials, folder: Path) -> AsyncIterator[Any]:
    contract = str(write_contract(folder))
    url, (user, password) = address.url(MEDIA2_PATH), (credentials.user, credentials.password)
    service = ONVIFService(url, user, password, contract, no_cache=True, binding_name=BINDING)
    try:
        await service.setup()
        yield service
    finally:
        await service.close()


async def test_a_foreign_client_learns_profiles_codecs_and_addresses_of_the_second_media_service(
    tmp_path: Path,
) -> None:
    async with onvif_stand() as stand:
        async with foreign_media2(stand.onvif.addresses[1], PASSWORD, tmp_path) as fixed:
            profiles = {each.token: each.Configurations for each in await fixed.GetProfiles(ALL)}
            told = {
                token: (parts.VideoEncoder.Encoding, parts.VideoEncoder.Resolution.Width)
                for token, parts in profiles.items()
            }
            assert told == {"main": ("H265", 1280), "sub": ("H264", 640)}
            assert profiles["main"].PTZ is None
            for role in StreamRole.MAIN, StreamRole.SUB:
                for protocol in "RTSP", "RtspUnicast":
                    uri = await fixed.GetStreamUri({"Protocol": protocol, "ProfileToken": role})
                    assert uri == stand.cameras.url(FIXED, role, "127.0.0.1")
            (encoder,) = await fixed.GetVideoEncoderConfigurations({"ProfileToken": "main"})
            assert (encoder.Encoding, encoder.RateControl.FrameRateLimit, encoder.GovLength) == ("H265", 25, 25)
            assert await fixed.GetVideoEncoderConfigurations({"ConfigurationToken": encoder.token}) == [encoder]
        async with foreign_media2(stand.address, PASSWORD, tmp_path) as turning:
            (profile,) = await turning.GetProfiles({"Token": "sub", "Type": ["PTZ"]})
            assert (profile.Configurations.PTZ.NodeToken, profile.Configurations.VideoEncoder) == ("node", None)
            assert [each.Configurations for each in await turning.GetProfiles()] == [None, None]


async def test_a_foreign_client_is_refused_what_there_is_not_and_without_the_password(tmp_path: Path) -> None:
    async with onvif_stand() as stand:
        async with foreign_media2(stand.address, PASSWORD, tmp_path) as media2:
            for ask, about, why in (
                (media2.GetProfiles, {"Token": "third"}, "no such profile"),
                (media2.GetSnapshotUri, {"ProfileToken": "third"}, "no such profile"),
                (media2.GetSnapshotUri, {}, "no ProfileToken"),
                (media2.GetStreamUri, {"Protocol": "RtspMulticast", "ProfileToken": "sub"}, "unicast"),
                (media2.GetVideoEncoderConfigurations, {"ConfigurationToken": "x"}, "no such configuration"),
            ):
                with pytest.raises(SoapFault, match=why):
                    await ask(about)
        async with foreign_media2(stand.address, WRONG, tmp_path) as stranger:
            with pytest.raises(SoapFault, match="not authorized"):
                await stranger.GetProfiles(ALL)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"<a", 400, "ter:WellFormed"),
        (b'<e:Envelope xmlns:e="%s"><e:Body/></e:Envelope>' % SOAP.encode(), 400, "ter:WellFormed"),
        (b"<a/>", 500, "s:VersionMismatch"),
        (
            f'<e:Envelope xmlns:e="{SOAP}"><e:Body><GetMasks xmlns="{MEDIA2}"/></e:Body></e:Envelope>'.encode(),
            500,
            "ter:ActionNotSupported",
        ),
    ],
)
async def test_what_the_second_media_service_cannot_answer_is_a_fault(body: bytes, status: int, code: str) -> None:
    async with onvif_stand(None) as stand, httpx.AsyncClient(trust_env=False) as http:
        reply = await http.post(stand.address.url(MEDIA2_PATH), content=body)
        assert (reply.status_code, f">{code}<" in reply.text) == (status, True)


async def test_all_services_are_listed() -> None:
    asked = f'<e:Envelope xmlns:e="{SOAP}"><e:Body><GetServices xmlns="{DEVICE}"/></e:Body></e:Envelope>'
    async with onvif_stand() as stand, httpx.AsyncClient(trust_env=False) as http:
        reply = await http.post(stand.address.url(DEVICE_PATH), content=asked)
        assert f"<tds:Namespace>{MEDIA2}</tds:Namespace><tds:XAddr>{stand.address.url(MEDIA2_PATH)}<" in reply.text


async def test_a_snapshot_is_what_the_camera_shows_now(tmp_path: Path) -> None:
    async with onvif_stand() as stand, httpx.AsyncClient(trust_env=False, timeout=30) as http:
        http.auth = httpx.DigestAuth(PASSWORD.user, PASSWORD.password)
        async with foreign_media2(stand.address, PASSWORD, tmp_path) as media2:
            url = await media2.GetSnapshotUri({"ProfileToken": "sub"})

        async def snapshot() -> npt.NDArray[np.uint8]:
            reply = await http.get(url)
            assert (reply.status_code, reply.headers["Content-Type"]) == (200, "image/jpeg")
            picture = grey(reply.content)
            assert picture.shape == (360, 640)
            return picture

        ahead = await snapshot()
        assert stamp_of(ahead).camera == 21
        await stand.cameras.set_fault(TURNING, Fault.FROZEN)
        frozen = await snapshot()
        assert (await snapshot() == frozen).all()
        await stand.cameras.set_fault(TURNING, Fault.BLACK)
        assert (await snapshot())[60:].mean() < ahead[60:].mean() / 3
        await stand.cameras.set_fault(TURNING, Fault.NONE)
        stand.mount.go_to(YARD)
        await eventually_async(lambda: stand.mount.look == YARD)
        assert likeness(small(await snapshot()), small(ahead)) < OTHER
        assert likeness(small(frozen), small(ahead)) > ALIKE


async def test_snapshots_ask_for_the_password_and_there_are_no_others() -> None:
    async with onvif_stand() as stand, httpx.AsyncClient(trust_env=False, timeout=30) as http:
        right, wrong = (httpx.DigestAuth(each.user, each.password) for each in (PASSWORD, WRONG))
        sub = stand.address.url(f"{SNAPSHOT_PATH}/sub")
        stranger = await http.get(sub)
        assert (stranger.status_code, stranger.headers["WWW-Authenticate"][:7]) == (401, "Digest ")
        assert (await http.get(sub, auth=wrong)).status_code == 401
        assert (await http.get(f"{sub}stream", auth=right)).status_code == 404
        assert (await http.get(stand.address.url(MEDIA2_PATH), auth=right)).status_code == 405
        assert (await http.put(sub, auth=right)).status_code == 405
        await stand.cameras.set_fault(TURNING, Fault.LOCKED)
        assert (await http.get(sub, auth=right)).status_code == 401
        await stand.cameras.set_fault(TURNING, Fault.GONE)
        assert (await http.get(sub, auth=right)).status_code == 404
        await stand.cameras.set_fault(TURNING, Fault.KILLED)
        with pytest.raises(httpx.TransportError):
            await http.get(sub, auth=right)


def stamp_of(picture: npt.NDArray[np.uint8]) -> Stamp:
    height, width = picture.shape
    found = read(lambda x, y: float(picture[int(y * height), int(x * width)]))
    assert found is not None
    return found
