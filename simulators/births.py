"""What the devices of a post say of themselves."""

from collections.abc import Callable

from sensors.catalog import CAMERA, GATEWAY, EquipmentClass
from sensors.model import Birth, DeviceId, Names, Position, Stream
from simulators.cameras.vocabulary import View
from simulators.kinds import KINDS
from simulators.scenario import CameraEntry, DeviceEntry, Site

_GATEWAY_NAMES = Names(en="Gateway", ru="Шлюз", kk="Шлюз")
_BEARINGS_DEG = {View.GATE: 140.0, View.PERIMETER: 205.0, View.LANE: 320.0, View.YARD: 45.0}
_STEP_DEG = 0.00035
"""Devices stand some 30 m apart, in rows."""
_CAMERA_SILENCE_S = 300.0
_PERIODS_OF_SILENCE = 4.0


def births_of(site: Site, streams_of: Callable[[CameraEntry], tuple[Stream, ...]]) -> dict[DeviceId, Birth]:
    """The birth of the gateway, and of every camera and sensor that speaks through it."""
    births = {DeviceId(GATEWAY): _gateway(site)}
    for place, camera in enumerate(site.cameras):
        births[DeviceId(camera.id)] = _camera(site, camera, place, streams_of(camera))
    for place, device in enumerate(site.devices, len(site.cameras)):
        births[DeviceId(device.id)] = _device(site, device, place)
    return births


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


def _camera(site: Site, camera: CameraEntry, place: int, streams: tuple[Stream, ...]) -> Birth:
    return Birth(
        kind=CAMERA,
        names=camera.names,
        site_names=site.names,
        equipment_class=EquipmentClass.SURVEILLANCE,
        position=_position(site, place, _BEARINGS_DEG[camera.view]),
        streams=streams,
        covers=camera.covers,
        via=GATEWAY,
        silence_s=_CAMERA_SILENCE_S,
        maker="Shekara",
        model="SC-720",
        firmware="1.0.0",
        serial=f"SIM-{site.id}-{camera.id}",
    )


def _device(site: Site, device: DeviceEntry, place: int) -> Birth:
    kind = KINDS[device.kind]
    return Birth(
        kind=device.kind,
        names=device.names,
        site_names=site.names,
        equipment_class=kind.equipment_class,
        position=_position(site, place),
        metrics=kind.metrics,
        via=GATEWAY,
        silence_s=max(kind.silence_s, device.period_s * _PERIODS_OF_SILENCE),
        maker=kind.maker,
        model=kind.model,
        firmware=kind.firmware,
        serial=f"SIM-{site.id}-{device.id}",
    )


def _position(site: Site, place: int, bearing_deg: float | None = None) -> Position:
    row, column = divmod(place, 5)
    return Position(
        latitude_deg=round(site.position.latitude_deg + row * _STEP_DEG, 6),
        longitude_deg=round(site.position.longitude_deg + column * _STEP_DEG, 6),
        bearing_deg=bearing_deg,
    )
