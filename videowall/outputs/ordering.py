"""The page's one way to change anything: an order, passed on to the centre with proof of who gives it."""

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Meta, Struct

from sensors.access import Action, authorise
from sensors.errors import LimitError, NotFoundError, WireError
from sensors.model import Ident
from videowall.centre.petitions import Petitions
from videowall.outputs.access import Access
from videowall.outputs.gate import refuse_foreign_page

MAX_BODY_BYTES: Final = 1_500


class OrderBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`change-wall` with what PUT /walls takes at the hub, or `go-to-preset` with site, device and preset."""

    name: Ident
    change: Annotated[msgspec.Raw, Meta(description="a JSON object")]


_body = msgspec.json.Decoder(OrderBody)


def order_router(wall: str, access: Access, petitions: Petitions) -> APIRouter:
    """POST /wall/{name}/order."""
    router = APIRouter()

    @router.post("/wall/{name}/order")
    async def give_order(request: Request, name: str) -> Response:
        if name != wall:
            raise NotFoundError("is not the wall served here", subject=name[:63])
        refuse_foreign_page(request)
        proof = access.prove(request)
        authorise(proof.principal, Action.CONTROL_WALL)
        body = await _read(request)
        await petitions.ask(body.name, body.change, *proof)
        return Response(status_code=204)

    return router


async def _read(request: Request) -> OrderBody:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise WireError("is not JSON", subject="order")
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MAX_BODY_BYTES:
            raise LimitError(f"is over {MAX_BODY_BYTES} bytes", subject="order")
    try:
        return _body.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(str(error), subject="order") from error
