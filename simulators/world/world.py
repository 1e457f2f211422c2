"""One post's world: the only truth that its sensors, its pictures and its ground truth are derived from."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sensors.errors import ConfigError
from simulators.scenario.form import Site
from simulators.world.actors import Actor, Figure, Journey
from simulators.world.noise import Noise
from simulators.world.places import places_of
from simulators.world.senses import in_view, notices
from simulators.world.spans import Span, merged, spans_of
from simulators.world.sun import sun_elevation_deg
from simulators.world.traffic import usual_vehicles_per_hour
from simulators.world.troubles import Effect, Trouble, Troubles
from simulators.world.weather import Weather, mild_weather

MAX_ACTORS = 256
_FORGOTTEN_AFTER = timedelta(hours=1)


class World:
    """Pure functions of time over what has been made to happen so far."""

    def __init__(self, site: Site, seed: int) -> None:
        self.site = site
        self.places = places_of(site)
        self._noise = Noise(f"{seed}/{site.id}")
        self._kinds = {device.id: device.kind for device in site.devices}
        self._views = {camera.id: camera.view for camera in site.cameras}
        self._journeys: dict[str, Journey] = {}
        self._troubles = Troubles()
        self._weather_at: tuple[datetime, Weather] | None = None

    def weather(self, now: datetime) -> Weather:
        """The weather of a moment."""
        if self._weather_at is None or self._weather_at[0] != now:
            self._weather_at = now, mild_weather(self._noise, now)
        return self._weather_at[1]

    def sun_elevation_deg(self, now: datetime) -> float:
        """How high the sun stands; below 0 it is dark."""
        return sun_elevation_deg(now, self.site.position)

    def vehicles_per_hour(self, now: datetime) -> float:
        """Traffic through the post, both directions."""
        return usual_vehicles_per_hour(self._noise, now)

    def slow(self, curve: str, now: datetime) -> float:
        """Noise of hours and days, between -1 and 1, different for each curve."""
        return self._noise.slow(curve, now)

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
        self._journeys[actor.id] = Journey(actor)

    def journeys(self) -> tuple[Journey, ...]:
        """All who have been, are there, or will come."""
        return tuple(self._journeys.values())

    def figures(self, now: datetime) -> tuple[Figure, ...]:
        """Everybody on the ground."""
        return tuple(figure for journey in self._journeys.values() for figure in journey.figures(now))

    def sensed_by(self, device: str, now: datetime) -> tuple[Figure, ...]:
        """Everybody within the reach of a device."""
        if not self._journeys:
            return ()
        kind, place = self._kinds[device], self.places[device]
        return tuple(figure for figure in self.figures(now) if notices(kind, place, figure))

    def seen_by(self, camera: str, now: datetime) -> tuple[Figure, ...]:
        """Everybody in the view of a camera; night and fog take nobody out."""
        if not self._journeys:
            return ()
        view, place = self._views[camera], self.places[camera]
        return tuple(figure for figure in self.figures(now) if in_view(view, place, figure.spot))

    def passages(self, camera: str, since: datetime, until: datetime) -> tuple[Span, ...]:
        """The spans in which anybody is in the view of a camera, as far as is known now."""
        view, place = self._views[camera], self.places[camera]
        spans: list[Span] = []
        for journey in self._journeys.values():
            begins, ends = max(since, journey.starts), min(until, journey.ends)
            if begins < ends:
                spans += spans_of(
                    lambda now, journey=journey: any(  # type: ignore[misc]
                        in_view(view, place, figure.spot) for figure in journey.figures(now)
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
