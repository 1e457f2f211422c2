"""What a board says about the tiles of a wall: values of their sites, alarms that their cameras see. Pure."""

from datetime import datetime

from msgspec import Struct

from sensors.model import DeviceKey, Priority, SiteId
from videowall.board import STALE_S, Board, BoardAlarm, BoardSite, BoardValue


class Edge(Struct, frozen=True):
    """The border of a tile whose camera sees what raised an alarm.

    `calm`: somebody has taken it on, or nobody knows whether it still is.
    """

    priority: Priority
    calm: bool


class Attention:
    """One board, looked up by tile. `heard_s` is when it came, by the clock that ages are counted with."""

    def __init__(self, board: Board | None = None, heard_s: float = 0.0) -> None:
        self.board = board or Board(datetime.min)  # noqa: DTZ901 - stands for no board; never compared
        self.is_known = board is not None
        self._heard_s = heard_s
        self._sites = {site.site: site for site in self.board.sites}
        self._alarms = {alarm.occurrence: alarm for alarm in self.board.alarms}
        self._seen_by: dict[DeviceKey, BoardAlarm] = {}
        for alarm in self.board.alarms:
            for camera in alarm.cameras:
                known = self._seen_by.get(camera)
                if known is None or _urgency(alarm) > _urgency(known):
                    self._seen_by[camera] = alarm

    def age_s(self, now: datetime, now_s: float) -> float | None:
        """How old the board is, by whichever clock says more; None when there is none.

        One said to be from the future is as old as it is ahead: one of the two clocks is wrong, and nobody knows which.
        """
        if not self.is_known:
            return None
        return max(now_s - self._heard_s, abs((now - self.board.at).total_seconds()))

    def is_fresh(self, now: datetime, now_s: float) -> bool:
        """Whether the board may be shown as how things are."""
        age_s = self.age_s(now, now_s)
        return age_s is not None and age_s <= STALE_S

    def site(self, site: SiteId) -> BoardSite | None:
        """How a site stands."""
        return self._sites.get(site)

    def values(self, site: SiteId) -> tuple[BoardValue, ...]:
        """What is measured at a site."""
        known = self._sites.get(site)
        return known.values if known else ()

    def edge(self, camera: DeviceKey, *, fresh: bool) -> Edge | None:
        """The border of a camera's tile."""
        alarm = self._seen_by.get(camera)
        return Edge(alarm.priority, alarm.acknowledged or not fresh) if alarm else None

    def is_acknowledged(self, occurrence: str) -> bool:
        """Whether somebody has taken on the alarm of that occurrence."""
        alarm = self._alarms.get(occurrence)
        return alarm is not None and alarm.acknowledged

    @property
    def needs_eyes(self) -> bool:
        """Whether there is an alarm that nobody has taken on."""
        listed = self.board.alarms
        if any(not alarm.acknowledged for alarm in listed):
            return True
        # Those that nobody has taken on are listed first: where the last one listed is taken on, all left out are.
        return not listed and self.board.alarms_total > 0


def _urgency(alarm: BoardAlarm) -> tuple[bool, int]:
    return not alarm.acknowledged, alarm.priority.rank
