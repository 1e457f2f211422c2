"""A portal's file, handed in over HTTP: by whom, how large, and what has become of it when it is answered."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from hub.decisions.dialects import Dialects
from hub.storage.readings import ReadingsStore
from sensors.access import Role
from sensors.dialects.n42 import N42
from sensors.dialects.n42_file import MAX_FILE_BYTES
from sensors.model import DeviceId, DeviceKey, SiteId
from tests.hub.standing_hub import FENCE, PASSWORD, StandingHub, standing_hub
from tests.support.n42_documents import occupancy

PORTAL = DeviceKey(SiteId("kordai"), DeviceId("portal-1"))
PATH = "/api/v1/devices/kordai/portal-1/n42"


@pytest_asyncio.fixture
async def hub(tmp_path: Path) -> AsyncIterator[StandingHub]:
    async with standing_hub(tmp_path, dialects=Dialects((N42(),))) as hub:
        yield hub


async def hand_in(
    hub: StandingHub, raw: bytes, *, role: Role = Role.TECHNICIAN, path: str = PATH
) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient(base_url=hub.url, trust_env=False, timeout=60) as http:
        signed = await http.post("/api/v1/session", json={"name": role.value, "password": PASSWORD})
        header = {"Authorization": f"Bearer {signed.json()['token']}", "Content-Type": "application/xml"}
        reply = await http.post(path, content=raw, headers=header)
        return reply.status_code, reply.json()


def passing(alarm: str = "", slices: int = 7) -> bytes:
    """A vehicle that has just passed."""
    started_at = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=10)
    return occupancy(alarm=alarm, started_at=started_at, slices=slices)


async def test_an_alarm_that_is_handed_in_is_stored_shown_and_logged_with_who_and_which_file(hub: StandingHub) -> None:
    raw = passing("Neutron")
    status, receipt = await hand_in(hub, raw)
    assert status == 201
    sha256 = hashlib.sha256(raw).hexdigest()
    assert receipt == {
        "key": {"site": "kordai", "device": "portal-1"},
        "sha256": sha256,
        "readings": 3 + 7 * 6 + 3,
        "refused": 0,
        "alarms": 1,
    }
    (portal,) = (view for view in await hub.facade.devices() if view.key == PORTAL)
    assert (portal.kind, portal.maker, portal.serial) == ("radiation-portal", "Steppe Radiometrics", "SR-0042")
    assert portal.provenance == ("n42",)
    (alarm,) = (view for view in await hub.facade.alarms() if view.key == PORTAL)
    assert (alarm.metric, alarm.priority) == ("neutron_alarm", "critical")
    lines = [entry for entry in (await hub.facade.log(None, 50)).entries if entry.key == PORTAL]
    (received,) = (entry for entry in lines if entry.kind == "file-received")
    (event,) = (entry for entry in lines if entry.kind == "event")
    assert received.who == "technician"
    assert sha256 in received.text
    assert sha256 in event.text
    assert event.text.startswith("radiation-alarm: neutron")


async def test_what_is_answered_is_on_the_disk(hub: StandingHub) -> None:
    _, receipt = await hand_in(hub, passing())
    readings = ReadingsStore(hub.settings.data_dir)
    try:
        kept = readings.newest()
    finally:
        readings.close()
    assert receipt["readings"] == 3 + 7 * 6 + 2
    assert {reading.metric for reading in kept if reading.key == PORTAL} >= {"gamma", "neutron", "speed", "occupied"}


async def test_the_same_file_again_is_stored_once_and_is_one_event(hub: StandingHub) -> None:
    raw = passing("Gamma")
    await hand_in(hub, raw)
    stored = hub.health.counters.readings_stored_total
    status, receipt = await hand_in(hub, raw)
    assert (status, receipt["refused"]) == (201, 0)
    assert hub.health.counters.readings_stored_total == stored
    assert hub.health.counters.readings_duplicate_total == receipt["readings"]
    kinds = [entry.kind for entry in (await hub.facade.log(None, 50)).entries if entry.key == PORTAL]
    assert (kinds.count("event"), kinds.count("file-received")) == (1, 2)


@pytest.mark.parametrize("role", [Role.DUTY_OFFICER, Role.TECHNICIAN, Role.ADMINISTRATOR])
async def test_who_may_hand_in_a_file(hub: StandingHub, role: Role) -> None:
    assert (await hand_in(hub, passing(), role=role))[0] == 201


async def test_a_viewer_may_not_and_nothing_is_read_of_it(hub: StandingHub) -> None:
    assert (await hand_in(hub, passing(), role=Role.VIEWER))[0] == 403
    assert PORTAL not in {view.key for view in await hub.facade.devices()}


async def test_a_file_is_of_eight_mebibytes_at_most(hub: StandingHub) -> None:
    raw = passing()
    filling = b"<!--" + b"x" * (MAX_FILE_BYTES - len(raw) - 7) + b"-->"
    largest = raw.replace(b"</RadInstrumentData>", filling + b"</RadInstrumentData>")
    assert len(largest) == MAX_FILE_BYTES
    assert (await hand_in(hub, largest))[0] == 201
    status, problem = await hand_in(hub, largest + b"\n")
    assert (status, problem["kind"]) == (413, "limit")
    assert str(MAX_FILE_BYTES) in problem["detail"]


@pytest.mark.parametrize(
    ("raw", "path", "status", "text"),
    [
        (b"", PATH, 400, "is no XML"),
        (b"{}", PATH, 400, "is no XML"),
        (b"<RadInstrumentData/>", PATH, 400, "holds neither"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><RadInstrumentData>&a;</RadInstrumentData>", PATH, 400, "is no XML"),
        (passing(), "/api/v1/devices/Kordai/portal-1/n42", 400, "site"),
        (passing(), f"/api/v1/devices/{FENCE.site}/{FENCE.device}/n42", 409, "this device"),
    ],
)
async def test_what_cannot_be_taken_in_is_answered_with_the_reason(
    hub: StandingHub, raw: bytes, path: str, status: int, text: str
) -> None:
    answered, problem = await hand_in(hub, raw, path=path)
    assert answered == status
    assert text in problem["detail"]


async def test_where_the_dialect_is_switched_off_nothing_is_taken_in(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub:
        status, problem = await hand_in(hub, passing())
    assert status == 404
    assert "[n42] enabled" in problem["detail"]
