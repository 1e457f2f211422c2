"""The wall's HTTP application: page, stills, geometry, stream, all behind the one gate."""

import re
from pathlib import Path
from typing import Annotated, Final

import msgspec
from fastapi import FastAPI, Query, Request, Response, WebSocket
from fastapi import Path as PathParameter
from msgspec import Struct

from sensors.clock import Clock
from sensors.errors import NotFoundError
from sensors.model import ID_PATTERN, DeviceId, DeviceKey, SiteId
from videowall.centre.petitions import Petitions
from videowall.clips.clips import Clips
from videowall.config import WallSettings
from videowall.encoding.profile import read_profile
from videowall.outputs.access import Access, PublicKeyFile
from videowall.outputs.clip_routes import clip_router
from videowall.outputs.gate import Gate, refuse_stream, sign_in_address
from videowall.outputs.headers import SafeHeaders
from videowall.outputs.live_routes import live_router
from videowall.outputs.live_wall import LiveWall
from videowall.outputs.ordering import order_router
from videowall.outputs.page_files import PageFile, PageFiles
from videowall.outputs.problem import install_problems
from videowall.outputs.stills import Still, Stills
from videowall.outputs.stream import Streams
from videowall.outputs.target_routes import NONE, Reports, target_router
from videowall.outputs.webrtc.peers import Peers
from videowall.outputs.whep import whep_router

_ID: Final = re.compile(ID_PATTERN)
_JPEG_QUALITY: Final = 80
_WIDTH_STEP: Final = 16
Ident = Annotated[str, PathParameter(max_length=200)]
Width = Annotated[int, Query(ge=16, le=3840, description="pixels; rounded up to a multiple of 16")]
BitmapWidth = Annotated[int, Query(ge=16, le=320, description="pixels; rounded up to a multiple of 16")]


class Health(Struct, frozen=True):
    """That the wall's server answers, and to how many it streams."""

    wall: str
    viewers: int


def build_app(
    wall: LiveWall,
    settings: WallSettings,
    clock: Clock,
    peers: Peers | None = None,
    clips: Clips | None = None,
    petitions: Petitions | None = None,
    reports: Reports = NONE,
) -> FastAPI:
    """Everything a wall serves. Every path, known or not, first passes the gate."""
    access = Access(PublicKeyFile(Path(settings.public_key_file)), clock)
    app = FastAPI(title="Shekara wall", docs_url=None, redoc_url=None, openapi_url=None)
    page = PageFiles(wall.name)
    _add_page(app, page)
    _add_wall(app, wall, Stills(clock), Streams(wall.name, wall.broadcast_of, access, clock))
    app.include_router(target_router(wall.name, reports, access))
    if clips is not None:
        app.include_router(clip_router(wall.name, clips, access))
    if peers is not None:
        app.include_router(whep_router(wall, peers, access))
    app.include_router(
        live_router(
            wall, access, clock, page.version, takes_orders=petitions is not None, saves_clips=clips is not None
        )
    )
    if petitions is not None:
        app.include_router(order_router(wall.name, access, petitions))
    install_problems(app)
    app.add_middleware(Gate, access=access, sign_in_url=sign_in_address(settings.sign_in_url, wall.name))
    app.add_middleware(SafeHeaders)
    return app


def _add_page(app: FastAPI, page: PageFiles) -> None:
    @app.get("/")
    async def show_page(request: Request) -> Response:
        return _serve_file(page.front, request)

    @app.get("/page/{name}")
    async def serve_page_file(request: Request, name: str) -> Response:
        return _serve_file(page.get(name), request)


def _add_wall(app: FastAPI, wall: LiveWall, stills: Stills, streams: Streams) -> None:
    @app.get("/health")
    async def report_health() -> Response:
        return _json(Health(wall.name, wall.broadcast.viewers))

    @app.get("/wall/{name}.jpg")
    async def show_still(request: Request, name: Ident, width: Width | None = None) -> Response:
        _check_name(wall, name)
        across = None if width is None else _rounded(width)
        still = await stills.get(f"wall {across}", lambda: wall.still_jpeg(_JPEG_QUALITY, across))
        return _serve_still(still, request, name)

    @app.get("/wall/{name}/tiles.json")
    async def list_tiles(name: Ident) -> Response:
        _check_name(wall, name)
        return _json(wall.tiles())

    @app.get("/wall/{name}/camera/{site}/{device}.jpg")
    async def show_camera(request: Request, name: Ident, site: Ident, device: Ident, width: Width = 640) -> Response:
        _check_name(wall, name)
        key, across = _camera_key(site, device), _rounded(width)
        still = await stills.get(f"{key} {across}", lambda: wall.camera_jpeg(key, across))
        return _serve_still(still, request, str(key))

    @app.get("/wall/{name}/camera/{site}/{device}.bmp")
    async def show_bitmap(
        request: Request, name: Ident, site: Ident, device: Ident, width: BitmapWidth = 160
    ) -> Response:
        _check_name(wall, name)
        key, across = _camera_key(site, device), _rounded(width)
        still = await stills.get(f"{key} {across} bmp", lambda: wall.camera_bitmap(key, across))
        return _serve_still(still, request, str(key), "image/bmp")

    @app.websocket("/wall/{name}/stream")
    async def stream(socket: WebSocket, name: str) -> None:
        try:
            _check_name(wall, name)
            profile = read_profile(socket.query_params.get("profile", ""))
        except NotFoundError as error:
            await refuse_stream(socket, error)
            return
        await streams.serve(socket, profile)


def _camera_key(site: str, device: str) -> DeviceKey:
    if not (_ID.match(site) and _ID.match(device)):
        raise NotFoundError("there is no such camera", subject="wall", mend="See tiles.json for those on the wall")
    return DeviceKey(SiteId(site), DeviceId(device))


def _check_name(wall: LiveWall, name: str) -> None:
    if name != wall.name:
        raise NotFoundError("is not the wall served here", subject=name[:63], mend=f"This is the wall {wall.name}")


def _rounded(width: int) -> int:
    """Few different widths, so that what is kept serves many."""
    return -(-width // _WIDTH_STEP) * _WIDTH_STEP


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _serve_still(still: Still | None, request: Request, subject: str, media_type: str = "image/jpeg") -> Response:
    if still is None:
        raise NotFoundError("has no picture here", subject=subject, mend="See tiles.json for the cameras on the wall")
    headers = {"ETag": still.etag}
    if request.headers.get("if-none-match") == still.etag:
        return Response(status_code=304, headers=headers)
    return Response(still.content, headers=headers, media_type=media_type)


def _serve_file(file: PageFile, request: Request) -> Response:
    headers = {"ETag": file.etag, "Cache-Control": "private, no-cache"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media_type)
