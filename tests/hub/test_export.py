import asyncio
import builtins
import contextlib
import csv
import io
import json
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil
import pytest
from pyarrow import parquet

from hub.api import export_desk
from hub.decisions.records import Changes, DeviceRecord
from hub.export.formats import Format, What, export
from hub.export.selection import PAGE_ROWS, Selection
from hub.health import Health
from hub.protocol import Approval
from hub.storage import operations, readings
from hub.storage.database import to_us
from hub.storage.downsampling import Downsampler
from hub.storage.operations import OperationsStore
from hub.storage.readings import ReadingsStore
from hub.storage.rollups import RollupStore
from hub.storage.windows import Windows
from sensors.access import Role
from sensors.clock import ManualClock
from sensors.errors import ConfigError, WireError
from sensors.model import Birth, Names, Position, Quality, Reading, Value
from tests.hub.quiet_center import FENCE, START, device, reading
from tests.hub.standing_hub import PASSWORD, StandingHub, standing_hub
from tests.support.forked import run_shekara
from tests.support.waiting import eventually_async

ALL = Selection()
GATE = device("gate", "sypatai-batyr")
NASTY = ["=1+1", "+7", "-2", "@sum", "\tx", 'say "hi", then\r\ngo', "қазақша", "", "plain"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two devices: numbers and switches of one that said where it is, texts of one that did not."""
    store, rollups, decisions = ReadingsStore(tmp_path), RollupStore(tmp_path), OperationsStore(tmp_path)
    store.write([of(FENCE, "tension", -1.5 * number, number, unit="N") for number in range(8)])
    store.write([of(FENCE, "alarm", value=number % 2 == 1, number=number) for number in range(3)])
    store.write([of(GATE, "mode", text, number) for number, text in enumerate(NASTY)])
    store.write([of(GATE, "passed_total", 2**60 + number, number, unit="=cmd") for number in range(2)])
    health = Health(START, "none", str(tmp_path))
    while Downsampler(store, Windows(tmp_path), rollups, health, ManualClock(START)).run_once().readings:
        pass
    fence = Birth("fence", Names(en="Fence"), position=Position(43.1, 71.9))
    births = {FENCE: fence, GATE: Birth("barrier", Names(ru="Шлагбаум"))}
    devices = {key: DeviceRecord(key, Approval.APPROVED, START, (), birth) for key, birth in births.items()}
    decisions.commit(Changes(devices=devices))
    for each in (store, rollups, decisions):
        each.close()
    return tmp_path


def of(key: object, metric: str, value: Value, number: int, unit: str = "") -> Reading:
    at = START + timedelta(seconds=10 * number)
    return msgspec.structs.replace(reading(value, at=at, sequence=number), key=key, metric=metric, unit=unit)


def written(folder: Path, form: Format, what: What = What.READINGS, selection: Selection = ALL) -> bytes:
    return b"".join(export(folder, form, what, selection))


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))


def test_csv_is_read_by_others_as_it_was_meant(folder: Path) -> None:
    content = written(folder, Format.CSV)
    head, *_ = content.split(b"\r\n", 1)
    assert (
        head
        == b"site,device,metric,unit,captured_at_utc,received_at_utc,sequence,value,state,quality,historical,observer"
    )
    rows = rows_of(content)
    assert len(rows) == 8 + 3 + len(NASTY) + 2
    assert rows[0]["metric"] == "alarm", "series come in order of name"
    assert [row["state"] for row in rows[:3]] == ["false", "true", "false"]
    tension = [row for row in rows if row["metric"] == "tension"]
    assert [float(row["value"]) for row in tension] == [-1.5 * number for number in range(8)]
    assert tension[0]["captured_at_utc"] == "2026-03-01T08:00:00.000000Z"
    assert datetime.fromisoformat(tension[1]["received_at_utc"]) == START + timedelta(seconds=10)
    assert {row["quality"] for row in rows} == {Quality.GOOD.value}
    assert [row["value"] for row in rows if row["metric"] == "passed_total"] == [str(2**60), str(2**60 + 1)]


def test_no_text_becomes_a_formula_and_numbers_stay_numbers(folder: Path) -> None:
    rows = rows_of(written(folder, Format.CSV))
    texts = [row["state"] for row in rows if row["metric"] == "mode"]
    assert texts == [f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t"} else text for text in NASTY]
    assert {row["unit"] for row in rows if row["metric"] == "passed_total"} == {"'=cmd"}
    for row in rows:
        for name, cell in row.items():
            assert cell[:1] not in {"=", "+", "@", "\t", "\r"}, name
            assert not cell.startswith("-") or float(cell) <= 0


def test_an_export_is_of_what_was_asked_for(folder: Path) -> None:
    def count(**asked: object) -> int:
        return len(rows_of(written(folder, Format.CSV, selection=msgspec.structs.replace(ALL, **asked))))

    assert count(metric="tension") == 8
    assert count(device="gate") == len(NASTY) + 2
    assert count(site="kordai") == 11
    assert count(site="kordai", device="gate") == 0
    assert count(metric="tension", since=START + timedelta(seconds=10)) == 7
    assert count(metric="tension", since=START + timedelta(seconds=10), until=START + timedelta(seconds=30)) == 2


def test_pages_join_without_loss_or_repeat(tmp_path: Path) -> None:
    store = ReadingsStore(tmp_path)
    store.write([reading(float(n), at=START, sequence=n) for n in range(PAGE_ROWS + 7)])
    store.write([reading(float(n), at=START + timedelta(seconds=n + 1), sequence=n) for n in range(PAGE_ROWS)])
    rows = rows_of(written(tmp_path, Format.CSV))
    places = [(row["captured_at_utc"], int(row["sequence"])) for row in rows]
    assert len(places) == 2 * PAGE_ROWS + 7
    assert places == sorted(set(places))
    store.close()


def test_parquet_is_read_by_another_reader_with_its_types(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(written(folder, Format.PARQUET))
    table = parquet.read_table(path)
    assert [str(field.type) for field in table.schema] == [
        *["string"] * 4, "timestamp[us, tz=UTC]", "timestamp[us, tz=UTC]", "int64", "double", "string", "string",
        "bool", "string",
    ]  # fmt: skip
    rows = [row for row in table.to_pylist() if row["metric"] == "tension"]
    assert [(row["value"], row["state"]) for row in rows][:2] == [(0.0, None), (-1.5, None)]
    assert rows[1]["captured_at_utc"] == START + timedelta(seconds=10)
    assert [row["state"] for row in table.to_pylist() if row["metric"] == "mode"] == NASTY
    empty = tmp_path / "empty.parquet"
    empty.write_bytes(written(folder, Format.PARQUET, selection=Selection(metric="nothing")))
    assert parquet.read_table(empty).num_rows == 0


def test_without_pyarrow_the_error_names_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type] # handed on as it came

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"shekara\[parquet\]"):
        written(folder, Format.PARQUET)


def check_geojson(content: bytes) -> list[dict[str, Any]]:
    """RFC 7946: sections 3, 3.1.1 and 3.1.2, 3.2, 3.3, and 4 (no other reference system may be named)."""
    document = json.loads(content)
    assert set(document) == {"type", "features"}
    assert document["type"] == "FeatureCollection"
    for feature in document["features"]:
        assert set(feature) == {"type", "geometry", "properties"}
        assert feature["type"] == "Feature"
        assert feature["properties"] is None or isinstance(feature["properties"], dict)
        geometry = feature["geometry"]
        if geometry is not None:
            assert geometry["type"] == "Point"
            longitude, latitude = geometry["coordinates"]
            assert -180 <= longitude <= 180
            assert -90 <= latitude <= 90
    features: list[dict[str, Any]] = document["features"]
    return features


def test_geojson_puts_readings_at_their_devices_longitude_first(folder: Path) -> None:
    features = check_geojson(written(folder, Format.GEOJSON))
    assert len(features) == 8 + 3 + len(NASTY) + 2
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [71.9, 43.1]}
    assert features[-1]["geometry"] is None, "it did not say where it is"
    assert features[0]["properties"]["state"] == "false"
    assert check_geojson(written(folder, Format.GEOJSON, selection=Selection(site="nowhere"))) == []


def newest(metric: str, unit: str, *, value: Value, at: str) -> dict[str, Value]:
    return {"metric": metric, "unit": unit, "value": value, "quality": "good", "captured_at_utc": at}


def test_geojson_shows_devices_with_newest_values_and_summaries(folder: Path) -> None:
    fence, gate = check_geojson(written(folder, Format.GEOJSON, What.DEVICES))
    assert (fence["properties"]["kind"], gate["geometry"]) == ("fence", None)
    assert fence["properties"]["metrics"] == [
        newest("alarm", "", value=False, at="2026-03-01T08:00:20.000000Z"),
        newest("tension", "N", value=-10.5, at="2026-03-01T08:01:10.000000Z"),
    ]
    asked = Selection(since=START, until=START + timedelta(hours=1), device="fence-1", metric="tension")
    (fence,) = check_geojson(written(folder, Format.GEOJSON, What.DEVICES, asked))
    (tension,) = fence["properties"]["metrics"]
    assert (tension["count"], tension["minimum"], tension["maximum"], tension["mean"]) == (8, -10.5, 0.0, -5.25)
    with pytest.raises(WireError):
        export(folder, Format.CSV, What.DEVICES, ALL)


@pytest.mark.parametrize("birth", [b'{"kind": 3}', b'{"kind":"f\xe5nce"}'])
def test_a_birth_that_cannot_be_read_is_said_with_its_file(folder: Path, birth: bytes) -> None:
    with contextlib.closing(sqlite3.connect(folder / operations.FILE_NAME)) as connection, connection:
        connection.execute("UPDATE devices SET birth = ?", (birth,))
    with pytest.raises(ConfigError, match="another version"):
        written(folder, Format.GEOJSON, What.DEVICES)


def test_windows_are_exported_too(folder: Path) -> None:
    rows = rows_of(written(folder, Format.CSV, What.MINUTE, Selection(metric="tension")))
    assert [(row["start_utc"], row["count"], row["mean"], row["duration_s"]) for row in rows] == [
        ("2026-03-01T08:00:00.000000Z", "6", "-3.75", "60"),
        ("2026-03-01T08:01:00.000000Z", "2", "-9.75", "60"),
    ]
    (row,) = rows_of(written(folder, Format.CSV, What.HOUR, Selection(metric="alarm")))
    assert (json.loads(row["states_s"]), row["mean"]) == ({"false": 10.0, "true": 10.0}, "")
    assert len(check_geojson(written(folder, Format.GEOJSON, What.QUARTER))) == 4
    assert written(folder, Format.PARQUET, What.QUARTER)[:4] == b"PAR1"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four hundred thousand readings of twenty metrics: as objects, some 200 MB."""
    folder = tmp_path_factory.mktemp("many")
    store, decisions = ReadingsStore(folder), OperationsStore(folder)
    keys = [of(device(f"d-{number}"), "tension", 1.0, 0) for number in range(20)]
    store.write(keys)
    store.close()
    decisions.close()
    with sqlite3.connect(folder / readings.FILE_NAME) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
            " INSERT INTO readings (series, captured_us, sequence, value, is_boolean, quality, received_us, historical)"
            " SELECT s.id, ? + i * 1000000, i, i * 0.5, 0, 0, 0, 0 FROM series s, n",
            (to_us(START),),
        )
    connection.close()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("form", Format)
