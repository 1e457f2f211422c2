"""Sections of the foreign dialects in shekara.toml, and the dialects that they switch on."""

from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from hub.records import DeviceRecord
from sensors.dialects.dialect import Dialect
from sensors.dialects.n42 import N42
from sensors.dialects.onvif_events import OnvifEvents, Place
from sensors.dialects.sparkplug.announcement import LegacyState
from sensors.errors import ConfigError
from sensors.model import Birth, DeviceId, DeviceKey, Ident, SiteId
from sensors.settings import Settings


class OnvifEventsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Cameras that publish their ONVIF events to the broker. See docs/dialects/onvif-events.md."""

    enabled: Annotated[bool, Meta(description="listen to PREFIX/onvif-ej/#, for prefixes of one to four levels")] = True
    places: Annotated[
        str,
        Meta(
            max_length=50_000,
            description="where topic prefixes belong, with commas: a post, or a post and the device's id there: "
            "E4:30:22:F3:31:AA=kordai/cam-gate, posts/sypatai=sypatai-batyr; all others: unassigned",
        ),
    ] = ""

    @property
    def placed(self) -> dict[str, Place]:
        """The place of each prefix.

        Raises:
            ConfigError: one is not written as said above.
        """
        return dict(_place(part) for part in self.places.split(",") if part.strip())


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
        return dict(_site(part) for part in self.groups.split(",") if part.strip())


def make_dialects(settings: Settings, remembered: Iterable[DeviceRecord]) -> tuple[Dialect, ...]:
    """The foreign dialects that the settings switch on. `remembered`: devices of an earlier run.

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
                reorder_s=sparkplug.reorder_ms / 1000,
                rebirth_interval_s=sparkplug.rebirth_interval_s,
                rebirths_per_s=sparkplug.rebirths_per_s,
                legacy_state=sparkplug.legacy_state,
            )
        )
    return tuple(spoken)


def _births(remembered: Iterable[DeviceRecord], provenance: str) -> Mapping[DeviceKey, Birth]:
    """What devices of a dialect were last known to be."""
    return {
        record.key: record.birth
        for record in remembered
        if record.birth is not None and provenance in record.provenance
    }


def _place(text: str) -> tuple[str, Place]:
    prefix, _, where = (part.strip() for part in text.rpartition("="))
    try:
        site, *device = (msgspec.convert(level, Ident) for level in where.split("/"))
    except msgspec.ValidationError:
        site, device = "", []
    if not prefix or not site or len(device) > 1:
        raise ConfigError(
            f"{text.strip()!r} is not prefix=post or prefix=post/device",
            subject="[onvif_events] places",
            mend="See docs/dialects/onvif-events.md",
        )
    return prefix, Place(SiteId(site), DeviceId(device[0]) if device else None)


def _site(text: str) -> tuple[str, SiteId]:
    group, _, site = (part.strip() for part in text.rpartition("="))
    try:
        return group, SiteId(msgspec.convert(site, Ident))
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"{text.strip()!r} is not group=post", subject="[sparkplug] groups", mend="See docs/dialects/sparkplug.md"
        ) from error
