"""The RTSP server of all simulated cameras: one port, a path a stream, rtsp://host:port/<site>/<camera>/<main|sub>."""

import asyncio
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from sensors.clock import Clock
from sensors.errors import NotFoundError, UnavailableError
from sensors.model import DeviceKey, SiteId, StreamRole
from simulators.cameras.broadcast import Broadcast
from simulators.cameras.camera import Camera
from simulators.cameras.condition import Condition
from simulators.cameras.connection import Connection
from simulators.cameras.departures import Departure
from simulators.cameras.look import AHEAD, Look
from simulators.cameras.metronome import Metronome
from simulators.cameras.mount import Mount
from simulators.cameras.rig import Rig
from simulators.cameras.vocabulary import Fault
from simulators.cameras.way import Way
from simulators.cameras.workshop import Workshop

MAX_CONNECTIONS = 256
_SEND_BUFFER_BYTES = 131_072
"""What the kernel holds for a viewer; more would only be more delay for a slow one."""
SESSION_TIMEOUT_S = 60
_DOWN_SHARE, _DOWN_MOST_S = 0.2, 5.0
"""For how much of its period a camera that restarts again and again is away."""


@dataclass(slots=True)
class _Stream:
    camera: Camera
    role: StreamRole
    condition: Condition
    broadcast: Broadcast


