"""The live WebSocket: a snapshot first, then every change; each message passes the gate's table on its way out."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import msgspec
from msgspec import Struct, structs
from starlette.websockets import WebSocket, WebSocketDisconnect

from hub.api.discretion import is_told_all, message_for_trainees
from hub.api.route import Parts, problem
from hub.live import Subscription
from hub.protocol import (
    AlarmChanged,
    DevicesChanged,
    LiveMessage,
    Logged,
    MetricsChanged,
    Snapshot,
    StatusChanged,
    WallsChanged,
)
from sensors.access import ALLOWED, Action, Principal
from sensors.errors import LimitError, ShekaraError

MAX_WATCHERS = 100
CHECK_INTERVAL_S = 2.0
"""How often a running socket's sign-in is checked again."""
SEND_WITHIN_S = 5.0
"""How long one message may take before the watcher is cut off as too slow."""
POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013

NEEDED: Mapping[type[Struct], Action] = {
    Snapshot: Action.READ_STATE,
    DevicesChanged: Action.READ_STATE,
    MetricsChanged: Action.READ_STATE,
    AlarmChanged: Action.READ_STATE,
    WallsChanged: Action.READ_STATE,
    StatusChanged: Action.READ_STATE,
    Logged: Action.READ_LOG,
}
"""What a watcher must be allowed in order to be sent each kind of message."""


class LiveSocket:
    """Serves every watcher of the live feed."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._watchers = 0

    async def serve(self, socket: WebSocket) -> None:
        """One watcher, from its request until one side ends it."""
        try:
            principal = self._parts.gate.admit(socket, NEEDED[Snapshot])
            if self._watchers >= MAX_WATCHERS:
                raise LimitError(f"at most {MAX_WATCHERS} watch at once", subject="live feed", mend="Close another")
        except ShekaraError as error:
            await socket.send_denial_response(problem(socket, error))
            return
        # Before anything is waited for, lest many that come together all find room.
        self._watchers += 1
        try:
            await self._watch(socket, principal)
        finally:
            self._watchers -= 1

    async def _watch(self, socket: WebSocket, principal: Principal) -> None:
        try:
            snapshot, subscription = await self._parts.hub.subscribe(principal)
        except ShekaraError as error:
            await socket.send_denial_response(problem(socket, error))
            return
        try:
            await socket.accept()
            await self._run(socket, principal, snapshot, subscription)
        except WebSocketDisconnect:
            return
        finally:
            subscription.close()

    async def _run(
        self, socket: WebSocket, principal: Principal, snapshot: Snapshot, subscription: Subscription
    ) -> None:
        """Whichever comes first: the watcher leaves, its sign-in ends, or it is too slow."""
        jobs = {
            asyncio.create_task(_listen(socket), name="live-listen"),
            asyncio.create_task(self._watch_sign_in(principal), name="live-sign-in"),
            asyncio.create_task(
                _send(socket, principal, snapshot, subscription, exercise=self._parts.settings.exercise),
                name="live-send",
            ),
        }
        try:
            done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
        code, reason = done.pop().result()
        if code:
            with suppress(TimeoutError):
                await asyncio.wait_for(socket.close(code, reason), SEND_WITHIN_S)

    async def _watch_sign_in(self, principal: Principal) -> tuple[int, str]:
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            if not self._parts.gate.still_admits(principal):
                return POLICY_VIOLATION, "the sign-in has ended"


async def _listen(socket: WebSocket) -> tuple[int, str]:
    """Until the watcher leaves; it has nothing to say, so whoever talks is shown out."""
    message = await socket.receive()
    return (POLICY_VIOLATION, "this feed takes no messages") if message["type"] == "websocket.receive" else (0, "")


async def _send(
    socket: WebSocket, principal: Principal, snapshot: Snapshot, subscription: Subscription, *, exercise: bool
) -> tuple[int, str]:
    allowed = ALLOWED[principal.role]
    of_trainee = not is_told_all(principal, exercise=exercise)
    first = snapshot if Action.READ_LOG in allowed else structs.replace(snapshot, log=())
    try:
        await _send_one(socket, message_for_trainees(first) if of_trainee else first)
        async for message in subscription:
            if NEEDED[type(message)] in allowed:
                await _send_one(socket, message_for_trainees(message) if of_trainee else message)
    except TimeoutError:
        subscription.overrun = True
    return (TRY_AGAIN_LATER, "too slow") if subscription.overrun else (1001, "the hub is stopping")


async def _send_one(socket: WebSocket, message: LiveMessage | None) -> None:
    if message is None:
        return
    async with asyncio.timeout(SEND_WITHIN_S):
        await socket.send_text(msgspec.json.encode(message).decode())
