"""What a wall node publishes: its own birth and figures, and the picture health of every camera it decodes. Pure."""

from msgspec import Struct
from msgspec.structs import asdict

from sensors.catalog import WALL, PictureState
from sensors.model import Birth, Condition, Limit, Metric, MetricType, Names, Priority, Stream, StreamRole, Value
from sensors.supervised import Restarts
from videowall.capture.channel import Channel
from videowall.capture.demuxer import FFMPEG
from videowall.composing.composer import ComposerCounts
from videowall.composing.latency import OWN_HOPS, Hop, Spread
from videowall.composing.scene import Tile
from videowall.decoding.pool import PoolCounts
from videowall.decoding.thrift import DEEPEST
from videowall.outputs.targets.report import OUTPUT_METRICS
from videowall.plan import Canvas

REPEAT_S = 5.0
"""A camera whose state stays the same is reported this often."""

_SLOW_MS = 80.0
"""Two pictures' time at 25 a second: above it, pictures of the wall are left out."""

WALL_METRICS = (
    Metric("fps", MetricType.NUMBER, Names(en="Frame rate", ru="Частота кадров", kk="Кадр жиілігі"), "Hz", 0, 240),
    Metric("cpu", MetricType.NUMBER, Names(en="Processor", ru="Процессор", kk="Процессор"), "%", 0),
    Metric("viewers", MetricType.NUMBER, Names(en="Viewers", ru="Зрители", kk="Көрермендер"), "{viewer}", 0),
    Metric("encoded", MetricType.NUMBER, Names(en="Bit rate", ru="Битрейт", kk="Битрейт"), "kbit/s", 0),
    Metric("cameras_live", MetricType.NUMBER, Names(en="Live cameras", ru="Камер в эфире", kk="Тікелей камералар")),
    Metric(
        "cameras_behind",
        MetricType.NUMBER,
        Names(en="Cameras it is behind with", ru="Камер, за которыми не успевает", kk="Үлгермей жатқан камералар"),
        minimum=0,
        limits=(
            Limit(
                "some",
                Condition.ABOVE,
                0,
                Priority.MEDIUM,
                Names(
                    en="The wall does not keep up with its cameras",
                    ru="Стена не успевает за камерами",
                    kk="Қабырға камераларға үлгермейді",
                ),
                on_delay_s=10.0,
                off_delay_s=10.0,
                cause="The wall's machine decodes too much, or is busy with something else; the cameras are well.",
                procedure=Names(
                    en="Show fewer cameras or smaller streams of them; see what else runs on the machine.",
                    ru="Показывайте меньше камер или их малые потоки; проверьте, чем ещё занята машина.",
                    kk="Камераны азайтыңыз не шағын ағынын көрсетіңіз; машинада тағы не жүргенін қараңыз.",
                ),
            ),
        ),
    ),
    Metric("latency", MetricType.NUMBER, Names(en="Latency", ru="Задержка", kk="Кідіріс"), "ms", 0),
    Metric(
        "missed_ticks_total", MetricType.COUNTER, Names(en="Missed ticks", ru="Пропущено тактов", kk="Өткен тактілер")
    ),
    Metric(
        "dropped_total", MetricType.COUNTER, Names(en="Frames dropped", ru="Пропущено кадров", kk="Тасталған кадрлар")
    ),
    Metric("saving", MetricType.NUMBER, Names(en="Saving", ru="Экономия", kk="Үнемдеу"), minimum=0, maximum=DEEPEST),
    Metric("plan_revision", MetricType.NUMBER, Names(en="Plan", ru="План", kk="Жоспар")),
    Metric("restarts_total", MetricType.COUNTER, Names(en="Restarts", ru="Перезапуски", kk="Қайта іске қосулар")),
    Metric("restarted_because", MetricType.TEXT, Names(en="Restarted because", ru="Причина", kk="Себебі")),
    Metric(
        "decoders_lost_total",
        MetricType.COUNTER,
        Names(en="Decoders lost", ru="Потеряно декодеров", kk="Жоғалған декодерлер"),
    ),
    Metric(
        "cameras_ffmpeg",
        MetricType.NUMBER,
        Names(en="Cameras read by FFmpeg", ru="Камеры, читаемые через FFmpeg", kk="FFmpeg оқитын камералар"),
        minimum=0,
    ),
    Metric(
        "cameras_kept_away",
        MetricType.NUMBER,
        Names(en="Cameras that end decoders", ru="Камеры, роняющие декодер", kk="Декодерді құлататын камералар"),
        minimum=0,
    ),
    Metric("plans_rejected_total", MetricType.COUNTER, Names(en="Bad plans", ru="Неверные планы", kk="Қате жоспарлар")),
    Metric(
        "boards_rejected_total", MetricType.COUNTER, Names(en="Bad boards", ru="Неверные сводки", kk="Қате мәліметтер")
    ),
    Metric(
        "connections_refused_total",
        MetricType.COUNTER,
        Names(en="Connections refused", ru="Соединений отклонено", kk="Қабылданбаған қосылымдар"),
    ),
    Metric(
        "connections_unheard_total",
        MetricType.COUNTER,
        Names(en="Connections without a request", ru="Соединений без запроса", kk="Сұраусыз қосылымдар"),
    ),
    Metric(
        "commands_dropped_total",
        MetricType.COUNTER,
        Names(en="Commands dropped", ru="Отброшено команд", kk="Тасталған командалар"),
    ),
    Metric(
        "unsent_total",
        MetricType.COUNTER,
        Names(en="Messages not sent", ru="Не отправлено сообщений", kk="Жіберілмеген хабарламалар"),
    ),
    Metric(
        f"latency_{Hop.ENCODE}",
        MetricType.NUMBER,
        Names(en="Latency, encoding", ru="Задержка: кодирование", kk="Кідіріс: кодтау"),
        "ms",
        0,
        limits=(
            Limit(
                "growing",
                Condition.ABOVE,
                _SLOW_MS,
                Priority.MEDIUM,
                Names(
                    en="The wall cannot keep up",
                    ru="Стена не успевает за кадрами",
                    kk="Қабырға кадрларға үлгермейді",
                ),
                deadband=20.0,
                on_delay_s=30.0,
                off_delay_s=10.0,
                cause="The wall's machine is too slow for its picture, or busy with something else.",
                procedure=Names(
                    en="Choose a smaller wall, a lower rate or fewer tiles; see what else runs on the machine.",
                    ru="Уменьшите размер, частоту или число плиток стены; проверьте, чем ещё занята машина.",
                    kk="Қабырғаның өлшемін, жиілігін немесе ұяшық санын азайтыңыз; машинада тағы не жүргенін қараңыз.",
                ),
            ),
        ),
    ),
    Metric(
        f"latency_{Hop.SEND}",
        MetricType.NUMBER,
        Names(en="Latency, sending", ru="Задержка: отправка", kk="Кідіріс: жіберу"),
        "ms",
        0,
    ),
    *OUTPUT_METRICS,
)


