"""Where the wall is sent and how that stands, for those who look after it."""

from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter

from sensors.access import Action, authorise
from sensors.errors import NotFoundError
from videowall.outputs.access import Access
from videowall.outputs.targets.output import OutputReport

Ident = Annotated[str, PathParameter(max_length=200)]
Reports = Callable[[], tuple[OutputReport, ...]]
NONE: Final[Reports] = tuple


def target_router(wall: str, reports: Reports, access: Access) -> APIRouter:
    """One route, for whoever may read diagnostics: addresses of receivers are not for every viewer."""
    router = APIRouter()

    @router.get("/wall/{name}/outputs.json")
    async def list_outputs(request: Request, name: Ident) -> Response:
        if name != wall:
            raise NotFoundError("is not the wall served here", subject=name[:63], mend=f"This is the wall {wall}")
        authorise(access.admit(request), Action.READ_DIAGNOSTICS)
        return Response(msgspec.json.encode(reports()), media_type="application/json")

    return router
