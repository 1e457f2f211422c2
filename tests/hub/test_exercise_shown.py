"""A hub for exercises says so in everything it answers, exports, forwards and logs; any other never does."""

import asyncio
import csv
import io
import json
import logging
from pathlib import Path

import httpx
import pytest
import structlog

from hub.client import HubClient
from hub.command import configure_logging
from hub.config import HubSettings
from hub.discovery.mdns import own_services
from hub.doctor.finding import Level
from hub.doctor.purpose import check_purpose
from hub.export.formats import Format, What, export
from hub.export.selection import Selection
from hub.protocol import EXERCISE_HEADER, Snapshot
from hub.storage.database import to_us
from hub.storage.line_protocol import name_series, write_line
from hub.storage.operations import OperationsStore
from hub.storage.readings import ReadingsStore
from hub.storage.rollup_points import encode_rollup_line
from hub.storage.rollups import NumberedRollup
from hub.storage.tiers import Rollup, Tier
from hub.storage.windows import SeriesName
from sensors.access import Role
from sensors.broker_settings import BrokerSettings
from tests.hub.quiet_center import START
from tests.hub.standing_hub import FENCE, PASSWORD, StandingHub, standing_hub
from tests.support.forked import run_shekara


async def rung(hub: StandingHub, client: HubClient) -> None:
    """An alarm at the fence, raised and stored."""
    await client.sign_in(Role.DUTY_OFFICER, PASSWORD)
    hub.measure(FENCE, alarm=True, tension=5.0)

    async def raised() -> bool:
        return bool(await client.alarms())

    for _ in range(200):
        if await raised():
            return
        await asyncio.sleep(0.02)
    raise AssertionError


@pytest.mark.parametrize("exercise", [False, True])
async def test_every_answer_of_the_api_says_which_it_is(tmp_path: Path, *, exercise: bool) -> None:
    async with standing_hub(tmp_path, exercise=exercise) as hub, HubClient(hub.url) as client:
        await rung(hub, client)
        assert (await client.status()).exercise is exercise
        assert {alarm.exercise for alarm in await client.alarms()} == {exercise}
        page = await client.log()
        assert (page.exercise, {entry.exercise for entry in page.entries}) == (exercise, {exercise})
        assert (await client.history(FENCE, "tension")).exercise is exercise
        assert (await client.history_steps(FENCE, "tension")).exercise is exercise
        assert {view.exercise for view in await client.devices()} == {exercise}
        assert {view.exercise for view in await client.walls()} == {exercise}
        async for message in client.live_once():
            if isinstance(message, Snapshot):
                assert message.status.exercise is exercise
                break
        async with httpx.AsyncClient(
            base_url=hub.url, headers={"Authorization": f"Bearer {client.token}"}, timeout=60
        ) as http:
            document = await http.get("/api/v1/openapi.json")
            assert document.json()["info"]["x-exercise"] is exercise
            assert ("EXERCISE" in document.json()["info"]["title"]) is exercise
            for path, words in (("/?lang=en", "EXERCISE"), ("/walls/none?lang=kk", "ОҚУ-ЖАТТЫҒУ")):
                assert (words in (await http.get(path)).text) is exercise, path
            form = await http.get("/sign-in?lang=ru", headers={"Authorization": "Bearer none"})
            assert ("УЧЕНИЕ" in form.text) is exercise
            for answer in (document, await http.get("/nowhere"), await http.get("/api/v1/alarms")):
                assert answer.headers.get(EXERCISE_HEADER) == ("true" if exercise else None)
            stranger = await http.get("/api/v1/alarms", headers={"Authorization": "Bearer none"})
            assert (EXERCISE_HEADER in stranger.headers) is exercise


@pytest.mark.parametrize("exercise", [False, True])
async def test_an_export_is_marked_by_its_store_in_name_and_in_every_row(tmp_path: Path, *, exercise: bool) -> None:
    async with standing_hub(tmp_path, exercise=exercise) as hub, HubClient(hub.url) as client:
        await rung(hub, client)
        async with httpx.AsyncClient(
            base_url=hub.url, headers={"Authorization": f"Bearer {client.token}"}, timeout=60
        ) as http:
            answer = await http.get("/api/v1/export.csv")
    named = 'filename="shekara-EXERCISE-readings.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert named is exercise
    assert {row.get("exercise") for row in rows} == ({"true"} if exercise else {None})
    for what in (What.READINGS, What.DEVICES):
        features = json.loads(b"".join(export(tmp_path, Format.GEOJSON, what, Selection())))
        assert features.get("exercise", False) is exercise
        assert {feature["properties"].get("exercise", False) for feature in features["features"]} == {exercise}
    done = await asyncio.to_thread(run_shekara, tmp_path, "export", "out.csv", environ={"SHEKARA_HUB_DATA_DIR": "."})
    assert ("EXERCISE" in done.stdout) is exercise, done.stderr


def test_points_of_an_exercise_bear_a_tag() -> None:
    at_us = to_us(START)
    series = name_series(FENCE, "tension", "N", exercise=True)
    line = write_line(series, 1.5, False, 0, at_us, at_us + 1_000_000, 7, False)
    assert line.startswith("reading,device=fence-1,exercise=true,metric=tension,site=kordai v=1.5,")
    window = NumberedRollup(1, Tier.MINUTE, SeriesName("kordai", "fence-1", "mode", ""), Rollup(60, 0, 0), before=None)
    line = encode_rollup_line(window, exercise=True)
    assert line.startswith("rollup_1min,device=fence-1,exercise=true,metric=mode,site=kordai ")
    assert "exercise" not in encode_rollup_line(window) + "".join(name_series(FENCE, "tension", "N"))


async def test_doctor_says_so(tmp_path: Path) -> None:
    environ = {"SHEKARA_HUB_MDNS": "false", "SHEKARA_HUB_EXERCISE": "true", "SHEKARA_BROKER_PORT": "0"}
    done = await asyncio.to_thread(run_shekara, tmp_path, "doctor", environ=environ)
    assert "EXERCISE" in done.stdout, done.stderr


@pytest.mark.parametrize("exercise", [False, True])
def test_doctor_finds_a_store_of_the_other_sort(tmp_path: Path, *, exercise: bool) -> None:
    for store in (ReadingsStore, OperationsStore):
        store(tmp_path, exercise=exercise).close()
    same = list(check_purpose(HubSettings(data_dir=tmp_path, exercise=exercise), None))
    assert [finding.level for finding in same] == [Level.OK]
    assert ("EXERCISE" in same[0].text) is exercise
    other = list(check_purpose(HubSettings(data_dir=tmp_path, exercise=not exercise), None))
    assert [finding.level for finding in other] == [Level.OK, Level.FAIL, Level.FAIL]
    assert all("data_dir" in finding.mend for finding in other[1:])


def test_log_lines_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    for exercise in (True, False):
        configure_logging(logging.INFO, exercise=exercise)
        structlog.get_logger("hub").info("hub started")
        (line,) = capsys.readouterr().err.splitlines()
        assert json.loads(line).get("exercise", False) is exercise
    structlog.reset_defaults()


def test_an_exercise_hub_is_announced_as_one_on_the_network() -> None:
    for exercise in (False, True):
        (hub, *_) = own_services(HubSettings(host="10.0.0.5", exercise=exercise), BrokerSettings(url="mqtt://else"))
        assert (("exercise", "true") in hub.properties) is exercise
