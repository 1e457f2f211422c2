"""Sections of the foreign dialects in shekara.toml, and the dialects that they switch on."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from hub.decisions.records import DeviceRecord
from sensors.dialects.dialect import Dialect
from sensors.dialects.frigate import NAME as FRIGATE
from sensors.dialects.frigate import OFFLINE_DELAY_S, Frigate
from sensors.dialects.home_assistant import DEFAULT_SILENCE_S, HomeAssistant
from sensors.dialects.home_assistant import NAME as HOME_ASSISTANT
from sensors.dialects.n42 import N42
from sensors.dialects.onvif_events import OnvifEvents, Place
from sensors.dialects.sparkplug.announcement import LegacyState
from sensors.errors import ConfigError
from sensors.identity import UNASSIGNED
from sensors.model import ID_PATTERN, Birth, DeviceId, DeviceKey, Ident, SiteId
from sensors.settings import Settings

_TOPIC = re.compile(r"[^+#\s/$][^+#\s]{0,99}")
_HASS_PREFIXES = "[home_assistant] prefixes"


class OnvifEventsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Cameras that publish their ONVIF events to the broker. See docs/dialects/onvif-events.md."""

    enabled: Annotated[bool, Meta(description="listen to PREFIX/onvif-ej/#, for prefixes of one to four levels")] = True
    places: Annotated[
        str,
        Meta(
            max_length=50_000,
            description="where topic prefixes belong, with commas: a post, or the device that a camera already is: "
            "posts/sypatai=sypatai-batyr, E4:30:22:F3:31:AA=kordai/cam-1; all others: unassigned",
        ),
    ] = ""

    @property
    def placed(self) -> dict[str, Place]:
        """The place of each prefix.

        Raises:
            ConfigError: one is not written as said above.
        """
        return _places(self.places, "[onvif_events] places", "onvif-events")


class N42Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Files of radiation portals, ANSI N42.42-2012. See docs/dialects/n42.md."""

    enabled: Annotated[bool, Meta(description="take in files by MQTT and by upload")] = True
    prefix: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
            max_length=100,
            description="files come by MQTT on PREFIX/POST/DEVICE",
        ),
    ] = "n42"


class SparkplugSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Edge nodes that speak Sparkplug B, heard as their host application. See docs/dialects/sparkplug.md."""

    enabled: Annotated[
        bool, Meta(description="listen to spBv1.0/#, say on STATE that the hub is there, and ask for rebirths")
    ] = False
    host_id: Annotated[
        str,
        Meta(
            pattern=r"^[^+#/\s]+$",
            max_length=64,
            description="the hub's name as a host application; edge nodes with it as their primary host keep their "
            "data while the hub is away",
        ),
    ] = "shekara"
    groups: Annotated[
        str,
        Meta(
            max_length=50_000,
            description="which group belongs to which post, with commas: Kordai=kordai, Line 4=sypatai-batyr; "
            "edge nodes of all others: unassigned",
        ),
    ] = ""
    reorder_ms: Annotated[
        int, Meta(ge=0, le=60_000, description="how long a message may wait for one before it that is missing")
    ] = 2_000
    rebirth_interval_s: Annotated[
        float, Meta(ge=1, le=3_600, description="ask one edge node for a rebirth at most once in this time")
    ] = 10.0
    rebirths_per_s: Annotated[
        float, Meta(gt=0, le=1_000, description="ask at most this many edge nodes in a second for a rebirth")
    ] = 5.0
    legacy_state: Annotated[
        LegacyState, Meta(description="say STATE in the words of Sparkplug 2.2: not, as well, or only so")
    ] = LegacyState.NO

    @property
    def sites(self) -> dict[str, SiteId]:
        """The post of each group.

        Raises:
            ConfigError: one is not written as said above.
        """
        return _sites(self.groups, "[sparkplug] groups", "sparkplug")


class HomeAssistantSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Equipment that announces itself as to a Home Assistant. See docs/dialects/home-assistant.md."""

    enabled: Annotated[
        bool, Meta(description="listen to PREFIX/.../config, and to the topics that are named there")
    ] = True
    prefixes: Annotated[
        str,
        Meta(
            min_length=3,
            max_length=50_000,
            description="discovery prefixes, each with the post of what is announced under it, with commas: "
            "homeassistant=unassigned, posts/kordai/ha=kordai",
        ),
    ] = f"homeassistant={UNASSIGNED}"
    announce: Annotated[
        bool,
        Meta(
            description="say online on PREFIX/status, so that equipment announces itself anew; not where a Home "
            "Assistant says so itself"
        ),
    ] = False
    silence_s: Annotated[
        float,
        Meta(gt=0, le=604_800, description="how long a device may say nothing that names no time of its own for that"),
    ] = DEFAULT_SILENCE_S

    @property
    def sites(self) -> dict[str, SiteId]:
        """The post of each prefix.

        Raises:
            ConfigError: one is not written as said above, or cannot be the beginning of a topic.
        """
        sites = _sites(self.prefixes, _HASS_PREFIXES, "home-assistant")
        for prefix in sites:
            if not _TOPIC.fullmatch(prefix):
                raise ConfigError(f"{prefix!r} is no prefix of a topic", subject=_HASS_PREFIXES)
        return sites


class FrigateSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Frigate, which looks at the pictures of the posts' cameras. See docs/dialects/frigate.md."""

    enabled: Annotated[bool, Meta(description="listen to what Frigate says under its prefix")] = False
    prefix: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=100, description="Frigate's topic prefix")
    ] = "frigate"
    site: Annotated[str, Meta(pattern=ID_PATTERN, description="the post where Frigate stands")] = UNASSIGNED
    cameras: Annotated[
        str,
        Meta(
            max_length=50_000,
            description="which device each of Frigate's cameras is, with commas: gate=kordai/cam-1; all others become "
            "devices of their own",
        ),
    ] = ""
    offline_delay_s: Annotated[
        float, Meta(ge=0, le=3_600, description="how long a camera's status must be offline to be believed")
    ] = OFFLINE_DELAY_S

    @property
    def devices(self) -> dict[str, DeviceKey]:
        """The device of each camera.

        Raises:
            ConfigError: one is not written as said above.
        """
        places = _places(self.cameras, "[frigate] cameras", "frigate")
        lost = next((name for name, place in places.items() if place.device is None), None)
        if lost is not None:
            raise ConfigError(f"{lost!r} has a post and no device", subject="[frigate] cameras", mend=_page("frigate"))
        return {name: DeviceKey(place.site, place.device) for name, place in places.items() if place.device is not None}


def make_dialects(
    settings: Settings,
    remembered: Iterable[DeviceRecord],
    memos: Mapping[str, Mapping[str, bytes]] = MappingProxyType({}),
) -> tuple[Dialect, ...]:
    """The foreign dialects that the settings switch on. Of an earlier run: `remembered` devices, and `memos`.

    Raises:
        ConfigError: a section is wrong.
    """
    spoken: list[Dialect] = []
    onvif = settings.section(OnvifEventsSettings, "onvif_events")
    if onvif.enabled:
        spoken.append(OnvifEvents(onvif.placed, _births(remembered, OnvifEvents.name)))
    n42 = settings.section(N42Settings, "n42")
    if n42.enabled:
        spoken.append(N42(n42.prefix))
    sparkplug = settings.section(SparkplugSettings, "sparkplug")
    if sparkplug.enabled:
        # Protocol buffers take a while to load: only a hub that speaks them pays for that.
        from sensors.dialects.sparkplug.host import SparkplugHost  # noqa: PLC0415 - see above

        spoken.append(
            SparkplugHost(
                sparkplug.host_id,
                sparkplug.sites,
                _births(remembered, SparkplugHost.name),
                reorder_s=sparkplug.reorder_ms / 1000,
                rebirth_interval_s=sparkplug.rebirth_interval_s,
                rebirths_per_s=sparkplug.rebirths_per_s,
                legacy_state=sparkplug.legacy_state,
            )
        )
    frigate = settings.section(FrigateSettings, "frigate")
    if frigate.enabled:
        spoken.append(
            Frigate(
                frigate.prefix,
                SiteId(frigate.site),
                frigate.devices,
                offline_delay_s=frigate.offline_delay_s,
                remembered=_births(remembered, FRIGATE),
            )
        )
    hass = settings.section(HomeAssistantSettings, "home_assistant")
    if hass.enabled:
        # The last one: it claims whatever equipment announces, and that may not be another dialect's.
        spoken.append(
            HomeAssistant(
                hass.sites,
                announce=hass.announce,
                silence_s=hass.silence_s,
                remembered=_births(remembered, HOME_ASSISTANT),
                memos=memos.get(HOME_ASSISTANT),
            )
        )
    return tuple(spoken)


def _births(remembered: Iterable[DeviceRecord], provenance: str) -> Mapping[DeviceKey, Birth]:
    """What devices of a dialect were last known to be."""
    return {
        record.key: record.birth
        for record in remembered
        if record.birth is not None and record.doubts.birth_from == provenance
    }


def _places(text: str, subject: str, page: str) -> dict[str, Place]:
    return dict(_place(part, subject, page) for part in text.split(",") if part.strip())


def _sites(text: str, subject: str, page: str) -> dict[str, SiteId]:
    places = _places(text, subject, page)
    if any(place.device is not None for place in places.values()):
        raise ConfigError("a post has no device here", subject=subject, mend=_page(page))
    return {name: place.site for name, place in places.items()}


def _place(text: str, subject: str, page: str) -> tuple[str, Place]:
    prefix, _, where = (part.strip() for part in text.rpartition("="))
    try:
        site, *device = (msgspec.convert(level, Ident) for level in where.split("/"))
    except msgspec.ValidationError:
        site, device = "", []
    if not prefix or not site or len(device) > 1:
        raise ConfigError(
            f"{text.strip()!r} is not prefix=post or prefix=post/device", subject=subject, mend=_page(page)
        )
    return prefix, Place(SiteId(site), DeviceId(device[0]) if device else None)


def _page(name: str) -> str:
    return f"See docs/dialects/{name}.md"
