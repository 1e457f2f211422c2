"""The walls that are measured, each as the processes that its users would run, delivering H.264 at the same rate."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import httpx
import imageio_ffmpeg
import psutil
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from sensors.access import Role
from tests.benchmarks.wall.delivery import PageReceiver, Receiver, RtpReceiver
from tests.benchmarks.wall.load import BITRATE_KBPS, CANVAS, Load
from tests.support.brokers import free_port
from tests.support.mosquitto import running_mosquitto
from tests.support.waiting import eventually
from tests.support.wall_server import Keys
from videowall.plan import encode_plan

KEY_FRAME_S = 2
_FPS = round(CANVAS.fps)


class Spent(NamedTuple):
    """A moment of a tree of processes."""

    at_s: float
    cpu_s: float
    rss_mb: float
    threads: int


class Watch(NamedTuple):
    """How to ask a wall of ours; `url` ends with a slash."""

    url: str
    token: str

    def states(self) -> list[tuple[str, str, bool]]:
        """Of every tile its camera, its state and whether it is a spot."""
        answer = httpx.get(f"{self.url}wall/bench/tiles.json", headers={"Authorization": f"Bearer {self.token}"})
        return [(tile["device"], tile["state"], tile["spot"]) for tile in answer.json()]


class Running(NamedTuple):
    """A wall that runs, and who watches it."""

    process: psutil.Process
    receiver: Receiver
    began_s: float
    log: Path
    watch: Watch | None = None

    def spent(self) -> Spent:
        """User and system time of the whole tree so far, ended children included."""
        cpu_s, rss, threads = 0.0, 0, 0
        for process in (self.process, *self.process.children(recursive=True)):
            times, memory = process.cpu_times(), process.memory_info()
            cpu_s += times.user + times.system + times.children_user + times.children_system
            rss += memory.rss
            threads += process.num_threads()
        return Spent(time.monotonic(), cpu_s, rss / 2**20, threads)


@contextmanager
def ours(load: Load, url: str, viewers: int = 1) -> Iterator[Running]:
    """`shekara wall` with a retained plan at a real broker, watched through its WebSocket."""
    with TemporaryDirectory() as scratch, running_mosquitto(Path(scratch)) as broker:
        folder, port = Path(scratch), free_port()
        keys = Keys(folder)
        publisher = Client(CallbackAPIVersion.VERSION2)
        publisher.connect("127.0.0.1", broker)
        publisher.loop_start()
        publisher.publish("shekara/v1/walls/bench/plan", encode_plan(load.plan(url)), 1, retain=True).wait_for_publish(
            5
        )
        publisher.loop_stop()
        publisher.disconnect()
        environ = {
            **os.environ,
            "SHEKARA_BROKER_URL": f"mqtt://127.0.0.1:{broker}",
            "SHEKARA_WALL_NAME": "bench",
            "SHEKARA_WALL_PORT": str(port),
            "SHEKARA_WALL_PUBLIC_KEY_FILE": str(keys.public_file),
            "SHEKARA_WALL_BITRATE_KBPS": str(BITRATE_KBPS),
            "SHEKARA_WALL_KEY_FRAME_S": str(KEY_FRAME_S),
            "SHEKARA_WALL_OPENINGS_PER_S": "100",
            "SHEKARA_WALL_OPENINGS_AT_ONCE": "64",
            "SHEKARA_WALL_SITE_OPENINGS_PER_S": "100",
            "SHEKARA_WALL_SITE_OPENINGS_AT_ONCE": "64",
        }
        root = Path(__file__).parents[3]
        page, token = f"http://127.0.0.1:{port}/", keys.token(role=Role.DUTY_OFFICER)
        command = [sys.executable, "-m", "hub.command", "wall"]
        with _started(command, folder, {**environ, "PYTHONPATH": str(root)}) as (process, began_s, log):
            eventually(lambda: _answers(page, process), within_s=30, what="the wall's page")
            with PageReceiver(page, token, viewers) as receiver:
                yield Running(process, receiver, began_s, log, Watch(page, token))


@contextmanager
def gstreamer(load: Load, url: str, viewers: int = 1) -> Iterator[Running]:
    """GStreamer's live mixer. One decoding thread a camera and one encoding thread: the cheapest that it can do."""
    del viewers
    with RtpReceiver() as receiver:
        mixer = [
            "compositor",
            "name=wall",
            "background=black",
            "!",
            f"video/x-raw,format=I420,width={CANVAS.width},height={CANVAS.height},framerate={_FPS}/1",
            "!",
            *("x264enc", "speed-preset=ultrafast", "tune=zerolatency", f"bitrate={BITRATE_KBPS}", "threads=1"),
            *(f"key-int-max={_FPS * KEY_FRAME_S}", "vbv-buf-capacity=500"),
            *("!", "h264parse", "config-interval=-1"),
            *("!", "rtph264pay", "mtu=1400", "aggregate-mode=zero-latency"),
            *("!", "udpsink", "host=127.0.0.1", f"port={receiver.port}", "sync=false", "async=false"),
        ]
        places: list[str] = []
        sources: list[str] = []
        for number, rect in enumerate(load.rects()):
            pad = f"sink_{number}"
            places += [
                f"{pad}::xpos={rect.x}",
                f"{pad}::ypos={rect.y}",
                f"{pad}::width={rect.width}",
                f"{pad}::height={rect.height}",
            ]
            sources += [
                *("rtspsrc", f"location={url}/{number}", "latency=0", "protocols=tcp"),
                *("!", "rtph264depay", "!", "avdec_h264", "max-threads=1"),
                *("!", "queue", "max-size-buffers=2", "leaky=downstream", "!", f"wall.{pad}"),
            ]
        command = ["gst-launch-1.0", "-q", mixer[0], mixer[1], mixer[2], *places, *mixer[3:], *sources]
        with (
            TemporaryDirectory() as scratch,
            _started(command, Path(scratch), dict(os.environ)) as (process, began_s, log),
        ):
            yield Running(process, receiver, began_s, log)