class Sums(Struct, frozen=True):
    """Counters at one moment, from which rates over a period are made."""

    at_s: float
    cpu_s: float
    counts: ComposerCounts
    pool: PoolCounts
    saving: int = 0


def wall_birth(name: str, title: Names, canvas: Canvas, url: str, *, exercise: bool = False) -> Birth:
    """Who a wall node is."""
    stream = Stream(StreamRole.WALL, url, "h264", canvas.width, canvas.height, canvas.fps)
    names = title if title != Names() else Names(en=f"Wall {name}", ru=f"Стена {name}", kk=f"Қабырға {name}")
    return Birth(kind=WALL, names=names, metrics=WALL_METRICS, streams=(stream,), silence_s=30.0, exercise=exercise)


def camera_values(tile: Tile, channel: Channel | None, bitrate_kbps: float, now_s: float) -> dict[str, Value | None]:
    """A camera's health, as `sensors.catalog.CAMERA_HEALTH` names it."""
    stream = channel.stream if channel else None
    if channel is None or stream is None:
        return {"picture": PictureState.CONNECTING.value}
    age_s = channel.picture_age_s
    return {
        "picture": channel.state.value,
        "fps": round(channel.fps, 1),
        "age": None if age_s is None else round(age_s, 2),
        # Nothing at all is for `picture` to say.
        "bitrate": round(bitrate_kbps) or None,
        "lost_total": stream.lost_total,
        "reconnections_total": max(0, stream.sessions_total - 1),
        "dropped_total": channel.dropped_total,
        "decode_errors_total": channel.decode_errors_total,
        "saving": channel.saving.thrift.value,
        "spared_total": channel.spared_total,
        **_latencies(tile),
        "latency_capture": None if stream.receive_latency_s is None else max(0, round(stream.receive_latency_s * 1000)),
        PictureState.FROZEN.value: round(100 * channel.frozen_share),
        **{fault.value: round(100 * sure) for fault, sure in channel.inspector.verdict.confidences.items()},
        "key_interval": _rounded(channel.pace.key_interval_s(now_s), 1),
        "clock_offset": _rounded(channel.pace.clock_offset_s, 2),
        "clock_drift": _rounded(channel.pace.clock_drift_ppm, 0),
    }


