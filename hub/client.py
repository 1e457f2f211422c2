"""The hub's typed client, for the console and for scripts. Raises the same errors as the hub itself.

Loads neither pixels nor web framework. One client belongs to one event loop.
"""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from hub.protocol import (
    API,
    EXERCISE_HEADER,
    AccountRequest,
    AccountView,
    Aggregate,
    AlarmView,
    CameraView,
    ControlView,
    DeviceView,
    History,
    HistorySteps,
    HubStatus,
    InstructRequest,
    LiveMessage,
    LogEntry,
    Note,
    Page,
    PresetRequest,
    PresetView,
    RejectedView,
    Session,
    Settlement,
    SignIn,
    Ticket,
    WallRequest,
    WallView,
    live_decoder,
)
from hub.transport import MAX_REPLY_BYTES, TIMEOUT_S, Transport, error_of, quoted, reason_of
from sensors.access import Role
from sensors.backoff import Backoff
from sensors.clock import Clock, SystemClock
from sensors.errors import (
    AccessError,
    ErrorKind,
    ShekaraError,
    UnavailableError,
    WireError,
)
from sensors.model import DeviceKey, Value

_SIGN_IN_ENDED = 1008


class Connected(Struct, frozen=True):
    """The live feed runs; its snapshot comes next."""


class Disconnected(Struct, frozen=True):
    """The live feed has ended, and why; the next try comes in `retry_in_s`."""

    kind: ErrorKind
    reason: str
    retry_in_s: float


LiveEvent = LiveMessage | Connected | Disconnected


