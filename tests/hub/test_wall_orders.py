"""What people may ask of walls: over the API and the typed client, kept over restarts, written into the log."""

import re
from pathlib import Path

import msgspec
import pytest

from hub.client import HubClient
from hub.decisions.records import Changes, Remembered
from hub.protocol import (
    AlarmRule,
    CameraView,
    Composition,
    Pinned,
    PresetRequest,
    Progress,
    Stop,
    TilePin,
    Tour,
    WallRequest,
)
from hub.protocol.walls import MAX_PRESETS
from hub.requests import ChangeWall, ReadPresets, RemovePreset, SavePreset, SetView
from hub.storage.operations import OperationsStore
from sensors.errors import AccessError, ConflictError, LimitError, NotFoundError, ShekaraError, WireError
from sensors.model import Birth, Names
from sensors.topics import Leaf, topic, wall_key
from tests.hub.quiet_center import CAMERA, FENCE, FENCE_BIRTH, QuietCenter, device, entries, kinds
from tests.hub.standing_hub import PASSWORD, standing_hub
from videowall.plan import Canvas, Feed, Fit, Mask, Panel, PanelKind, Place, Plan, decode_plan, find_fault

PAGE = (Path(__file__).parents[2] / "docs" / "walls.md").read_text("utf-8")
EXAMPLES = [
    (path, body.encode()) for path, body in re.findall(r"`PUT (/api/v1/\S+)`[^`]*```json\n(.*?)```", PAGE, re.DOTALL)
]

NIGHT = Composition("2x2", tiles=(Pinned(CAMERA), Panel(PanelKind.CLOCK)))
MASK = Mask(((0.0, 0.0), (0.5, 0.0), (0.5, 0.5)))
HALF = Place(0, 0, 0.5, 1, spot=True)


def border() -> QuietCenter:
    center = QuietCenter()
    center.bear(FENCE, FENCE_BIRTH)
    center.bear(CAMERA, Birth("camera", Names(en="Entry"), covers=("fence-1",)))
    return center


def change(center: QuietCenter, request: WallRequest) -> Plan:
    center.ask(ChangeWall("main", request, "aigul"))
    return center.state.walls.plans["main"]


def save(center: QuietCenter, name: str, composition: Composition = NIGHT) -> None:
    asked = PresetRequest(layout=composition.layout, places=composition.places, tiles=composition.tiles)
    center.ask(SavePreset(name, asked, "aigul"))


def test_a_preset_is_saved_shown_logged_and_removed() -> None:
    center = border()
    _, effects = center.ask(SavePreset("night", PresetRequest(layout="2x2", tiles=NIGHT.tiles), "aigul"))
    assert (kinds(effects), entries(effects)[0].who) == (["preset-saved"], "aigul")
    plan = change(center, WallRequest(preset="night"))
    assert (plan.layout, plan.tiles[1]) == ("2x2", Panel(PanelKind.CLOCK))
    assert center.state.walls.view("main", center.state.registry).preset == "night"
    _, effects = center.ask(RemovePreset("night", "aigul"))
    assert kinds(effects) == ["preset-removed"]
    assert center.ask(ReadPresets())[0] == ()
    assert change(center, WallRequest(calm=True)).layout == "2x2"


def test_a_preset_can_be_what_a_wall_is_set_to() -> None:
    center = border()
    change(center, WallRequest(layout="free", places=(HALF, Place(0.5, 0, 0.5, 1)), tiles=(Panel(PanelKind.MAP),)))
    preset, _ = center.ask(SavePreset("map", PresetRequest(wall="main"), "aigul"))
    assert change(center, WallRequest(layout="1x1")).layout == "1x1"
    plan = change(center, WallRequest(preset="map"))
    assert (plan.layout, plan.places[0], plan.tiles) == ("free", HALF, (Panel(PanelKind.MAP),))
    assert "free" in str(preset)


def test_there_are_only_so_many_presets_and_a_tours_are_not_removed() -> None:
    center = border()
    for number in range(MAX_PRESETS):
        save(center, f"page-{number}")
    with pytest.raises(LimitError):
        save(center, "one-more")
    save(center, "page-0", Composition("1x1"))
    change(center, WallRequest(tour=Tour((Stop("page-0"),))))
    with pytest.raises(ConflictError, match="tour of wall main"):
        center.ask(RemovePreset("page-0", "aigul"))
    change(center, WallRequest(clear_tour=True))
    center.ask(RemovePreset("page-0", "aigul"))