def wall_values(
    before: Sums,
    after: Sums,
    viewers: int,
    cameras: list[tuple[Tile, Channel | None]],
    revision: int,
    rejected_total: int,
    restarts: Restarts,
) -> dict[str, Value | None]:
    """A wall's own figures over the period between two sums."""
    period_s = max(1e-3, after.at_s - before.at_s)
    states = [(tile, channel.state) for tile, channel in cameras if channel is not None]
    live = [tile for tile, state in states if state is PictureState.LIVE]
    waits = sorted(tile.latency.whole.p50_ms for tile in live if tile.latency.whole is not None)
    bits = 8 * (after.counts.encoded_bytes_total - before.counts.encoded_bytes_total)
    return {
        "fps": round((after.counts.ticks_total - before.counts.ticks_total) / period_s, 1),
        "cpu": round(100 * (after.cpu_s - before.cpu_s) / period_s, 1),
        "viewers": viewers,
        "encoded": round(bits / period_s / 1000),
        "cameras_live": len(live),
        "cameras_behind": sum(state is PictureState.BEHIND for _, state in states),
        "latency": waits[len(waits) // 2] if waits else None,
        "missed_ticks_total": after.counts.missed_ticks_total,
        "dropped_total": sum(channel.dropped_total for _, channel in cameras if channel is not None),
        "restarts_total": restarts.total,
        "restarted_because": restarts.because,
        "decoders_lost_total": after.pool.lost_total,
        "cameras_ffmpeg": sum(
            channel is not None and channel.stream is not None and channel.stream.carrier == FFMPEG
            for _, channel in cameras
        ),
        "cameras_kept_away": after.pool.kept_away,
        "saving": after.saving,
        "plan_revision": revision,
        "plans_rejected_total": rejected_total,
    }


class Losses(Struct, frozen=True):
    """What a wall did not take in, or could not hand on.

    Boards that could not be read, commands too many at a time, messages for which there was no broker, and those who
    called at its page without room for them, or without a request.
    """

    boards_rejected_total: int = 0
    commands_dropped_total: int = 0
    unsent_total: int = 0
    connections_refused_total: int = 0
    connections_unheard_total: int = 0


def shared_values(hops: dict[Hop, Spread], losses: Losses) -> dict[str, Value | None]:
    """What all tiles have in common: the slow twentieth of encoding and sending, and what was lost beside them."""
    slow = {hop: hops[hop].p95_ms if hop in hops else None for hop in (Hop.ENCODE, Hop.SEND)}
    return {**{f"latency_{hop}": value for hop, value in slow.items()}, **asdict(losses)}


def _latencies(tile: Tile) -> dict[str, Value | None]:
    """From a picture's last packet to its place on the wall, and the slow twentieth of each hop."""
    known = tile.latency.summary({})
    whole, hops = (known.whole, known.hops) if known else (None, {})
    return {
        "latency": whole.p50_ms if whole else None,
        "latency_p95": whole.p95_ms if whole else None,
        **{f"latency_{hop}": hops[hop].p95_ms if hop in hops else None for hop in OWN_HOPS},
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
