"""Cameras that were sent to a preset: their other streams, streams that begin later, and walls that begin later."""

import asyncio
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import pytest

from sensors.catalog import PictureState
from sensors.clock import SystemClock
from sensors.model import DeviceId, DeviceKey, SiteId, StreamRole
from sensors.secrets import Secrets
from tests.support.border_wall import feed, key, make_plan
from tests.support.camera_stand import Stand
from tests.support.faulty_pictures import SCENES, Change, as_is, coded, seconds, turned
from tests.support.quality_scores import learnt
from tests.support.waiting import eventually_async
from videowall.config import WallSettings
from videowall.picture import Planes
from videowall.quality import whereabouts as whereabouts_module
from videowall.quality.inspector import Inspector, Place
from videowall.quality.keeper import Keeper
from videowall.quality.memory import LEARNING_LOOKS
from videowall.quality.shelf import Shelf, View
from videowall.quality.whereabouts import Whereabouts
from videowall.wall import Wall

GATE = SCENES[0]
KEY = DeviceKey(SiteId("kordai"), DeviceId("cam-1"))
OTHER = DeviceKey(SiteId("kordai"), DeviceId("cam-2"))


def pictures(change: Change = as_is) -> list[Planes]:
    chance = np.random.default_rng(3)
    return list(coded([change(planes, chance, second) for second, planes in enumerate(seconds(GATE, 6, 40))]))


def show(inspector: Inspector, shown: list[Planes], looks: int, at_s: float) -> set[PictureState | None]:
    """What is said in the course of so many looks, one a second."""
    said = set()
    for second, planes in enumerate(islice(cycle(shown), looks)):
        inspector.look(planes, at_s + second)
        said.add(inspector.verdict.fault)
    return said


def where(inspector: Inspector) -> Place:
    return inspector.place


@pytest.fixture(scope="module")
def knowing() -> Inspector:
    return learnt(GATE)


@pytest.fixture(scope="module")
def home() -> list[Planes]:
    return pictures()


@pytest.fixture(scope="module")
def preset() -> list[Planes]:
    return pictures(turned)


def test_a_stream_that_begins_while_its_camera_is_at_a_preset_is_not_called_moved(
    knowing: Inspector, home: list[Planes], preset: list[Planes]
) -> None:
    # The alarm sends the camera there, and has its main stream opened for the spot.
    sent, main, unaware = Whereabouts({}), Inspector(knowing.references), Inspector(knowing.references)
    sent.send(KEY, 5.0)
    sent.brief(KEY, main)
    assert where(main) is Place.AWAY
    assert show(main, preset, 40, 3) == {None}
    assert PictureState.MOVED in show(unaware, preset, 40, 3)
    sent.follow([(KEY, main)])
    assert KEY in sent.sent
    show(main, home, 5, 50)
    assert where(main) is Place.HOME
    sent.follow([(KEY, main)])
    assert not sent.sent
    later = Inspector(knowing.references)
    sent.brief(KEY, later)
    assert PictureState.MOVED in show(later, preset, 40, 60)


def test_a_stream_that_knows_no_view_yet_does_not_learn_that_of_a_preset(
    knowing: Inspector, home: list[Planes], preset: list[Planes]
) -> None:
    sent, sub, main = Whereabouts({}), Inspector(knowing.references), Inspector()
    running = [(KEY, sub), (KEY, main)]
    sent.send(KEY, 5.0)
    for _, inspector in running:
        sent.brief(KEY, inspector)
    for at_s in range(0, 2 * LEARNING_LOOKS, 5):
        for _, inspector in running:
            show(inspector, preset, 5, at_s)
        sent.follow(running)
    assert not main.references
    for at_s in range(200, 200 + 2 * LEARNING_LOOKS, 5):
        for _, inspector in running:
            show(inspector, home, 5, at_s)
        sent.follow(running)
    assert len(main.references) == 1
    assert where(main) is Place.HOME


def test_a_camera_that_nobody_knows_is_learnt_where_it_is(preset: list[Planes]) -> None:
    sent, only = Whereabouts({}), Inspector()
    sent.send(KEY, 0.0)
    sent.brief(KEY, only)
    for at_s in range(0, 2 * LEARNING_LOOKS, 5):
        show(only, preset, 5, at_s)
        sent.follow([(KEY, only)])
    assert len(only.references) == 1


def test_no_more_cameras_are_remembered_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whereabouts_module, "MAX_CAMERAS", 2)
    sent = Whereabouts({})
    for number in (1, 2, 1, 3):
        sent.send(DeviceKey(SiteId("kordai"), DeviceId(f"cam-{number}")), 1.0)
    assert [key.device for key in sent.sent] == ["cam-1", "cam-3"]


async def test_a_wall_that_begins_anew_knows_which_cameras_are_away_until_they_are_back(
    tmp_path: Path, knowing: Inspector, home: list[Planes]
) -> None:
    view, inspector = View(KEY, StreamRole.SUB), Inspector(knowing.references)
    before = Keeper(Shelf(tmp_path), SystemClock())
    before.whereabouts.send(KEY, 0.0)
    before.whereabouts.send(OTHER, 0.0)
    await before.store([])
    after = Keeper(Shelf(tmp_path), SystemClock())
    after.whereabouts.brief(KEY, inspector)
    assert where(inspector) is Place.AWAY
    show(inspector, home, 60, SystemClock().monotonic_s())
    assert where(inspector) is Place.HOME
    await after.store([(view, inspector)])
    assert Shelf(tmp_path).load_sent() == {OTHER}


async def test_what_the_disk_refuses_of_it_is_counted_and_tried_again(tmp_path: Path) -> None:
    blocked = tmp_path / "references"
    blocked.write_bytes(b"a file where the folder should be")
    keeper = Keeper(Shelf(blocked), SystemClock())
    keeper.whereabouts.send(KEY, 0.0)
    await keeper.store([])
    assert keeper.unstored_total == 1
    blocked.unlink()
    await keeper.store([])
    assert Shelf(blocked).load_sent() == {KEY}


@pytest.mark.parametrize("content", [b"", b"\x00" * 50, b"\xc1", b"\x91\x07", b"\x91" * 2_000_000])
def test_a_list_of_them_that_is_none_of_ours_is_none(tmp_path: Path, content: bytes) -> None:
    shelf = Shelf(tmp_path)
    shelf.store_sent(frozenset({KEY}))
    (tmp_path / ".sent").write_bytes(content)
    assert shelf.load_sent() == frozenset()


@pytest.mark.alone
async def test_a_wall_that_is_told_before_it_shows_the_camera_does_not_call_it_moved(
    border_stand: Stand, tmp_path: Path, knowing: Inspector
) -> None:
    settings = WallSettings(references_dir=str(tmp_path))
    camera = key("cam-1")
    Shelf(tmp_path / settings.name).store(View(camera, StreamRole.SUB), knowing.references)
    wall = Wall(settings, Secrets(), SystemClock())
    wall.expect_move(camera, 0.0)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(wall.run())
        wall.apply(make_plan((feed(border_stand, "cam-1"),)))

        await eventually_async(lambda: [tile.state for tile in wall.tiles()] == [PictureState.LIVE])
        # It does not show what it is known for, and is taken for where it was sent.
        ((_, channel),) = wall.cameras()
        assert channel is not None
        assert where(channel.inspector) is Place.AWAY
        running.cancel()
