"""Buildings and lanes: contacts, detectors, meters, and the instruments of a crossing point."""

from sensors.catalog import EquipmentClass
from sensors.kinds.form import Kind, above, counter, equals, number, switch, text
from sensors.model import Names, Priority

_LOOK = Names(
    "Look at the linked camera; call the post.",
    "Посмотрите на связанную камеру; позвоните на пост.",
    "Байланысқан камераға қараңыз; бекетке қоңырау шалыңыз.",
)
_FIRE = Names(
    "Call the post and the fire service; look at the cameras.",
    "Позвоните на пост и пожарным; посмотрите на камеры.",
    "Бекетке және өрт сөндірушілерге қоңырау шалыңыз; камераларға қараңыз.",
)
_TAMPER = switch(
    "tamper",
    Names("Tamper", "Вскрытие", "Бұзып ашу"),
    equals(
        "tamper",
        True,
        Priority.HIGH,
        Names("The device is being tampered with", "Вскрытие устройства", "Құрылғыны бұзып ашу"),
        "Its housing was opened, or it was torn off.",
        _LOOK,
        off_delay_s=10,
    ),
)

KINDS = (
    Kind(
        "motion-sensor",
        Names("Motion detector", "Датчик движения", "Қозғалыс датчигі"),
        EquipmentClass.SECURITY_ALARM,
        (
            switch("motion", Names("Motion", "Движение", "Қозғалыс")),
            switch("occupancy", Names("Presence", "Присутствие", "Қатысу")),
            _TAMPER,
        ),
    ),
    Kind(
        "door-contact",
        Names("Door contact", "Датчик двери", "Есік датчигі"),
        EquipmentClass.SECURITY_ALARM,
        (
            switch("door", Names("Door open", "Дверь открыта", "Есік ашық")),
            switch("window", Names("Window open", "Окно открыто", "Терезе ашық")),
            switch("lock", Names("Unlocked", "Не заперто", "Құлыптанбаған")),
            _TAMPER,
        ),
    ),
    Kind(
        "fire-alarm",
        Names("Fire alarm", "Пожарная сигнализация", "Өрт дабылы"),
        EquipmentClass.FIRE,
        (
            switch(
                "smoke",
                Names("Smoke", "Дым", "Түтін"),
                equals(
                    "smoke",
                    True,
                    Priority.CRITICAL,
                    Names("Smoke", "Дым", "Түтін"),
                    "Fire, or dust and steam.",
                    _FIRE,
                    off_delay_s=30,
                ),
            ),
            switch(
                "gas",
                Names("Gas", "Газ", "Газ"),
                equals(
                    "gas",
                    True,
                    Priority.CRITICAL,
                    Names("Gas leak", "Утечка газа", "Газдың шығуы"),
                    "A leak of fuel gas, or carbon monoxide.",
                    _FIRE,
                    off_delay_s=30,
                ),
            ),
            switch("fault", Names("Fault", "Неисправность", "Ақау")),
        ),
    ),
    Kind(
        "climate",
        Names("Climate sensor", "Датчик климата", "Климат датчигі"),
        EquipmentClass.ENVIRONMENT,
        (
            number("temperature", Names("Temperature", "Температура", "Температура"), "Cel", -60, 100),
            number("humidity", Names("Humidity", "Влажность", "Ылғалдылық"), "%", 0, 100),
            number("pressure", Names("Pressure", "Давление", "Қысым"), "hPa", 500, 1100),
            number("carbon_dioxide", Names("Carbon dioxide", "Углекислый газ", "Көмірқышқыл газы"), "[ppm]", 0, 40_000),
            switch("moisture", Names("Water", "Вода", "Су")),
        ),
    ),
    Kind(
        "power-meter",
        Names("Power meter", "Счётчик электроэнергии", "Электр есептегіші"),
        EquipmentClass.POWER,
        (
            number("voltage", Names("Voltage", "Напряжение", "Кернеу"), "V", 0, 1000),
            number("current", Names("Current", "Ток", "Ток"), "A", 0, 5000),
            number("power", Names("Power", "Мощность", "Қуат"), "W", -1_000_000, 1_000_000),
            number("frequency", Names("Mains frequency", "Частота сети", "Желі жиілігі"), "Hz", 0, 70),
            counter("energy", Names("Energy", "Энергия", "Энергия"), "kW.h"),
        ),
    ),
    Kind(
        "thermal-gate",
        Names("Thermal gate", "Тепловизионная рамка", "Жылу қақпасы"),
        EquipmentClass.THERMAL,
        (
            number(
                "body_temperature",
                Names("Body temperature", "Температура тела", "Дене температурасы"),
                "Cel",
                30,
                45,
                above(
                    "fever",
                    37.5,
                    Priority.LOW,
                    Names("Raised body temperature", "Повышенная температура тела", "Дене температурасы жоғары"),
                    "Illness, sun or effort.",
                    Names("Call the medical officer.", "Вызовите медика.", "Медицина қызметкерін шақырыңыз."),
                    deadband=0.3,
                    off_delay_s=5,
                ),
            ),
            counter("persons_total", Names("Persons", "Прошло людей", "Өткен адамдар"), "{person}"),
        ),
    ),
    Kind(
        "plate-reader",
        Names("Number plate reader", "Распознавание номеров", "Нөмір тануы"),
        EquipmentClass.TRAFFIC,
        (
            number("confidence", Names("Confidence", "Достоверность", "Сенімділік"), "%", 0, 100),
            counter("plates_total", Names("Plates read", "Прочитано номеров", "Оқылған нөмірлер"), "{vehicle}"),
        ),
    ),
    Kind(
        "radar",
        Names("Ground radar", "Радар", "Радар"),
        EquipmentClass.SECURITY_ALARM,
        (
            number("tracks", Names("Tracks", "Цели", "Нысаналар"), "{track}", 0, 1000),
            number("range", Names("Nearest track", "Ближайшая цель", "Ең жақын нысана"), "m", 0, 50_000),
            text("class", Names("Class", "Класс цели", "Нысана түрі")),
        ),
    ),
)
