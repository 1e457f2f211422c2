"""Clips of the last seconds: the file, and beside it its hash and what is known of it."""

import base64
import re
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathParameter

from sensors.access import Action, authorise
from sensors.errors import NotFoundError
from sensors.model import ID_PATTERN, DeviceId, DeviceKey, SiteId
from videowall.clips.clips import Clips
from videowall.outputs.access import Access

MAX_SECONDS: Final = 120
_ID: Final = re.compile(ID_PATTERN)
Ident = Annotated[str, PathParameter(max_length=200)]
Seconds = Annotated[float, Query(ge=1, le=MAX_SECONDS, description="how far back, in seconds")]
Hash = Annotated[str, PathParameter(pattern="^[0-9a-f]{64}$")]


def clip_router(wall: str, clips: Clips, access: Access) -> APIRouter:
    """For those who may export video; every clip that is taken is said in the log."""
    router = APIRouter()

    @router.get("/wall/{name}/camera/{site}/{device}/clip.mp4")
    async def save_clip(request: Request, name: Ident, site: Ident, device: Ident, seconds: Seconds = 30) -> Response:
        _check_name(wall, name)
        who = authorise(access.admit(request), Action.EXPORT_VIDEO)
        if not (_ID.match(site) and _ID.match(device)):
            raise NotFoundError("there is no such camera", subject="clip")
        content, manifest = await clips.save(DeviceKey(SiteId(site), DeviceId(device)), seconds, who.name)
        digest = base64.b64encode(bytes.fromhex(manifest.sha256)).decode()
        beside = f"/wall/{name}/clips/{manifest.sha256}"
        headers = {
            "Content-Disposition": f'attachment; filename="{manifest.file}"',
            "Content-Digest": f"sha-256=:{digest}:",
            "Digest": f"sha-256={digest}",
            "ETag": f'"{manifest.sha256}"',
            "Link": f'<{beside}.json>; rel="describedby", <{beside}.sha256>; rel="alternate"',
        }
        return Response(content, headers=headers, media_type="video/mp4")

    @router.get("/wall/{name}/clips/{sha256}.json")
    async def show_manifest(request: Request, name: Ident, sha256: Hash) -> Response:
        _check_name(wall, name)
        authorise(access.admit(request), Action.EXPORT_VIDEO)
        manifest = clips.manifest(sha256)
        headers = {"Content-Disposition": f'attachment; filename="{manifest.file}.json"'}
        return Response(
            msgspec.json.format(msgspec.json.encode(manifest)), headers=headers, media_type="application/json"
        )

    @router.get("/wall/{name}/clips/{sha256}.sha256")
    async def show_hash(request: Request, name: Ident, sha256: Hash) -> Response:
        """As `sha256sum --check` reads it."""
        _check_name(wall, name)
        authorise(access.admit(request), Action.EXPORT_VIDEO)
        manifest = clips.manifest(sha256)
        headers = {"Content-Disposition": f'attachment; filename="{manifest.file}.sha256"'}
        return Response(f"{sha256}  {manifest.file}\n", headers=headers, media_type="text/plain")

    return router


def _check_name(wall: str, name: str) -> None:
    if name != wall:
        raise NotFoundError("is not the wall served here", subject=name[:63], mend=f"This is the wall {wall}")
