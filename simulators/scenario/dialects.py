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


def with_one_frigate(sites: tuple[Site, ...], stands: str | None, source: str) -> tuple[Site, ...]:
    """The sites when a Frigate stands at one of them: at the others its cameras are watched by none.

    Raises:
        ConfigError: no camera there is one of a Frigate's.
    """
    if stands is None:
        return sites
    if not any(site.id == stands and _is_watched(site) for site in sites):
        raise ConfigError(
            f"a Frigate at {stands}, and no camera of the dialect {Dialect.FRIGATE} there",
            subject=source,
            mend=f'Name a site of the scenario, and say dialect = "{Dialect.FRIGATE}" of a camera of it',
        )
    return tuple(site if site.id == stands else _unwatched(site) for site in sites)


def _is_watched(site: Site) -> bool:
    return any(camera.dialect is Dialect.FRIGATE for camera in site.cameras)


def _unwatched(site: Site) -> Site:
    cameras = (
        structs.replace(each, dialect=Dialect.NATIVE) if each.dialect is Dialect.FRIGATE else each
        for each in site.cameras
    )
    return structs.replace(site, cameras=tuple(cameras))


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
        watched += _is_watched(site)
    if watched > 1:
        raise ConfigError(
            f"{watched} posts have a Frigate, and a hub hears one",
            subject=source,
            mend='Say where it stands: frigate = "SITE"',
        )


def _check(id_: str, dialect: Dialect, possible: frozenset[Dialect], subject: str) -> None:
    if dialect not in possible:
        known = ", ".join(sorted(possible))
        raise ConfigError(f"{id_} cannot speak {dialect}", subject=subject, mend=f"It speaks one of {known}")