class CameraServer:
    """Serves cameras until cancelled. `start` before `run`; `port` is known in between.

    It listens at `host` and at `more_hosts`, at one port. `on_turned` may be set to hear which camera looks elsewhere
    now, before its pictures do.
    """

    def __init__(
        self,
        host: str,
        port: int,
        cameras: Iterable[Camera],
        workshop: Workshop,
        clock: Clock,
        on_departure: Callable[[Departure], None] | None = None,
        session_timeout_s: int = SESSION_TIMEOUT_S,
        more_hosts: Iterable[str] = (),
    ) -> None:
        self._hosts = tuple(dict.fromkeys((host, *more_hosts)))
        self.port = port
        self.session_timeout_s = session_timeout_s
        self.on_turned: Callable[[DeviceKey, Look], None] | None = None
        self.rigs: dict[DeviceKey, Rig] = {}
        self.ways: dict[SiteId, Way] = {}
        """What clients reach the cameras of a post through, for posts that have such a line."""
        self._streams: dict[str, _Stream] = {}
        metronome = Metronome(clock)
        for camera in cameras:
            condition, mount = Condition(), Mount(camera.presets)
            broadcasts = {
                role: Broadcast(camera, role, condition, mount, workshop, clock, metronome, on_departure)
                for role in camera.formats
            }
            self.rigs[camera.key] = rig = Rig(camera, condition, mount, broadcasts)
            mount.on_turned = partial(self._turn, rig)
            for role, broadcast in broadcasts.items():
                self._streams[f"{camera.key}/{role}"] = _Stream(camera, role, condition, broadcast)
        self._restarts: dict[DeviceKey, asyncio.TimerHandle] = {}
        self._connections: set[Connection] = set()
        self._listeners: list[asyncio.Server] = []
        self._datagrams: dict[str, tuple[socket.socket, socket.socket]] = {}
        self._arrivals: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue(
            MAX_CONNECTIONS
        )
        self.refused_total = 0

    def url(self, key: DeviceKey, role: StreamRole, host: str) -> str:
        """Where a stream can be fetched."""
        way = self.ways.get(key.site)
        return f"rtsp://{host}:{self.port if way is None else way.port}/{key}/{role}"

    def way_from(self, address: tuple[str, int]) -> tuple[SiteId, Way] | None:
        """The post's line that a client comes out of with that address; None: it came to the server itself."""
        return next(((site, way) for site, way in self.ways.items() if way.client_of(address) is not None), None)

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            UnavailableError: the port is taken, or an address is none of this machine.
        """
        for host in self._hosts:
            try:
                listener = await asyncio.start_server(self._arrive, host, self.port)
            except OSError as error:
                self.close()
                raise UnavailableError(
                    f"cannot listen: {error.strerror}",
                    subject=f"RTSP {host}:{self.port}",
                    mend="Stop what uses the port, or set rtsp_port = 0 in the scenario and hosts of this machine",
                ) from error
            self._listeners.append(listener)
            self.port = listener.sockets[0].getsockname()[1]
            self._datagrams[host] = _datagram_socket(host), _datagram_socket(host)

    async def run(self) -> None:
        """Serve until cancelled; every connection is closed on the way out."""
        try:
            async with asyncio.TaskGroup() as group:
                for name, stream in self._streams.items():
                    group.create_task(stream.broadcast.run(), name=f"broadcast-{name}")
                for key, rig in self.rigs.items():
                    if rig.mount.turns:
                        group.create_task(rig.mount.run(), name=f"mount-{key}")
                while True:
                    group.create_task(self._serve(*await self._arrivals.get()), name="rtsp-connection")
        finally:
            self.close()

    def close(self) -> None:
        """Stop listening."""
        for restart in self._restarts.values():
            restart.cancel()
        for listener in self._listeners:
            listener.close()
        for pair in self._datagrams.values():
            for opened in pair:
                opened.close()

    async def set_fault(self, key: DeviceKey, fault: Fault, amount: float = 0.0) -> None:
        """Break a camera, or mend it with `Fault.NONE`; in force when this returns.

        `amount` is how much of the fault it has, as the actions in camera_actions give it.

        Raises:
            NotFoundError: there is no such camera.
        """
        if key not in self.rigs:
            raise NotFoundError("no such camera", subject=str(key), mend="Name a camera of the scenario")
        rig = self.rigs[key]
        camera, condition = rig.camera, rig.condition
        condition.change(fault, amount)
        if (restart := self._restarts.pop(key, None)) is not None:
            restart.cancel()
        if fault is Fault.RESTARTING:
            self._go_down(camera, condition)
        else:
            self._tell_connections(camera)
        for broadcast in rig.broadcasts.values():
            await broadcast.adapt()

    async def _turn(self, rig: Rig, look: Look) -> None:
        if self.on_turned is not None:
            self.on_turned(rig.camera.key, look)
        for broadcast in rig.broadcasts.values():
            await broadcast.follow()

    def _go_down(self, camera: Camera, condition: Condition) -> None:
        condition.is_down = True
        self._tell_connections(camera)
        away_s = min(condition.amount * _DOWN_SHARE, _DOWN_MOST_S)
        self._restarts[camera.key] = asyncio.get_running_loop().call_later(
            away_s, self._come_up, camera, condition, condition.amount - away_s
        )

    def _come_up(self, camera: Camera, condition: Condition, for_s: float) -> None:
        condition.is_down = False
        self._restarts[camera.key] = asyncio.get_running_loop().call_later(for_s, self._go_down, camera, condition)

    def _tell_connections(self, camera: Camera) -> None:
        for connection in tuple(self._connections):
            connection.adapt(camera)

    async def warm_up(self) -> None:
        """Have every sub-stream ready to be served."""
        streams = [stream for stream in self._streams.values() if stream.role is StreamRole.SUB]
        await asyncio.gather(*(stream.broadcast.clip() for stream in streams))

    async def prepare_mains(self) -> None:
        """Have the beginning of every main stream ready, one after another."""
        for stream in self._streams.values():
            if stream.role is StreamRole.MAIN:
                await stream.broadcast.prepare(AHEAD)

    async def prepare_looks(self) -> None:
        """Have the beginning of every stream ready wherever its camera can be sent."""
        for rig in self.rigs.values():
            for preset in rig.camera.presets:
                for broadcast in rig.broadcasts.values():
                    await broadcast.prepare(preset.look)

    def find(self, path: str) -> _Stream | None:
        """The stream at a path, or None."""
        return self._streams.get(path)

    def datagram_sockets(self, host: str) -> tuple[socket.socket, socket.socket]:
        """Bound sockets for media and for RTCP of a client who has come to that address; neither blocks.

        Raises:
            UnavailableError: the server has not started.
        """
        if not self._datagrams:
            raise UnavailableError("the server has not started", subject="RTSP")
        return self._datagrams.get(host) or next(iter(self._datagrams.values()))

    def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MAX_CONNECTIONS or self._arrivals.full():
            self.refused_total += 1
            writer.transport.abort()
            return
        opened: socket.socket = writer.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        self._arrivals.put_nowait((reader, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, reader, writer)
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)


def _datagram_socket(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    opened.setblocking(False)
    opened.bind((host, 0))
    return opened
