"""What each wall should show, from the cameras, the alarms and the officers' choices. Time is an argument."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from hub.decisions.pages import Leaf, fill, pages_of
from hub.decisions.records import WallChoice
from hub.decisions.spots import Lit, Spots, Wanted, Wish
from hub.decisions.touring import Touring
from hub.protocol import AlarmState, AlarmView, Composition, PresetView, Progress
from sensors.model import DeviceKey, Language, Names
from videowall.plan import (
    MAX_PLAN_BYTES,
    Canvas,
    Feed,
    Page,
    Plan,
    Spotlight,
    TileContent,
    encode_plan,
    small_tiles_of,
    spots_of,
)

SITUATION_CENTER = Names(en="Situation Center", ru="Ситуационный центр", kk="Жағдай орталығы")
CHOSEN = Names(en="Chosen by the duty officer", ru="Выбрано дежурным", kk="Кезекші таңдаған")
_WITH_SPOT: Final = ((5, "1+5"), (7, "1+7"))
_ROOMIEST: Final = "1+12"


class House(NamedTuple):
    """What all walls of this hub have in common."""

    language: Language
    time_zone: str
    exercise: bool = False


class Border(NamedTuple):
    """What there is to show: approved cameras in the order of their tiles, alarms most urgent first, presets."""

    cameras: Sequence[Feed]
    alarms: Sequence[AlarmView]
    presets: Mapping[str, PresetView]


class _Sheet(NamedTuple):
    """What is shown beside the spots."""

    composition: Composition
    tiles: tuple[TileContent, ...]
    preload: tuple[Feed, ...] = ()
    page: Page | None = None


class Planner:
    """One wall's plans, one after another: what it showed a moment ago matters for what it shows now.

    `remembered` is what an earlier run knew: the page of the tour, and for how long alarms were shown.
    """

    def __init__(self, wall: str, house: House, remembered: WallChoice) -> None:
        self._wall = wall
        self._house = house
        self._spots = Spots(remembered.lasted_s)
        self.touring = Touring(remembered.page)

    @property
    def next_at_s(self) -> float | None:
        """When there may be another plan though nothing has happened."""
        times = (self._spots.next_at_s, self.touring.next_at_s)
        return min((time for time in times if time is not None), default=None)

    def remember(self, choice: WallChoice, revision: int) -> WallChoice:
        """The choice with what the next run has to know of the plan last made."""
        lasted_s = self._spots.lasted_s if choice.alarms.most_s else {}
        return replace(choice, revision=revision, page=self.touring.page, lasted_s=lasted_s)

    def plan(self, border: Border, choice: WallChoice, now_s: float) -> Plan:
        """What the wall shows now, with the revision of the choice.

        The most urgent alarms that a camera sees have the spots; an officer's choice stands before acknowledged alarms
        and behind those that nobody has acknowledged. A page without spots gives way to a layout that has one while an
        alarm that nobody has acknowledged, or the officer's choice, needs it. A calm wall shows no acknowledged alarms.
        """
        alarms = [alarm for alarm in border.alarms if admits(choice, alarm)]
        feeds = {feed.key: feed for feed in border.cameras}
        self._spots.renew(feeds)
        wanted = self._spots.sift(_wanted(alarms, choice, feeds), choice.alarms, now_s)
        is_asleep = choice.calm and not (wanted.waiting or wanted.chosen or _unseen(alarms))
        sheet = self._sheet(border, choice, now_s, held=is_asleep or bool(wanted.waiting))
        layout, places = sheet.composition.layout, sheet.composition.places
        if spots_of(layout, places) or choice.alarms.keeps_layout:
            lit = self._spots.fill(wanted, spots_of(layout, places), choice.alarms, now_s)
        else:
            other = _alarm_layout(choice, sheet)
            lit = self._spots.fill(wanted._replace(acknowledged=()), spots_of(other), choice.alarms, now_s)
            layout, places = (other, ()) if lit.lights else (layout, places)
        tiles = sheet.tiles[: small_tiles_of(layout, places)]
        return _bounded(
            Plan(
                revision=choice.revision,
                wall=self._wall,
                title=SITUATION_CENTER,
                canvas=Canvas(),
                layout=layout,
                tiles=tiles,
                language=choice.language or self._house.language,
                time_zone=self._house.time_zone,
                places=places,
                spotlights=lit.lights,
                spotlights_waiting=lit.waiting,
                preload=_beyond(sheet.preload, tiles, lit),
                page=sheet.page,
                calm=choice.calm,
                exercise=self._house.exercise,
            )
        )

    def _sheet(self, border: Border, choice: WallChoice, now_s: float, *, held: bool) -> _Sheet:
        if choice.tour is None or choice.progress is Progress.OFF:
            self.touring.next_at_s = None
            return _Sheet(choice.composition, fill(choice.composition, border.cameras).tiles)
        presets = {name: preset.composition for name, preset in border.presets.items()}
        leaves = pages_of(choice.tour, choice.composition, presets, border.cameras)
        held = held or choice.progress is Progress.HELD
        preloads = self.touring.look(tuple(leaf.stop.dwell_s for leaf in leaves), held=held, now_s=now_s)
        number = self.touring.page

        def tiles_of(leaf: Leaf) -> tuple[TileContent, ...]:
            pinned = choice.tour.pinned if choice.tour else ()
            return fill(leaf.composition, border.cameras, pinned, leaf.part).tiles

        leaf = leaves[number]
        following = tiles_of(leaves[(number + 1) % len(leaves)]) if preloads else ()
        return _Sheet(
            leaf.composition,
            tiles_of(leaf),
            tuple(tile for tile in following if isinstance(tile, Feed)),
            Page(number + 1, len(leaves), names_of(leaf.stop.preset, border.presets), paused=held),
        )


def admits(choice: WallChoice, alarm: AlarmView) -> bool:
    """Whether a wall takes an alarm."""
    rule = choice.alarms
    return alarm.priority.rank >= rule.priority.rank and (not rule.sites or alarm.key.site in rule.sites)


def names_of(preset: str | None, presets: Mapping[str, PresetView]) -> Names:
    """What a preset is called; its id, where nobody has named it."""
    if preset is None:
        return Names()
    known = presets.get(preset)
    return known.names if known is not None and known.names != Names() else Names(preset, preset, preset)


def _alarm_layout(choice: WallChoice, sheet: _Sheet) -> str:
    return choice.alarms.layout or next((name for most, name in _WITH_SPOT if len(sheet.tiles) <= most), _ROOMIEST)


def _unseen(alarms: Sequence[AlarmView]) -> bool:
    return any(alarm.state is not AlarmState.ACKNOWLEDGED for alarm in alarms)


def _wanted(alarms: Sequence[AlarmView], choice: WallChoice, feeds: Mapping[DeviceKey, Feed]) -> Wanted:
    waiting: list[Wish] = []
    acknowledged: list[Wish] = []
    for alarm in alarms:
        lights = tuple(_light(alarm, feeds[key]) for key in alarm.cameras if key in feeds)
        if lights:
            into = acknowledged if alarm.state is AlarmState.ACKNOWLEDGED else waiting
            into.append(Wish(alarm.occurrence, alarm.priority.rank, lights))
    return Wanted(waiting, _chosen(choice, feeds), () if choice.calm else acknowledged)


def _chosen(choice: WallChoice, feeds: Mapping[DeviceKey, Feed]) -> Wish | None:
    if choice.spotlight is None or choice.spotlight not in feeds or choice.spotlight_since is None:
        return None
    return Wish("", -1, (Spotlight(feeds[choice.spotlight], choice.spotlight_since, CHOSEN),))


def _light(alarm: AlarmView, feed: Feed) -> Spotlight:
    return Spotlight(
        feed=feed,
        since=alarm.raised_at,
        reason=alarm.message,
        priority=alarm.priority,
        procedure=alarm.procedure,
        occurrence=alarm.occurrence,
    )


def _beyond(preload: Sequence[Feed], tiles: Sequence[TileContent], lit: Lit) -> tuple[Feed, ...]:
    """The next page's cameras that are not shown already."""
    shown = {tile.key for tile in tiles if isinstance(tile, Feed)} | {light.feed.key for light in lit.lights}
    return tuple({feed.key: feed for feed in preload if feed.key not in shown}.values())


def _bounded(plan: Plan) -> Plan:
    """A plan that a broker passes on: what cameras say of themselves at great length is left out, the last first."""
    if len(encode_plan(plan)) <= MAX_PLAN_BYTES:
        return plan
    plan = replace(plan, preload=())
    while plan.tiles and len(encode_plan(plan)) > MAX_PLAN_BYTES:
        plan = replace(plan, tiles=plan.tiles[:-1])
    return plan
