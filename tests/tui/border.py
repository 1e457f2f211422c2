"""A border section as the hub would describe it: three posts, twelve cameras, sensors of ten kinds. Fixed in time."""

from datetime import UTC, datetime, timedelta

import msgspec

from hub.protocol import (
    AlarmState,
    AlarmView,
    Approval,
    DeviceView,
    History,
    HistoryPoint,
    HubStatus,
    Liveness,
    LogEntry,
    MetricView,
    Snapshot,
    WallView,
)
from sensors.access import Role
from sensors.catalog import CAMERA, CAMERA_HEALTH, GATEWAY
from sensors.model import (
    Condition,
    DeviceId,
    DeviceKey,
    Limit,
    Metric,
    MetricType,
    Names,
    Priority,
    Quality,
    SiteId,
    Value,
)

NOW = datetime(2026, 3, 14, 9, 3, 22, tzinfo=UTC)

SITES = {
    "kordai": Names(en="Kordai", ru="Кордай", kk="Қордай"),
    "konysbayev": Names(en="B. Konysbayev", ru="Б. Конысбаев", kk="Б. Қонысбаев"),
    "sypatai-batyr": Names(en="Sypatai Batyr", ru="Сыпатай батыр", kk="Сыпатай батыр"),
}
_CAMERAS = (
    Names(en="Entry", ru="Въезд", kk="Кіру"),
    Names(en="Exit", ru="Выезд", kk="Шығу"),
    Names(en="Perimeter, north", ru="Периметр, север", kk="Периметр, солтүстік"),
    Names(en="Inspection lane", ru="Досмотровая полоса", kk="Тексеру жолағы"),
)


def number(name: str, unit: str, names: Names, low: float, high: float, *limits: Limit) -> Metric:
    return Metric(
        name=name, type=MetricType.NUMBER, unit=unit, names=names, minimum=low, maximum=high, limits=tuple(limits)
    )


def limit(id_: str, condition: Condition, bound: Value, priority: Priority, message: Names) -> Limit:
    return Limit(
        id=id_,
        condition=condition,
        bound=bound,
        priority=priority,
        message=message,
        cause="A person or an animal has passed the line.",
        procedure=Names(
            en="Look at the linked camera; call the post; send the patrol when a person is seen.",
            ru="Посмотрите связанную камеру; свяжитесь с постом; при виде человека направьте наряд.",
            kk="Байланысты камераны қараңыз; бекетке хабарласыңыз; адам көрінсе, жасақ жіберіңіз.",
        ),
    )


MOVEMENT = Names(en="Movement at the line", ru="Движение у рубежа", kk="Шепте қозғалыс бар")
_KINDS: tuple[tuple[str, str, Names, tuple[tuple[Metric, Value], ...]], ...] = (
    ("gateway", GATEWAY, Names(en="Gateway", ru="Шлюз", kk="Шлюз"), ()),
    (
        "ground-1",
        "ground-sensor",
        Names(en="Ground sensor 1", ru="Датчик грунта 1", kk="Топырақ датчигі 1"),
        (
            (
                number(
                    "hits",
                    "{hit}",
                    Names(en="Hits a minute", ru="Сработок в минуту", kk="Минутына іске қосылу"),
                    0,
                    20,
                    limit("many", Condition.ABOVE, 5, Priority.CRITICAL, MOVEMENT),
                ),
                2,
            ),
            (number("battery", "V", Names(en="Battery", ru="Батарея", kk="Батарея"), 2.5, 4.2), 3.61),
        ),
    ),
    (
        "fence-1",
        "fence",
        Names(en="Fence, north", ru="Ограждение, север", kk="Қоршау, солтүстік"),
        (
            (
                number(
                    "energy",
                    "%",
                    Names(en="Vibration", ru="Вибрация", kk="Діріл"),
                    0,
                    100,
                    limit(
                        "climb", Condition.ABOVE, 60, Priority.HIGH, Names(en="Climbing", ru="Перелаз", kk="Өрмелеу")
                    ),
                ),
                12.4,
            ),
        ),
    ),
    (
        "weather",
        "weather",
        Names(en="Weather station", ru="Метеостанция", kk="Метеостанция"),
        (
            (number("temperature", "Cel", Names(en="Temperature", ru="Температура", kk="Температура"), -45, 50), -3.5),
            (number("wind", "m/s", Names(en="Wind", ru="Ветер", kk="Жел"), 0, 50), 4.2),
        ),
    ),
    (
        "ups",
        "ups",
        Names(en="UPS", ru="ИБП", kk="ҮҚК"),
        (
            (
                number(
                    "charge",
                    "%",
                    Names(en="Charge", ru="Заряд", kk="Заряд"),
                    0,
                    100,
                    limit("low", Condition.BELOW, 30, Priority.MEDIUM, Names(en="Low", ru="Разряд", kk="Аз")),
                ),
                98,
            ),
            (
                Metric(
                    name="on-battery",
                    type=MetricType.BOOLEAN,
                    names=Names(en="On battery", ru="От батареи", kk="Батареядан"),
                ),
                False,
            ),
        ),
    ),
    (
        "link",
        "link",
        Names(en="Link", ru="Канал связи", kk="Байланыс арнасы"),
        ((number("rtt", "ms", Names(en="Round trip", ru="Задержка", kk="Кідіріс"), 0, 1000), 23),),
    ),
)


