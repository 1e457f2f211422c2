"""A supervised wall on real streams from a real broker, and everything that is done to it."""

import random
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import msgspec
import paho.mqtt.client as paho
import psutil
from paho.mqtt.enums import CallbackAPIVersion
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from sensors.topics import Leaf, topic, wall_key
from simulators.cameras.vocabulary import Fault
from tests.support.border_wall import CAMERAS, feed, make_plan, twelve_cameras
from tests.support.brokers import free_port, running_broker
from tests.support.camera_stand import Stand
from tests.support.running_hub import COMMAND, environ
from tests.support.waiting import eventually
from tests.support.wall_server import Keys
from videowall.plan import Feed, LayoutName, encode_plan

FLAPS = (
    Fault.KILLED,
    Fault.STALLED,
    Fault.FROZEN,
    Fault.RESTARTING,
    Fault.RESET,
    Fault.HALF_OPEN,
    Fault.TRUNCATED,
    Fault.LOSSY,
    Fault.RESIZED,
    Fault.RECODED,
    Fault.JUMPED,
    Fault.FULL,
)
LAYOUTS: tuple[LayoutName, ...] = ("1+12", "2x2", "3x3", "4x4")
MOST_VIEWERS = 4


class Rig:
    """One wall of so many cameras; what is done to it is counted."""

    def __init__(
        self, folder: Path, stand: Stand, broker_port: int, count: int, shards: int, chance: random.Random
    ) -> None:
        self.count = count
        self.flaps = self.plans = self.viewers = 0
        self._stand = stand
        self._chance = chance
        self._keys = Keys(folder)
        self._port = free_port()
        (folder / "shekara.toml").write_text(
            f"[walls]\nport = {self._port}\n[broker]\nport = {broker_port}\n"
            f'[wall]\nshards = {shards}\npublic_key_file = "{self._keys.public_file}"\n'
        )
        self._log = folder / "walls.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen([*COMMAND, "walls"], cwd=folder, env=environ(), stderr=log)
        self._hub = paho.Client(CallbackAPIVersion.VERSION2, client_id="soak")
        self._hub.connect("127.0.0.1", broker_port)
        self._hub.loop_start()
        self._bag: list[Callable[[], None]] = []
        self._broken: set[str] = set()
        self._watching: list[threading.Event] = []
        self._threads: list[threading.Thread] = []

    @property
    def wall_pid(self) -> int | None:
        """The wall's own process, below its supervisor."""
        return next((child.pid for child in psutil.Process(self.process.pid).children()), None)

    def live(self) -> int:
        """How many tiles are live now; 0 while the wall does not answer."""
        with suppress(httpx.HTTPError, ValueError):
            answer = httpx.get(
                f"http://127.0.0.1:{self._port}/wall/main/tiles.json", headers=self._keys.bearer(), timeout=5
            )
            return sum(tile["state"] == "live" for tile in answer.json())
        return 0

    def count_restarts(self) -> int:
        """How often the supervisor had to begin the wall again."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return sum('"child is begun again"' in line for line in lines)

    def last_words(self) -> str:
        """The end of what the wall logged."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])

    def pause_s(self, least_s: float, most_s: float) -> float:
        """How long until the next thing is done."""
        return self._chance.uniform(least_s, most_s)

    def act(self) -> None:
        """One thing by chance: a camera breaks or is mended, a viewer comes or goes, the plan changes."""
        if not self._bag:
            self._bag = [self._flap, self._flap, self._mend_one, self._come_or_go, self.change_plan]
            self._chance.shuffle(self._bag)
        self._bag.pop()()

    def change_plan(self) -> None:
        """Another layout, other cameras, with or without a spot."""
        feeds = tuple(
            feed(self._stand, camera) for camera in CAMERAS[: self._chance.randint(self.count // 2, self.count)]
        )
        layout = self._chance.choice(LAYOUTS)
        spot = self._chance.choice((None, *feeds)) if layout == "1+12" else None
        self._publish(feeds, spot, layout)

    def settle(self) -> None:
        """Everything mended, everybody gone, every camera on the wall."""
        self._stand.mend()
        self._broken.clear()
        for leave in self._watching:
            leave.set()
        for thread in self._threads:
            thread.join(60)
        self._watching, self._threads = [], []
        self._publish(tuple(feed(self._stand, camera) for camera in CAMERAS[: self.count]), None, "1+12")

    def close(self) -> None:
        """End it all."""
        for leave in self._watching:
            leave.set()
        self._hub.disconnect()
        self._hub.loop_stop()
        self.process.terminate()
        self.process.wait(60)

    def _publish(self, feeds: tuple[Feed, ...], spot: Feed | None, layout: LayoutName) -> None:
        self.plans += 1
        plan = msgspec.structs.replace(make_plan(feeds, spot, layout), revision=self.plans)
        self._hub.publish(topic(wall_key("main"), Leaf.PLAN), encode_plan(plan), qos=1, retain=True)

    def _flap(self) -> None:
        whole = [camera for camera in CAMERAS[: self.count] if camera not in self._broken]
        if len(whole) <= self.count // 2:
            self._mend_one()
            return
        camera = self._chance.choice(whole)
        self._broken.add(camera)
        self.flaps += 1
        with suppress(TimeoutError):
            # Another codec or size is drawn when it is wanted for the first time, and takes as long as that takes.
            self._stand.set_fault(camera, self._chance.choice(FLAPS))

    def _mend_one(self) -> None:
        if self._broken:
            camera = self._chance.choice(sorted(self._broken))
            self._broken.discard(camera)
            self._stand.set_fault(camera, Fault.NONE)

    def _come_or_go(self) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if len(self._watching) >= MOST_VIEWERS or (self._watching and self._chance.random() < 0.5):
            self._watching.pop(self._chance.randrange(len(self._watching))).set()
            return
        leave, self.viewers = threading.Event(), self.viewers + 1
        thread = threading.Thread(target=self._view, args=(leave,), name=f"viewer-{self.viewers}", daemon=True)
        self._watching.append(leave)
        self._threads.append(thread)
        thread.start()

    def _view(self, leave: threading.Event) -> None:
        """Watch, at a pace of its own, until told to leave; now and then without a goodbye."""
        pause_s = self._chance.choice((0.0, 0.0, 0.3))
        with suppress(WebSocketException, OSError):
            viewer = connect(
                f"ws://127.0.0.1:{self._port}/wall/main/stream",
                additional_headers=self._keys.bearer(),
                max_queue=1,
                ping_interval=None,
            )
            try:
                while not leave.wait(pause_s):
                    with suppress(TimeoutError):
                        viewer.recv(timeout=1)
            finally:
                if self._chance.random() < 0.3:
                    viewer.socket.shutdown(socket.SHUT_RDWR)
                viewer.close()


@contextmanager
def running_rig(folder: Path, count: int, shards: int, seed: int) -> Iterator[Rig]:
    """Cameras, broker and wall; the wall shows every camera when the block begins."""
    chance = random.Random(seed)  # noqa: S311 - chance, not a secret
    with (
        Stand(twelve_cameras()[:count]) as stand,
        running_broker(folder) as broker_port,
    ):
        stand.warm_up()
        rig = Rig(folder, stand, broker_port, count, shards, chance)
        try:
            rig.settle()
            eventually(lambda: rig.live() == count, within_s=90, what="every camera's tile")
            yield rig
        finally:
            rig.close()
