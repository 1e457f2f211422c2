import msgspec

from hub.client import Connected, Disconnected
from hub.protocol import AlarmChanged, AlarmState, DevicesChanged, LiveMessage, Liveness, LogEntry, Logged
from sensors.clock import ManualClock
from sensors.errors import ErrorKind
from sensors.model import Language
from tests.support.console import ScriptedHub
from tests.tui import border
from tui.config import ConsoleSettings
from tui.console import Console
from tui.watch import Watch


class Printer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        settings = ConsoleSettings(language=Language.EN)
        self.console = Console(ScriptedHub(border.snapshot()), settings, ManualClock(border.NOW))
        self.watch = Watch(self.console, self.lines.append)

    def hear(self, item: LiveMessage) -> list[str]:
        before = len(self.lines)
        self.watch.hear(item, self.console.store.fold(item, border.NOW))
        return self.lines[before:]


def test_what_stands_comes_first_most_urgent_at_the_top() -> None:
    lines = Printer().hear(border.snapshot(alarms=border.busy_alarms()))
    assert lines[0] == (
        "14:03:22  ALARM  critical  unacked  Kordai · Ground sensor 1: Movement at the line  (9 hits)  [o-1]"
    )
    assert [line.split()[-1] for line in lines] == ["[o-1]", "[o-3]", "[o-4]", "[o-2]", "[sypatai-batyr/link]"]


def test_every_transition_is_one_line() -> None:
    printer = Printer()
    printer.hear(border.snapshot(alarms=(border.alarm(),)))
    acknowledged = border.alarm(state=AlarmState.ACKNOWLEDGED)
    assert [line.split("  ")[3] for line in printer.hear(AlarmChanged(acknowledged))] == ["acked"]
    assert printer.hear(AlarmChanged(acknowledged)) == []
    over = msgspec.structs.replace(acknowledged, state=AlarmState.NORMAL)
    assert [line.split("  ")[3] for line in printer.hear(AlarmChanged(over))] == ["over"]


def test_a_snapshot_after_a_lost_link_says_only_what_changed() -> None:
    printer = Printer()
    printer.hear(border.snapshot(alarms=border.busy_alarms()))
    lines = printer.hear(border.snapshot(alarms=(*border.busy_alarms()[1:], border.alarm("o-9"))))
    assert sorted(line.split()[-1] for line in lines) == ["[o-2]", "[o-9]"]


def test_a_device_that_goes_and_comes_back_is_said() -> None:
    printer = Printer()
    printer.hear(border.snapshot())
    device = printer.console.store.devices[border.key("kordai", "ups")]
    gone = msgspec.structs.replace(device, liveness=Liveness.OFFLINE)
    assert printer.hear(DevicesChanged((gone,))) == ["14:03:22  DEVICE  offline  Kordai · UPS  [kordai/ups]"]
    assert printer.hear(DevicesChanged((device,))) == ["14:03:22  DEVICE  online  Kordai · UPS  [kordai/ups]"]


def test_link_and_log_are_lines_that_steer_nothing() -> None:
    printer = Printer()
    printer.watch.hear(Connected(), True)
    printer.watch.hear(Disconnected(ErrorKind.UNAVAILABLE, "refused", 1.0), True)
    printer.hear(Logged(LogEntry(1, border.NOW, "note", "aigul", "a\x1b[2J\nb")))
    assert printer.lines == [
        "14:03:22  LINK  connected",
        "14:03:22  LINK  NO LINK TO THE HUB: refused",
        "14:03:22  LOG  Note: a·[2J b  (aigul)",
    ]