@contextmanager
def ffmpeg(load: Load, url: str, viewers: int = 1) -> Iterator[Running]:
    """FFmpeg's xstack, of the newest release, with its cheapest scaler."""
    del viewers
    with RtpReceiver() as receiver:
        inputs: list[str] = []
        for number in range(load.cameras):
            inputs += ["-rtsp_transport", "tcp", "-fflags", "nobuffer", "-flags", "low_delay", "-threads", "1"]
            inputs += ["-analyzeduration", "100000", "-probesize", "32", "-fpsprobesize", "0"]
            inputs += ["-i", f"{url}/{number}"]
        rects = load.rects()
        scaled = [
            f"[{number}:v]scale={rect.width}:{rect.height}:flags=fast_bilinear[t{number}]"
            for number, rect in enumerate(rects)
        ]
        laid = "|".join(f"{rect.x}_{rect.y}" for rect in rects)
        names = "".join(f"[t{number}]" for number in range(load.cameras))
        stacked = (
            f"{names}xstack=inputs={load.cameras}:layout={laid}:fill=black,"
            f"pad={CANVAS.width}:{CANVAS.height}:0:0,format=yuv420p[wall]"
        )
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(),
            *("-hide_banner", "-loglevel", "error", "-nostdin"),
            *inputs,
            *("-filter_complex", ";".join([*scaled, stacked]), "-map", "[wall]"),
            *("-r", str(_FPS), "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-threads", "1"),
            *("-b:v", f"{BITRATE_KBPS}k", "-maxrate", f"{BITRATE_KBPS}k", "-bufsize", f"{BITRATE_KBPS // 2}k"),
            *("-g", str(_FPS * KEY_FRAME_S), "-x264-params", "repeat-headers=1:scenecut=0"),
            *("-f", "rtp", f"rtp://127.0.0.1:{receiver.port}?pkt_size=1400"),
        ]
        with (
            TemporaryDirectory() as scratch,
            _started(command, Path(scratch), dict(os.environ)) as (process, began_s, log),
        ):
            yield Running(process, receiver, began_s, log)


@contextmanager
def _started(command: list[str], folder: Path, environ: dict[str, str]) -> Iterator[tuple[psutil.Process, float, Path]]:
    path, began_s = folder / "wall.log", time.monotonic()
    with path.open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield psutil.Process(process.pid), began_s, path
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(page: str, process: psutil.Process) -> bool:
    assert process.is_running()
    try:
        return httpx.get(f"{page}health", timeout=1).status_code < 500
    except httpx.TransportError:
        return False
