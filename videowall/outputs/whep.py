"""The door for WebRTC viewers (WHEP, draft-ietf-wish-whep): an offer is posted, the answer comes back at once.

All candidates are in the answer, so there is nothing to trickle: PATCH is not offered.
"""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as PathParameter
from starlette.requests import HTTPConnection

from sensors.errors import LimitError, NotFoundError, WireError
from videowall.encoding.broadcast import WallView
from videowall.encoding.profile import read_profile
from videowall.outputs.access import Access
from videowall.outputs.webrtc.offer import MAX_OFFER_BYTES
from videowall.outputs.webrtc.peers import Peers

_SDP: Final = "application/sdp"
Ident = Annotated[str, PathParameter(max_length=200)]


def whep_router(wall: WallView, peers: Peers, access: Access) -> APIRouter:
    """POST to begin, DELETE to end; who may watch is decided by the gate in front and asked again every second."""
    router = APIRouter()

    @router.post("/wall/{name}/whep")
    async def begin(request: Request, name: Ident, profile: Annotated[str, Query(max_length=20)] = "") -> Response:
        _check_name(wall, name)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _SDP:
            raise WireError(f"is not {_SDP}", subject="WHEP offer")
        broadcast = wall.broadcast_of(read_profile(profile))
        offer = await _read(request)
        # A connection of its own, for the request's ends with the answer.
        may_watch = partial(_admit, access, HTTPConnection(dict(request.scope)))
        session, answer = await peers.admit(offer, broadcast, may_watch)
        location = f"/wall/{name}/whep/{session}"
        return Response(answer, 201, {"Location": location}, media_type=_SDP)

    @router.delete("/wall/{name}/whep/{session}")
    async def end(name: Ident, session: Ident) -> Response:
        _check_name(wall, name)
        await peers.dismiss(session)
        return Response(status_code=200)

    return router


def _admit(access: Access, connection: HTTPConnection) -> None:
    access.admit(connection)


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_OFFER_BYTES:
            raise LimitError(f"over {MAX_OFFER_BYTES} bytes", subject="WHEP offer")
    return bytes(body)


def _check_name(wall: WallView, name: str) -> None:
    if name != wall.name:
        raise NotFoundError("is not the wall served here", subject=name[:63], mend=f"This is the wall {wall.name}")
