"""What is known of device kinds before any birth: equipment classes, and the health of a camera's picture.

Equipment classes follow the systems that Customs Union decision 688 (2011) requires at a crossing point.
"""

from enum import StrEnum

from sensors.model import Birth, Condition, Limit, Metric, MetricType, Names, Priority

CAMERA = "camera"
WALL = "wall"
GATEWAY = "gateway"
SIMULATOR = "simulator"


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
    BEHIND = "behind"
    """The camera sends it in time, but the wall does not get to it."""
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


_CLOCK_OFF_S = 10.0
_DRIFT_MOST_PPM = 200.0
"""17 s a day: four times what a crystal does in frost."""
_BITRATE_LEAST_KBPS, _BITRATE_MOST_KBPS = 12.0, 16_000.0
"""Under the least there is no picture worth the name; no main stream needs the most. Nothing at all is `picture`'s."""
_LATE_MS = 1000.0
"""Twice what a wall allows before it drops pictures of one camera: above it, the whole wall is late."""


def _confidence(fault: PictureState, names: Names) -> Metric:
    """How sure the wall is of a fault of the picture."""
    return Metric(name=fault.value, type=MetricType.NUMBER, unit="%", minimum=0, maximum=100, names=names)


def _hop(name: str, names: Names) -> Metric:
    """How long the slowest twentieth of pictures takes on one part of its way."""
    return Metric(name=f"latency_{name}", type=MetricType.NUMBER, unit="ms", minimum=0, names=names)


def _clock_limit(id_: str, condition: Condition, bound_s: float) -> Limit:
    return Limit(
        id=id_,
        condition=condition,
        bound=bound_s,
        deadband=2.0,
        priority=Priority.LOW,
        message=Names(
            en="The camera's clock is wrong", ru="Часы камеры показывают неверное время", kk="Камера сағаты қате"
        ),
        on_delay_s=60.0,
        cause="The camera does not reach its time server, or has none.",
        procedure=Names(
            en="Set the camera's time server.",
            ru="Задайте камере сервер времени.",
            kk="Камераға уақыт серверін орнатыңыз.",
        ),
    )


def _drift_limit(id_: str, condition: Condition, bound_ppm: float) -> Limit:
    return Limit(
        id=id_,
        condition=condition,
        bound=bound_ppm,
        deadband=50.0,
        priority=Priority.LOW,
        message=Names(en="The camera's clock drifts", ru="Часы камеры уходят", kk="Камера сағаты ауытқып барады"),
        on_delay_s=600.0,
        off_delay_s=600.0,
        cause="The camera does not reach its time server, and its own clock is bad or very cold.",
        procedure=Names(
            en="Set the camera's time server; replace a camera that drifts for all that.",
            ru="Задайте камере сервер времени; если часы всё равно уходят, замените камеру.",
            kk="Камераға уақыт серверін орнатыңыз; сонда да ауытқыса, камераны ауыстырыңыз.",
        ),
    )


