"""What the devices of a post say of themselves."""

from collections.abc import Callable

from msgspec import structs

from sensors.catalog import CAMERA, GATEWAY, EquipmentClass
from sensors.model import Birth, Command, DeviceId, Metric, Names, Stream
from simulators.kinds import KINDS
from simulators.scenario.form import CameraEntry, DeviceEntry, Site
from simulators.world.ground import Place, position_of
from simulators.world.places import places_of
from simulators.world.uplinks import SLOW_BY_SATELLITE_MS, Path, path_of

_GATEWAY_NAMES = Names(en="Gateway", ru="Шлюз", kk="Шлюз")
_CAMERA_SILENCE_S = 300.0
PERIODS_OF_SILENCE = 4.0
"""A device that says nothing for so many of its periods is missed."""


def births_of(
    site: Site, streams_of: Callable[[CameraEntry], tuple[Stream, ...]], commands: tuple[Command, ...] = ()
) -> dict[DeviceId, Birth]:
    """The birth of the gateway, and of every camera and sensor that speaks through it: each says it is simulated."""
    places = places_of(site)
    births = {DeviceId(GATEWAY): structs.replace(_gateway(site), commands=commands)}
    for camera in site.cameras:
        births[DeviceId(camera.id)] = _camera(site, camera, places[camera.id], streams_of(camera))
    for device in site.devices:
        births[DeviceId(device.id)] = _device(site, device, places[device.id])
    return {device: structs.replace(birth, exercise=True) for device, birth in births.items()}


def _gateway(site: Site) -> Birth:
    kind = KINDS[GATEWAY]
    return Birth(
        kind=GATEWAY,
        names=_GATEWAY_NAMES,
        site_names=site.names,
        equipment_class=kind.equipment_class,
        position=site.position,
        metrics=kind.metrics,
        silence_s=kind.silence_s,
        receipts=True,
        maker=kind.maker,
        model=kind.model,
        firmware=kind.firmware,
        serial=f"SIM-{site.id}",
    )


def _camera(site: Site, camera: CameraEntry, place: Place, streams: tuple[Stream, ...]) -> Birth:
    return Birth(
        kind=CAMERA,
        names=camera.names,
        site_names=site.names,
        equipment_class=EquipmentClass.SURVEILLANCE,
        position=position_of(site.position, place),
        streams=streams,
        covers=camera.covers,
        via=GATEWAY,
        silence_s=_CAMERA_SILENCE_S,
        maker="Shekara",
        model="SC-720",
        firmware="1.0.0",
        serial=f"SIM-{site.id}-{camera.id}",
    )


def _device(site: Site, device: DeviceEntry, place: Place) -> Birth:
    kind = KINDS[device.kind]
    return Birth(
        kind=device.kind,
        names=device.names,
        site_names=site.names,
        equipment_class=kind.equipment_class,
        position=position_of(site.position, place),
        metrics=_over_satellite(kind.metrics) if _is_slow_by_nature(site, device) else kind.metrics,
        via=GATEWAY,
        silence_s=max(kind.silence_s, device.period_s * PERIODS_OF_SILENCE),
        maker=kind.maker,
        model=kind.model,
        firmware=kind.firmware,
        serial=f"SIM-{site.id}-{device.id}",
    )


def _is_slow_by_nature(site: Site, device: DeviceEntry) -> bool:
    return device.kind == "link" and path_of(site) is Path.VSAT


def _over_satellite(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    """What a link over a satellite says of itself: its round trip is long, and needs nobody for that."""
    return tuple(
        structs.replace(
            metric, limits=tuple(structs.replace(limit, bound=SLOW_BY_SATELLITE_MS) for limit in metric.limits)
        )
        if metric.name == "rtt"
        else metric
        for metric in metrics
    )
