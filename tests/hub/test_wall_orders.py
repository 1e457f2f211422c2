"""Orders from a wall's page: who asks is proven by the seal, whoever carried it here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from hub.people.keys import load_or_create_keys
from hub.wall_orders import WallOrders
from sensors.access import Audience, Principal, Role, issue_token
from sensors.dialects import native
from sensors.errors import AccessError, ShekaraError, WireError
from sensors.topics import Leaf, wall_key
from sensors.wall_orders import ANSWER, ORDER, WallOrder, open_order, seal_order
from tests.hub.standing_hub import CAMERA, PASSWORD, StandingHub, standing_hub
from tests.support.waiting import eventually_async

MAIN = wall_key("main")
LAYOUT = msgspec.Raw(b'{"layout":"3x3"}')


@asynccontextmanager
async def ordering_hub(folder: Path) -> AsyncIterator[StandingHub]:
    async with standing_hub(folder) as hub:
        orders = WallOrders(hub.facade, hub.accounts, hub.keys, hub.outbox.publish, hub.clock)
        hub.pipeline.take_order = orders.take
        task = asyncio.create_task(orders.run())
        try:
            yield hub
        finally:
            task.cancel()
            await asyncio.wait([task])


def officer(hub: StandingHub, role: Role = Role.DUTY_OFFICER) -> Principal:
    return hub.accounts.authenticate(role.value, PASSWORD, timedelta(hours=1))


def order(hub: StandingHub, name: str = "change-wall", change: msgspec.Raw = LAYOUT, wall: str = "main") -> WallOrder:
    return WallOrder("0123456789abcdef", wall, hub.clock.now(), name, change)


def seal(hub: StandingHub, given: WallOrder, who: Principal, key: str = "") -> str:
    token = issue_token(who, Audience.TICKET, key or hub.keys.private_pem)
    return seal_order(given, who, Audience.TICKET, token)


def send(hub: StandingHub, event_id: str, text: str) -> None:
    hub.hear(MAIN, Leaf.EVENT, native.encode_event(event_id, ORDER, hub.clock.now(), text))


async def answer(hub: StandingHub, event_id: str) -> str:
    """What the wall is told of an order: an empty text when it was done."""

    def told() -> list[str]:
        commands = [
            native.decode_command(sent.payload) for sent in hub.outbox.published if sent.topic.endswith("main/cmd")
        ]
        return [
            str(command.arguments["text"])
            for command in commands
            if not isinstance(command, str) and command.name == ANSWER and command.arguments["order"] == event_id
        ]

    await eventually_async(lambda: bool(told()), within_s=5, what="an answer")
    return told()[0]


async def test_an_officers_order_is_carried_out_and_answered(tmp_path: Path) -> None:
    async with ordering_hub(tmp_path) as hub:
        given = order(hub)
        send(hub, given.id, seal(hub, given, officer(hub)))
        assert await answer(hub, given.id) == ""
        assert (await hub.facade.walls())[0].layout == "3x3"
        page = await hub.facade.log(None, 20)
        changed = next(entry for entry in page.entries if entry.kind == "wall-changed")
        assert changed.who == "duty-officer"
        assert not [entry for entry in page.entries if entry.kind == "event"]


async def test_without_the_broker_a_preset_is_refused_in_words(tmp_path: Path) -> None:
    async with ordering_hub(tmp_path) as hub:
        change = msgspec.Raw(msgspec.json.encode({"site": CAMERA.site, "device": CAMERA.device, "preset": "Gate"}))
        given = order(hub, "go-to-preset", change)
        send(hub, given.id, seal(hub, given, officer(hub)))
        assert "not connected" in await answer(hub, given.id)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
async def test_others_may_not(tmp_path: Path, role: Role) -> None:
    async with ordering_hub(tmp_path) as hub:
        before = (await hub.facade.walls())[0].layout
        given = order(hub)
        send(hub, given.id, seal(hub, given, officer(hub, role)))
        assert "may not do this" in await answer(hub, given.id)
        assert (await hub.facade.walls())[0].layout == before


async def test_a_signed_out_officer_may_not(tmp_path: Path) -> None:
    async with ordering_hub(tmp_path) as hub:
        who, given = officer(hub), order(hub)
        text = seal(hub, given, who)
        hub.accounts.revoke(who)
        send(hub, given.id, text)
        assert "has ended" in await answer(hub, given.id)


async def test_an_order_is_good_once_and_under_its_own_id(tmp_path: Path) -> None:
    async with ordering_hub(tmp_path) as hub:
        given = order(hub)
        text = seal(hub, given, officer(hub))
        send(hub, given.id, text)
        await answer(hub, given.id)
        send(hub, given.id, text)
        send(hub, "another-id", text)
        assert "another id" in await answer(hub, "another-id")
        assert sum(sent.topic.endswith("main/cmd") for sent in hub.outbox.published) == 2


async def test_an_unknown_change_is_refused_in_words(tmp_path: Path) -> None:
    async with ordering_hub(tmp_path) as hub:
        given = order(hub, change=msgspec.Raw(b'{"layout":"9x9"}'))
        send(hub, given.id, seal(hub, given, officer(hub)))
        assert await answer(hub, given.id) != ""


async def test_nobody_can_make_or_change_an_order_without_the_sign_in(tmp_path: Path) -> None:
    stranger = load_or_create_keys(tmp_path / "stranger")
    async with standing_hub(tmp_path) as hub:
        assert [view.wall for view in await hub.facade.walls()] == ["main"]
        who, given, now = officer(hub), order(hub), hub.clock.now()
        text = seal(hub, given, who)
        opened, principal = open_order(text, "main", hub.keys.private_pem, now)
        assert (opened, principal.name, principal.role) == (given, who.name, who.role)
        forged = {
            "another change": text.replace("3x3", "1x1"),
            "another role": text.replace('"role":"duty-officer"', '"role":"administrator"'),
            "another name": text.replace(f'"who":"{who.name}"', '"who":"administrator"'),
            "another audience": text.replace('"ticket"', '"session"'),
            "another hub's key": seal(hub, given, who, stranger.private_pem),
        }
        for name, altered in forged.items():
            assert altered != text, name
            with pytest.raises(AccessError, match="seal"):
                open_order(altered, "main", hub.keys.private_pem, now)
        with pytest.raises(WireError, match="another wall"):
            open_order(text, "second", hub.keys.private_pem, now)
        with pytest.raises(AccessError, match="too old"):
            open_order(text, "main", hub.keys.private_pem, now + timedelta(seconds=61))
        with pytest.raises(AccessError, match="expired"):
            open_order(text, "main", hub.keys.private_pem, now + timedelta(hours=2))
        for junk in ("", "{}", "null", "[" * 1000, '{"order":"{}"}', "\ud800"):
            with pytest.raises(ShekaraError):
                open_order(junk, "main", hub.keys.private_pem, now)
