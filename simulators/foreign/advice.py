"""What a hub must be told to hear a scenario's posts in all their dialects, and what it then calls their devices."""

from collections.abc import Iterable, Iterator

from sensors.dialects.sparkplug.births import id_of
from sensors.dialects.sparkplug.topics import NodeId
from sensors.identity import device_id
from sensors.model import DeviceId, SiteId
from simulators.foreign.home_assistant import identity_of
from simulators.foreign.vocabulary import (
    EDGE,
    FRIGATE_PREFIX,
    N42_PREFIX,
    PRIMARY_HOST,
    Dialect,
    discovery_of,
    events_of,
)
from simulators.scenario.form import Scenario, Site
from simulators.scenario.streams import hosts_of


def hub_settings(scenario: Scenario) -> str:
    """Sections of the shekara.toml of a hub for exercises; empty when everybody speaks natively and none ONVIF."""
    foreign = [site.id for site in scenario.sites if _is_foreign(site)]
    simulated = [_section("hub", exercise=True, simulated=" ".join(foreign))] if foreign else []
    return "\n".join([*simulated, *_sections(scenario.sites), *_discovery(scenario)])


def hub_id(site: Site, device: str) -> DeviceId:
    """What a hub, set up so, calls a device or a camera of the site."""
    match _dialect_of(site, device):
        case Dialect.SPARKPLUG:
            return id_of(NodeId(site.id, EDGE), device)
        case Dialect.HOME_ASSISTANT:
            identity = identity_of(SiteId(site.id), DeviceId(device))
            return device_id(identity, f"id={identity}")
        case _:
            return DeviceId(device)


def hub_alarm(site: Site, device: str, alarm: str) -> str:
    """What the hub calls an alarm of a device: metrics that are announced have dashes between their words."""
    metric, _, limit = alarm.partition(".")
    return f"{metric.replace('_', '-')}.{limit}" if _dialect_of(site, device) is Dialect.HOME_ASSISTANT else alarm


def alone_of(site: Site) -> Iterator[DeviceId]:
    """Whom the hub misses by itself when the post's line is gone, beside the gateway: what it calls them."""
    for device in site.devices:
        if device.dialect is Dialect.HOME_ASSISTANT:
            yield hub_id(site, device.id)
    if _speaks(site, Dialect.SPARKPLUG):
        yield id_of(NodeId(site.id, EDGE))
    if any(camera.dialect is Dialect.FRIGATE for camera in site.cameras):
        yield device_id(FRIGATE_PREFIX, f"frigate {FRIGATE_PREFIX}/")


def _dialect_of(site: Site, device: str) -> Dialect:
    return next((each.dialect for each in site.devices if each.id == device), Dialect.NATIVE)


def _sections(sites: Iterable[Site]) -> Iterator[str]:
    if announcing := [site.id for site in sites if _speaks(site, Dialect.HOME_ASSISTANT)]:
        yield _section("home_assistant", prefixes=", ".join(f"{discovery_of(site)}={site}" for site in announcing))
    if edges := [site.id for site in sites if _speaks(site, Dialect.SPARKPLUG)]:
        groups = ", ".join(f"{site}={site}" for site in edges)
        yield _section("sparkplug", enabled=True, host_id=PRIMARY_HOST, groups=groups)
    if any(_speaks(site, Dialect.N42) for site in sites):
        yield _section("n42", prefix=N42_PREFIX)
    if cameras := list(_cameras(sites, Dialect.ONVIF_EVENTS)):
        places = ", ".join(f"{events_of(site, camera)}={site}/{camera}" for site, camera in cameras)
        yield _section("onvif_events", places=places)
    if watched := list(_cameras(sites, Dialect.FRIGATE)):
        cameras_of = ", ".join(f"{camera}={site}/{camera}" for site, camera in watched)
        yield _section("frigate", enabled=True, prefix=FRIGATE_PREFIX, site=watched[0][0], cameras=cameras_of)


def _discovery(scenario: Scenario) -> Iterator[str]:
    if scenario.onvif is not None and scenario.onvif.discovery:
        posts = {host: site for site, host in reversed(hosts_of(scenario).items())}
        ranges = ", ".join(f"{host}/32={site}" for host, site in reversed(posts.items()))
        yield _section("discovery", interfaces=scenario.rtsp_host, ranges=ranges)


def _is_foreign(site: Site) -> bool:
    dialects = {device.dialect for device in site.devices} | {camera.dialect for camera in site.cameras}
    return dialects != {Dialect.NATIVE} and bool(dialects)


def _speaks(site: Site, dialect: Dialect) -> bool:
    return any(device.dialect is dialect for device in site.devices)


def _cameras(sites: Iterable[Site], dialect: Dialect) -> Iterator[tuple[str, str]]:
    return ((site.id, camera.id) for site in sites for camera in site.cameras if camera.dialect is dialect)


def _section(name: str, **keys: str | bool) -> str:
    """All texts are made of ids, topics and addresses, in which there is nothing to escape."""
    values = (f"{key} = true" if value is True else f'{key} = "{value}"' for key, value in keys.items())
    return "\n".join([f"[{name}]", *values, ""])