def key(site: str, device: str) -> DeviceKey:
    return DeviceKey(SiteId(site), DeviceId(device))


def device(
    site: str,
    id_: str,
    kind: str,
    names: Names,
    metrics: tuple[Metric, ...] = (),
    *,
    approval: Approval = Approval.APPROVED,
    liveness: Liveness = Liveness.ONLINE,
    covers: tuple[str, ...] = (),
) -> DeviceView:
    return DeviceView(
        key=key(site, id_),
        kind=kind,
        names=names,
        site_names=SITES[site],
        approval=approval,
        liveness=liveness,
        liveness_since=NOW - timedelta(hours=3),
        metrics=metrics,
        covers=covers,
        via=None if kind == GATEWAY else "gateway",
        maker="Testbed",
        model="T-1",
        firmware="1.4.2",
        serial="0042",
        first_seen_at=NOW - timedelta(days=3),
        last_seen_at=NOW - timedelta(seconds=2),
        provenance=("mqtt",),
    )


def reading(of: DeviceKey, metric: str, value: Value, unit: str = "", *, age_s: float = 1.0) -> MetricView:
    at = NOW - timedelta(seconds=age_s)
    return MetricView(of, metric, value, unit, Quality.GOOD, at, at)


def posts() -> tuple[tuple[DeviceView, ...], tuple[MetricView, ...]]:
    devices: list[DeviceView] = []
    metrics: list[MetricView] = []
    for site in SITES:
        for id_, kind, names, readings in _KINDS:
            devices.append(device(site, id_, kind, names, tuple(metric for metric, _ in readings)))
            metrics += [reading(key(site, id_), metric.name, value, metric.unit) for metric, value in readings]
        for index, names in enumerate(_CAMERAS, 1):
            camera = key(site, f"cam-{index}")
            covers = ("ground-1", "fence-1") if index == 3 else ()
            devices.append(device(site, camera.device, CAMERA, names, CAMERA_HEALTH, covers=covers))
            values: dict[str, Value] = {
                "picture": "live", "fps": 25.0, "age": 0.1, "bitrate": 820.0 + index, "lost_total": 0,
                "dropped_total": 3, "decode_errors_total": 0, "latency": 118.0,
            }  # fmt: skip
            units = {metric.name: metric.unit for metric in CAMERA_HEALTH}
            metrics += [reading(camera, name, value, units[name]) for name, value in values.items()]
    frozen, silent = key("konysbayev", "cam-2"), key("sypatai-batyr", "link")
    metrics = [view for view in metrics if (view.key, view.metric) not in {(frozen, "picture"), (frozen, "age")}]
    metrics += [reading(frozen, "picture", "frozen", age_s=42), reading(frozen, "age", 5.0, "s", age_s=42)]
    devices = [
        msgspec.structs.replace(each, liveness=Liveness.SILENT) if each.key == silent else each for each in devices
    ]
    return tuple(devices), tuple(metrics)


