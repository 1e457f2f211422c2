"""What every screen of the console shares: the store, the words, the signs, the clock, and the way to the hub."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.protocol import LogEntry
from sensors.catalog import PictureState
from sensors.clock import Clock
from sensors.model import DeviceKey, Language, SiteId, Value
from tui.config import ConsoleSettings
from tui.feed import HubPort
from tui.figures import shown_age, shown_value
from tui.glyphs import Glyphs
from tui.order import device_name, site_name
from tui.store import Store
from tui.strings import Words

_HOME = "Asia/Almaty"
"""The one zone whose city has a name in every language."""


@dataclass(slots=True)
class Console:
    """Handed to every screen. What an officer chooses, the language and the post, is changed in place."""

    hub: HubPort
    settings: ConsoleSettings
    clock: Clock
    site_wanted: SiteId | None = None
    """The post whose sensors an officer asked for last."""
    store: Store = field(init=False)
    words: Words = field(init=False)
    glyphs: Glyphs = field(init=False)
    zone: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        self.store = Store(self.settings.log_lines)
        self.words = Words(self.settings.language)
        self.glyphs = Glyphs(self.settings.glyphs)
        self.zone = ZoneInfo(self.settings.time_zone)

    def speak(self, language: Language) -> None:
        """Change the language of everything on screen."""
        self.words = Words(language)

    @property
    def city(self) -> str:
        """Where the times on screen are those of the place."""
        if self.zone.key == _HOME:
            return self.words("zone.city")
        return self.zone.key.rpartition("/")[2].replace("_", " ")

    def age(self, since: datetime) -> str:
        """How long ago something was, as text."""
        return shown_age((self.clock.now() - since).total_seconds(), self.words)

    def device(self, key: DeviceKey) -> str:
        """A device's name."""
        return device_name(self.store, key, self.words.language)

    def site(self, key: DeviceKey) -> str:
        """The name of a device's post."""
        return site_name(self.store, key.site, self.words.language)

    def label(self, key: DeviceKey) -> str:
        """Device and post, for lists by post: what is cut off is the post."""
        return f"{self.device(key)} {self.glyphs.dot} {self.site(key)}"

    def value(self, metric: str, value: Value, unit: str) -> str:
        """A value with its unit; what a wall says of a picture, in words."""
        if metric == "picture" and value in set(PictureState):
            return self.words(f"picture.{value}")
        return shown_value(value, unit, self.words)

    def said(self, entry: LogEntry) -> str:
        """What a log entry says beyond its kind and its place."""
        device = self.store.devices.get(entry.key) if entry.key else None
        return "" if device and entry.text in {device.names.en, device.names.ru, device.names.kk} else entry.text

    def story(self, entry: LogEntry) -> str:
        """A whole log entry in one line."""
        kind = self.words.happening(entry.kind)
        head = f"{kind} {self.glyphs.dot} {self.place(entry.key)}" if entry.key else kind
        return f"{head}: {said}" if (said := self.said(entry)) else head

    def place(self, key: DeviceKey) -> str:
        """Post and device."""
        return f"{self.site(key)} {self.glyphs.dot} {self.device(key)}"
