"""The words of a score, in the three languages of the product. Ids of devices and alarms stay as they are."""

from sensors.model import Names
from simulators.scoring.matching import Outcome, Verdict

TITLE = Names(en="Score of a run", ru="Оценка прогона", kk="Сынақты бағалау")
SEED = Names(en="seed", ru="начальное число", kk="бастапқы сан")
SPEED = Names(en="{} times faster", ru="в {} раз быстрее", kk="{} есе жылдам")
REAL_TIME = Names(en="real time", ru="реальное время", kk="нақты уақыт")
FIXED_CLOCK = Names(en="fixed clock", ru="заданные часы", kk="белгіленген сағат")
CUT_OFF = Names(en="cut off", ru="прерван", kk="үзілген")
STREAM = Names(en="stream", ru="поток", kk="ағын")
HELD = Names(en="Everything held", ru="Всё сошлось", kk="Бәрі сәйкес")
NOT_HELD = Names(en="Not everything held", ru="Сошлось не всё", kk="Бәрі сәйкес емес")

ALARM = Names(en="alarm", ru="тревога", kk="дабыл")
ALARMS = Names(en="Alarms", ru="Тревоги", kk="Дабылдар")
TOTAL = Names(en="all", ru="всего", kk="барлығы")
EXPECTED = Names(en="expected", ru="ожидалось", kk="күтілген")
OUTCOMES: dict[Outcome, Names] = {
    Outcome.DETECTED: Names(en="detected", ru="обнаружено", kk="табылған"),
    Outcome.MISSED: Names(en="missed", ru="пропущено", kk="өткізілген"),
    Outcome.STANDING: Names(en="stood already", ru="уже стояли", kk="бұрыннан тұрған"),
}
VERDICTS: dict[Verdict, Names] = {
    Verdict.DETECTED: Names(en="in time", ru="вовремя", kk="уақытында"),
    Verdict.LATE: Names(en="late", ru="поздно", kk="кеш"),
    Verdict.REPEATED: Names(en="again", ru="повторно", kk="қайталап"),
    Verdict.NUISANCE: Names(en="nuisance", ru="помеха", kk="кедергі"),
    Verdict.EXPLAINED: Names(en="explained by a fault", ru="из-за неисправности", kk="ақаудан"),
    Verdict.FALSE: Names(en="false", ru="ложная", kk="жалған"),
}
SHORT: tuple[Names, ...] = (
    Names(en="exp.", ru="ожид", kk="күт."),
    Names(en="found", ru="найд.", kk="таб."),
    Names(en="missed", ru="проп.", kk="өтк."),
    Names(en="late", ru="позд", kk="кеш"),
    Names(en="false", ru="ложн.", kk="жалғ."),
    Names(en="nuis.", ru="помех", kk="кед."),
)
"""Heads of the table's columns, as short as its 80 columns want them."""
SHORT_LEGEND = Names(
    en="exp. expected, nuis. nuisance; times: seconds from expectation to alarm",
    ru="ожид - ожидалось, найд. - обнаружено; время - секунды от ожидания до тревоги",
    kk="күт. - күтілген, таб. - табылған; уақыт - күтуден дабылға дейінгі секунд",
)
LONGEST = Names(en="max", ru="макс", kk="ең көп")

HONESTY = Names(en="Honesty of the walls", ru="Честность стен", kk="Қабырғалардың адалдығы")
MARKED = Names(
    en="faulty pictures were marked for {:.0%} of {:.0f} s",
    ru="неисправные изображения отмечены {:.0%} времени из {:.0f} с",
    kk="ақаулы бейнелер {1:.0f} с уақыттың {0:.0%} бөлігінде белгіленді",
)
NOTHING_FAULTY = Names(
    en="no picture on a wall was faulty", ru="неисправных изображений на стенах не было", kk="ақаулы бейне болған жоқ"
)
WITHIN = Names(
    en="marked after: half {:.1f} s, 19 of 20 {:.1f} s, all {:.1f} s",
    ru="отмечены через: половина {:.1f} с, 19 из 20 {:.1f} с, все {:.1f} с",
    kk="белгіленді: жартысы {:.1f} с, 20-дан 19-ы {:.1f} с, бәрі {:.1f} с өткенде",
)
OVERDUE = Names(
    en="shown as live when they might not be: {:.1f} s; never marked: {}",
    ru="показаны живыми, когда уже нельзя: {:.1f} с; ни разу не отмечены: {}",
    kk="болмайтын кезде тірі деп көрсетілді: {:.1f} с; мүлде белгіленбеген: {}",
)
HEALTHY = Names(
    en="healthy pictures were wrongly marked for {:.1f} of {:.0f} s",
    ru="исправные изображения ошибочно отмечены {:.1f} с из {:.0f} с",
    kk="ақаусыз бейнелер {1:.0f} с ішінде {0:.1f} с қате белгіленді",
)
UNWATCHED = Names(
    en="faults of cameras on no wall: {}", ru="неисправности камер вне стен: {}", kk="қабырғада жоқ камералар ақауы: {}"
)
MARK_COLUMN = Names(en="marked after", ru="отмечено через", kk="белгіленді")
NEVER = Names(en="never", ru="никогда", kk="ешқашан")
SHARE_LIVE = Names(en="shown as live", ru="показано как живое", kk="тірі деп көрсетілген")
SHARE_MARKED = Names(en="marked", ru="отмечено", kk="белгіленген")
DUE = Names(en="due", ru="срок", kk="мерзімі")

TIMELINE = Names(en="Timeline", ru="Ход событий", kk="Оқиғалар барысы")
TIMES_IN = Names(en="times are UTC+5", ru="время - UTC+5", kk="уақыт - UTC+5")
HAPPENED = Names(en="what happened", ru="что произошло", kk="не болды")
AWAITED = Names(en="time to raise the alarm", ru="время на тревогу", kk="дабыл көтеру мерзімі")
LATENCY = Names(en="Latency", ru="Задержка", kk="Кідіріс")
LATENCY_NOTE = Names(
    en="seconds from the beginning of an expectation to its alarm",
    ru="секунды от начала ожидания до тревоги",
    kk="күту басталғаннан дабылға дейінгі секунд",
)
MISSED_LIST = Names(en="Missed", ru="Пропущено", kk="Өткізілген")
FALSE_LIST = Names(en="False", ru="Ложные", kk="Жалған")
NONE = Names(en="none", ru="нет", kk="жоқ")
MORE = Names(en="and {} more", ru="и ещё {}", kk="тағы {}")
SITE = Names(en="post", ru="пост", kk="бекет")
DEVICE = Names(en="device", ru="устройство", kk="құрылғы")
AT = Names(en="at", ru="когда", kk="қашан")
BECAUSE = Names(en="happening", ru="событие", kk="оқиға")
SECONDS = Names(en="s", ru="с", kk="с")
MINUTES = Names(en="min", ru="мин", kk="мин")
HOURS = Names(en="h", ru="ч", kk="сағ")
