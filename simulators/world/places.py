"""Where the equipment of a post stands: as its scenario says, or beside the thing its camera's scene shows.

The standard post, in metres of its gate camera's foot: the road runs past it from the border in the south-east
(bearing 140) to the north-west; the lane camera looks back along the same road; the yard lies to the north-east, and
the fence runs south-south-west from where it meets the road. docs/scenarios.md has the map.
"""

from collections import Counter
from collections.abc import Iterator

from simulators.cameras.vocabulary import View
from simulators.scenario.form import CameraEntry, DeviceEntry, Site
from simulators.world.ground import Place, Spot, ground_of

_CAMERAS = {
    View.GATE: Place(Spot(0.0, 0.0), None, 140.0),
    View.PERIMETER: Place(Spot(9.0, -141.0), None, 205.0),
    View.LANE: Place(Spot(-12.5, 10.4), None, 320.0),
    View.YARD: Place(Spot(12.0, 22.0), None, 45.0),
}
_FURTHER_M = 60.0
"""A second camera of a view stands so far beside the first, and sees a second of everything."""
_FENCE_X_M = -4.6
_DRAWN: dict[View, dict[str, tuple[tuple[float, float], ...]]] = {
    View.GATE: {
        "barrier": ((-3.4, 19.9), (3.4, 19.9)),
        "vehicle-counter": ((-2.9, 26.0), (2.9, 26.0)),
    },
    View.PERIMETER: {
        "ground-sensor": ((4.4, 13.5), (4.6, 22.0), (5.4, 34.0)),
        "fence": ((_FENCE_X_M, 6.0), (_FENCE_X_M, 26.0), (_FENCE_X_M, 70.0)),
    },
    View.LANE: {"radiation-portal": ((0.0, 26.5),), "weighbridge": ((0.0, 14.5),)},
    View.YARD: {
        "cabinet": ((-6.5, 9.1),),
        "generator": ((11.5, 18.2),),
        "ups": ((-3.0, 32.0),),
        "link": ((-12.0, 26.1),),
        "weather": ((6.0, 31.0),),
        "gnss-time": ((0.0, 31.0),),
    },
}
"""By view and kind: scene x and z of the first, second ... device of that kind (simulators/cameras/scenes.py)."""
_LINES: dict[str, tuple[tuple[float, float], ...]] = {
    "fence": ((_FENCE_X_M, 26.0), (_FENCE_X_M, 70.0), (_FENCE_X_M, 130.0)),
}
"""Where the drawn lines end."""
_ARE_LINES = frozenset({"fence", "das"})
_ROW, _COLUMN_M, _ROW_M = 5, 30.0, 40.0
_LINE_M = 20.0


def places_of(site: Site) -> dict[str, Place]:
    """The place of every camera and device of a site, by id."""
    cameras = {camera.id: place for camera, place in _cameras(site)}
    drawn = {
        device: place
        for camera in site.cameras
        for device, place in _beside(camera, cameras[camera.id], {device.id: device for device in site.devices})
    }
    devices = {
        device.id: _told(device) or drawn.get(device.id) or _in_a_row(device, number)
        for number, device in enumerate(site.devices, len(site.cameras))
    }
    return cameras | devices


def _cameras(site: Site) -> Iterator[tuple[CameraEntry, Place]]:
    views: Counter[View] = Counter()
    for camera in site.cameras:
        usual = _CAMERAS[camera.view]
        bearing_deg = usual.bearing_deg if camera.bearing_deg is None else camera.bearing_deg
        beside = ground_of(usual, _FURTHER_M * views[camera.view], 0.0)
        views[camera.view] += 1
        yield camera, Place(camera.at or beside, None, bearing_deg)


def _beside(camera: CameraEntry, place: Place, devices: dict[str, DeviceEntry]) -> Iterator[tuple[str, Place]]:
    """Devices that a camera covers, where its scene shows them."""
    kinds: Counter[str] = Counter()
    for id_ in camera.covers:
        kind = devices[id_].kind
        spots, number = _DRAWN[camera.view].get(kind, ()), kinds[kind]
        kinds[kind] += 1
        if number < len(spots):
            ends = _LINES.get(kind)
            to = None if ends is None else ground_of(place, *ends[number])
            yield id_, Place(ground_of(place, *spots[number]), to)


def _told(device: DeviceEntry) -> Place | None:
    return None if device.at is None else Place(device.at, device.to, device.bearing_deg)


def _in_a_row(device: DeviceEntry, number: int) -> Place:
    row, column = divmod(number, _ROW)
    spot = Spot(column * _COLUMN_M, row * _ROW_M)
    to = Spot(spot.x_m + _LINE_M, spot.y_m) if device.kind in _ARE_LINES else None
    return Place(spot, to, device.bearing_deg)