def test_memory_does_not_grow_with_the_size_of_an_export(many: Path, form: Format) -> None:
    process = psutil.Process()
    written(many, form, selection=Selection(device="d-1"))
    before, most, size = process.memory_info().rss, 0, 0
    for chunk in export(many, form, What.READINGS, ALL):
        size += len(chunk)
        most = max(most, process.memory_info().rss)
    assert size > 1_000_000
    assert most - before < 64 * 1024 * 1024


# --- by the API ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def hub(folder: Path) -> AsyncIterator[StandingHub]:
    async with standing_hub(folder) as hub:
        yield hub


@pytest.fixture
async def http(hub: StandingHub) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=hub.url, trust_env=False, timeout=20) as http:
        reply = await http.post("/api/v1/session", json={"name": Role.VIEWER.value, "password": PASSWORD})
        http.headers["Authorization"] = f"Bearer {reply.json()['token']}"
        yield http


async def test_the_api_hands_out_files(http: httpx.AsyncClient) -> None:
    reply = await http.get("/api/v1/export.csv?metric=tension")
    assert reply.headers["content-type"].startswith("text/csv")
    assert reply.headers["content-disposition"] == 'attachment; filename="shekara-readings.csv"'
    assert len(rows_of(reply.content)) == 8
    reply = await http.get("/api/v1/export.geojson?what=devices")
    assert reply.headers["content-type"] == "application/geo+json"
    assert check_geojson(reply.content)[0]["properties"]["site"] == "kordai"
    assert (await http.get("/api/v1/export.parquet?what=1h")).content[-4:] == b"PAR1"
    for query in ("what=everything", "site=../x", "since=2026-01-01", "what=devices", "colour=red"):
        assert (await http.get(f"/api/v1/export.csv?{query}")).status_code == 400, query
    document = (await http.get("/api/v1/openapi.json")).json()
    content = document["paths"]["/api/v1/export.parquet"]["get"]["responses"]["200"]["content"]
    assert list(content) == ["application/vnd.apache.parquet"]


