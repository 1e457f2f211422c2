"""The page's sockets: what the wall shows, and cameras' own streams."""

import re
from typing import Final

from fastapi import APIRouter, WebSocket

from sensors.clock import Clock
from sensors.errors import NotFoundError
from sensors.model import ID_PATTERN, DeviceId, DeviceKey, SiteId, StreamRole
from videowall.outputs.access import Access
from videowall.outputs.camera_streams import CameraStreams
from videowall.outputs.faces import Faces
from videowall.outputs.gate import refuse_stream
from videowall.outputs.live_wall import LiveWall

_ID: Final = re.compile(ID_PATTERN)
_ROLES: Final = {role.value: role for role in (StreamRole.MAIN, StreamRole.SUB)}


def live_router(
    wall: LiveWall, access: Access, clock: Clock, version: str, *, takes_orders: bool, saves_clips: bool
) -> APIRouter:
    """The WebSockets under `/wall/{name}`, behind the gate like everything else. `version` is the page's."""
    router = APIRouter()
    streams = CameraStreams(wall, access, clock)
    faces = Faces(wall, access, clock, version, takes_orders=takes_orders, saves_clips=saves_clips)

    @router.websocket("/wall/{name}/faces")
    async def tell_faces(socket: WebSocket, name: str) -> None:
        if await _is_here(socket, name == wall.name, name):
            await faces.serve(socket)

    @router.websocket("/wall/{name}/tiles")
    async def stream_tiles(socket: WebSocket, name: str) -> None:
        if await _is_here(socket, name == wall.name, name):
            await streams.serve_tiles(socket)

    @router.websocket("/wall/{name}/camera/{site}/{device}/stream")
    async def stream_camera(socket: WebSocket, name: str, site: str, device: str) -> None:
        role = _ROLES.get(socket.query_params.get("role", StreamRole.MAIN.value))
        known = name == wall.name and role is not None and _ID.match(site) and _ID.match(device)
        if await _is_here(socket, bool(known), name) and role is not None:
            await streams.serve_camera(socket, DeviceKey(SiteId(site), DeviceId(device)), role)

    return router


async def _is_here(socket: WebSocket, known: bool, name: str) -> bool:  # noqa: FBT001 - an answer passed on
    if not known:
        await refuse_stream(socket, NotFoundError("is not served here", subject=name[:63]))
    return known
