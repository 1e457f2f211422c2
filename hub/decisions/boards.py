"""What walls write beside their pictures: how every site stands, its few values, and the alarms. Time is an argument.

Made at most once a second from what is known anyway, never reading by reading: what a site consists of is worked out
again only when one of its devices has changed, and what is said of it only from its few last values.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from hub.decisions.pictures import PICTURE, PICTURE_HOLDS_S
from hub.decisions.planner import admits
from hub.decisions.records import WallChoice
from hub.decisions.registry import Device, Registry
from hub.decisions.values import LastValues
from hub.decisions.worth import Sources, Told, sources_of, told_of, written
from hub.inputs import Moment
from hub.protocol import AlarmState, AlarmView, Liveness
from sensors.catalog import CAMERA, GATEWAY, PictureState
from sensors.model import DeviceKey, Language, Names, Position, Priority, SiteId
from sensors.topics import RESERVED
from videowall.board import MAX_ALARMS, MAX_SITES, REPEAT_S, Board, BoardAlarm, BoardSite, SiteCondition, encode_board
from videowall.plan import MAX_PLAN_BYTES, Plan

EVERY_S: Final = 1.0
_ABSENT = (Liveness.OFFLINE, Liveness.SILENT)
_GRAVEST_FIRST = tuple(reversed(SiteCondition))


class _Post(NamedTuple):
    """What a site consists of."""

    names: Names
    position: Position | None
    cameras: tuple[tuple[DeviceKey, bool], ...]
    sources: Sources
    is_unreachable: bool
    is_whole: bool


class _Stand(NamedTuple):
    """How a site stands now, in no language."""

    site: BoardSite
    told: tuple[Told, ...]


class Boards:
    """Every wall's board, and when to say it."""

    def __init__(self) -> None:
        self._posts: dict[SiteId, _Post] = {}
        self._dirty: set[SiteId] | None = None
        """Sites to be looked at anew; None: all."""
        self._due_s = float("-inf")
        self._said: dict[str, tuple[Board, float]] = {}

    def forget(self) -> None:
        """Say every board anew: the broker may have lost them."""
        self._said.clear()

    def note(self, keys: Iterable[DeviceKey]) -> None:
        """Devices have changed, or are gone."""
        if self._dirty is not None:
            self._dirty.update(key.site for key in keys)

    def due(self, now: Moment) -> bool:
        """Whether it is time to look."""
        if now.monotonic_s < self._due_s:
            return False
        self._due_s = now.monotonic_s + EVERY_S
        return True

    def make(
        self,
        registry: Registry,
        values: LastValues,
        alarms: Sequence[AlarmView],
        walls: Mapping[str, tuple[Plan, WallChoice]],
        now: Moment,
    ) -> list[tuple[str, bytes]]:
        """The boards that differ from what was said, or were said long ago, encoded, by wall."""
        self._look(registry)
        stands = [
            self._stand(site, self._posts[site], values, alarms_of, now.at)
            for site, alarms_of in _by_site(self._posts, alarms)
        ]
        stands.sort(key=lambda stand: (_GRAVEST_FIRST.index(stand.site.condition), stand.site.site))
        sites: dict[Language, tuple[BoardSite, ...]] = {}
        boards: list[tuple[str, bytes]] = []
        for wall, (plan, choice) in sorted(walls.items()):
            language = plan.language
            if language not in sites:
                sites[language] = tuple(_site(stand, language) for stand in stands[:MAX_SITES])
            taken = [alarm for alarm in alarms if admits(choice, alarm)]
            board = Board(now.at, sites[language], tuple(map(self._alarm, taken[:MAX_ALARMS])), len(taken))
            if self._is_news(wall, board, now):
                self._said[wall] = board, now.monotonic_s
                boards.append((wall, _bounded(board)))
        return boards

    def _is_news(self, wall: str, board: Board, now: Moment) -> bool:
        if wall not in self._said:
            return True
        said, said_s = self._said[wall]
        return now.monotonic_s - said_s >= REPEAT_S or replace(board, at=said.at) != said

    def _look(self, registry: Registry) -> None:
        if self._dirty is not None and not self._dirty:
            return
        devices: dict[SiteId, list[Device]] = defaultdict(list)
        for key, device in registry.devices.items():
            if device.approved and key.site not in RESERVED and (self._dirty is None or key.site in self._dirty):
                devices[key.site].append(device)
        for site in self._posts.keys() if self._dirty is None else self._dirty:
            if site not in devices:
                self._posts.pop(site, None)
        self._posts.update((site, _post(of_site)) for site, of_site in devices.items())
        self._dirty = set()

    @staticmethod
    def _stand(site: SiteId, post: _Post, values: LastValues, alarms: Sequence[AlarmView], at: datetime) -> _Stand:
        live = sum(_is_live(key, values, at) for key, is_there in post.cameras if is_there)
        is_whole = post.is_whole and live == len(post.cameras) and not alarms
        if post.is_unreachable:
            condition = SiteCondition.UNREACHABLE
        elif any(map(_needs_somebody, alarms)):
            condition = SiteCondition.ALARM
        else:
            condition = SiteCondition.NORMAL if is_whole else SiteCondition.DEGRADED
        place = post.position
        said = BoardSite(
            site=site,
            names=post.names,
            condition=condition,
            latitude=place.latitude_deg if place else None,
            longitude=place.longitude_deg if place else None,
            alarms=len(alarms),
            cameras_live=live,
            cameras=len(post.cameras),
        )
        return _Stand(said, told_of(post.sources, values, at))

    def _alarm(self, alarm: AlarmView) -> BoardAlarm:
        post = self._posts.get(alarm.key.site)
        return BoardAlarm(
            occurrence=alarm.occurrence,
            key=alarm.key,
            site_names=post.names if post else Names(),
            message=alarm.message,
            priority=alarm.priority,
            raised_at=alarm.raised_at,
            acknowledged=alarm.state is AlarmState.ACKNOWLEDGED,
            cameras=alarm.cameras,
        )


