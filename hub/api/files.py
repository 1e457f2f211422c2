"""Files that people and portals hand in."""

import asyncio

from hub.api.route import Call, Nothing, RawBody, Route
from hub.protocol import API, FileReceipt
from sensors.access import Action
from sensors.dialects.n42 import read_handed
from sensors.dialects.n42_file import MAX_FILE_BYTES
from sensors.errors import WireError


async def upload_n42(call: Call[RawBody, Nothing]) -> FileReceipt:
    """Hand in a radiation portal's file, ANSI N42.42-2012; answered when what it says is on the disk."""
    handed = await asyncio.to_thread(read_handed, call.body.content)
    if isinstance(handed, str):
        raise WireError(handed, subject="the file", mend="See docs/dialects/n42.md")
    return await call.parts.hub.upload(call.key, handed, call.who.name)


ROUTES = (
    Route(
        "POST",
        f"{API}/devices/{{site}}/{{device}}/n42",
        Action.UPLOAD_FILE,
        upload_n42,
        status=201,
        max_bytes=MAX_FILE_BYTES,
    ),
)