def alarm(
    occurrence: str = "o-1",
    *,
    at: DeviceKey | None = None,
    priority: Priority = Priority.CRITICAL,
    state: AlarmState = AlarmState.UNACKNOWLEDGED,
    age_s: float = 12,
    message: Names = MOVEMENT,
    metric: str = "hits",
    limit_id: str = "many",
    value: Value = 9,
    unit: str = "{hit}",
) -> AlarmView:
    where = at or key("kordai", "ground-1")
    rule = _KINDS[1][3][0][0].limits[0]
    return AlarmView(
        occurrence=occurrence,
        key=where,
        metric=metric,
        limit=limit_id,
        state=state,
        priority=priority,
        message=message,
        procedure=rule.procedure,
        cause=rule.cause,
        value=value,
        unit=unit,
        captured_at=NOW - timedelta(seconds=age_s + 0.4),
        raised_at=NOW - timedelta(seconds=age_s),
        cameras=(key(where.site, "cam-3"),),
        acknowledged_at=NOW - timedelta(seconds=age_s / 2) if state is AlarmState.ACKNOWLEDGED else None,
        acknowledged_by="aigul" if state is AlarmState.ACKNOWLEDGED else "",
    )


def busy_alarms() -> tuple[AlarmView, ...]:
    """One of each sort, in no order."""
    return (
        alarm(
            "o-2",
            at=key("konysbayev", "ups"),
            priority=Priority.MEDIUM,
            state=AlarmState.ACKNOWLEDGED,
            age_s=4000,
            message=Names(en="UPS charge is low", ru="Низкий заряд ИБП", kk="ҮҚК заряды аз"),
            metric="charge",
            limit_id="low",
            value=22,
            unit="%",
        ),
        alarm("o-1"),
        alarm(
            "o-3",
            at=key("sypatai-batyr", "fence-1"),
            priority=Priority.HIGH,
            state=AlarmState.RETURNED,
            age_s=185,
            message=Names(en="Vibration of a climb", ru="Вибрация как при перелазе", kk="Өрмелеуге ұқсас діріл"),
            metric="energy",
            limit_id="climb",
            value=71.5,
            unit="%",
        ),
        alarm(
            "o-4",
            at=key("konysbayev", "cam-2"),
            priority=Priority.MEDIUM,
            age_s=42,
            message=CAMERA_HEALTH[0].limits[0].message,
            metric="picture",
            limit_id="not-live",
            value="frozen",
            unit="",
        ),
    )


def log_entries() -> tuple[LogEntry, ...]:
    texts = (
        ("hub-started", "hub", "shekara-hub", None),
        ("device-approved", "yerlan", "Gateway", key("kordai", "gateway")),
        ("note", "aigul", "Смена принята, замечаний нет", None),
        ("alarm-raised", "hub", "Движение у рубежа", key("kordai", "ground-1")),
    )
    return tuple(
        LogEntry(number, NOW - timedelta(minutes=50 - 12 * number), kind, who, text, where)
        for number, (kind, who, text, where) in enumerate(texts, 1)
    )


def status() -> HubStatus:
    return HubStatus(NOW, NOW - timedelta(hours=1), "127.0.0.1:1883", True, "local", True)


def snapshot(
    *, role: Role = Role.ADMINISTRATOR, alarms: tuple[AlarmView, ...] = (), extra: tuple[DeviceView, ...] = ()
) -> Snapshot:
    devices, metrics = posts()
    walls = (WallView("main", Names(ru="Главная стена"), "1+12", True, "http://wall.invalid/"),)
    return Snapshot(status(), "aigul", role, (*devices, *extra), metrics, alarms, walls, log_entries())


def history(of: DeviceKey, metric: str) -> History:
    points = tuple(
        HistoryPoint(
            at := NOW - timedelta(seconds=10 * (180 - step)),
            at,
            (step * 7 % 40) / 4 + abs(90 - step) / 12,
            Quality.GOOD,
        )
        for step in range(180)
    )
    return History(of, metric, "", points)


def bitmap(width: int = 64, height: int = 36) -> bytes:
    """A picture of sky over ground, as a wall node would send it."""
    stride = (width * 3 + 3) & ~3
    sky, ground = bytes((190, 150, 120)), bytes((60, 110, 100))
    rows = b"".join(((ground if y < height // 2 else sky) * width).ljust(stride, b"\0") for y in range(height))
    head = b"BM" + (54 + len(rows)).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    info = (40).to_bytes(4, "little") + width.to_bytes(4, "little") + height.to_bytes(4, "little")
    return head + info + (1).to_bytes(2, "little") + (24).to_bytes(2, "little") + bytes(24) + rows