@pytest.mark.parametrize(
    ("request_", "error", "says"),
    [
        (WallRequest(layout="9x9"), WireError, "there are 1x1 to 8x8"),
        (WallRequest(layout="free"), WireError, "1 to 64 places"),
        (WallRequest(layout="2x2", places=(HALF,)), WireError, "only the free layout"),
        (WallRequest(layout="free", places=(HALF, Place(0.4, 0, 0.5, 1))), WireError, "places 1 and 2 overlap"),
        (WallRequest(layout="free", places=(HALF, Place(0.6, 0, 0.5, 1))), WireError, "place 2 sticks out"),
        (WallRequest(layout="free", places=(HALF, Place(0.6, 0, 0.04, 1))), WireError, "place 2 is smaller"),
        (
            WallRequest(layout="free", places=tuple(Place(n / 5, 0, 0.2, 1, spot=True) for n in range(5))),
            WireError,
            "over 4 places are spots",
        ),
        (WallRequest(layout="1x1", tiles=(None, None)), WireError, "1 small tiles, not 2"),
        (WallRequest(tiles=(Pinned(FENCE),)), NotFoundError, "no such approved camera"),
        (WallRequest(preset="nothing"), NotFoundError, "no such preset"),
        (WallRequest(tour=Tour((Stop("nothing"),))), NotFoundError, "no such preset"),
        (
            WallRequest(tour=Tour((Stop(),), (TilePin(0, Pinned(device("nobody"))),))),
            NotFoundError,
            "no such approved camera",
        ),
        (WallRequest(progress=Progress.PLAYING), ConflictError, "has no tour"),
        (WallRequest(page=2), ConflictError, "has no tour"),
        (WallRequest(alarms=AlarmRule(layout="3x3")), WireError, "alarms need"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_a_reason_and_changes_nothing(
    request_: WallRequest, error: type[ShekaraError], says: str
) -> None:
    center = border()
    before = center.state.walls.choices["main"]
    with pytest.raises(error, match=says):
        center.ask(ChangeWall("main", request_, "aigul"))
    assert center.state.walls.choices["main"] == before


def test_places_that_share_an_edge_do_not_overlap_however_it_is_rounded() -> None:
    third = 1 / 3
    places = tuple(Place(column * third, row * third, third, third) for column in range(3) for row in range(3))
    assert change(border(), WallRequest(layout="free", places=places)).places == places


def test_a_tour_is_started_turned_held_and_ended_by_an_officer() -> None:
    center = border()
    save(center, "night")
    tour = Tour((Stop("night", dwell_s=30), Stop(dwell_s=30)))
    plan = change(center, WallRequest(tour=tour, progress=Progress.PLAYING))
    assert plan.page is not None
    assert (plan.page.number, plan.page.of, plan.page.names.ru) == (1, 2, "night")
    center.wait(30)
    center.wait(0.25)
    turned = center.state.walls.plans["main"]
    assert (turned.layout, turned.page and turned.page.number) == ("1+12", 2)
    held = change(center, WallRequest(page=1, progress=Progress.HELD))
    assert (held.layout, held.page and held.page.paused) == ("2x2", True)
    with pytest.raises(NotFoundError, match="2 pages"):
        center.ask(ChangeWall("main", WallRequest(page=3), "aigul"))
    own = change(center, WallRequest(layout="3x3"))
    assert (own.page, own.layout) == (None, "3x3")
    again = change(center, WallRequest(progress=Progress.PLAYING))
    assert again.page is not None


def test_a_tour_that_was_ended_begins_anew_with_its_first_page() -> None:
    center = border()
    save(center, "night")
    tour = Tour((Stop("night", dwell_s=20), Stop(dwell_s=20), Stop("night", dwell_s=20)))
    change(center, WallRequest(tour=tour, progress=Progress.PLAYING))
    center.wait(20)
    turned = center.state.walls.plans["main"].page
    assert turned is not None
    assert turned.number == 2
    change(center, WallRequest(layout="3x3"))
    center.wait(60)
    anew = change(center, WallRequest(progress=Progress.PLAYING)).page
    assert anew is not None
    assert anew.number == 1


def test_pages_turn_by_the_centers_ticks_alone() -> None:
    center = border()
    save(center, "night")
    change(center, WallRequest(tour=Tour((Stop("night", dwell_s=5), Stop(dwell_s=5))), progress=Progress.PLAYING))
    plans = [
        decode_plan(each.payload)
        for _ in range(80)
        for each in center.wait(0.25).outgoing
        if each.topic == topic(wall_key("main"), Leaf.PLAN)
    ]
    numbers = [plan.page.number for plan in plans if plan.page is not None and not plan.preload]
    assert numbers == [2, 1, 2, 1]
    assert sorted(plan.revision for plan in plans) == [plan.revision for plan in plans]


def test_masks_reach_the_wall_at_once_are_logged_and_stay() -> None:
    center = border()
    view = CameraView(Fit.CROP, 90, (MASK,))
    _, effects = center.ask(SetView(CAMERA, view, "marat"))
    (feed,) = decode_plan(effects.outgoing[0].payload).tiles
    assert isinstance(feed, Feed)
    assert (feed.fit, feed.rotation, feed.masks) == (Fit.CROP, 90, (MASK,))
    (entry,) = entries(effects)
    assert (entry.kind, entry.who, entry.key) == ("camera-view-changed", "marat", CAMERA)
    assert "masks: 1" in entry.text
    again = QuietCenter(Remembered(views=effects.changes.views))
    again.bear(CAMERA, Birth("camera", Names(en="Entry")))
    (feed,) = again.state.walls.plans["main"].tiles
    assert isinstance(feed, Feed)
    assert feed.masks == (MASK,)
    with pytest.raises(NotFoundError):
        center.ask(SetView(FENCE, view, "marat"))


def test_positions_that_a_camera_names_reach_the_wall() -> None:
    center = border()
    center.bear(CAMERA, Birth("camera", Names(en="Entry"), presets=("Gate", "Fence")))
    (feed,) = center.state.walls.plans["main"].tiles
    assert isinstance(feed, Feed)
    assert feed.presets == ("Gate", "Fence")


def test_all_of_it_is_on_the_disk(tmp_path: Path) -> None:
    center = border()
    save(center, "night")
    tour = Tour((Stop("night"),), (TilePin(0, Panel(PanelKind.CLOCK)),))
    change(center, WallRequest(layout="free", places=(HALF,), calm=True, tour=tour, alarms=AlarmRule(("kordai",))))
    walls = center.state.walls
    store = OperationsStore(tmp_path)
    store.commit(
        Changes(walls=dict(walls.choices), presets=dict(walls.presets), views={CAMERA: CameraView(rotation=90)})
    )
    store.commit(Changes(presets={"night": None, "day": walls.presets["night"]}))
    store.close()
    kept = OperationsStore(tmp_path)
    remembered = kept.recall()
    kept.close()
    assert remembered.walls == walls.choices
    assert remembered.presets == (walls.presets["night"],)
    assert remembered.views == {CAMERA: CameraView(rotation=90)}
    again = QuietCenter(remembered)
    again.wait(1)
    assert again.state.walls.plans["main"].calm


async def test_the_typed_client_says_it_all_and_each_role_may_do_its_part(tmp_path: Path) -> None:
    async with standing_hub(tmp_path) as hub, HubClient(hub.url) as client:
        await client.sign_in("duty-officer", PASSWORD)
        preset = await client.save_preset("night", PresetRequest(Names(ru="Ночь"), layout="2x2", tiles=NIGHT.tiles))
        assert (preset.saved_by, preset.composition) == ("duty-officer", NIGHT)
        assert await client.presets() == (preset,)
        wall = await client.change_wall("main", WallRequest(tour=Tour((Stop("night"),)), progress=Progress.PLAYING))
        assert wall.page is not None
        assert (wall.page.names.ru, wall.layout, wall.progress) == ("Ночь", "2x2", Progress.PLAYING)
        assert await client.walls() == (wall,)
        assert (await client.change_wall("main", WallRequest(clear_tour=True, preset="night"))).preset == "night"
        await client.remove_preset("night")
        assert await client.presets() == ()
        with pytest.raises(AccessError):
            await client.set_camera_view(CAMERA, CameraView(masks=(MASK,)))
        await client.sign_in("technician", PASSWORD)
        view = CameraView(Fit.CROP, 180, (MASK,))
        assert await client.camera_view(CAMERA) == CameraView()
        assert await client.set_camera_view(CAMERA, view) == view == await client.camera_view(CAMERA)
        for refused in (client.save_preset("x", PresetRequest()), client.change_wall("main", WallRequest(calm=True))):
            with pytest.raises(AccessError):
                await refused
        await client.sign_in("viewer", PASSWORD)
        assert (await client.walls())[0].composition == NIGHT
        with pytest.raises(AccessError):
            await client.remove_preset("night")


@pytest.mark.parametrize(("path", "body"), EXAMPLES)
def test_every_example_of_the_page_is_understood(path: str, body: bytes) -> None:
    kind = {"walls": WallRequest, "presets": PresetRequest, "devices": CameraView}[path.split("/")[3]]
    asked = msgspec.json.decode(body, type=kind)
    if isinstance(asked, WallRequest) and asked.places is not None:
        assert find_fault(asked.layout or "", asked.places, Canvas()) == ""


def test_the_page_has_an_example_of_each() -> None:
    assert {path.split("/")[3] for path, _ in EXAMPLES} == {"walls", "presets", "devices"}
    assert len(EXAMPLES) == PAGE.count("```json")
