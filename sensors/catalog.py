"""What is known of device kinds before any birth: equipment classes, and the health of a camera's picture.

Equipment classes follow the systems that Customs Union decision 688 (2011) requires at a crossing point.
"""

from enum import StrEnum

from sensors.model import Birth, Condition, Limit, Metric, MetricType, Names, Priority

CAMERA = "camera"
WALL = "wall"
GATEWAY = "gateway"


class EquipmentClass(StrEnum):
    """Decision 688, section II, shortened to what a feed can come from."""

    SURVEILLANCE = "television-surveillance"
    SECURITY_ALARM = "access-control-and-security-alarm"
    RADIATION = "radiation-control"
    WEIGHT = "weight-and-dimension"
    BARRIERS = "engineering-barriers"
    POWER = "backup-power"
    COMMUNICATIONS = "communications-and-it"
    TRAFFIC = "information-interaction"
    ENVIRONMENT = "environment"
    FIRE = "fire-alarm"
    THERMAL = "contactless-body-temperature"


class PictureState(StrEnum):
    """What a wall says of a camera's picture; LIVE alone means that it may be believed."""

    LIVE = "live"
    CONNECTING = "connecting"
    DELAYED = "delayed"
    NO_PACKETS = "no-packets"
    REFUSED = "refused"
    NOT_FOUND = "not-found"
    BAD_CREDENTIALS = "bad-credentials"
    NO_FREE_SESSION = "no-free-session"
    CANNOT_DECODE = "cannot-decode"
    FROZEN = "frozen"
    BLACK = "black"
    OVEREXPOSED = "overexposed"
    COVERED = "covered"
    STRIPED = "striped"
    NOISY = "noisy"
    BLURRED = "blurred"
    MOVED = "moved"
    DISCOLOURED = "discoloured"


CAMERA_HEALTH: tuple[Metric, ...] = (
    Metric(
        name="picture",
        type=MetricType.TEXT,
        names=Names(en="Picture", ru="Изображение", kk="Бейне"),
        limits=(
            Limit(
                id="not-live",
                condition=Condition.DIFFERS,
                bound=PictureState.LIVE.value,
                priority=Priority.MEDIUM,
                message=Names(
                    en="The camera's picture is not live",
                    ru="Изображение камеры не живое",
                    kk="Камера бейнесі тірі емес",
                ),
                on_delay_s=5.0,
                off_delay_s=3.0,
                cause="Camera, its link or its power has failed, or the picture has frozen.",
                procedure=Names(
                    en="Look at neighbouring cameras; call the post's technician.",
                    ru="Проверьте соседние камеры; вызовите техника поста.",
                    kk="Көрші камераларды тексеріңіз; бекет технигін шақырыңыз.",
                ),
            ),
        ),
    ),
    Metric(
        name="fps",
        type=MetricType.NUMBER,
        unit="Hz",
        minimum=0,
        maximum=240,
        names=Names(en="Frame rate", ru="Частота кадров", kk="Кадр жиілігі"),
    ),
    Metric(
        name="age",
        type=MetricType.NUMBER,
        unit="s",
        minimum=0,
        names=Names(en="Age of picture", ru="Возраст кадра", kk="Кадр жасы"),
    ),
    Metric(
        name="bitrate",
        type=MetricType.NUMBER,
        unit="kbit/s",
        minimum=0,
        names=Names(en="Bit rate", ru="Битрейт", kk="Битрейт"),
    ),
    Metric(
        name="lost_total",
        type=MetricType.COUNTER,
        unit="{packet}",
        minimum=0,
        names=Names(en="Packets lost", ru="Потеряно пакетов", kk="Жоғалған пакеттер"),
    ),
    Metric(
        name="dropped_total",
        type=MetricType.COUNTER,
        unit="{frame}",
        minimum=0,
        names=Names(en="Frames dropped", ru="Пропущено кадров", kk="Тасталған кадрлар"),
    ),
    Metric(
        name="decode_errors_total",
        type=MetricType.COUNTER,
        unit="{error}",
        minimum=0,
        names=Names(en="Decode errors", ru="Ошибки декодирования", kk="Декодтау қателері"),
    ),
    Metric(
        name="latency",
        type=MetricType.NUMBER,
        unit="ms",
        minimum=0,
        names=Names(en="Latency in the wall", ru="Задержка на стене", kk="Қабырғадағы кідіріс"),
    ),
)
"""Published for each camera by the wall node that decodes it, on the camera's own data topic."""


def metrics_of(birth: Birth) -> tuple[Metric, ...]:
    """The metrics a device has: those of its birth, and those its kind always has."""
    if birth.kind != CAMERA:
        return birth.metrics
    declared = {metric.name for metric in birth.metrics}
    return birth.metrics + tuple(metric for metric in CAMERA_HEALTH if metric.name not in declared)
