"""The last seconds of a camera, saved by somebody who may, said in the log, and provable afterwards by their hash."""

import asyncio
import contextlib
import hashlib
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import av
import structlog
from msgspec import Struct

from sensors.clock import Clock
from sensors.errors import ConflictError, NotFoundError, UnavailableError
from sensors.model import DeviceKey
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.clips.clip import make_clip, make_masked_clip
from videowall.clips.ring import Ring, Rings
from videowall.plan import Mask

MAX_WAITING: Final = 4
_MANIFESTS: Final = 256
_NICENESS: Final = 10
_EXERCISE: Final = "EXERCISE"
_MOST_OFF: Final = timedelta(days=1)
"""A clock of another zone is less wrong. More wrong is one that was never set, or counts from its camera's start."""
_log = structlog.get_logger(__name__)


class Manifest(Struct, frozen=True):
    """What a clip is, who took it, and the hash that proves it. Times are aware UTC.

    `clock` says whose clock `begins_at` is of: "camera" where it tells the time (RTCP, no more than a day off), else
    "wall" (arrival).
    `masked`: it was encoded anew, because not everything of this camera may be seen; else it is as the camera sent it.
    `exercise`: it is of an exercise, as its file's name and title say too; its pictures are the camera's own.
    """

    file: str
    wall: str
    site: str
    device: str
    stream: str
    codec: str
    begins_at: datetime
    ends_at: datetime
    clock: str
    pictures: int
    masked: bool
    bytes: int
    sha256: str
    saved_by: str
    saved_at: datetime
    exercise: bool = False


class Clips:
    """Makes them, one at a time, in a thread of low priority. `tell` is given every manifest."""

    def __init__(
        self, wall: str, rings: Rings, clock: Clock, tell: Callable[[Manifest], None], *, exercise: bool = False
    ) -> None:
        self._wall = wall
        self._exercise = exercise
        self._rings = rings
        self._clock = clock
        self._tell = tell
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._manifests: OrderedDict[str, Manifest] = OrderedDict()

    async def save(self, key: DeviceKey, seconds: float, who: str) -> tuple[bytes, Manifest]:
        """An MP4 file of the last so many seconds and a little before, beginning with a key frame.

        Raises:
            NotFoundError: nothing is kept of that camera.
            ConflictError: what of it is masked is not known now, or has changed meanwhile.
            UnavailableError: its pictures cannot be put into a file, or too many others wait.
        """
        if self._waiting >= MAX_WAITING:
            raise UnavailableError("others are saving clips", subject=str(key), mend="Try again in a moment")
        self._waiting += 1
        try:
            async with self._turn:
                ring, masks = self._best(key, seconds), self._known_masks(key)
                content, manifest = await _in_idle_thread(self._maker(ring, masks, seconds, who))
        finally:
            self._waiting -= 1
        if self._rings.masks(key) not in {None, masks}:
            raise ConflictError("what of it is masked has changed", subject=str(key), mend="Save it again")
        self._manifests[manifest.sha256] = manifest
        if len(self._manifests) > _MANIFESTS:
            self._manifests.popitem(last=False)
        _log.info("a clip was saved", camera=str(key), by=who, sha256=manifest.sha256, pictures=manifest.pictures)
        self._tell(manifest)
        return content, manifest

    def manifest(self, sha256: str) -> Manifest:
        """Of a clip saved lately.

        Raises:
            NotFoundError: there is none of that hash, or not any more.
        """
        found = self._manifests.get(sha256)
        if found is None:
            raise NotFoundError("no clip of that hash was saved here lately", subject="clip")
        return found

    def _best(self, key: DeviceKey, seconds: float) -> Ring:
        """The main stream where it has run as long as the other within the time that is asked for."""
        from_s = self._clock.monotonic_s() - seconds
        rings = [ring for ring in self._rings.of(key) if ring.size]
        if not rings:
            raise NotFoundError("no picture of it is kept", subject=str(key), mend="Try again while the wall shows it")
        return min(rings, key=lambda ring: round(max(from_s, ring.since(from_s)[0].arrival_s)))

    def _known_masks(self, key: DeviceKey) -> tuple[Mask, ...]:
        """Those that hold now. A camera that the plan does not show may have others by now than when it was shown."""
        masks = self._rings.masks(key)
        if masks is None:
            what = "the wall does not show it now, so what of it must be hidden is not known"
            raise ConflictError(what, subject=str(key), mend="Show it on the wall, then save it")
        return masks

    def _maker(
        self, ring: Ring, masks: tuple[Mask, ...], seconds: float, who: str
    ) -> Callable[[], tuple[bytes, Manifest]]:
        """Everything is read from the ring here, on the event loop; what is returned runs anywhere."""
        now, now_s = self._clock.now(), self._clock.monotonic_s()
        units = ring.since(now_s - seconds)
        codec, extradata = ring.codec, ring.extradata
        key, role = ring.key, ring.role
        first, last = units[0], units[-1]
        arrived = now - timedelta(seconds=now_s - first.arrival_s)
        taken = _taken_at(first, arrived)
        begins_at = taken or arrived
        marked = _EXERCISE if self._exercise else ""
        file = f"{marked and f'{marked}_'}{key.site}_{key.device}_{begins_at:%Y%m%dT%H%M%SZ}.mp4"
        title = f"{marked and f'{marked} '}{key} {begins_at:%Y-%m-%d %H:%M:%S}Z"

        def make() -> tuple[bytes, Manifest]:
            if masks:
                content = make_masked_clip(codec, extradata, units, begins_at, title, masks)
            else:
                content = make_clip(codec, extradata, units, begins_at, title)
            return content, Manifest(
                file=file,
                wall=self._wall,
                site=key.site,
                device=key.device,
                stream=role.value,
                codec="h264" if masks else codec,
                begins_at=begins_at,
                ends_at=begins_at + timedelta(seconds=last.arrival_s - first.arrival_s),
                clock="wall" if taken is None else "camera",
                pictures=len(units),
                masked=bool(masks),
                bytes=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                saved_by=who,
                saved_at=now,
                exercise=self._exercise,
            )

        return make


def _taken_at(unit: AccessUnit, arrived: datetime) -> datetime | None:
    """When it was taken by the camera's own clock; None where that tells no time of day."""
    if unit.captured_unix_s is None:
        return None
    taken = datetime.fromtimestamp(unit.captured_unix_s, arrived.tzinfo)
    return taken if abs(taken - arrived) < _MOST_OFF else None


async def _in_idle_thread(make: Callable[[], tuple[bytes, Manifest]]) -> tuple[bytes, Manifest]:
    """Run it in a thread of its own that takes nothing from the wall but what nobody else wants.

    The thread ends with the work, for its low priority cannot be given back.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[bytes, Manifest] | UnavailableError] = loop.create_future()

    def settle(result: tuple[bytes, Manifest] | UnavailableError) -> None:
        if not done.done():
            done.set_result(result)

    def run() -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        # What nobody expected ends the thread, is said by it, and ends the wait all the same: others wait behind this.
        result: tuple[bytes, Manifest] | UnavailableError
        result = UnavailableError("its pictures cannot be put into a file", subject="clip")
        try:
            with contextlib.suppress(av.FFmpegError, ValueError):
                result = make()
        except UnavailableError as error:
            result = error
        finally:
            # Nobody waits any more when the loop has gone.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=run, name="clip", daemon=True).start()
    result = await done
    if isinstance(result, UnavailableError):
        raise result
    return result
