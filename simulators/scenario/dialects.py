"""Who of a scenario speaks which dialect: what sites say of their equipment, put in place and checked."""

from collections.abc import Iterable

from msgspec import structs

from sensors.errors import ConfigError
from simulators.foreign.vocabulary import OF_CAMERAS, OF_SENSORS, Dialect
from simulators.scenario.form import Site

_PORTAL = "radiation-portal"


def with_dialects(site: Site, source: str) -> Site:
    """The site whose devices and cameras speak as its table says.

    Raises:
        ConfigError: the table names what is not there.
    """
    there = {device.id for device in site.devices} | {camera.id for camera in site.cameras}
    if missing := sorted(site.dialects.keys() - there):
        raise ConfigError(
            f"dialects of {', '.join(missing)}, which is not there",
            subject=f"{source}, site {site.id}",
            mend="Name devices and cameras of the same site",
        )
    said = site.dialects
    return structs.replace(
        site,
        devices=tuple(structs.replace(each, dialect=said.get(each.id, each.dialect)) for each in site.devices),
        cameras=tuple(structs.replace(each, dialect=said.get(each.id, each.dialect)) for each in site.cameras),
        dialects={},
    )


def check_dialects(sites: Iterable[Site], source: str) -> None:
    """Whether everybody can speak as it is said.

    Raises:
        ConfigError: a device or camera has no such dialect, or two posts have a Frigate.
    """
    watched = 0
    for site in sites:
        subject = f"{source}, site {site.id}"
        for device in site.devices:
            _check(device.id, device.dialect, OF_SENSORS, subject)
            if device.dialect is Dialect.N42 and device.kind != _PORTAL:
                raise ConfigError(
                    f"{device.id} is no {_PORTAL} and has no files", subject=subject, mend="Give it another dialect"
                )
        for camera in site.cameras:
            _check(camera.id, camera.dialect, OF_CAMERAS, subject)
        watched += any(camera.dialect is Dialect.FRIGATE for camera in site.cameras)
    if watched > 1:
        raise ConfigError(
            f"{watched} posts have a Frigate, and a hub hears one", subject=source, mend="Leave it at one of them"
        )


def _check(id_: str, dialect: Dialect, possible: frozenset[Dialect], subject: str) -> None:
    if dialect not in possible:
        known = ", ".join(sorted(possible))
        raise ConfigError(f"{id_} cannot speak {dialect}", subject=subject, mend=f"It speaks one of {known}")
