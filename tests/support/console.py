"""The console at the end of a driver with an officer's verbs, in front of a scripted hub.

`ScriptedHub` speaks `hub.protocol` and answers orders as the hub would; `ConsoleDriver` presses keys and reads the
screen as text. The driver works in front of a real `HubClient` just as well.
"""

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec
from rich.console import Console as RichConsole
from textual.pilot import Pilot

from hub.client import Connected, Disconnected
from hub.protocol import (
    Aggregate,
    AlarmChanged,
    AlarmState,
    AlarmView,
    Approval,
    Composition,
    ControlView,
    DevicesChanged,
    History,
    HistoryStep,
    HistorySteps,
    LiveMessage,
    LogEntry,
    Logged,
    PresetRequest,
    PresetView,
    Session,
    Snapshot,
    Ticket,
    WallRequest,
    WallsChanged,
)
from sensors.access import Role
from sensors.clock import Clock
from sensors.commands import Told, write_told
from sensors.errors import AccessError, ConflictError, ShekaraError, UnavailableError
from sensors.model import DeviceKey, Value
from tests.support.waiting import WITHIN_S, eventually_async
from tui.app import ConsoleApp
from tui.config import ConsoleSettings
from tui.console import Console
from tui.feed import FeedItem, HubPort
from tui.screens.desk import Desk
from videowall.plan import Page


