"""What comes from outside a post: weather, traffic, and whoever moves on its ground."""

from typing import Annotated

from msgspec import Meta

from sensors.model import Ident
from simulators.scenario.acts import Act, Seconds
from simulators.world.actors import ActorKind, Cargo, Count, Speed
from simulators.world.ground import Spot

USUAL_COUNT = {ActorKind.GROUP: 5, ActorKind.HERD: 30, ActorKind.TRAIN: 20}
USUAL_SPEED_MPS = {
    ActorKind.PERSON: 1.3,
    ActorKind.GROUP: 1.2,
    ActorKind.HERD: 0.8,
    ActorKind.VEHICLE: 8.0,
    ActorKind.TRAIN: 14.0,
}


class WeatherTurn(Act, tag="weather", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is given comes about within `over_s`, lasts, and passes away over as long; the rest stays as it is."""

    duration_s: Seconds = 600.0
    over_s: Seconds = 60.0
    temperature_c: Annotated[float, Meta(ge=-50, le=50)] | None = None
    humidity_percent: Annotated[float, Meta(ge=0, le=100)] | None = None
    wind_mps: Annotated[float, Meta(ge=0, le=60)] | None = None
    gust_mps: Annotated[float, Meta(ge=0, le=80)] | None = None
    rain_mmph: Annotated[float, Meta(ge=0, le=150)] | None = None
    snow_mmph: Annotated[float, Meta(ge=0, le=30)] | None = None
    visibility_m: Annotated[float, Meta(ge=5, le=50_000)] | None = None
    hail: bool = False


class TrafficTurn(Act, tag="traffic", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """So many times the usual traffic; 0 is a closed crossing, whose load another site's step takes over."""

    duration_s: Seconds = 3_600.0
    factor: Annotated[float, Meta(ge=0, le=20)]


class Enter(Act, tag="enter", frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody comes: along `path`, or straight `past` a device. Sensors and cameras on the way notice."""

    kind: ActorKind
    path: Annotated[tuple[Spot, ...], Meta(min_length=1, max_length=64)] | None = None
    past: Ident | None = None
    count: Count | None = None
    speed_mps: Speed | None = None
    lingers_s: Seconds = 0.0
    climbs: bool = False
    cuts: bool = False
    digs: bool = False
    cargo: Cargo = Cargo.NONE


NatureAction = WeatherTurn | TrafficTurn | Enter
