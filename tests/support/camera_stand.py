"""A stand of real simulated cameras, served from a thread of its own."""

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Self

from sensors.clock import SystemClock
from sensors.model import DeviceId, DeviceKey, SiteId, StreamRole
from sensors.rtsp.authentication import Credentials
from simulators.cameras.cache import default_directory
from simulators.cameras.camera import Camera
from simulators.cameras.departures import Departure
from simulators.cameras.drawing.film import Shot
from simulators.cameras.server import CameraServer
from simulators.cameras.vocabulary import Authentication, Fault, Lighting, Terrain, View
from simulators.cameras.workshop import Workshop
from tests.support.waiting import eventually_async

PASSWORD = Credentials("viewer", "not a secret: tests")
OPEN, DIGEST, BASIC, SHA = "cam-1", "cam-2", "cam-3", "cam-4"
_DRAWN_WITHIN_S = 500
"""A hundred films take a core a hundred seconds, and a busy machine far longer."""
_AUTHENTICATION = {
    OPEN: Authentication.NONE,
    DIGEST: Authentication.DIGEST,
    BASIC: Authentication.BASIC,
    SHA: Authentication.DIGEST_SHA256,
}


class Stand:
    """A running camera server: by default four cameras that differ in how they ask for a password.

    All stands and the demo share what they have drawn, else each test module draws the same films again. A film is
    found by a hash of the code that drew it, and drawn again when damaged.
    """

    def __init__(self, cameras: Sequence[Camera] = (), session_timeout_s: int = 60) -> None:
        self._session_timeout_s = session_timeout_s
        self.departures: list[Departure] = []
        self._cameras = cameras or _cameras()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera-stand")
        self.server: CameraServer

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(120)
        assert not self._thread.is_alive()
        self._loop.close()

    def url(self, camera: str, role: StreamRole = StreamRole.SUB, credentials: Credentials | None = None) -> str:
        """A stream's address, with credentials for clients that take them there."""
        url = self.server.url(camera_key(camera), role, "127.0.0.1")
        if credentials is None:
            return url
        return url.replace("rtsp://", f"rtsp://{credentials.user}:{credentials.password.replace(' ', '%20')}@")

    def set_fault(self, camera: str, fault: Fault, amount: float = 0.0) -> None:
        """Break or mend a camera, and wait until it is so."""
        self._call(self.server.set_fault(camera_key(camera), fault, amount))

    def warm_up(self) -> None:
        """Have every sub-stream drawn, and wait until it is."""
        asyncio.run_coroutine_threadsafe(self.server.warm_up(), self._loop).result(120)

    def draw_all(self, faults: Mapping[str, Fault]) -> None:
        """Have every sub-stream drawn to its end, with these faults and without, so that tests need not wait for it."""
        asyncio.run_coroutine_threadsafe(self._draw_all(faults), self._loop).result(_DRAWN_WITHIN_S + 20)

    def mend(self) -> None:
        """Mend all cameras."""
        for camera in self._cameras:
            self.set_fault(camera.key.device, Fault.NONE)

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _draw_all(self, faults: Mapping[str, Fault]) -> None:
        clips = []
        for camera in self._cameras:
            stream = self.server.find(f"{camera.key}/{StreamRole.SUB}")
            assert stream is not None
            for fault in (faults.get(camera.key.device, Fault.NONE), Fault.NONE):
                stream.condition.change(fault, 1.0)
                clips.append(await stream.broadcast.clip())
        await eventually_async(
            lambda: all(clip.complete for clip in clips), within_s=_DRAWN_WITHIN_S, what="every film"
        )

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        async with Workshop(default_directory()) as workshop:
            self.server = CameraServer(
                "127.0.0.1",
                0,
                self._cameras,
                workshop,
                SystemClock(),
                self.departures.append,
                self._session_timeout_s,
            )
            await self.server.start()
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(self.server.run())
                self._started.set()
                await self._stop.wait()
                serving.cancel()


def camera_key(camera: str) -> DeviceKey:
    """The key of a camera of the stand's one site."""
    return DeviceKey(SiteId("kordai"), DeviceId(camera))


def _cameras() -> list[Camera]:
    return [
        Camera(
            camera_key(name), Shot(number, View.YARD, Terrain.PLAIN, 1, Lighting.DAY, 0, 0), authentication, PASSWORD
        )
        for number, (name, authentication) in enumerate(_AUTHENTICATION.items(), 11)
    ]
