"""What carries a post's link to the centre: mobile modem, satellite terminal, optical transceiver.

Ranges of the mobile figures after 3GPP TS 36.133; those of the others cover what such equipment reports.
"""

from sensors.catalog import EquipmentClass
from sensors.kinds.form import Kind, below, counter, equals, number, switch, text
from sensors.model import Metric, Names, Priority

_RESERVE = Names(
    "Check the reserve channel; tell the technician.",
    "Проверьте резервный канал; сообщите технику.",
    "Резервтік арнаны тексеріңіз; техникке хабарлаңыз.",
)


def _up(cause: str) -> Metric:
    return switch(
        "up",
        Names("Up", "На связи", "Байланыста"),
        equals(
            "down",
            False,
            Priority.MEDIUM,
            Names("This path to the centre is down", "Этот канал с центром не работает", "Орталықпен бұл арна жоқ"),
            cause,
            _RESERVE,
            on_delay_s=30,
            off_delay_s=30,
        ),
    )


_RTT = number("rtt", Names("Round trip", "Задержка", "Кідіріс"), "ms", 0, 70_000)

KINDS = (
    Kind(
        "lte",
        Names("Mobile modem", "Модем LTE", "LTE модемі"),
        EquipmentClass.COMMUNICATIONS,
        (
            _up("No cell, no contract, or the operator's network."),
            text("operator", Names("Operator", "Оператор", "Оператор")),
            text("band", Names("Band", "Диапазон", "Диапазон")),
            number(
                "rsrp",
                Names("Signal power (RSRP)", "Мощность сигнала (RSRP)", "Сигнал қуаты (RSRP)"),
                "{dBm}",
                -156,
                -31,
                below(
                    "weak",
                    -115,
                    Priority.LOW,
                    Names("The mobile signal is weak", "Слабый сигнал LTE", "LTE сигналы әлсіз"),
                    "The aerial is turned, damaged or snowed in, or the cell is switched off.",
                    Names(
                        "Tell the technician to look at the aerial.",
                        "Сообщите технику: проверить антенну.",
                        "Техникке антеннаны тексеруді хабарлаңыз.",
                    ),
                    deadband=3,
                    on_delay_s=60,
                    off_delay_s=60,
                ),
            ),
            number("rsrq", Names("Signal quality (RSRQ)", "Качество (RSRQ)", "Сапасы (RSRQ)"), "dB", -34, 3),
            number(
                "sinr",
                Names("Signal to noise (SINR)", "Сигнал/помеха (SINR)", "Сигнал/кедергі (SINR)"),
                "dB",
                -23,
                40,
                below(
                    "noisy",
                    0,
                    Priority.LOW,
                    Names("Interference on the mobile link", "Помехи в канале LTE", "LTE арнасында кедергі бар"),
                    "A crowded cell, a jammer, or a damaged aerial.",
                    Names(
                        "Note it; if satellites are jammed too, report it.",
                        "Отметьте; если подавлены и спутники, доложите.",
                        "Белгілеңіз; спутниктер де басылса, баяндаңыз.",
                    ),
                    deadband=2,
                    on_delay_s=60,
                    off_delay_s=60,
                ),
            ),
            _RTT,
            counter("data_total", Names("Data used", "Израсходовано данных", "Жұмсалған деректер"), "By"),
        ),
    ),
    Kind(
        "vsat",
        Names("Satellite terminal", "Спутниковый терминал", "Спутниктік терминал"),
        EquipmentClass.COMMUNICATIONS,
        (
            _up("Heavy rain or snow, a moved dish, or the operator's hub."),
            number(
                "c_n",
                Names("Carrier to noise (C/N)", "Несущая/шум (C/N)", "Тасымал/шу (C/N)"),
                "dB",
                -10,
                30,
                below(
                    "fading",
                    6,
                    Priority.MEDIUM,
                    Names(
                        "The satellite signal is fading",
                        "Спутниковый сигнал слабеет",
                        "Спутник сигналы әлсіреп барады",
                    ),
                    "Rain between dish and satellite; if it is dry: the dish has moved, or ice is on it.",
                    Names(
                        "Expect a slow link until the rain has passed; if it is dry, tell the technician.",
                        "До конца дождя канал будет медленным; если сухо, сообщите технику.",
                        "Жаңбыр өткенше арна баяу болады; құрғақ болса, техникке хабарлаңыз.",
                    ),
                    deadband=1,
                    on_delay_s=30,
                    off_delay_s=60,
                ),
            ),
            number("rain_fade", Names("Rain fade", "Затухание в дожде", "Жаңбырдағы әлсіреу"), "dB", 0, 60),
            number("rx_level", Names("Received level", "Уровень приёма", "Қабылдау деңгейі"), "{dBm}", -100, 0),
            number("tx_level", Names("Transmitted level", "Уровень передачи", "Тарату деңгейі"), "{dBm}", -40, 60),
            _RTT,
        ),
    ),
    Kind(
        "transceiver",
        Names("Optical transceiver", "Оптический приёмопередатчик", "Оптикалық қабылдап-таратқыш"),
        EquipmentClass.COMMUNICATIONS,
        (
            _up("The fibre is cut, or a plug is out."),
            number(
                "rx_power",
                Names("Received light", "Принимаемая мощность", "Қабылданатын қуат"),
                "{dBm}",
                -50,
                10,
                below(
                    "dim",
                    -26,
                    Priority.MEDIUM,
                    Names("Little light in the fibre", "Мало света в волокне", "Талшықта жарық аз"),
                    "A bent, dirty or cut fibre, or an ageing laser at the other end.",
                    Names(
                        "Call the provider; send somebody along the cable if it is dark.",
                        "Позвоните провайдеру; если света нет, осмотрите трассу.",
                        "Провайдерге қоңырау шалыңыз; жарық болмаса, трассаны қараңыз.",
                    ),
                    deadband=1,
                    on_delay_s=10,
                    off_delay_s=30,
                ),
            ),
            number("tx_power", Names("Transmitted light", "Излучаемая мощность", "Таратылатын қуат"), "{dBm}", -40, 10),
            number("temperature", Names("Temperature", "Температура", "Температура"), "Cel", -50, 110),
        ),
    ),
)
