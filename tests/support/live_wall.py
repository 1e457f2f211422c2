"""A real wall with its page's server, on a loop and a port of their own: plans and boards go in, browsers look."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sensors.clock import SystemClock
from sensors.secrets import Secrets
from tests.support.centre import Centre
from tests.support.wall_server import Keys
from videowall.board import Board
from videowall.clips.clips import Clips, Manifest
from videowall.config import WallSettings
from videowall.outputs.listener import bind, serve
from videowall.outputs.server import build_app
from videowall.plan import Plan
from videowall.wall import Wall

R = TypeVar("R")


class ServedWall:
    """What a test holds of a wall that runs in another thread, and of the centre that its orders go to."""

    def __init__(self, wall: Wall, loop: asyncio.AbstractEventLoop, address: str, keys: Keys) -> None:
        self.wall = wall
        self.address = address
        self.keys = keys
        self.centre = Centre(keys)
        self.saved: list[Manifest] = []
        """Of every clip, as the hub is told."""
        self._loop = loop

    def show(self, plan: Plan) -> None:
        """Draw this plan."""
        self.do(lambda: self.wall.apply(plan))

    def tell(self, board: Board) -> None:
        """Have the pages know this board."""
        self.do(lambda: self.wall.showing.tell_board(board, SystemClock().monotonic_s()))

    def do(self, work: Callable[[], R]) -> R:
        """Do something on the wall's loop, and wait until it is done."""

        async def run() -> R:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(60)


@contextmanager
def served_wall(folder: Path, port: int = 0, keys: Keys | None = None) -> Iterator[ServedWall]:
    """A wall named main on loopback, for the length of the block; with the `keys` of an earlier one."""
    keys = keys or Keys(folder)
    clock = SystemClock()
    settings = WallSettings(
        public_key_file=str(keys.public_file), sign_in_url="", references_dir=str(folder / "references")
    )
    listener = bind("127.0.0.1", port)
    loop = asyncio.new_event_loop()
    wall = Wall(settings, Secrets(), clock)
    served = ServedWall(wall, loop, f"127.0.0.1:{listener.getsockname()[1]}", keys)

    async def run() -> None:
        clips = Clips(wall.name, wall.rings, clock, served.saved.append)
        app = build_app(wall, settings, clock, clips=clips, petitions=served.centre.petitions)
        async with asyncio.TaskGroup() as group:
            group.create_task(wall.run())
            group.create_task(serve(app, listener))

    task = loop.create_task(run())

    def work() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()

    thread = threading.Thread(target=work, name="served-wall")
    thread.start()
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(60)