class ScriptedHub:
    """One snapshot, then whatever the test says; orders are carried out and kept."""

    def __init__(self, snapshot: Snapshot, *, picture: bytes = b"", history: History | None = None) -> None:
        self._items: asyncio.Queue[FeedItem | ShekaraError] = asyncio.Queue()
        self._snapshot = snapshot
        self._alarms = {each.occurrence: each for each in snapshot.alarms}
        self.picture = picture
        self._history = history
        self.orders: list[tuple[str, ...]] = []
        self.asked: list[tuple[str, timedelta, Aggregate]] = []
        self.refuse_with: ShekaraError | None = None
        self.offered: tuple[ControlView, ...] = ()
        self._logged = 0
        self.password = "correct horse"
        self._wall = snapshot.walls[0]
        self._presets: dict[str, PresetView] = {}

    async def sign_in(self, name: str, password: str) -> Session:
        if password != self.password:
            raise AccessError("the name or the password is wrong", signed_in=False)
        return Session("token", name, Role.DUTY_OFFICER, datetime.now(UTC) + timedelta(hours=1))

    async def is_exercise(self) -> bool:
        return self._snapshot.status.exercise

    async def live(self) -> AsyncGenerator[FeedItem, None]:
        yield Connected()
        yield self._snapshot
        while True:
            item = await self._items.get()
            if isinstance(item, ShekaraError):
                raise item
            yield item

    def say(self, item: FeedItem) -> None:
        """Send one live message."""
        if isinstance(item, AlarmChanged):
            self._alarms[item.alarm.occurrence] = item.alarm
        self._items.put_nowait(item)

    def raise_alarm(self, alarm: AlarmView) -> None:
        self.say(AlarmChanged(alarm))

    def lose_link(self, reason: str = "the hub has ended the live feed") -> None:
        self.say(Disconnected(UnavailableError.kind, reason, 2.0))

    def restore_link(self) -> None:
        self.say(Connected())
        self.say(msgspec.structs.replace(self._snapshot, alarms=tuple(self._alarms.values())))

    def end_sign_in(self) -> None:
        self._items.put_nowait(AccessError("the sign-in has expired", signed_in=False))

    async def acknowledge(self, occurrence: str, text: str = "") -> AlarmView:
        self._order("acknowledge", occurrence, text)
        alarm = self._alarms.get(occurrence)
        if alarm is None or alarm.state not in {AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED}:
            raise ConflictError("has moved on", subject=occurrence)
        state = AlarmState.ACKNOWLEDGED if alarm.state is AlarmState.UNACKNOWLEDGED else AlarmState.NORMAL
        alarm = msgspec.structs.replace(
            alarm, state=state, acknowledged_by=self._snapshot.principal_name, acknowledged_at=alarm.raised_at
        )
        self.say(AlarmChanged(alarm))
        return alarm

    async def approve(self, key: DeviceKey, text: str = "") -> object:
        return self._decide("approve", key, text, Approval.APPROVED)

    async def refuse(self, key: DeviceKey, text: str = "") -> object:
        return self._decide("refuse", key, text, Approval.REFUSED)

    async def retire(self, key: DeviceKey, text: str = "") -> object:
        return self._decide("retire", key, text, Approval.RETIRED)

    async def accept(self, key: DeviceKey, mark: str, text: str = "") -> object:
        return self._settle("accept", key, mark, text)

    async def dismiss(self, key: DeviceKey, mark: str, text: str = "") -> object:
        return self._settle("dismiss", key, mark, text)

    async def change_wall(self, wall: str, request: WallRequest) -> object:
        only_spotlight = request.spotlight is not None or request.clear_spotlight
        self._order(
            "change_wall",
            wall,
            str(request.spotlight or "clear") if only_spotlight else msgspec.json.encode(request).decode(),
        )
        self._wall = msgspec.structs.replace(
            self._wall,
            spotlight=request.spotlight if only_spotlight else self._wall.spotlight,
            layout=request.layout or self._wall.layout,
            composition=Composition(request.layout or self._wall.composition.layout),
            calm=self._wall.calm if request.calm is None else request.calm,
            preset=request.preset or "",
            tour=request.tour or self._wall.tour,
            progress=request.progress or self._wall.progress,
            page=Page(request.page, 4) if request.page else self._wall.page,
        )
        self.say(WallsChanged((self._wall,)))
        return self._wall

    def keep(self, preset: PresetView) -> None:
        """There is this page already."""
        self._presets[preset.preset] = preset

    async def presets(self) -> tuple[PresetView, ...]:
        return tuple(self._presets.values())

    async def save_preset(self, preset: str, request: PresetRequest) -> object:
        self._order("save_preset", preset, request.names.ru, str(request.wall))
        kept = PresetView(preset, request.names, self._wall.composition, "aigul", self._snapshot.status.at)
        self._presets[preset] = kept
        return kept

    async def remove_preset(self, preset: str) -> object:
        self._order("remove_preset", preset)
        return self._presets.pop(preset)

    async def controls(self) -> tuple[ControlView, ...]:
        return self.offered

    async def instruct(self, key: DeviceKey, name: str, arguments: dict[str, Value]) -> object:
        self._order("instruct", str(key), name, msgspec.json.encode(arguments).decode())
        told = Told(f"training-{len(self.orders)}", name, arguments)
        return self.log("training-order", write_told(told), key, who="dana")

    def log(self, kind: str, text: str, key: DeviceKey, *, who: str = "hub", occurrence: str = "") -> LogEntry:
        """Write a line into the log, at the moment of the snapshot and some seconds for each line."""
        at = self._snapshot.status.at + timedelta(seconds=self._logged)
        self._logged += 1
        entry = LogEntry(800 + self._logged, at, kind, who, text, key, occurrence)
        self.say(Logged(entry))
        return entry

    async def write_note(self, text: str) -> object:
        self._order("write_note", text)
        entry = LogEntry(900 + len(self.orders), self._snapshot.status.at, "note", "aigul", text)
        self.say(Logged(entry))
        return entry

    async def ticket(self, wall: str) -> Ticket:
        self._order("ticket", wall)
        return Ticket(f"http://127.0.0.1:8461/?ticket=for-{wall}", datetime.now(UTC) + timedelta(minutes=1))

    async def history(self, key: DeviceKey, metric: str, since: datetime, until: datetime, limit: int) -> History:
        del since, until, limit
        return self._history or History(key, metric, "", ())

    async def history_steps(
        self, key: DeviceKey, metric: str, since: datetime, until: datetime, step_s: int, aggregate: Aggregate
    ) -> HistorySteps:
        self.asked.append((metric, until - since, aggregate))
        steps = () if self._history is None else self._history.points
        return HistorySteps(
            key=key,
            metric=metric,
            unit="",
            aggregate=aggregate,
            step_s=step_s or 300,
            since=since,
            until=until,
            steps=tuple(
                HistoryStep(
                    since + (until - since) * number / len(steps), 1, float(point.value), float(point.value), 18.0
                )
                for number, point in enumerate(steps)
                if number % 50 > 5
            ),
            source="local-15min",
        )

    async def camera_picture(self, wall_url: str, wall: str, key: DeviceKey, width: int) -> bytes:
        del wall_url, wall, key, width
        if not self.picture:
            raise UnavailableError("does not answer", subject="wall")
        return self.picture

    def _order(self, *order: str) -> None:
        if self.refuse_with is not None:
            raise self.refuse_with
        self.orders.append(order)

    def _decide(self, verb: str, key: DeviceKey, text: str, approval: Approval) -> object:
        self._order(verb, str(key), text)
        view = next(each for each in self._snapshot.devices if each.key == key)
        self.say(DevicesChanged((msgspec.structs.replace(view, approval=approval),)))
        return view

    def _settle(self, verb: str, key: DeviceKey, mark: str, text: str) -> object:
        self._order(verb, str(key), mark, text)
        view = next(each for each in self._snapshot.devices if each.key == key)
        kept = tuple(each for each in view.conflicts if each.mark != mark)
        self.say(DevicesChanged((msgspec.structs.replace(view, conflicts=kept),)))
        return view


