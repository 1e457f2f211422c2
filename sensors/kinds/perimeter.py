"""Ground, fence, fibre and cabinet: what notices people where none should be."""

from sensors.catalog import EquipmentClass
from sensors.kinds.form import Kind, above, below, counter, equals, number, switch, text
from sensors.model import Names, Priority

KINDS = (
    Kind(
        "ground-sensor",
        Names("Ground sensor", "Наземный датчик", "Жер датчигі"),
        EquipmentClass.SECURITY_ALARM,
        (
            number(
                "person",
                Names("Confidence: person", "Достоверность: человек", "Сенімділік: адам"),
                "",
                0,
                1,
                above(
                    "person-near",
                    0.8,
                    Priority.HIGH,
                    Names("Person at the ground sensor", "Человек у наземного датчика", "Жер датчигінің жанында адам"),
                    "Steps of one or more people within about 15 m of the sensor.",
                    Names(
                        "Look at the linked camera; inform the post; if confirmed, send a patrol.",
                        "Посмотрите на связанную камеру; сообщите посту; при подтверждении вышлите наряд.",
                        "Байланысқан камераға қараңыз; бекетке хабарлаңыз; расталса, нарядты жіберіңіз.",
                    ),
                    deadband=0.3,
                    off_delay_s=10,
                ),
            ),
            number("vehicle", Names("Confidence: vehicle", "Достоверность: транспорт", "Сенімділік: көлік"), "", 0, 1),
            text("class", Names("Class", "Класс цели", "Нысана түрі")),
            counter("hits_total", Names("Hits", "Срабатывания", "Іске қосылулар"), "{hit}"),
            number(
                "battery",
                Names("Battery", "Батарея", "Батарея"),
                "V",
                2.0,
                4.2,
                below(
                    "battery-low",
                    3.1,
                    Priority.LOW,
                    Names(
                        "Ground sensor battery is low",
                        "Разряжена батарея наземного датчика",
                        "Жер датчигінің батареясы таусылуда",
                    ),
                    "End of the battery's life, or frost.",
                    Names(
                        "Plan a battery change.", "Запланируйте замену батареи.", "Батареяны ауыстыруды жоспарлаңыз."
                    ),
                    deadband=0.1,
                    on_delay_s=60,
                ),
            ),
            number("temperature", Names("Temperature", "Температура", "Температура"), "Cel", -50, 70),
            number("rssi", Names("Signal", "Уровень сигнала", "Сигнал деңгейі"), "{dBm}", -130, -20),
        ),
    ),
    Kind(
        "fence",
        Names("Fence sensor", "Датчик ограждения", "Қоршау датчигі"),
        EquipmentClass.SECURITY_ALARM,
        (
            number("energy", Names("Vibration", "Вибрация", "Діріл"), "mV", 0, 2000),
            switch(
                "climb",
                Names("Climbing", "Перелаз", "Асып өту"),
                equals(
                    "climbing",
                    True,
                    Priority.CRITICAL,
                    Names("Someone is climbing the fence", "Перелаз через ограждение", "Қоршаудан асып өту"),
                    "Continuous vibration for more than 3 s between 0.1 and 40 Hz.",
                    Names(
                        "Look at the linked camera; alert the duty squad; log what you see.",
                        "Посмотрите на связанную камеру; поднимите дежурную группу; запишите увиденное в журнал.",
                        "Байланысқан камераға қараңыз; кезекші топты көтеріңіз; көргеніңізді журналға жазыңыз.",
                    ),
                    off_delay_s=10,
                ),
            ),
            switch(
                "cut",
                Names("Cutting", "Перекус", "Кесу"),
                equals(
                    "cutting",
                    True,
                    Priority.CRITICAL,
                    Names("The fence is being cut", "Разрушение ограждения", "Қоршау кесілуде"),
                    "Sharp pulses between 10 Hz and 5 kHz.",
                    Names(
                        "Look at the linked camera; alert the duty squad.",
                        "Посмотрите на связанную камеру; поднимите дежурную группу.",
                        "Байланысқан камераға қараңыз; кезекші топты көтеріңіз.",
                    ),
                    off_delay_s=10,
                ),
            ),
        ),
    ),
    Kind(
        "das",
        Names("Fibre sensor", "Волоконный датчик", "Талшықты датчик"),
        EquipmentClass.SECURITY_ALARM,
        (
            text(
                "class",
                Names("Class", "Класс цели", "Нысана түрі"),
                equals(
                    "steps",
                    "person",
                    Priority.HIGH,
                    Names("Steps at the fibre", "Шаги у волокна", "Талшық жанында адым"),
                    "One or more people walk within about 10 m of the buried cable.",
                    Names(
                        "Look at the linked camera; the distance says where; if confirmed, send a patrol.",
                        "Посмотрите на связанную камеру; место указывает расстояние; при подтверждении вышлите наряд.",
                        "Байланысқан камераға қараңыз; орнын қашықтық көрсетеді; расталса, нарядты жіберіңіз.",
                    ),
                    off_delay_s=10,
                ),
                equals(
                    "digging",
                    "digging",
                    Priority.CRITICAL,
                    Names("Somebody digs at the fibre", "Копают у волокна", "Талшық жанында қазып жатыр"),
                    "Repeated blows on one spot: a tunnel, a theft of the cable, or works without an order.",
                    Names(
                        "Is there a work order? Look at the linked camera; alert the duty squad.",
                        "Есть ли наряд на работы? Посмотрите на связанную камеру; поднимите дежурную группу.",
                        "Жұмыс наряды бар ма? Байланысқан камераға қараңыз; кезекші топты көтеріңіз.",
                    ),
                    off_delay_s=10,
                ),
            ),
            number("confidence", Names("Confidence", "Достоверность", "Сенімділік"), "", 0, 1),
            number("distance", Names("Along the fibre", "Расстояние по волокну", "Талшық бойымен"), "m", 0, 200_000),
            number("extent", Names("Extent", "Протяжённость", "Ұзындығы"), "m", 0, 200_000),
            counter("events_total", Names("Events", "События", "Оқиғалар"), "{event}"),
            number(
                "fibre_loss",
                Names("Loss of the fibre", "Затухание в волокне", "Талшықтағы өшу"),
                "dB",
                0,
                60,
                above(
                    "fibre-loss",
                    20,
                    Priority.LOW,
                    Names("The fibre loses too much light", "Высокое затухание в волокне", "Талшықта жарық көп өшеді"),
                    "A bent or wet joint, or an old one.",
                    Names(
                        "Plan a measurement of the fibre.",
                        "Запланируйте измерение волокна.",
                        "Талшықты өлшеуді жоспарлаңыз.",
                    ),
                    deadband=2,
                    on_delay_s=60,
                ),
            ),
            number("fibre_length", Names("Fibre seen", "Видимая длина", "Көрінетін ұзындық"), "m", 0, 200_000),
            switch(
                "fibre_broken",
                Names("Fibre broken", "Обрыв волокна", "Талшық үзілді"),
                equals(
                    "fibre-broken",
                    True,
                    Priority.HIGH,
                    Names("The fibre is broken", "Волокно оборвано", "Талшық үзілді"),
                    "Cut by somebody, or by an excavator. Behind the break nothing is heard.",
                    Names(
                        "Look at the linked camera; watch what lies behind the break; call the technician.",
                        "Посмотрите на связанную камеру; наблюдайте за участком за обрывом; вызовите техника.",
                        "Байланысқан камераға қараңыз; үзілістен арғы жерді қадағалаңыз; техникті шақырыңыз.",
                    ),
                    off_delay_s=10,
                ),
            ),
        ),
    ),
    Kind(
        "cabinet",
        Names("Cabinet", "Шкаф", "Шкаф"),
        EquipmentClass.SECURITY_ALARM,
        (
            switch(
                "door",
                Names("Door open", "Дверь открыта", "Есік ашық"),
                equals(
                    "door-open",
                    True,
                    Priority.MEDIUM,
                    Names("The equipment cabinet is open", "Шкаф с оборудованием открыт", "Жабдық шкафы ашық"),
                    "Maintenance, or somebody who should not be there.",
                    Names(
                        "Is there a work order? Look at the yard camera.",
                        "Есть ли наряд на работы? Посмотрите на камеру двора.",
                        "Жұмыс наряды бар ма? Аула камерасына қараңыз.",
                    ),
                    on_delay_s=5,
                    off_delay_s=5,
                ),
            ),
            switch(
                "tamper",
                Names("Tamper", "Вскрытие", "Бұзып ашу"),
                equals(
                    "tamper",
                    True,
                    Priority.HIGH,
                    Names("The cabinet is being tampered with", "Вскрытие шкафа", "Шкафты бұзып ашу"),
                    "Shock or tilt of the cabinet.",
                    Names(
                        "Look at the yard camera; call the post.",
                        "Посмотрите на камеру двора; позвоните на пост.",
                        "Аула камерасына қараңыз; бекетке қоңырау шалыңыз.",
                    ),
                    off_delay_s=10,
                ),
            ),
            number(
                "temperature",
                Names("Temperature", "Температура", "Температура"),
                "Cel",
                -50,
                90,
                above(
                    "hot",
                    60,
                    Priority.MEDIUM,
                    Names("The cabinet is too hot", "Перегрев шкафа", "Шкаф қызып кетті"),
                    "Fan, filter or sun.",
                    Names(
                        "Ask the technician to check the fans.",
                        "Попросите техника проверить вентиляторы.",
                        "Техниктен желдеткіштерді тексеруді сұраңыз.",
                    ),
                    deadband=3,
                    on_delay_s=60,
                ),
            ),
            number("humidity", Names("Humidity", "Влажность", "Ылғалдылық"), "%", 0, 100),
        ),
    ),
)
