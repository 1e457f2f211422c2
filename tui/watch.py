"""Watch mode: one line an event, no cursor movement. For screen readers, scripts, logs and printers.

14:03:22  ALARM  critical  unacked  Kordai · Ground sensor 3: movement (12 > 10)  [occurrence]

In an exercise the word for it stands before each event's.
"""

from collections.abc import Callable

from hub.client import Connected, Disconnected
from hub.protocol import AlarmChanged, AlarmView, DevicesChanged, Liveness, LogEntry, Logged, Snapshot
from sensors.model import DeviceKey
from tui.console import Console
from tui.feed import FeedItem, follow
from tui.figures import shown_time
from tui.lines import clean
from tui.order import order_alarms


class Watch:
    """Turns the feed into lines for `write`. What stands at the start comes first."""

    def __init__(self, console: Console, write: Callable[[str], None]) -> None:
        self._console, self._write = console, write
        self._alarms: dict[str, AlarmView] = {}
        self._liveness: dict[DeviceKey, Liveness] = {}

    async def run(self) -> None:
        """Until cancelled, or until the hub does not accept the sign-in.

        Raises:
            AccessError: it does not.
        """
        console = self._console
        await follow(console.hub, console.store, console.clock, self.hear)

    def hear(self, item: FeedItem, urgent: bool) -> None:  # noqa: FBT001 - the callback's shape
        """Write what an item, already folded into the store, has changed."""
        del urgent
        words = self._console.words
        match item:
            case Connected():
                self._say("watch.link", words("link.up"))
            case Disconnected():
                self._say("watch.link", f"{words('link.lost')}: {item.reason}")
            case Snapshot():
                self._compare_alarms()
                self._compare_devices()
            case AlarmChanged():
                self._compare_alarms()
            case DevicesChanged():
                self._compare_devices()
            case Logged():
                self._log(item.entry)
            case _:
                pass

    def _compare_alarms(self) -> None:
        store = self._console.store
        for alarm in order_alarms(store.alarms.values()):
            if self._alarms.get(alarm.occurrence) != alarm:
                self._alarm(alarm)
        for occurrence in self._alarms.keys() - store.alarms.keys():
            over = store.alarm(occurrence)
            if over is not None:
                self._alarm(over)
        self._alarms = dict(store.alarms)

    def _compare_devices(self) -> None:
        words = self._console.words
        before = self._liveness
        self._liveness = {key: device.liveness for key, device in self._console.store.devices.items()}
        for key, liveness in self._liveness.items():
            if before.get(key, Liveness.ONLINE) is not liveness:
                self._say("watch.device", f"{words(f'liveness.{liveness}')}  {self._console.place(key)}  [{key}]")

    def _alarm(self, alarm: AlarmView) -> None:
        words = self._console.words
        parts = (
            words(f"priority.{alarm.priority}"),
            words(f"state.{alarm.state}"),
            f"{self._console.place(alarm.key)}: {words.name(alarm.message)}",
            f"({self._console.value(alarm.metric, alarm.value, alarm.unit)})",
            alarm.acknowledged_by,
            f"[{alarm.occurrence}]",
        )
        self._say("watch.alarm", "  ".join(part for part in parts if part))

    def _log(self, entry: LogEntry) -> None:
        self._say("watch.log", f"{self._console.story(entry)}  ({entry.who})")

    def _say(self, kind: str, text: str) -> None:
        now = shown_time(self._console.clock.now(), self._console.zone)
        marked = f"{self._console.words('exercise.mark')}  " if self._console.store.exercise else ""
        self._write(clean(f"{now}  {marked}{self._console.words(kind)}  {text}"))