class ConsoleDriver:
    """What an officer does and sees."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[None]) -> None:
        self.app = app
        self._pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until they have been dealt with."""
        await self._pilot.press(*keys)
        await self.settle()

    async def write(self, text: str) -> None:
        """Type into whatever has the cursor."""
        await self.press(*("space" if each == " " else each for each in text))

    async def settle(self) -> None:
        """Let messages, and one tick, pass."""
        await self._pilot.pause()
        self.app.tick()
        await self._pilot.pause()

    async def resize(self, width: int, height: int) -> None:
        """Give the terminal another size."""
        await self._pilot.resize_terminal(width, height)
        await self.settle()

    async def open(self, workspace: str) -> None:
        """Go to a workspace by its key."""
        await self.press(str(["overview", "alarms", "cameras", "sensors", "devices", "log"].index(workspace) + 1))

    async def acknowledge(self) -> None:
        await self.press("a")

    async def see(self, *texts: str, within_s: float = WITHIN_S) -> None:
        """Wait until all texts are on the screen."""
        await eventually_async(
            lambda: all(text in self.screen for text in texts),
            within_s=within_s,
            what=f"seeing {texts} in\n{self.screen}",
        )
        await self.settle()

    async def miss(self, text: str, within_s: float = WITHIN_S) -> None:
        """Wait until a text is not on the screen."""
        await eventually_async(lambda: text not in self.screen, within_s=within_s, what=f"losing {text}")

    @property
    def desk(self) -> Desk:
        """The workspace or detail on top."""
        screen = self.app.screen
        assert isinstance(screen, Desk), screen
        return screen

    @property
    def screen(self) -> str:
        """The screen as lines of text, dialogs and toasts included."""
        return screen_text(self.app)


def screen_text(app: ConsoleApp) -> str:
    width, height = app.size
    paper = RichConsole(
        width=width, height=height, file=io.StringIO(), force_terminal=True, color_system="truecolor", record=True,
        legacy_windows=False, safe_box=False,
    )  # fmt: skip
    paper.print(app.screen._compositor.render_update(full=True, screen_stack=app._background_screens))
    return "\n".join(line.rstrip() for line in paper.export_text(styles=False).splitlines()) + "\n"


@asynccontextmanager
async def open_console(
    hub: HubPort,
    clock: Clock,
    *,
    size: tuple[int, int] = (120, 40),
    settings: ConsoleSettings | None = None,
    signed_in: bool = True,
) -> AsyncIterator[ConsoleDriver]:
    """A console in front of a hub, until the block ends."""
    app = ConsoleApp(Console(hub, settings or ConsoleSettings(), clock), signed_in=signed_in)
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = ConsoleDriver(app, pilot)
        await driver.settle()
        yield driver


__all__ = ["ConsoleDriver", "LiveMessage", "ScriptedHub", "open_console", "screen_text"]
