"""One post's world: the only truth that its sensors, its pictures and its ground truth are derived from."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from sensors.errors import ConfigError
from simulators.cameras.look import AHEAD, Look
from simulators.faults.link import Link, LinkState
from simulators.faults.power import Power, Supply
from simulators.faults.spans import Spans
from simulators.scenario.actions import ArrivalAction
from simulators.scenario.form import Site
from simulators.scenario.nature_actions import NatureAction, TrafficTurn, WeatherTurn
from simulators.world.actors import Actor, Cargo, Figure, Journey
from simulators.world.arrivals import WORKED_AT_S, Coming, actor_of, stops_of
from simulators.world.ground import Spot, along
from simulators.world.noise import Noise
from simulators.world.places import places_of
from simulators.world.senses import in_view, notices
from simulators.world.spans import Span, merged, spans_of
from simulators.world.sun import sun_elevation_deg
from simulators.world.traffic import usual_vehicles_per_hour
from simulators.world.troubles import Effect, Trouble, Troubles
from simulators.world.turns import turned_traffic, turned_weather
from simulators.world.uplinks import Path, nature_of, path_of
from simulators.world.weather import Weather, mild_weather

MAX_ACTORS = 256
_FORGOTTEN_AFTER = timedelta(hours=1)


class World:
    """Pure functions of time over what has been made to happen so far."""

    def __init__(self, site: Site, seed: int, link: Link | None = None) -> None:
        self.site = site
        self.link = Link() if link is None else link
        self.path = path_of(site)
        self.link.nature = self._link_by_itself
        self.places = places_of(site)
        self._noise = Noise(f"{seed}/{site.id}")
        self._kinds = {device.id: device.kind for device in site.devices}
        self._views = {camera.id: camera.view for camera in site.cameras}
        self._looks: dict[str, Look] = {}
        self._journeys: dict[str, Journey] = {}
        self._fences = tuple(id_ for id_, kind in self._kinds.items() if kind == "fence")
        self._lines = tuple((kind, self.places[id_]) for id_, kind in self._kinds.items() if kind in WORKED_AT_S)
        self._troubles = Troubles()
        self._weather_turns: Spans[WeatherTurn] = Spans()
        self._traffic_turns: Spans[TrafficTurn] = Spans()
        self._weather_at: tuple[datetime, Weather] | None = None
        self._figures_at: tuple[datetime, tuple[Figure, ...]] | None = None
        self._entered = 0
        self._came: tuple[Coming, datetime, Journey] | None = None
        fuel_percent = Random(f"{seed}/{site.id}/fuel").uniform(68.0, 94.0)  # noqa: S311 - repeatable, not a secret
        self.power = Power(lambda now: self.weather(now).temperature_c, fuel_percent)

    def weather(self, now: datetime) -> Weather:
        """The weather of a moment."""
        if self._weather_at is None or self._weather_at[0] != now:
            mild = mild_weather(self._noise, now)
            self._weather_at = now, turned_weather(mild, self._weather_turns.at(now), now)
        return self._weather_at[1]

    def _link_by_itself(self, now: datetime) -> LinkState:
        return nature_of(self.path, self.weather(now).rain_mmph if self.path is Path.VSAT else 0.0)

    def sun_elevation_deg(self, now: datetime) -> float:
        """How high the sun stands; below 0 it is dark."""
        return sun_elevation_deg(now, self.site.position)

    def vehicles_per_hour(self, now: datetime) -> float:
        """Traffic through the post, both directions."""
        return turned_traffic(usual_vehicles_per_hour(self._noise, now), self._traffic_turns.at(now))

    def supply(self, now: datetime) -> Supply:
        """What the post lives on; times go forward."""
        return self.power.at(now)

    def slow(self, curve: str, now: datetime) -> float:
        """Noise of hours and days, between -1 and 1, different for each curve."""
        return self._noise.slow(curve, now)

    def act(self, action: NatureAction | ArrivalAction, now: datetime) -> None:
        """Take an action that is performed now and has been checked against the site.

        Raises:
            ConfigError: too many are on the ground.
        """
        match action:
            case WeatherTurn():
                self._weather_turns.add(action, now, action.duration_s)
                self._weather_at = None
            case TrafficTurn():
                self._traffic_turns.add(action, now, action.duration_s)
            case _:
                actor = actor_of(action, self._next_name(), self.site, self.places, now)
                self._entered += 1
                self.enter(actor)
                self._came = action, now, self._journeys[actor.id]

    def enter(self, actor: Actor) -> None:
        """Let somebody come; one of the same id is replaced.

        Raises:
            ConfigError: too many are there.
        """
        gone = actor.starts - _FORGOTTEN_AFTER
        self._journeys = {id_: journey for id_, journey in self._journeys.items() if journey.ends > gone}
        if len(self._journeys) >= MAX_ACTORS and actor.id not in self._journeys:
            raise ConfigError(
                f"more than {MAX_ACTORS} actors",
                subject=self.site.id,
                mend="Wait until some are gone, or let fewer come",
            )
        self._journeys[actor.id] = self.journey_of(actor)
        self._figures_at = None

    def journey_of(self, actor: Actor) -> Journey:
        """The way somebody would take, with the stops at fences and fibres on it."""
        return Journey(actor, stops_of(actor, self._lines))

    def way_of(self, coming: Coming, now: datetime) -> Journey:
        """The way of one who has just come, or else of one who would come now."""
        if self._came is not None and self._came[:2] == (coming, now):
            return self._came[2]
        return self.journey_of(actor_of(coming, self._next_name(), self.site, self.places, now))

    def _next_name(self) -> str:
        """Of whoever comes without a name; each is another, and stands elsewhere in its group."""
        return f"actor-{self._entered + 1}"

    def kind_of(self, device: str) -> str:
        """What a device is."""
        return self._kinds[device]

    def journeys(self) -> tuple[Journey, ...]:
        """All who have been, are there, or will come."""
        return tuple(self._journeys.values())

    def figures(self, now: datetime) -> tuple[Figure, ...]:
        """Everybody on the ground."""
        if self._figures_at is None or self._figures_at[0] != now:
            found = tuple(figure for journey in self._journeys.values() for figure in journey.figures(now))
            self._figures_at = now, found
        return self._figures_at[1]

    def sensed_by(self, device: str, now: datetime) -> tuple[Figure, ...]:
        """Everybody within the reach of a device."""
        if not self._journeys:
            return ()
        kind, place = self._kinds[device], self.places[device]
        return tuple(figure for figure in self.figures(now) if notices(kind, place, figure))

    def at_work(self, device: str, now: datetime) -> tuple[Actor, ...]:
        """Those who stand at a fence and climb or cut it, or at a fibre and dig."""
        kind, place = self._kinds[device], self.places[device]
        return tuple(
            journey.actor
            for journey in self._journeys.values()
            if journey.actor.works_at(kind)
            and any(not figure.speed_mps and notices(kind, place, figure) for figure in journey.figures(now))
        )

    def climbers(self, now: datetime) -> frozenset[str]:
        """Those who climb any fence, by id."""
        if not any(journey.actor.climbs for journey in self._journeys.values()):
            return frozenset()
        return frozenset(actor.id for fence in self._fences for actor in self.at_work(fence, now) if actor.climbs)

    def loads_at(self, device: str, now: datetime) -> frozenset[Cargo]:
        """What radiates within the reach of a device."""
        near = {figure.actor for figure in self.sensed_by(device, now)}
        return frozenset(self._journeys[actor].actor.cargo for actor in near) - {Cargo.NONE}

    def turn(self, camera: str, look: Look) -> None:
        """Let a camera look elsewhere from now on."""
        self._looks[camera] = look

    def look_of(self, camera: str) -> Look:
        """Where a camera looks."""
        return self._looks.get(camera, AHEAD)

    def has_in_view(self, camera: str, spot: Spot) -> bool:
        """Whether a camera has a spot in its picture, as it looks now."""
        return in_view(self._views[camera], self.places[camera], spot, self.look_of(camera))

    def covers_still(self, camera: str, device: str) -> bool:
        """Whether a camera that covers a device shows any of it: it does unless it has turned away."""
        place = self.places[device]
        spots = (place.spot,) if place.to is None else (place.spot, along(place.spot, place.to, 0.5), place.to)
        return self.look_of(camera) == AHEAD or any(self.has_in_view(camera, spot) for spot in spots)

    def seen_by(self, camera: str, now: datetime) -> tuple[Figure, ...]:
        """Everybody in the view of a camera; night and fog take nobody out."""
        if not self._journeys:
            return ()
        return tuple(figure for figure in self.figures(now) if self.has_in_view(camera, figure.spot))

    def passages(self, camera: str, since: datetime, until: datetime) -> tuple[Span, ...]:
        """The spans in which anybody is in the view of a camera as it looks now, as far as is known now."""
        spans: list[Span] = []
        for journey in self._journeys.values():
            begins, ends = max(since, journey.starts), min(until, journey.ends)
            if begins < ends:
                spans += spans_of(
                    lambda now, journey=journey: any(  # type: ignore[misc]
                        self.has_in_view(camera, figure.spot) for figure in journey.figures(now)
                    ),
                    begins,
                    ends,
                )
        return merged(spans)

    def cause(self, effects: Iterable[Effect]) -> None:
        """Add troubles."""
        self._troubles.cause(effects)

    def relieve(self, trouble: Trouble, device: str | None) -> None:
        """End a trouble before its time."""
        self._troubles.relieve(trouble, device)

    def since(self, trouble: Trouble, device: str | None, now: datetime) -> float | None:
        """For how many seconds a device, or the post, has had a trouble; None when it has not."""
        return self._troubles.since(trouble, device, now)

    def troubled(self, device: str, now: datetime) -> frozenset[Trouble]:
        """All troubles of a device at a moment, the post's own included."""
        return self._troubles.troubled(device, now)
