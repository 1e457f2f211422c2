"""Which of the cameras that are wanted large have a wall's spots, from moment to moment. Time is an argument."""

from collections.abc import Iterator, Mapping, Sequence
from heapq import nlargest
from typing import Final, NamedTuple

from msgspec.structs import replace

from hub.protocol import AlarmRule
from sensors.model import DeviceKey
from videowall.plan import Feed, Spotlight

MAX_REMEMBERED: Final = 256
"""Of a wall's alarms that still ask, as many are remembered over a restart: those that were shown for longest."""


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


class _Showing(NamedTuple):
    """When an occurrence had its first spot, and for how long it has had one since, in all."""

    began_s: float
    lasted_s: float


class Spots:
    """One wall's spots. `renew` what they know of cameras, `sift` what is wanted, then `fill`.

    `lasted_s` is what an earlier run remembered.
    """

    def __init__(self, lasted_s: Mapping[str, float]) -> None:
        self.next_at_s: float | None = None
        """When they may have to be filled anew though nothing has happened."""
        self._showings = {mark: _Showing(float("-inf"), each_s) for mark, each_s in lasted_s.items()}
        """Of each occurrence that asks and was shown, or had a spot a moment ago."""
        self._counted_s = 0.0
        self._asking: set[str] = set()
        self._shown: dict[str, Wish] = {}
        self._order: tuple[DeviceKey, ...] = ()

    @property
    def lasted_s(self) -> dict[str, float]:
        """For how long occurrences have been shown: what the next run has to know, bounded."""
        longest = nlargest(MAX_REMEMBERED, self._showings.items(), key=lambda each: each[1].lasted_s)
        return {mark: round(showing.lasted_s, 1) for mark, showing in longest}

    def renew(self, feeds: Mapping[DeviceKey, Feed]) -> None:
        """Cameras are so now: what is over is shown on with the masks of today, and no camera that has been refused."""
        lights = {
            mark: tuple(replace(light, feed=feeds[light.feed.key]) for light in wish.lights if light.feed.key in feeds)
            for mark, wish in self._shown.items()
        }
        self._shown = {mark: wish._replace(lights=lights[mark]) for mark, wish in self._shown.items() if lights[mark]}

    def sift(self, wanted: Wanted, rule: AlarmRule, now_s: float) -> Wanted:
        """What still asks for a spot: not what has been shown for as long as the rule lets it.

        While a graver one has the spot, the time of who waits does not run.
        """
        self._count(now_s)
        self._asking = {wish.occurrence for wish in (*wanted.waiting, *wanted.acknowledged)}
        if not rule.most_s:
            return wanted
        most_s = max(rule.least_s, rule.most_s)
        spent = {mark for mark, showing in self._showings.items() if showing.lasted_s >= most_s}
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
        fresh = {mark for mark, showing in self._showings.items() if now_s - showing.began_s < rule.least_s}
        waiting = sorted(wanted.waiting, key=lambda wish: (-wish.rank, wish.occurrence not in fresh))
        asking = {wish.occurrence for wish in (*waiting, *wanted.acknowledged)}
        over = [wish for mark, wish in self._shown.items() if mark in fresh and mark not in asking]
        chosen = (wanted.chosen,) if wanted.chosen is not None else ()
        lights = _share((*waiting, *chosen, *over, *wanted.acknowledged), waiting, count)
        self._note((*waiting, *over, *wanted.acknowledged), lights, now_s)
        self.next_at_s = min(self._changes(rule, now_s), default=None)
        return Lit(self._place(lights), sum(wish.occurrence not in self._shown for wish in waiting))

    def _count(self, now_s: float) -> None:
        for mark in self._shown:
            showing = self._showings[mark]
            self._showings[mark] = showing._replace(lasted_s=showing.lasted_s + now_s - self._counted_s)
        self._counted_s = now_s

    def _note(self, wishes: Sequence[Wish], lights: dict[DeviceKey, Spotlight], now_s: float) -> None:
        self._shown = {
            wish.occurrence: wish for wish in wishes if any(light.feed.key in lights for light in wish.lights)
        }
        known = {mark: showing for mark, showing in self._showings.items() if mark in self._asking}
        begun = _Showing(now_s, 0.0)
        self._showings = known | {mark: self._showings.get(mark, begun) for mark in self._shown}

    def _changes(self, rule: AlarmRule, now_s: float) -> Iterator[float]:
        for mark, showing in self._showings.items():
            if showing.began_s + rule.least_s > now_s:
                yield showing.began_s + rule.least_s
            left_s = max(rule.least_s, rule.most_s) - showing.lasted_s
            if rule.most_s and mark in self._shown and left_s > 0:
                yield now_s + left_s

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