class HubClient:
    """One sign-in at one hub. Use as an async context manager."""

    def __init__(
        self, url: str, token: str = "", *, clock: Clock | None = None, chance: random.Random | None = None
    ) -> None:
        """Nothing is connected yet.

        Raises:
            ConfigError: `url` is not http://host[:port] or https://host[:port].
        """
        self._transport = Transport(url, token)
        self.url = self._transport.url
        self._clock = clock or SystemClock()
        self._chance = chance or random.SystemRandom()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let its connections go; the sign-in stays."""
        await self._transport.close()

    @property
    def token(self) -> str:
        """What proves this sign-in, for handing to another client of the same person; empty before it."""
        return self._transport.token

    @property
    def signed_in(self) -> bool:
        """Whether there is a token to show; it may have ended."""
        return bool(self._transport.token)

    async def is_exercise(self) -> bool:
        """Whether the hub is for exercises, which it tells anybody.

        Raises:
            UnavailableError: it does not answer.
        """
        return await self._transport.has_header(EXERCISE_HEADER)

    async def sign_in(self, name: str, password: str) -> Session:
        """Sign in; every later call speaks for this account."""
        session = await self._transport.call("POST", "/session", Session, SignIn(name, password))
        self._transport.token = session.token
        return session

    async def sign_out(self) -> None:
        """End the sign-in at the hub."""
        await self._transport.ask("DELETE", "/session")
        self._transport.token = ""

    async def devices(self) -> tuple[DeviceView, ...]:
        """Every device of the registry."""
        return await self._transport.call("GET", "/devices", tuple[DeviceView, ...])

    async def approve(self, key: DeviceKey, text: str = "") -> DeviceView:
        """Admit a device."""
        return await self._transport.call("POST", f"/devices/{key}/approve", DeviceView, Note(text))

    async def refuse(self, key: DeviceKey, text: str = "") -> DeviceView:
        """Keep a device out."""
        return await self._transport.call("POST", f"/devices/{key}/refuse", DeviceView, Note(text))

    async def retire(self, key: DeviceKey, text: str = "") -> DeviceView:
        """Take an approved device out of service."""
        return await self._transport.call("POST", f"/devices/{key}/retire", DeviceView, Note(text))

    async def accept(self, key: DeviceKey, mark: str, text: str = "") -> DeviceView:
        """Accept the identity that a device's held birth claims."""
        return await self._transport.call("POST", f"/devices/{key}/accept", DeviceView, Settlement(mark, text))

    async def dismiss(self, key: DeviceKey, mark: str, text: str = "") -> DeviceView:
        """Leave a device as it is, and have this conflict raised no more."""
        return await self._transport.call("POST", f"/devices/{key}/dismiss", DeviceView, Settlement(mark, text))

    async def send_command(self, key: DeviceKey, name: str, arguments: dict[str, Value] | None = None) -> LogEntry:
        """Ask a device to do something; its answer comes as a log entry."""
        body = {"name": name, "arguments": arguments or {}}
        return await self._transport.call("POST", f"/devices/{key}/commands", LogEntry, body)

    async def controls(self) -> tuple[ControlView, ...]:
        """What can be told to simulated posts and simulators in an exercise."""
        return await self._transport.call("GET", "/training", tuple[ControlView, ...])

    async def instruct(self, key: DeviceKey, name: str, arguments: dict[str, Value]) -> LogEntry:
        """Start or end something in an exercise; the answer comes as a log entry."""
        request = InstructRequest(name, arguments)
        return await self._transport.call("POST", f"/training/{key}/orders", LogEntry, request)

    async def go_to_preset(self, key: DeviceKey, preset: str) -> LogEntry:
        """Send a camera to one of its presets."""
        return await self._transport.call("POST", f"/devices/{key}/preset", LogEntry, {"preset": preset})

    async def alarms(self) -> tuple[AlarmView, ...]:
        """Every occurrence that is not normal, most urgent first."""
        return await self._transport.call("GET", "/alarms", tuple[AlarmView, ...])

    async def acknowledge(self, occurrence: str, text: str = "") -> AlarmView:
        """Acknowledge one occurrence."""
        return await self._transport.call("POST", f"/alarms/{quoted(occurrence)}/acknowledge", AlarmView, Note(text))

    async def log(self, before: int | None = None, limit: int = 100) -> Page:
        """The operational log, newest first."""
        return await self._transport.call("GET", "/log", Page, query={"before": before, "limit": limit})

    async def write_note(self, text: str) -> LogEntry:
        """Write a line into the operational log."""
        return await self._transport.call("POST", "/log", LogEntry, Note(text))

    async def history(
        self,
        key: DeviceKey,
        metric: str,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1_000,
    ) -> History:
        """Stored values of one metric, oldest first; by default of the last day."""
        query = {
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
            "limit": limit,
        }
        return await self._transport.call("GET", f"/history/{key}/{quoted(metric)}", History, query=query)

    async def history_steps(
        self,
        key: DeviceKey,
        metric: str,
        since: datetime | None = None,
        until: datetime | None = None,
        step_s: int = 0,
        aggregate: Aggregate = Aggregate.MEAN,
    ) -> HistorySteps:
        """One metric over time, one figure a step, oldest first; a step of 0 lets the hub choose one."""
        query = {
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
            "step": step_s,
            "aggregate": aggregate.value,
        }
        return await self._transport.call("GET", f"/devices/{key}/history/{quoted(metric)}", HistorySteps, query=query)

    async def status(self) -> HubStatus:
        """The hub's counters and troubles."""
        return await self._transport.call("GET", "/status", HubStatus)

    async def rejected(self, limit: int = 100) -> tuple[RejectedView, ...]:
        """The newest bad input."""
        return await self._transport.call("GET", "/rejected", tuple[RejectedView, ...], query={"limit": limit})

    async def walls(self) -> tuple[WallView, ...]:
        """Every wall."""
        return await self._transport.call("GET", "/walls", tuple[WallView, ...])

    async def change_wall(self, wall: str, request: WallRequest) -> WallView:
        """Change what a wall shows."""
        return await self._transport.call("PUT", f"/walls/{quoted(wall)}", WallView, request)

    async def presets(self) -> tuple[PresetView, ...]:
        """Every page that is kept for all walls."""
        return await self._transport.call("GET", "/presets", tuple[PresetView, ...])

    async def save_preset(self, preset: str, request: PresetRequest) -> PresetView:
        """Keep a page under an id."""
        return await self._transport.call("PUT", f"/presets/{quoted(preset)}", PresetView, request)

    async def remove_preset(self, preset: str) -> None:
        """Forget a preset."""
        await self._transport.ask("DELETE", f"/presets/{quoted(preset)}")

    async def camera_view(self, key: DeviceKey) -> CameraView:
        """How walls show a camera."""
        return await self._transport.call("GET", f"/devices/{key}/view", CameraView)

    async def set_camera_view(self, key: DeviceKey, view: CameraView) -> CameraView:
        """Say how walls show a camera, its masks included."""
        return await self._transport.call("PUT", f"/devices/{key}/view", CameraView, view)

    async def ticket(self, wall: str) -> Ticket:
        """The address of a wall's page that a browser may open."""
        return await self._transport.call("POST", f"/walls/{quoted(wall)}/ticket", Ticket)

    async def accounts(self) -> tuple[AccountView, ...]:
        """Every account."""
        return await self._transport.call("GET", "/accounts", tuple[AccountView, ...])

    async def set_account(self, name: str, role: Role, password: str) -> AccountView:
        """Create or change an account."""
        return await self._transport.call(
            "PUT", f"/accounts/{quoted(name)}", AccountView, AccountRequest(role, password)
        )

    async def remove_account(self, name: str) -> None:
        """Remove an account."""
        await self._transport.ask("DELETE", f"/accounts/{quoted(name)}")

    async def still(self, url: str) -> bytes:
        """A JPEG from a wall node."""
        return await self._transport.picture(url, "image/jpeg")

    async def camera_picture(self, wall_url: str, wall: str, key: DeviceKey, width: int | None = None) -> bytes:
        """The newest decoded picture of one camera, at most `width` pixels wide, as a bitmap.

        An uncompressed 24-bit BMP: a terminal can show it without a picture library.
        """
        size = f"?width={width}" if width else ""
        url = f"{wall_url.rstrip('/')}/wall/{quoted(wall)}/camera/{key}.bmp{size}"
        return await self._transport.picture(url, "image/bmp")

    async def live(self) -> AsyncGenerator[LiveEvent, None]:
        """The live feed for ever, through every loss of the hub.

        Raises:
            AccessError: the sign-in is not valid, or not any more; trying again would not help.
        """
        backoff = Backoff(self._clock, self._chance)
        while True:
            try:
                async with aclosing(self.live_once()) as events:
                    async for event in events:
                        backoff.succeeded()
                        yield event
            except AccessError:
                raise
            except ShekaraError as error:
                pause_s = backoff.failed()
                yield Disconnected(error.error_kind, error.text, pause_s)
                await asyncio.sleep(pause_s)

    async def live_once(self) -> AsyncGenerator[LiveMessage | Connected, None]:
        """The live feed until it fails, which it always does in the end.

        Raises:
            ShekaraError: why it ended.
        """
        address = f"ws{self.url.removeprefix('http')}{API}/live"
        try:
            async with connect(
                address,
                additional_headers={"Authorization": f"Bearer {self._transport.token}"},
                max_size=MAX_REPLY_BYTES,
                # Between two processes of one machine it costs both more than the bytes do.
                compression=None if _is_here(self.url) else "deflate",
                open_timeout=TIMEOUT_S,
                close_timeout=1.0,
                proxy=None,
            ) as socket:
                yield Connected()
                async for message in socket:
                    yield live_decoder.decode(message)
        except InvalidStatus as error:
            raise error_of(error.response.status_code, error.response.body or b"", address) from error
        except ConnectionClosed as error:
            if error.rcvd is not None and error.rcvd.code == _SIGN_IN_ENDED:
                raise AccessError(error.rcvd.reason, signed_in=False, mend="Sign in again") from error
            raise UnavailableError("the live feed has ended", subject=self.url) from error
        except (OSError, TimeoutError, WebSocketException) as error:
            raise UnavailableError(f"no live feed: {reason_of(error)}", subject=self.url) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise WireError(str(error), subject="live feed", mend="Use console and hub of the same version") from error
        raise UnavailableError("the hub has ended the live feed", subject=self.url)


def _is_here(url: str) -> bool:
    """Whether it is this machine that the URL names."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
