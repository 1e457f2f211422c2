"""What the page offers to those who may do more than watch, and what becomes of it: orders, presets, clips."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import av
import msgspec
import pytest
from msgspec.structs import replace
from playwright.sync_api import Download, Locator, Page, expect

from hub.protocol import WallRequest
from sensors.access import Audience, Role
from sensors.model import Language, Stream, StreamRole
from tests.support.border_wall import CAMERAS, feed, key, make_plan, stamp_of, twelve_cameras
from tests.support.camera_stand import Stand
from tests.support.centre import Centre
from tests.support.live_wall import ServedWall, served_wall
from tests.support.wall_page import Open
from videowall.picture import planes_of
from videowall.plan import Feed, Plan

pytestmark = [pytest.mark.alone, pytest.mark.slow, pytest.mark.timeout(180)]
GATE, YARD, BRIDGE = "Ворота", "yard", "Көпір"
TURNING, SILENT = CAMERAS[1], "cam-silent"
NOBODY = "rtsp://127.0.0.1:9/main"


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with Stand(twelve_cameras()[1:2]) as stand:
        stand.warm_up()
        yield stand


@pytest.fixture
def turning(stand: Stand) -> Feed:
    return replace(feed(stand, TURNING), presets=(GATE, YARD))


@pytest.fixture
def plan(turning: Feed) -> Plan:
    silent = replace(turning, key=key(SILENT), streams=(Stream(StreamRole.MAIN, NOBODY),))
    return replace(make_plan((turning, silent), layout="2x2"), language=Language.EN)


@pytest.fixture
def centre(served: ServedWall) -> Centre:
    """The centre of the wall, which has heard nothing and does everything."""
    centre = served.centre
    centre.opened.clear()
    centre.refusal, centre.is_connected = "", True
    return centre


def _open_camera(page: Page, camera: str = TURNING) -> None:
    page.locator(f'[data-camera="kordai/{camera}"]').click()
    expect(page.locator("#camera-name")).not_to_be_empty()


def _said(page: Page) -> Locator:
    return page.locator("#toast:visible")


def _keep(download: Download, folder: Path) -> Path:
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
def test_who_may_only_watch_is_offered_nothing_else(open_page: Open, role: Role) -> None:
    page = open_page(role=role)
    expect(page.locator(".place")).to_have_count(4)
    expect(page.locator("#tools kbd")).to_have_text(["A", "Q", "P", "I", "F"])
    page.keyboard.press("l")
    expect(page.locator("#control")).to_be_hidden()
    _open_camera(page)
    expect(page.locator("#camera footer button:visible")).to_have_text(["← Back"])
    expect(page.locator("#camera footer a:visible")).to_have_count(0)


def test_an_officer_is_offered_layout_and_spotlight_and_orders_them_in_the_hubs_words(
    open_page: Open, centre: Centre
) -> None:
    page = open_page(role=Role.DUTY_OFFICER)
    expect(page.locator(".place")).to_have_count(4)
    expect(page.locator("#tools kbd")).to_have_text(["L", "A", "Q", "P", "I", "F"])
    page.keyboard.press("l")
    expect(page.locator("#control [aria-pressed=true]")).to_have_text("2x2")
    page.locator("#control").get_by_text("3x3").click()
    expect(_said(page)).to_have_text("Done")
    page.locator("#control").get_by_text("Clear the spotlight").click()
    expect(_said(page)).to_have_text("Done")
    page.keyboard.press("Escape")
    _open_camera(page)
    expect(page.locator("#camera footer button:visible")).to_have_text(
        ["← Back", GATE, YARD, "To the spotlight", "Save the last 30 s"]
    )
    page.locator("#camera-spot").click()
    expect(_said(page)).to_have_text("Done")
    assert {(who, name) for who, name, _ in centre.opened} == {("aliya", "change-wall")}
    assert [msgspec.json.decode(change, type=WallRequest) for _, _, change in centre.opened] == [
        WallRequest(layout="3x3"),
        WallRequest(clear_spotlight=True),
        WallRequest(spotlight=key(TURNING)),
    ]


def test_an_officer_sends_a_camera_to_the_presets_that_it_has_now(
    open_page: Open, served: ServedWall, centre: Centre, plan: Plan, turning: Feed
) -> None:
    page = open_page(role=Role.DUTY_OFFICER)
    _open_camera(page)
    presets = page.locator("#camera-presets button")
    expect(presets).to_have_text([GATE, YARD])
    presets.nth(0).press("Enter")
    expect(_said(page)).to_have_text("Done")
    renamed = replace(turning, presets=(BRIDGE, YARD))
    served.show(replace(plan, tiles=(renamed, *plan.tiles[1:]), revision=2))
    expect(presets).to_have_text([BRIDGE, YARD])
    presets.nth(0).click()
    expect(_said(page)).to_have_text("Done")
    assert [(who, name, msgspec.json.decode(change)) for who, name, change in centre.opened] == [
        ("aliya", "go-to-preset", {"site": "kordai", "device": TURNING, "preset": preset}) for preset in (GATE, BRIDGE)
    ]


def test_a_preset_that_is_refused_or_reaches_nobody_is_said(open_page: Open, centre: Centre) -> None:
    page = open_page(role=Role.DUTY_OFFICER)
    _open_camera(page)
    centre.refusal = "kordai/cam-2: refuses the password"
    page.get_by_role("button", name=YARD).click()
    expect(_said(page)).to_have_text("Not done: main: kordai/cam-2: refuses the password")
    centre.is_connected = False
    page.get_by_role("button", name=YARD).click()
    expect(_said(page)).to_have_text("Not done: main: no connection to the centre. Try again later")
    assert len(centre.opened) == 1


def test_an_officer_saves_the_last_seconds_and_the_hash_that_proves_them(
    open_page: Open, served: ServedWall, tmp_path: Path
) -> None:
    page = open_page(role=Role.DUTY_OFFICER)
    _open_camera(page)
    expect(page.locator("#camera-note")).to_contain_text("main stream")
    with page.expect_download() as downloading:
        page.locator("#camera-clip").press("Enter")
        expect(_said(page)).to_have_text(re.compile("^Saved: "))
    clip = _keep(downloading.value, tmp_path)
    manifest = served.saved[-1]
    expect(page.locator("#toast")).to_have_text(f"Saved: {manifest.file}")  # which may be hidden again
    expect(page.locator("#camera-proof")).to_have_text(f"SHA-256 {manifest.sha256}")
    with page.expect_download() as downloading:
        page.locator("#camera-proof").click()
    proof = _keep(downloading.value, tmp_path)
    assert (clip.name, proof.name) == (manifest.file, f"{manifest.file}.sha256")
    subprocess.run(["sha256sum", "--check", "--strict", proof.name], cwd=tmp_path, check=True, capture_output=True)
    assert (manifest.saved_by, manifest.device) == ("aliya", TURNING)
    with av.open(clip, "r") as file:
        stamp = stamp_of(planes_of(next(file.decode(video=0))).y)
    assert stamp is not None
    assert stamp.camera == 2


def test_a_clip_that_cannot_be_saved_is_said(open_page: Open, plan: Plan, tmp_path: Path) -> None:
    with served_wall(tmp_path) as own:
        own.show(plan)
        ticket = own.keys.token(Audience.TICKET, role=Role.DUTY_OFFICER)
        page = open_page(address=own.address, token=ticket)
        _open_camera(page, SILENT)
        page.locator("#camera-clip").click()
        refusal = f"kordai/{SILENT}: no picture of it is kept. Try again while the wall shows it"
        expect(_said(page)).to_have_text(f"Not saved: {refusal}")
        assert own.saved == []
    page.locator("#camera-clip").click()
    expect(_said(page)).to_have_text("Not saved: the wall does not answer")
    expect(page.locator("#camera-clip")).to_have_text("Save the last 30 s")
    expect(page.locator("#camera-proof")).to_be_hidden()
