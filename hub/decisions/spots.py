"""Which of the cameras that are wanted large have a wall's spots, from moment to moment. Time is an argument."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from hub.protocol import AlarmRule
from sensors.model import DeviceKey
from videowall.plan import Feed, Spotlight


class Wish(NamedTuple):
    """One that asks for a spot: an alarm's occurrence, or an officer ("" and rank -1); a light for each camera."""

    occurrence: str
    rank: int
    lights: tuple[Spotlight, ...]


class Wanted(NamedTuple):
    """All that ask, each most urgent first: alarms nobody has acknowledged, the officer's choice, the others."""

    waiting: Sequence[Wish] = ()
    chosen: Wish | None = None
    acknowledged: Sequence[Wish] = ()


class Lit(NamedTuple):
    """The spots in order, and how many alarms that nobody has acknowledged have none of them."""

    lights: tuple[Spotlight, ...]
    waiting: int


class Spots:
    """One wall's spots. `renew` what they know of cameras, `sift` what is wanted, then `fill`."""

    def __init__(self) -> None:
        self.next_at_s: float | None = None
        """When they may have to be filled anew though nothing has happened."""
        self._began_s: dict[str, float] = {}
        """Since when each occurrence that asks, or had a spot a moment ago, has been shown."""
        self._asking: set[str] = set()
        self._shown: dict[str, Wish] = {}
        self._order: tuple[DeviceKey, ...] = ()

    def renew(self, feeds: Mapping[DeviceKey, Feed]) -> None:
        """Cameras are so now: what is over is shown on with the masks of today, and no camera that has been refused."""
        lights = {
            mark: tuple(replace(light, feed=feeds[light.feed.key]) for light in wish.lights if light.feed.key in feeds)
            for mark, wish in self._shown.items()
        }
        self._shown = {mark: wish._replace(lights=lights[mark]) for mark, wish in self._shown.items() if lights[mark]}

    def sift(self, wanted: Wanted, rule: AlarmRule, now_s: float) -> Wanted:
        """What still asks for a spot: not what has been shown for as long as the rule lets it."""
        self._asking = {wish.occurrence for wish in (*wanted.waiting, *wanted.acknowledged)}
        if not rule.most_s:
            return wanted
        spent = {mark for mark, since_s in self._began_s.items() if now_s - since_s >= max(rule.least_s, rule.most_s)}
        return Wanted(
            [wish for wish in wanted.waiting if wish.occurrence not in spent],
            wanted.chosen,
            [wish for wish in wanted.acknowledged if wish.occurrence not in spent],
        )

    def fill(self, wanted: Wanted, count: int, rule: AlarmRule, now_s: float) -> Lit:
        """At most `count` spotlights, each camera once. Who has a spot already keeps the same one.

        The highest priority goes first; of equal ones those that were not shown for long enough yet, then the newest.
        What is over is shown on for as long, if nothing else needs the spot but what is acknowledged.
        """
        fresh = {mark for mark, since_s in self._began_s.items() if now_s - since_s < rule.least_s}
        waiting = sorted(wanted.waiting, key=lambda wish: (-wish.rank, wish.occurrence not in fresh))
        asking = {wish.occurrence for wish in (*waiting, *wanted.acknowledged)}
        over = [wish for mark, wish in self._shown.items() if mark in fresh and mark not in asking]
        chosen = (wanted.chosen,) if wanted.chosen is not None else ()
        lights = _share((*waiting, *chosen, *over, *wanted.acknowledged), waiting, count)
        self._note((*waiting, *over, *wanted.acknowledged), lights, now_s)
        self.next_at_s = min(self._changes(rule, now_s), default=None)
        return Lit(self._place(lights), sum(wish.occurrence not in self._shown for wish in waiting))

    def _note(self, wishes: Sequence[Wish], lights: dict[DeviceKey, Spotlight], now_s: float) -> None:
        self._shown = {
            wish.occurrence: wish for wish in wishes if any(light.feed.key in lights for light in wish.lights)
        }
        known = {mark: since_s for mark, since_s in self._began_s.items() if mark in self._asking}
        self._began_s = known | {mark: self._began_s.get(mark, now_s) for mark in self._shown}

    def _changes(self, rule: AlarmRule, now_s: float) -> Iterator[float]:
        for began_s in self._began_s.values():
            for lasts_s in (rule.least_s, max(rule.least_s, rule.most_s) if rule.most_s else 0.0):
                if began_s + lasts_s > now_s:
                    yield began_s + lasts_s

    def _place(self, lights: dict[DeviceKey, Spotlight]) -> tuple[Spotlight, ...]:
        staying = [key if key in lights else None for key in self._order[: len(lights)]]
        staying += [None] * (len(lights) - len(staying))
        arriving = iter([key for key in lights if key not in staying])
        self._order = tuple(next(arriving) if key is None else key for key in staying)
        return tuple(lights[key] for key in self._order)


def _share(queue: Sequence[Wish], waiting: Sequence[Wish], count: int) -> dict[DeviceKey, Spotlight]:
    """A spot for each in turn; what is left goes to the other cameras of alarms that nobody has acknowledged."""
    lights: dict[DeviceKey, Spotlight] = {}
    for wish in queue:
        if len(lights) < count and not any(light.feed.key in lights for light in wish.lights):
            lights[wish.lights[0].feed.key] = wish.lights[0]
    for light in (light for wish in waiting for light in wish.lights):
        if len(lights) < count:
            lights.setdefault(light.feed.key, light)
    return lights