async def test_a_client_that_goes_or_stalls_leaves_nothing_behind(
    http: httpx.AsyncClient, hub: StandingHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks: list[export_desk.ExportDesk] = []
    ended: list[int] = []

    def endless(*_: object) -> Iterator[bytes]:
        while True:
            yield b"x" * 262_144

    def end(desk: export_desk.ExportDesk) -> None:
        desks.append(desk)
        desk.running -= 1
        ended.append(desk.running)

    monkeypatch.setattr(export_desk, "export", endless)
    monkeypatch.setattr(export_desk.ExportDesk, "_end", end)
    async with http.stream("GET", "/api/v1/export.csv") as first, http.stream("GET", "/api/v1/export.csv") as second:
        assert (first.status_code, second.status_code) == (200, 200)
        third = await http.get("/api/v1/export.csv")
        assert (third.status_code, third.json()["kind"]) == (503, "unavailable")
    await eventually_async(lambda: ended == [1, 0], what="both places given back")
    monkeypatch.setattr(desks[0], "_stalled_s", 0.2)
    async with http.stream("GET", "/api/v1/export.csv") as stalled:
        assert stalled.status_code == 200
        await eventually_async(lambda: ended == [1, 0, 0], what="the stalled client cut off")
    assert (await http.get("/api/v1/devices")).status_code == 200, hub.url


async def test_a_disk_that_fails_on_the_way_cuts_the_connection_so_that_no_part_passes_for_the_whole(
    http: httpx.AsyncClient, folder: Path
) -> None:
    await asyncio.to_thread((folder / "rollups.sqlite").rename, folder / "away.sqlite")
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get("/api/v1/export.geojson?what=1h")
    assert (await http.get("/api/v1/export.csv")).status_code == 200


# --- by the command --------------------------------------------------------------------------------------------------


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {"SHEKARA_HUB_DATA_DIR": str(folder), "PATH": "/usr/bin:/bin"}
    return run_shekara(folder, "export", *arguments, environ=environ)


def test_the_command_writes_a_whole_file_or_none(folder: Path) -> None:
    done = run(folder, "--metric", "tension", "--since", "2026-03-01T08:00:10", "--until", "2026-03-02", "out.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(rows_of((folder / "out.csv").read_bytes())) == 7
    assert run(folder, "--format", "geojson", "--what", "devices", "out.csv").returncode == 0
    assert check_geojson((folder / "out.csv").read_bytes())
    before = (folder / "out.csv").read_bytes()
    for wrong, word in (
        (("--what", "devices", "out.csv"), "GeoJSON only"),
        (("out.txt",), "--format"),
        (("--site", "../x", "out.csv"), "site"),
        (("no/such/out.csv",), "writable"),
    ):
        refused = run(folder, *wrong)
        assert refused.returncode in (2, 3, 7), refused
        assert word in refused.stderr
    assert (folder / "out.csv").read_bytes() == before
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_the_command_says_when_there_is_no_hub(tmp_path: Path) -> None:
    refused = run(tmp_path, "out.csv")
    assert (refused.returncode, "holds no readings" in refused.stderr) == (5, True)
    assert list(tmp_path.iterdir()) == []


def test_the_time_of_an_export_is_utc_where_no_zone_is_said(folder: Path) -> None:
    assert run(folder, "--since", "2026-03-01T08:00:10+05:00", "--metric", "tension", "all.csv").returncode == 0
    assert len(rows_of((folder / "all.csv").read_bytes())) == 8
    assert UTC is START.tzinfo