def _post(devices: list[Device]) -> _Post:
    devices.sort(key=lambda device: (device.birth.kind != GATEWAY, device.key))
    gateways = [device for device in devices if device.birth.kind == GATEWAY]
    births = [device.birth for device in devices]
    return _Post(
        names=next((birth.site_names for birth in births if birth.site_names != Names()), Names()),
        position=next((birth.position for birth in births if birth.position is not None), None),
        cameras=tuple(
            (device.key, device.liveness not in _ABSENT) for device in devices if device.birth.kind == CAMERA
        ),
        sources=sources_of(devices),
        is_unreachable=all(device.liveness in _ABSENT for device in gateways or devices),
        is_whole=all(device.liveness not in _ABSENT for device in devices),
    )


def _by_site(posts: Mapping[SiteId, _Post], alarms: Sequence[AlarmView]) -> Iterable[tuple[SiteId, list[AlarmView]]]:
    of_site: dict[SiteId, list[AlarmView]] = {site: [] for site in posts}
    for alarm in alarms:
        if alarm.key.site in of_site:
            of_site[alarm.key.site].append(alarm)
    return of_site.items()


def _needs_somebody(alarm: AlarmView) -> bool:
    """Whether nobody has acknowledged it, or what it says is grave and still true."""
    return alarm.state is not AlarmState.ACKNOWLEDGED or alarm.priority.rank >= Priority.HIGH.rank


def _is_live(key: DeviceKey, values: LastValues, at: datetime) -> bool:
    reading = values.find(key, PICTURE)
    if reading is None or reading.value != PictureState.LIVE:
        return False
    # What was received later than now was received before the clock was set back: how old it is, nobody knows.
    return 0.0 <= (at - reading.received_at).total_seconds() <= PICTURE_HOLDS_S


def _site(stand: _Stand, language: Language) -> BoardSite:
    return replace(stand.site, values=tuple(written(told, language) for told in stand.told))


def _bounded(board: Board) -> bytes:
    """A board that a broker passes on: the least grave sites are left out, if need be."""
    while len(payload := encode_board(board)) > MAX_PLAN_BYTES and board.sites:
        board = replace(board, sites=board.sites[: len(board.sites) // 2])
    return payload
