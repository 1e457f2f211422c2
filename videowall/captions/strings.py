"""The wall's own words, in the three languages of the product."""

from sensors.catalog import PictureState
from sensors.model import Language, Names, Priority
from videowall.board import SiteCondition

STATES: dict[PictureState, Names] = {
    PictureState.LIVE: Names(en="Live", ru="В эфире", kk="Тікелей"),
    PictureState.CONNECTING: Names(en="Connecting", ru="Подключение", kk="Қосылуда"),
    PictureState.DELAYED: Names(en="Delayed", ru="Задержка", kk="Кідіріс"),
    PictureState.BEHIND: Names(en="Wall is behind", ru="Стена не успевает", kk="Қабырға үлгермейді"),
    PictureState.NO_PACKETS: Names(en="No packets", ru="Нет пакетов", kk="Пакеттер жоқ"),
    PictureState.REFUSED: Names(en="Connection refused", ru="Камера отказала", kk="Камера бас тартты"),
    PictureState.NOT_FOUND: Names(en="Not found", ru="Поток не найден", kk="Ағын табылмады"),
    PictureState.BAD_CREDENTIALS: Names(en="Wrong password", ru="Неверный пароль", kk="Құпиясөз қате"),
    PictureState.NO_FREE_SESSION: Names(en="No free session", ru="Нет свободных сеансов", kk="Бос сеанс жоқ"),
    PictureState.CANNOT_DECODE: Names(en="Cannot decode", ru="Не декодируется", kk="Декодталмайды"),
    PictureState.FROZEN: Names(en="Picture frozen", ru="Стоп-кадр", kk="Бейне қатып қалды"),
    PictureState.BLACK: Names(en="Black picture", ru="Чёрный кадр", kk="Қара бейне"),
    PictureState.OVEREXPOSED: Names(en="Over-exposed", ru="Засветка кадра", kk="Бейне ағарып кеткен"),
    PictureState.COVERED: Names(en="Camera covered", ru="Камера закрыта", kk="Камера жабылған"),
    PictureState.STRIPED: Names(en="Stripes in picture", ru="Полосы в кадре", kk="Бейнеде жолақтар бар"),
    PictureState.NOISY: Names(en="Noisy picture", ru="Шум в кадре", kk="Бейне шуылды"),
    PictureState.BLURRED: Names(en="Blurred picture", ru="Кадр не в фокусе", kk="Бейне бұлыңғыр"),
    PictureState.MOVED: Names(en="Camera moved", ru="Камера сдвинута", kk="Камера жылжыған"),
    PictureState.DISCOLOURED: Names(en="Colours are wrong", ru="Искажены цвета", kk="Түстер бұрмаланған"),
}

NO_ALARMS = Names(en="No active alarms", ru="Нет активных тревог", kk="Белсенді дабыл жоқ")
CAMERAS_LIVE = Names(en="{} of {} cameras live", ru="В эфире камер: {} из {}", kk="Эфирдегі камералар: {} / {}")
WAITING_FOR_PLAN = Names(en="Waiting for the hub's plan", ru="Ожидание плана стены", kk="Қабырға жоспары күтілуде")
MORE_WAITING = Names(en="more waiting: {}", ru="ещё в очереди: {}", kk="кезекте тағы: {}")
IN_QUEUE = Names(en="{} waiting", ru="{} в очереди", kk="{} кезекте")
SINCE = Names(en="since {}", ru="с {}", kk="{} бастап")
EXERCISE = Names(en="EXERCISE", ru="УЧЕНИЕ", kk="ОҚУ-ЖАТТЫҒУ")
ACKNOWLEDGED = Names(en="acknowledged", ru="принята", kk="расталған")
SAVING = Names(en="saving", ru="экономия", kk="үнемдеу")
SAVING_PARTS = Names(en="fewer pictures", ru="не все кадры", kk="кадрлар сирек")
SAVING_KEYS = Names(en="key pictures only", ru="опорные кадры", kk="тірек кадрлар ғана")
"""Short, so that they fit beside a tile's clock on a wall of many."""
PAUSED = Names(en="held", ru="удержана", kk="ұсталды")

ALARMS = Names(en="Alarms", ru="Тревоги", kk="Дабылдар")
SITES = Names(en="Posts", ru="Посты", kk="Бекеттер")
MAP = Names(en="Border", ru="Граница", kk="Шекара")
MORE = Names(en="and {} more", ru="и ещё {}", kk="тағы {}")
NO_BOARD = Names(en="No word from the centre yet", ru="Данных из центра ещё нет", kk="Орталықтан дерек әлі жоқ")
STALE = Names(en="Not renewed for {}", ru="Не обновлялось {}", kk="{} жаңартылмады")
UNPLACED = Names(en="Without a position", ru="Без координат", kk="Координатасы жоқ")
COARSE = Names(
    en="Outline to about 10 km, not for navigation",
    ru="Контур с точностью около 10 км, не для навигации",
    kk="Контур дәлдігі 10 км шамасында, навигацияға арналмаған",
)
CONDITIONS: dict[SiteCondition, Names] = {
    SiteCondition.NORMAL: Names(en="normal", ru="норма", kk="қалыпты"),
    SiteCondition.DEGRADED: Names(en="degraded", ru="неполадки", kk="ақаулар бар"),
    SiteCondition.ALARM: Names(en="alarm", ru="тревога", kk="дабыл"),
    SiteCondition.UNREACHABLE: Names(en="no contact", ru="нет связи", kk="байланыс жоқ"),
}
PRIORITIES: dict[Priority, Names] = {
    Priority.LOW: Names(en="low", ru="низкая", kk="төмен"),
    Priority.MEDIUM: Names(en="medium", ru="средняя", kk="орташа"),
    Priority.HIGH: Names(en="high", ru="высокая", kk="жоғары"),
    Priority.CRITICAL: Names(en="critical", ru="критическая", kk="аса қауіпті"),
}
WEEKDAYS = (
    Names(en="Monday", ru="понедельник", kk="дүйсенбі"),
    Names(en="Tuesday", ru="вторник", kk="сейсенбі"),
    Names(en="Wednesday", ru="среда", kk="сәрсенбі"),
    Names(en="Thursday", ru="четверг", kk="бейсенбі"),
    Names(en="Friday", ru="пятница", kk="жұма"),
    Names(en="Saturday", ru="суббота", kk="сенбі"),
    Names(en="Sunday", ru="воскресенье", kk="жексенбі"),
)

_SECONDS = Names(en="s", ru="с", kk="с")
_MINUTES = Names(en="min", ru="мин", kk="мин")
_HOURS = Names(en="h", ru="ч", kk="сағ")


def trouble(state: PictureState, age_s: float | None, language: Language) -> str:
    """What is wrong with a picture, and for how many seconds where that is known; nothing of a live one."""
    if state is PictureState.LIVE:
        return ""
    word = STATES[state].in_language(language)
    if age_s is None or age_s < 1.0 or state is PictureState.CONNECTING:
        return word
    return f"{word} · {age(age_s, language)}"


def age(seconds: float, language: Language) -> str:
    """How long ago, in one unit that can be read across a room."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole} {_SECONDS.in_language(language)}"
    if whole < 7200:
        return f"{whole // 60} {_MINUTES.in_language(language)}"
    return f"{whole // 3600} {_HOURS.in_language(language)}"
