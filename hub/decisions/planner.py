"""What each wall should show, from the registry, the alarms and the officers' choices. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from hub.alarms.engine import urgency
from hub.decisions.records import WallChoice
from hub.protocol import AlarmState, AlarmView
from sensors.model import DeviceKey, Language, Names
from videowall.plan import Canvas, Feed, LayoutName, Plan, Spotlight, small_tiles_of

SITUATION_CENTER = Names(en="Situation Center", ru="Ситуационный центр", kk="Жағдай орталығы")
CHOSEN = Names(en="Chosen by the duty officer", ru="Выбрано дежурным", kk="Кезекші таңдаған")
DEFAULT_LAYOUT: LayoutName = "1+12"


class House(NamedTuple):
    """What all walls of this hub have in common."""

    language: Language
    time_zone: str


def plan_wall(
    wall: str, cameras: Sequence[Feed], alarms: Sequence[AlarmView], choice: WallChoice, house: House
) -> Plan:
    """One wall's plan, with the revision of the choice.

    `cameras` are the approved ones, in the order of their tiles. The most urgent alarm that a camera sees has the
    spot; an officer's choice stands before acknowledged alarms and behind those nobody has acknowledged.
    """
    feeds = {feed.key: feed for feed in cameras}
    layout = choice.layout or DEFAULT_LAYOUT
    seen = sorted((alarm for alarm in alarms if _camera(alarm, feeds)), key=urgency, reverse=True)
    waiting = [alarm for alarm in seen if alarm.state is not AlarmState.ACKNOWLEDGED]
    spotlight = _chosen(choice, feeds) if not waiting else None
    if spotlight is None and seen:
        spotlight = _of_alarm(seen[0], feeds)
    return Plan(
        revision=choice.revision,
        wall=wall,
        title=SITUATION_CENTER,
        canvas=Canvas(),
        layout=layout,
        tiles=tuple(cameras[: small_tiles_of(layout)]),
        language=choice.language or house.language,
        time_zone=house.time_zone,
        spotlights=(spotlight,) if spotlight else (),
        spotlights_waiting=max(0, len(waiting) - 1),
    )


def _camera(alarm: AlarmView, feeds: dict[DeviceKey, Feed]) -> Feed | None:
    return next((feeds[key] for key in alarm.cameras if key in feeds), None)


def _chosen(choice: WallChoice, feeds: dict[DeviceKey, Feed]) -> Spotlight | None:
    if choice.spotlight is None or choice.spotlight not in feeds or choice.spotlight_since is None:
        return None
    return Spotlight(feeds[choice.spotlight], choice.spotlight_since, CHOSEN)


def _of_alarm(alarm: AlarmView, feeds: dict[DeviceKey, Feed]) -> Spotlight | None:
    feed = _camera(alarm, feeds)
    if feed is None:
        return None
    return Spotlight(
        feed=feed,
        since=alarm.raised_at,
        reason=alarm.message,
        priority=alarm.priority,
        procedure=alarm.procedure,
        occurrence=alarm.occurrence,
    )
