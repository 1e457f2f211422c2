"""A technician's orders about the registry, over the API, by the client that the console uses."""

from contextlib import aclosing
from pathlib import Path

import pytest
from msgspec.structs import replace

from hub.client import HubClient
from hub.protocol import Approval, ConflictKind, DevicesChanged, DeviceView, Snapshot
from sensors.access import Role
from sensors.dialects import native
from sensors.errors import AccessError, ConflictError, NotFoundError
from sensors.model import DeviceId, DeviceKey, SiteId
from sensors.topics import Leaf
from tests.hub.quiet_center import FENCE_BIRTH
from tests.hub.standing_hub import FENCE, PASSWORD, StandingHub, standing_hub

OWN = replace(FENCE_BIRTH, serial="100")
OTHER = replace(FENCE_BIRTH, serial="200")
GUEST = DeviceKey(SiteId("kordai"), DeviceId("guest"))


async def view_of(client: HubClient, key: DeviceKey = FENCE) -> DeviceView:
    return next(each for each in await client.devices() if each.key == key)


async def say(hub: StandingHub, key: DeviceKey, payload: bytes) -> None:
    """Have a birth taken in, and wait until it is."""
    hub.hear(key, Leaf.BIRTH, payload)
    await hub.facade.devices()


async def test_a_change_is_held_accepted_and_dismissed_by_its_mark(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, HubClient(hub.url) as client:
        await client.sign_in("administrator", PASSWORD)
        await say(hub, FENCE, native.encode_birth(OWN))
        await say(hub, FENCE, native.encode_birth(OTHER))
        (conflict,) = (await view_of(client)).conflicts
        assert (conflict.kind, (await view_of(client)).serial) == (ConflictKind.CHANGED, "100")
        with pytest.raises(ConflictError):
            await client.accept(FENCE, "birth:of-another")
        assert (await client.accept(FENCE, conflict.mark, "exchanged")).serial == "200"
        with pytest.raises(ConflictError):
            await client.accept(FENCE, conflict.mark)
        await say(hub, FENCE, native.encode_birth(OWN))
        (conflict,) = (await view_of(client)).conflicts
        left = await client.dismiss(FENCE, conflict.mark, "an echo")
        assert (left.serial, left.conflicts) == ("200", ())
        kinds = [entry.kind for entry in (await client.log(limit=20)).entries]
        assert kinds.index("device-conflict-dismissed") < kinds.index("device-change-accepted")


async def test_a_device_is_retired_and_approved_again(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, HubClient(hub.url) as client:
        await client.sign_in("administrator", PASSWORD)
        assert (await client.retire(FENCE, "sold")).approval is Approval.RETIRED
        assert (await client.approve(FENCE)).approval is Approval.APPROVED
        with pytest.raises(NotFoundError):
            await client.retire(GUEST)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DUTY_OFFICER])
async def test_only_technicians_decide_who_a_device_is(tmp_path: Path, role: Role) -> None:
    async with standing_hub(tmp_path) as hub, HubClient(hub.url) as client:
        await client.sign_in(role.value, PASSWORD)
        for order in (client.retire(FENCE), client.accept(FENCE, "x"), client.dismiss(FENCE, "x")):
            with pytest.raises(AccessError):
                await order


async def test_a_withdrawn_stranger_leaves_the_live_feed(tmp_path: Path) -> None:
    async with standing_hub(tmp_path, approve_all=False) as hub, HubClient(hub.url) as client:
        await client.sign_in("administrator", PASSWORD)
        await say(hub, GUEST, native.encode_birth(OWN))
        async with aclosing(client.live()) as feed:
            async for message in feed:
                if isinstance(message, Snapshot):
                    await say(hub, GUEST, b"")
                if isinstance(message, DevicesChanged) and GUEST in message.removed:
                    break
        assert GUEST not in {each.key for each in await client.devices()}
