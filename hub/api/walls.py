"""Walls: what they show, and the way to their pages."""

from urllib.parse import urlsplit

from hub.api.route import Call, Nothing, Route
from hub.core import Hub
from hub.protocol import API, CameraView, PresetRequest, PresetView, Ticket, WallRequest, WallView
from sensors.access import Action
from sensors.errors import NotFoundError, UnavailableError
from sensors.model import Ident

_WALL = f"{API}/walls/{{wall}}"
_PRESET = f"{API}/presets/{{preset}}"
_VIEW = f"{API}/devices/{{site}}/{{device}}/view"


async def list_walls(call: Call[Nothing, Nothing]) -> tuple[WallView, ...]:
    """List every wall."""
    return await call.parts.hub.walls()


async def change_wall(call: Call[WallRequest, Nothing]) -> WallView:
    """Change what a wall shows: layout, tiles, preset, tour, calm, spotlight, language, which alarms it takes."""
    return await call.parts.hub.change_wall(call.ident("wall"), call.body, call.who.name)


async def list_presets(call: Call[Nothing, Nothing]) -> tuple[PresetView, ...]:
    """List the pages that are kept for every wall."""
    return await call.parts.hub.presets()


async def save_preset(call: Call[PresetRequest, Nothing]) -> PresetView:
    """Keep a page: what the body says, or what a wall is set to."""
    return await call.parts.hub.save_preset(call.ident("preset"), call.body, call.who.name)


async def remove_preset(call: Call[Nothing, Nothing]) -> None:
    """Forget a preset."""
    await call.parts.hub.remove_preset(call.ident("preset"), call.who.name)


async def read_view(call: Call[Nothing, Nothing]) -> CameraView:
    """Read how walls show a camera."""
    return await call.parts.hub.camera_view(call.key)


async def set_view(call: Call[CameraView, Nothing]) -> CameraView:
    """Say how walls show a camera, its privacy masks included."""
    return await call.parts.hub.set_camera_view(call.key, call.body, call.who.name)


async def issue_ticket(call: Call[Nothing, Nothing]) -> Ticket:
    """Get the address of a wall's page that lets a browser watch it."""
    return call.parts.desk.ticket(call.who, await find_page(call.parts.hub, call.ident("wall")))


async def find_page(hub: Hub, wall: Ident) -> str:
    """The address of a known wall's page: the one its node announced, never one that was asked for.

    Raises:
        NotFoundError: there is no such wall.
        UnavailableError: the wall has announced no page.
    """
    for view in await hub.walls():
        if view.wall != wall:
            continue
        parts = urlsplit(view.url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise UnavailableError("has announced no page", subject=f"wall {wall}", mend="Start its wall node")
        return view.url
    raise NotFoundError("no such wall", subject=wall)


ROUTES = (
    Route("GET", f"{API}/walls", Action.READ_STATE, list_walls),
    Route("PUT", _WALL, Action.CONTROL_WALL, change_wall),
    Route("POST", f"{_WALL}/ticket", Action.WATCH_WALL, issue_ticket),
    Route("GET", f"{API}/presets", Action.READ_STATE, list_presets),
    Route("PUT", _PRESET, Action.CONTROL_WALL, save_preset),
    Route("DELETE", _PRESET, Action.CONTROL_WALL, remove_preset),
    Route("GET", _VIEW, Action.READ_STATE, read_view),
    Route("PUT", _VIEW, Action.SET_VIEW, set_view),
)
