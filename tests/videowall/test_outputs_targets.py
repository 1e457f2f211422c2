"""The wall sent by itself to receivers, folders and files; judged by Debian's FFmpeg."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from sensors.access import Role
from sensors.clock import ManualClock, SystemClock
from sensors.errors import ConfigError
from sensors.rtsp.authentication import Credentials
from tests.support.brokers import free_port
from tests.support.media_probe import probe, receiving, video
from tests.support.moving_picture import MovingWall
from tests.support.waiting import eventually_async
from tests.support.wall_server import Keys, serving
from videowall.config import WallSettings
from videowall.encoding.broadcast import EncodedFrame, ParameterSets
from videowall.encoding.profile import ProfileName
from videowall.outputs.config import OutputsSettings
from videowall.outputs.server import build_app
from videowall.outputs.targets.disk import Disk
from videowall.outputs.targets.hls import HlsFolder
from videowall.outputs.targets.output import Output, OutputReport, OutputState
from videowall.outputs.targets.outputs import Outputs
from videowall.outputs.targets.receiver import OutputError
from videowall.outputs.targets.target import Kind, Target, parse_targets
from videowall.outputs.targets.timelapse import Timelapse

pytestmark = pytest.mark.alone


@pytest.fixture
def wall() -> Iterator[MovingWall]:
    wall = MovingWall(key_every=12)
    with wall.running():
        yield wall


@asynccontextmanager
async def sending(wall: MovingWall, settings: OutputsSettings) -> AsyncIterator[Outputs]:
    outputs = Outputs(settings, {}, wall.broadcast_of, wall.still_jpeg, SystemClock())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(outputs.run())
        yield outputs
        task.cancel()


def sending_to(wall: MovingWall, mood: str, seen: list[str]) -> Output:
    chance = random.Random(1)  # noqa: S311 - jitter
    return Output(TARGET, wall.broadcast_of, lambda _: Moody(mood, seen), SystemClock(), chance)


def names_in(folder: Path, pattern: str = "*") -> list[str]:
    return sorted(path.name for path in folder.glob(pattern))


async def decoded(address: str | Path, frames: int, *options: str) -> str:
    """What ffmpeg complains of while it decodes so many frames."""
    receiver = await asyncio.to_thread(receiving, str(address), frames, *options)
    code = await asyncio.to_thread(receiver.wait, 60)
    problems = receiver.communicate()[1].decode()
    assert code == 0, problems
    return problems


@pytest.mark.parametrize("options", ["", "?ttl=1&interface=127.0.0.1"], ids=["to one receiver", "to a group"])
async def test_a_transport_stream_in_datagrams_is_decoded_by_ffmpeg(wall: MovingWall, options: str) -> None:
    host, port = ("239.255.77.77" if options else "127.0.0.1"), free_port()
    listen = f"udp://{host}:{port}?timeout=10000000" + ("&localaddr=127.0.0.1" if options else "")
    async with sending(wall, OutputsSettings(urls=f"udp://{host}:{port}{options}")) as outputs:
        # Who joins late complains until its first key frame.
        await decoded(listen, 40, "-analyzeduration", "1000000")
        (report,) = outputs.reports
        assert (report.state, report.failures_total) == (OutputState.SENDING, 0)
        assert report.bytes_total > report.frames_total > 40


@pytest.mark.slow
async def test_an_hls_folder_plays_and_keeps_only_the_newest_segments(wall: MovingWall, tmp_path: Path) -> None:
    folder = tmp_path / "hls"
    folder.mkdir()
    (folder / "wall-12.ts").write_bytes(b"of an earlier run")
    (folder / "notes.txt").write_text("not ours")
    settings = OutputsSettings(urls=f"hls:{folder}", hls_segment_s=0.5, hls_segments=6)
    async with sending(wall, settings):
        await eventually_async(lambda: len(names_in(folder, "wall-*.ts")) == 8)
        first = names_in(folder, "wall-*.ts")
        assert await decoded(folder / "wall.m3u8", 60, "-live_start_index", "-3") == ""
        await eventually_async(lambda: set(first).isdisjoint(names_in(folder, "wall-*.ts")))
        assert len(names_in(folder, "wall-*.ts")) <= 8
        assert "wall-12.ts" not in first
    found = probe(folder / names_in(folder, "wall-*.ts")[-1])
    assert (video(found)["codec_name"], video(found)["width"], found["errors"]) == ("h264", 640, "")
    assert (folder / "wall.m3u8").read_text().count("#EXTINF") == 6
    assert (folder / "notes.txt").exists()


@pytest.mark.parametrize("suffix", [".mp4", ".ts"])
async def test_a_recording_goes_on_in_new_files_that_each_play(wall: MovingWall, tmp_path: Path, suffix: str) -> None:
    settings = OutputsSettings(urls=f"file:{tmp_path}/wall{suffix}", file_piece_s=1)
    async with sending(wall, settings) as outputs:
        await eventually_async(lambda: len(names_in(tmp_path)) >= 4)
    skipped = outputs.reports[0].skipped_total
    for name in names_in(tmp_path)[:3]:
        found = probe(tmp_path / name)
        assert (video(found)["codec_name"], found["errors"]) == ("h264", "")
        assert 25 - skipped <= int(video(found)["nb_read_frames"]) <= 40


async def test_recordings_never_take_more_room_than_allowed_and_the_oldest_go_first(tmp_path: Path) -> None:
    noisy = MovingWall(key_every=12)
    (tmp_path / "wall-keepsake.mp4").write_bytes(b"x")
    for day in range(1, 4):
        (tmp_path / f"wall-2026010{day}T000000.000Z.mp4").write_bytes(bytes(4_000_000))
    settings = OutputsSettings(urls=f"file:{tmp_path}/wall.mp4", file_max_mb=10)
    with noisy.running():
        async with sending(noisy, settings) as outputs:
            await eventually_async(lambda: outputs.reports[0].frames_total > 5)
    left = names_in(tmp_path)
    assert left[0] == "wall-20260103T000000.000Z.mp4"
    assert left[-1] == "wall-keepsake.mp4"
    assert len(left) == 3


async def test_a_full_disk_is_said_and_the_others_go_on(wall: MovingWall, tmp_path: Path) -> None:
    full, good = tmp_path / "full", tmp_path / "good"
    full.mkdir()
    (full / ".wall.m3u8.part").symlink_to("/dev/full")
    settings = OutputsSettings(urls=f"hls:{full}, hls:{good}", hls_segment_s=0.5)
    async with sending(wall, settings) as outputs:
        await eventually_async(lambda: "disk is full" in outputs.reports[0].problem)
        await eventually_async((good / "wall.m3u8").exists)
        assert outputs.reports[1].failures_total == 0


class Moody:
    """A receiver that does as it is told: hangs, refuses, or takes a few frames."""

    def __init__(self, mood: str, seen: list[str]) -> None:
        self._mood = mood
        self._seen = seen

    async def open(self) -> None:
        self._seen.append("open")
        if self._mood == "refuses":
            raise OutputError("not today", refused=True)

    async def begin(self, sets: ParameterSets, first: EncodedFrame) -> None:
        assert sets.sps[0] & 31 == 7
        assert first.key

    async def send(self, frame: EncodedFrame) -> int:
        self._seen.append("frame")
        if self._mood == "breaks":
            raise ConnectionResetError(104, "reset by peer")
        if self._mood == "hangs":
            await asyncio.Event().wait()
        return len(frame.data)

    async def close(self) -> None:
        self._seen.append("close")
        if self._mood == "hangs":
            await asyncio.Event().wait()


TARGET = Target(Kind.UDP, ProfileName.FULL, "h", 1, "", {}, "udp://h:1")


@pytest.mark.parametrize("mood", ["refuses", "breaks"])
async def test_a_receiver_that_fails_is_left_and_said_and_the_wall_does_not_encode_for_it(
    wall: MovingWall, mood: str
) -> None:
    seen: list[str] = []
    output = sending_to(wall, mood, seen)
    task = asyncio.create_task(output.run())
    await eventually_async(lambda: output.report.state is OutputState.WAITING)
    assert seen[-1] == "close"
    assert wall.broadcast.viewers == 0
    assert output.report.failures_total == 1
    assert output.report.problem == ("not today" if mood == "refuses" else "the connection failed: reset by peer")
    task.cancel()
    assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)


async def test_a_receiver_that_hangs_holds_up_neither_the_wall_nor_another_viewer(
    wall: MovingWall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("videowall.outputs.targets.output.SEND_WITHIN_S", 60.0)
    seen: list[str] = []
    output = sending_to(wall, "hangs", seen)
    task = asyncio.create_task(output.run())
    await eventually_async(lambda: "frame" in seen)
    with wall.broadcast.subscribe() as viewer:
        frames = [await asyncio.wait_for(anext(viewer), 60) for _ in range(40)]
    assert viewer.skipped_total == 0 or frames[0].key
    assert seen.count("frame") == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_an_output_begins_anew_at_once_when_the_walls_time_goes_back(wall: MovingWall) -> None:
    seen: list[str] = []
    output = sending_to(wall, "good", seen)
    task = asyncio.create_task(output.run())
    await eventually_async(lambda: seen.count("frame") > 5)
    wall.index = 0
    await eventually_async(lambda: seen.count("open") == 2)
    assert output.report.failures_total == 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def lapse(folder: Path, clock: ManualClock, days: int = 3, max_bytes: int = 10**6) -> Timelapse:
    return Timelapse(folder, 60.0, days, max_bytes, lambda: b"\xff\xd8 picture" * 10, clock)


async def test_a_timelapse_keeps_pictures_by_days_and_forgets_old_ones(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 1, 30, 23, 59, tzinfo=UTC))
    (tmp_path / "notes.txt").write_text("not ours")
    timelapse = lapse(tmp_path, clock)
    for _ in range(6):
        await timelapse.run_once()
        clock.advance(86_400)
    assert names_in(tmp_path, "*/*") == ["wall-235900Z.jpg"] * 4
    assert names_in(tmp_path) == ["2026-02-01", "2026-02-02", "2026-02-03", "2026-02-04", "notes.txt"]
    assert timelapse.report.frames_total == 6


async def test_a_timelapse_stays_within_its_size(tmp_path: Path) -> None:
    clock = ManualClock(datetime(2026, 1, 30, 12, 0, tzinfo=UTC))
    timelapse = lapse(tmp_path, clock, max_bytes=350)
    for _ in range(5):
        await timelapse.run_once()
        clock.advance(60)
    assert names_in(tmp_path / "2026-01-30") == ["wall-120200Z.jpg", "wall-120300Z.jpg", "wall-120400Z.jpg"]


async def test_a_timelapse_on_a_full_disk_says_so_and_goes_on_when_there_is_room(
    wall: MovingWall, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    days = [f"{day:%Y-%m-%d}" for day in (now, now + timedelta(days=1))]
    for day in days:
        (tmp_path / day).mkdir()
        (tmp_path / day / ".wall.part").symlink_to("/dev/full")
    settings = OutputsSettings(timelapse_s=0.2, timelapse_dir=str(tmp_path))
    async with sending(wall, settings) as outputs:
        await eventually_async(lambda: "disk is full" in outputs.reports[-1].problem)
        for day in days:
            (tmp_path / day / ".wall.part").unlink()
        await eventually_async(lambda: not outputs.reports[-1].problem)
        assert outputs.reports[-1].frames_total > 0
    assert names_in(tmp_path, "*/wall-*.jpg")


def test_how_outputs_stand_is_for_those_who_look_after_the_wall(wall: MovingWall, tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    report = OutputReport("rtmp://media:1935/live/…", "full", OutputState.WAITING, "nobody listens there", 1, 2, 3, 4)
    settings = WallSettings(public_key_file=str(keys.public_file))
    app = build_app(wall, settings, SystemClock(), reports=lambda: (report,))
    with serving(app) as address, httpx.Client(base_url=f"http://{address}", timeout=60) as http:
        path = "/wall/main/outputs.json"
        assert http.get(path).status_code == 401
        for role, status in ((Role.VIEWER, 403), (Role.DUTY_OFFICER, 403), (Role.TECHNICIAN, 200)):
            answer = http.get(path, headers={"Authorization": f"Bearer {keys.token(role=role)}"})
            assert answer.status_code == status
        assert msgspec.json.decode(answer.content, type=tuple[OutputReport, ...]) == (report,)


def test_addresses_are_read_with_their_profiles_and_secrets_come_from_elsewhere() -> None:
    text = "720p=rtmp://media:1936/live/secret-key, rtsp://[::1]/wall, hls:/srv/wall, full=udp://239.0.0.1:5000?ttl=4"
    rtmp, rtsp, hls, udp = parse_targets(text, {"media": Credentials("u", "p")})
    assert (rtmp.profile, rtmp.kind, rtmp.port, rtmp.label) == (
        ProfileName.THIN,
        Kind.RTMP,
        1936,
        "rtmp://media:1936/live/…",
    )
    assert rtmp.credentials is not None
    assert (rtsp.host, rtsp.port, rtsp.url, rtsp.credentials) == ("::1", 554, "rtsp://[::1]:554/wall", None)
    assert (hls.path, hls.label) == ("/srv/wall", "hls:/srv/wall")
    assert (udp.profile, udp.options["ttl"]) == (ProfileName.FULL, "4")
    assert "secret-key" not in "".join(target.label for target in (rtmp, rtsp, hls, udp))


async def test_an_hls_folder_is_cleared_of_its_own_files_alone(tmp_path: Path) -> None:
    left = ["wall-1769903999.ts", ".wall-1769904001.ts.part", "wall.m3u8"]
    others = ["wall-20260131T235959.000Z.ts", "wall-east.ts", "wall-.ts", "wall-1.ts.bak", "wall-1.mp4", "notes.txt"]
    for name in (*left, *others):
        (tmp_path / name).touch()
    disk = Disk("hls")
    await HlsFolder(tmp_path, 1.0, 6, disk).open()
    disk.close()
    assert names_in(tmp_path, "*") == sorted(others)


def test_each_wall_has_its_own_addresses_and_folders_where_its_id_is_asked_for() -> None:
    settings = OutputsSettings(
        urls="hls:/srv/{wall}/hls, file:/srv/wall-{wall}.ts, rtsp://media/{wall}, udp://239.0.0.1:5000",
        timelapse_dir="data/{wall}",
    )
    east = settings.of("east")
    assert east.urls == "hls:/srv/east/hls, file:/srv/wall-east.ts, rtsp://media/east, udp://239.0.0.1:5000"
    assert east.timelapse_dir == "data/east"


def test_where_more_than_one_wall_would_be_kept_or_sent_is_named_without_its_secrets() -> None:
    apart = OutputsSettings(
        urls="hls:/srv/{wall}/hls, rtsp://media/{wall}, rtmp://media/live/{wall}, srt://media:9000?streamid={wall}",
        timelapse_s=60.0,
        timelapse_dir="data/{wall}",
    )
    assert apart.shared(["east", "west"]) == ()
    together = OutputsSettings(
        urls="udp://239.0.0.1:5000?ttl=4, hls:/srv/hls, 720p=rtmp://media/live/secret-key, rtsp://media/{wall}",
        timelapse_s=60.0,
    )
    assert together.shared(["main"]) == ()
    assert together.shared(["east", "west"]) == (
        "udp://239.0.0.1:5000",
        "hls:/srv/hls",
        "rtmp://media:1935/live/…",
        "timelapse_dir data/timelapse",
    )


def test_one_address_is_several_places_by_what_tells_them_apart() -> None:
    urls = (
        "udp://239.0.0.1:5000?interface=10.0.0.1, udp://239.0.0.1:5000?interface=10.0.1.1, "
        "srt://media:9000?streamid=a, 720p=srt://media:9000?streamid=b, rtmp://media/live/a, rtmp://media/live/b"
    )
    assert len(parse_targets(urls, {})) == 6


@pytest.mark.parametrize(
    "text",
    [
        "ftp://host:1",
        "rtsp://user:hunter2@host/x",
        "udp://host",
        "udp://:5",
        "udp://h:99999",
        "hls://host/x",
        "file:relative.mp4",
        "hls:/a, hls:/a",
        "udp://h:5, 720p=udp://h:5?ttl=9",
        "udp://media..local:5",
        f"rtsp://{'a' * 64}.local/x",
        "udp://h:5?nonsense=1",
        "1440p=udp://h:5",
        "udp://[::1:5",
        ", ".join(f"udp://h:{port}" for port in range(1, 18)),
    ],
)
def test_what_is_no_address_is_refused_without_its_secrets(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_targets(text, {})
    assert "hunter2" not in caught.value.text
