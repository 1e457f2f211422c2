"""Sections of the foreign dialects in shekara.toml, and the dialects that they switch on."""

from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from hub.records import DeviceRecord
from sensors.dialects.dialect import Dialect
from sensors.dialects.n42 import N42
from sensors.dialects.onvif_events import OnvifEvents, Place
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
