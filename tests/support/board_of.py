"""A board of three posts with three alarms, as a hub would say it."""

from datetime import UTC, datetime, timedelta

from sensors.model import DeviceId, DeviceKey, Names, Priority, SiteId
from videowall.board import Board, BoardAlarm, BoardSite, BoardValue, SiteCondition

NOW = datetime(2026, 7, 14, 6, 3, 5, tzinfo=UTC)
KORDAI, SYPATAI, MOBILE = SiteId("kordai"), SiteId("sypatai-batyr"), SiteId("mobile-4")


def camera(site: SiteId, number: int) -> DeviceKey:
    return DeviceKey(site, DeviceId(f"cam-{number}"))


def sites() -> tuple[BoardSite, ...]:
    values = (BoardValue("γ", 1.2, "kcps"), BoardValue("ветер", 9.0, "м/с", doubtful=True))
    return (
        BoardSite(MOBILE, Names(ru="Передвижной пост № 4"), SiteCondition.NORMAL),
        BoardSite(SYPATAI, Names(ru="Сыпатай батыр"), SiteCondition.DEGRADED, 42.872, 73.197, 0, 3, 4),
        BoardSite(KORDAI, Names(ru="Кордай", kk="Қордай"), SiteCondition.ALARM, 43.039, 74.713, 2, 4, 4, values),
    )


def alarm(occurrence: str, priority: Priority, number: int, *, acknowledged: bool = False) -> BoardAlarm:
    return BoardAlarm(
        occurrence,
        DeviceKey(KORDAI, DeviceId("fence")),
        Names(ru="Кордай"),
        Names(ru="Движение на периметре", kk="Периметрде қозғалыс"),
        priority,
        NOW - timedelta(seconds=47),
        acknowledged,
        (camera(KORDAI, number),),
    )


def board_of(*alarms: BoardAlarm, at: datetime = NOW, total: int | None = None) -> Board:
    return Board(at, sites(), alarms, len(alarms) if total is None else total)
