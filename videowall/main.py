"""`shekara wall`: builds a wall node's parts, joins them, and runs them until a signal."""

import asyncio
import gc
import signal
import socket
import sys
import threading
from collections.abc import Coroutine
from typing import Annotated

# Before PyAV: when PyAV's own X libraries are loaded first, OpenCV's windows never open.
import cv2  # noqa: F401 - see above

# isort: split
import av.logging
import structlog
import typer

from sensors.broker_settings import BrokerSettings
from sensors.clock import Clock, SystemClock
from sensors.errors import ShekaraError, first_in
from sensors.settings import Settings
from sensors.supervised import NOTIFY_SOCKET, read_restarts
from videowall.clips.clips import Clips
from videowall.config import WallSettings
from videowall.heart import Heart
from videowall.node import WallNode
from videowall.outputs.config import OutputsSettings
from videowall.outputs.listener import bind, serve
from videowall.outputs.monitor import Monitor, find_monitor
from videowall.outputs.server import build_app
from videowall.outputs.targets.outputs import Outputs
from videowall.outputs.webrtc.addresses import own_addresses
from videowall.outputs.webrtc.peers import Peers
from videowall.outputs.window import check_display, show_window
from videowall.picture import prepare_opencv
from videowall.secrets_file import SecretsFile
from videowall.wall import Wall

_SWITCH_S = 0.0002
"""A busy Python thread gives way this soon; at the default of 5 ms it makes decoding many times slower."""
_log = structlog.get_logger()

wall = typer.Typer(add_completion=False)


@wall.command()
def run(
    ctx: typer.Context,
    *,
    window: Annotated[bool, typer.Option("--window", help="Show the wall full screen on this machine too.")] = False,
    monitor: Annotated[
        str,
        typer.Option("--monitor", help="On this monitor: its name, its number from 1, or WIDTHxHEIGHT+X+Y."),
    ] = "",
) -> None:
    """Run a wall node: compose the cameras of its plan, serve the picture, report their health."""
    settings: Settings = ctx.obj
    section = settings.section(WallSettings, "wall")
    broker = settings.section(BrokerSettings, "broker")
    if window:
        check_display(settings.environ)
    place = find_monitor(monitor, settings.environ) if window and monitor else None
    sys.setswitchinterval(_SWITCH_S)
    prepare_opencv()
    av.logging.set_level(av.logging.FATAL)
    clock = SystemClock()
    engine = Wall(section, settings.secrets, clock, settings.section(OutputsSettings, "outputs"))
    with bind(section.host, section.port) as listener:
        program = _Program(section, broker, settings, engine, clock, listener)
        if window:
            program.run_with_window(place)
        else:
            program.run()


class _Program:
    """The parts of a wall node, running together; the first that cannot go on ends all."""

    def __init__(
        self,
        section: WallSettings,
        broker: BrokerSettings,
        settings: Settings,
        engine: Wall,
        clock: Clock,
        listener: socket.socket,
    ) -> None:
        self._section = section
        self._broker = broker
        self._settings = settings
        self._engine = engine
        self._clock = clock
        self._listener = listener
        named = section.public_url.replace("{wall}", section.name)
        self._url = named or f"http://{section.host}:{listener.getsockname()[1]}/"
        self._ended = threading.Event()
        self._failure: ShekaraError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def run(self) -> None:
        """Run until a signal.

        Raises:
            ShekaraError: a part could not go on.
        """
        asyncio.run(self._run(on_signals=True))
        if self._failure is not None:
            raise self._failure

    def run_with_window(self, monitor: Monitor | None) -> None:
        """The same, with the window in this thread; closing the window ends all."""
        worker = threading.Thread(target=lambda: asyncio.run(self._run(on_signals=False)), name="wall-loop")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ended.set())
        worker.start()
        try:
            composer = self._engine.composer
            show_window(composer.snapshot, lambda: composer.canvas.fps, self._ended, monitor)
        finally:
            if self._loop is not None and self._stopping is not None:
                self._loop.call_soon_threadsafe(self._stopping.set)
            worker.join()
        if self._failure is not None:
            raise self._failure

    async def _run(self, *, on_signals: bool) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        if on_signals:
            for number in (signal.SIGTERM, signal.SIGINT):
                self._loop.add_signal_handler(number, self._stopping.set)
        section = self._settings.section(OutputsSettings, "outputs").of(self._section.name)
        engine, secrets = self._engine, self._settings.secrets
        outputs = Outputs(section, secrets.outputs, engine.broadcast_of, engine.still_jpeg, self._clock)
        node = WallNode(
            self._engine,
            self._broker,
            self._settings.secrets.mqtt,
            self._clock,
            self._url,
            lambda: outputs.reports,
            exercise=self._settings.exercise,
        )
        node.restarts = read_restarts(self._settings.environ)
        peers = Peers(section.webrtc_viewers, own_addresses(section.webrtc_addresses, self._section.host), self._clock)
        clips = Clips(
            self._section.name,
            self._engine.rings,
            self._clock,
            node.tell_clip,
            exercise=self._settings.exercise,
        )
        kept = clips if section.clip_s else None
        app = build_app(self._engine, self._section, self._clock, peers, kept, node.petitions, lambda: outputs.reports)
        parts: list[Coroutine[None, None, None]] = [
            self._engine.run(),
            node.run(),
            serve(app, self._listener, node.reception),
            outputs.run(),
            peers.run(),
        ]
        if self._settings.secrets_file is not None:
            watched = SecretsFile(self._settings.secrets_file, self._settings.environ, self._engine.renew_secrets)
            parts.append(watched.run())
        if supervisor := self._settings.environ.get(NOTIFY_SOCKET):
            parts.append(Heart(supervisor, lambda: self._engine.composer.counts.ticks_total).run())
        # What was loaded stays for good: left out, it makes collections of what does not short and frequent.
        gc.collect()
        gc.freeze()
        _log.info("wall is up", wall=self._section.name, url=self._url)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(part) for part in parts]
                await self._stopping.wait()
                for task in tasks:
                    task.cancel()
        except* ShekaraError as errors:
            self._failure = first_in(errors)
        finally:
            self._ended.set()