def _bitrate_limit(id_: str, condition: Condition, bound_kbps: float, deadband: float) -> Limit:
    return Limit(
        id=id_,
        condition=condition,
        bound=bound_kbps,
        deadband=deadband,
        priority=Priority.LOW,
        message=Names(
            en="The camera's bit rate is not as it should be",
            ru="Битрейт камеры вне нормы",
            kk="Камераның битрейті қалыптан тыс",
        ),
        on_delay_s=60.0,
        off_delay_s=60.0,
        cause="Its encoder is set wrong, or a thin link starves it.",
        procedure=Names(
            en="Set the stream's bit rate: 256 to 1024 kbit/s for the small one, 2 to 8 Mbit/s for the large one.",
            ru="Задайте битрейт: 256-1024 кбит/с для малого потока, 2-8 Мбит/с для большого.",
            kk="Битрейтті орнатыңыз: шағын ағынға 256-1024 кбит/с, үлкеніне 2-8 Мбит/с.",
        ),
    )


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
        limits=(
            _bitrate_limit("low", Condition.BELOW, _BITRATE_LEAST_KBPS, 8.0),
            _bitrate_limit("high", Condition.ABOVE, _BITRATE_MOST_KBPS, 2000.0),
        ),
    ),
    Metric(
        name="lost_total",
        type=MetricType.COUNTER,
        unit="{packet}",
        minimum=0,
        names=Names(en="Packets lost", ru="Потеряно пакетов", kk="Жоғалған пакеттер"),
    ),
    Metric(
        name="reconnections_total",
        type=MetricType.COUNTER,
        unit="{session}",
        minimum=0,
        names=Names(en="Reconnections", ru="Переподключения", kk="Қайта қосылулар"),
    ),
    Metric(
        name="dropped_total",
        type=MetricType.COUNTER,
        unit="{frame}",
        minimum=0,
        names=Names(en="Frames dropped", ru="Пропущено кадров", kk="Тасталған кадрлар"),
    ),
    Metric(
        name="saving",
        type=MetricType.NUMBER,
        minimum=0,
        maximum=5,
        names=Names(en="Saving", ru="Экономия", kk="Үнемдеу"),
    ),
    Metric(
        name="spared_total",
        type=MetricType.COUNTER,
        unit="{frame}",
        minimum=0,
        names=Names(en="Frames spared", ru="Пропущено ради экономии", kk="Үнемдеу үшін өткізілген кадрлар"),
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
    Metric(
        name="latency_p95",
        type=MetricType.NUMBER,
        unit="ms",
        minimum=0,
        names=Names(en="Latency of the slowest twentieth", ru="Задержка худших 5 %", kk="Ең баяу 5 % кідірісі"),
        limits=(
            Limit(
                id="growing",
                condition=Condition.ABOVE,
                bound=_LATE_MS,
                deadband=200.0,
                priority=Priority.LOW,
                message=Names(
                    en="The camera's picture reaches the wall late",
                    ru="Изображение камеры доходит до стены с опозданием",
                    kk="Камера бейнесі қабырғаға кешігіп жетеді",
                ),
                on_delay_s=30.0,
                off_delay_s=10.0,
                cause="The wall's machine cannot keep up with all its cameras, or this camera sends in bursts.",
                procedure=Names(
                    en="See which hop has grown: decode is the machine's load, receive is the link.",
                    ru="Посмотрите, какой участок вырос: декодирование - нагрузка машины, приём - канал связи.",
                    kk="Қай бөлік өскенін қараңыз: декодтау - машина жүктемесі, қабылдау - байланыс арнасы.",
                ),
            ),
        ),
    ),
    Metric(
        name="latency_capture",
        type=MetricType.NUMBER,
        unit="ms",
        minimum=0,
        names=Names(en="Latency, capturing", ru="Задержка: от съёмки до приёма", kk="Кідіріс: түсіруден қабылдауға"),
    ),
    _hop("receive", Names(en="Latency, receiving", ru="Задержка: приём", kk="Кідіріс: қабылдау")),
    _hop("decode", Names(en="Latency, decoding", ru="Задержка: декодирование", kk="Кідіріс: декодтау")),
    _hop("compose", Names(en="Latency, composing", ru="Задержка: сборка", kk="Кідіріс: құрастыру")),
    _confidence(PictureState.FROZEN, Names(en="Frozen picture", ru="Стоп-кадр", kk="Бейне қатып қалған")),
    _confidence(PictureState.BLACK, Names(en="Black picture", ru="Чёрный кадр", kk="Қара бейне")),
    _confidence(PictureState.OVEREXPOSED, Names(en="Over-exposure", ru="Засветка", kk="Бейненің ағаруы")),
    _confidence(PictureState.COVERED, Names(en="Covered lens", ru="Закрытый объектив", kk="Жабық объектив")),
    _confidence(PictureState.STRIPED, Names(en="Stripes", ru="Полосы", kk="Жолақтар")),
    _confidence(PictureState.NOISY, Names(en="Noise", ru="Шум", kk="Шуыл")),
    _confidence(PictureState.BLURRED, Names(en="Blur", ru="Расфокусировка", kk="Бұлыңғырлық")),
    _confidence(PictureState.MOVED, Names(en="Moved camera", ru="Сдвиг камеры", kk="Камераның жылжуы")),
    _confidence(PictureState.DISCOLOURED, Names(en="Wrong colours", ru="Искажение цвета", kk="Түстің бұрмалануы")),
    Metric(
        name="key_interval",
        type=MetricType.NUMBER,
        unit="s",
        minimum=0,
        names=Names(en="Key frame interval", ru="Интервал ключевых кадров", kk="Тірек кадрлар аралығы"),
        limits=(
            Limit(
                id="long",
                condition=Condition.ABOVE,
                bound=12.0,
                deadband=2.0,
                priority=Priority.LOW,
                message=Names(
                    en="The camera sends key frames too rarely",
                    ru="Камера слишком редко передаёт ключевые кадры",
                    kk="Камера тірек кадрларды тым сирек жібереді",
                ),
                on_delay_s=60.0,
                cause="A smart codec is switched on, or the key frame interval is set too long.",
                procedure=Names(
                    en="Set a key frame interval of 1 to 4 s and switch the smart codec off.",
                    ru="Задайте интервал ключевых кадров 1-4 с и отключите «умный» кодек.",
                    kk="Тірек кадрлар аралығын 1-4 с етіп орнатып, «ақылды» кодекті өшіріңіз.",
                ),
            ),
        ),
    ),
    Metric(
        name="clock_offset",
        type=MetricType.NUMBER,
        unit="s",
        names=Names(en="Camera clock is behind by", ru="Отставание часов камеры", kk="Камера сағатының артта қалуы"),
        limits=(
            _clock_limit("behind", Condition.ABOVE, _CLOCK_OFF_S),
            _clock_limit("ahead", Condition.BELOW, -_CLOCK_OFF_S),
        ),
    ),
    Metric(
        name="clock_drift",
        type=MetricType.NUMBER,
        unit="[ppm]",
        names=Names(en="Camera clock drift", ru="Уход часов камеры", kk="Камера сағатының ауытқуы"),
        limits=(
            _drift_limit("fast", Condition.ABOVE, _DRIFT_MOST_PPM),
            _drift_limit("slow", Condition.BELOW, -_DRIFT_MOST_PPM),
        ),
    ),
)
"""Published for each camera by the wall node that decodes it, on the camera's own data topic.

The parts of `latency_p95` are `latency_receive` (a picture's first packet to its last), `latency_decode` and
`latency_compose`; before them lies `latency_capture`, known where the camera's clock is right.
The metrics that are named after states of the picture are confidences. `picture` says which of them is believed, and
is the one that raises an alarm, so that one fault is one alarm.
"""


def metrics_of(birth: Birth) -> tuple[Metric, ...]:
    """The metrics a device has: those of its birth, and those its kind always has."""
    if birth.kind != CAMERA:
        return birth.metrics
    declared = {metric.name for metric in birth.metrics}
    return birth.metrics + tuple(metric for metric in CAMERA_HEALTH if metric.name not in declared)
