"""The lane: barrier, scales, counters, queue and the radiation portal."""

from sensors.catalog import EquipmentClass
from sensors.kinds.form import Kind, above, below, counter, equals, number, switch, text
from sensors.model import Names, Priority

KINDS = (
    Kind(
        "barrier",
        Names("Barrier", "Шлагбаум", "Шлагбаум"),
        EquipmentClass.BARRIERS,
        (
            text(
                "position",
                Names("Position", "Положение", "Күйі"),
                equals(
                    "fault",
                    "fault",
                    Priority.MEDIUM,
                    Names("The barrier is stuck", "Шлагбаум заклинило", "Шлагбаум кептеліп қалды"),
                    "Drive, boom or limit switch.",
                    Names(
                        "Stop the traffic by hand; call the technician.",
                        "Остановите движение вручную; вызовите техника.",
                        "Қозғалысты қолмен тоқтатыңыз; техникті шақырыңыз.",
                    ),
                    on_delay_s=3,
                    off_delay_s=5,
                ),
            ),
            number(
                "open_time",
                Names("Open for", "Открыт в течение", "Ашық тұрған уақыты"),
                "s",
                0,
                86_400,
                above(
                    "left-open",
                    120,
                    Priority.MEDIUM,
                    Names("The barrier has been left open", "Шлагбаум оставлен открытым", "Шлагбаум ашық қалды"),
                    "Forced open, or forgotten.",
                    Names(
                        "Look at the gate camera; call the post.",
                        "Посмотрите на камеру въезда; позвоните на пост.",
                        "Кіру камерасына қараңыз; бекетке қоңырау шалыңыз.",
                    ),
                    deadband=60,
                ),
            ),
            counter("cycles_total", Names("Cycles", "Циклы", "Циклдер"), "{cycle}"),
        ),
    ),
    Kind(
        "weighbridge",
        Names("Weighbridge", "Весы", "Таразы"),
        EquipmentClass.WEIGHT,
        (
            number("gross", Names("Gross weight", "Полная масса", "Толық салмақ"), "t", 0, 80),
            number("axles", Names("Axles", "Оси", "Осьтер"), "{axle}", 0, 12),
            number("axle_load", Names("Heaviest axle", "Наибольшая осевая нагрузка", "Ең ауыр ось"), "t", 0, 25),
            switch(
                "overload",
                Names("Overload", "Перегруз", "Артық жүк"),
                equals(
                    "overload",
                    True,
                    Priority.LOW,
                    Names(
                        "Overloaded vehicle on the weighbridge",
                        "Перегруженное транспортное средство на весах",
                        "Таразыда артық жүк тиелген көлік",
                    ),
                    "Gross weight over 44 t.",
                    Names(
                        "Hold the vehicle; inform transport control.",
                        "Задержите транспорт; сообщите транспортному контролю.",
                        "Көлікті кідіртіңіз; көлік бақылауына хабарлаңыз.",
                    ),
                    off_delay_s=5,
                ),
            ),
            counter("vehicles_total", Names("Vehicles weighed", "Взвешено", "Өлшенген көліктер"), "{vehicle}"),
        ),
    ),
    Kind(
        "vehicle-counter",
        Names("Vehicle counter", "Счётчик транспорта", "Көлік санағышы"),
        EquipmentClass.TRAFFIC,
        (
            counter("cars_total", Names("Cars", "Легковые", "Жеңіл көліктер"), "{vehicle}"),
            counter("trucks_total", Names("Trucks", "Грузовые", "Жүк көліктері"), "{vehicle}"),
            counter("buses_total", Names("Buses", "Автобусы", "Автобустар"), "{vehicle}"),
            number("flow", Names("Flow", "Поток", "Ағын"), "{vehicle}/h", 0, 1000),
            number("queue", Names("Queue", "Очередь", "Кезек"), "{vehicle}", 0, 2000),
            number(
                "wait",
                Names("Waiting time", "Время ожидания", "Күту уақыты"),
                "min",
                0,
                2880,
                above(
                    "long-wait",
                    180,
                    Priority.LOW,
                    Names(
                        "Vehicles wait for more than three hours", "Ожидание более трёх часов", "Күту үш сағаттан асты"
                    ),
                    "More traffic than the open lanes pass, or a lane is shut.",
                    Names(
                        "Ask the post to open a lane; warn the neighbouring posts.",
                        "Попросите пост открыть полосу; предупредите соседние посты.",
                        "Бекеттен жолақ ашуды сұраңыз; көрші бекеттерге ескертіңіз.",
                    ),
                    deadband=20,
                    on_delay_s=300,
                ),
            ),
        ),
    ),
    Kind(
        "electronic-queue",
        Names("Electronic queue", "Электронная очередь", "Электрондық кезек"),
        EquipmentClass.TRAFFIC,
        (
            number("waiting", Names("Waiting", "Ожидают", "Күтуде"), "{vehicle}", 0, 5000),
            number("called", Names("Called", "Вызваны", "Шақырылды"), "{vehicle}", 0, 500),
            counter("served_total", Names("Served", "Пропущено", "Өткізілді"), "{vehicle}"),
            number(
                "wait",
                Names("Waiting time", "Время ожидания", "Күту уақыты"),
                "min",
                0,
                20_160,
                above(
                    "long-wait",
                    180,
                    Priority.LOW,
                    Names(
                        "The electronic queue waits for more than three hours",
                        "Электронная очередь ждёт более трёх часов",
                        "Электрондық кезек үш сағаттан көп күтуде",
                    ),
                    "More vehicles come than the open lanes serve, or lanes are shut.",
                    Names(
                        "Ask the post to open a lane; warn the neighbouring posts.",
                        "Попросите пост открыть полосу; предупредите соседние посты.",
                        "Бекеттен жолақ ашуды сұраңыз; көрші бекеттерге ескертіңіз.",
                    ),
                    deadband=20,
                    on_delay_s=300,
                ),
            ),
            number(
                "lanes_open",
                Names("Lanes open", "Открыто полос", "Ашық жолақтар"),
                "{lane}",
                0,
                50,
                below(
                    "all-shut",
                    1,
                    Priority.MEDIUM,
                    Names("No lane of the crossing is open", "Все полосы закрыты", "Барлық жолақ жабық"),
                    "The crossing is closed, or nobody serves it.",
                    Names(
                        "Call the post; warn the neighbouring posts.",
                        "Позвоните на пост; предупредите соседние посты.",
                        "Бекетке қоңырау шалыңыз; көрші бекеттерге ескертіңіз.",
                    ),
                    on_delay_s=60,
                    off_delay_s=60,
                ),
            ),
            number(
                "out_of_turn",
                Names("Out of turn", "Вне очереди", "Кезектен тыс"),
                "%",
                0,
                100,
                above(
                    "out-of-turn",
                    5,
                    Priority.LOW,
                    Names(
                        "Too many vehicles pass out of turn",
                        "Слишком много машин проходит вне очереди",
                        "Кезектен тыс өтетін көлік тым көп",
                    ),
                    "More than the 5 % of the day that may be called out of turn.",
                    Names(
                        "Ask the post for its reasons; log the answer.",
                        "Запросите у поста причины; запишите ответ в журнал.",
                        "Бекеттен себебін сұраңыз; жауапты журналға жазыңыз.",
                    ),
                    deadband=1,
                    on_delay_s=300,
                ),
            ),
        ),
    ),
    Kind(
        "radiation-portal",
        Names("Radiation portal", "Радиационный портал", "Радиациялық портал"),
        EquipmentClass.RADIATION,
        (
            number("gamma", Names("Gamma", "Гамма-излучение", "Гамма-сәуле"), "{count}/s", 0, 200_000),
            number("neutron", Names("Neutrons", "Нейтроны", "Нейтрондар"), "{count}/s", 0, 5000),
            number("background", Names("Gamma background", "Гамма-фон", "Гамма-фон"), "{count}/s", 0, 20_000),
            number(
                "neutron_background",
                Names("Neutron background", "Нейтронный фон", "Нейтрондық фон"),
                "{count}/s",
                0,
                5000,
            ),
            number(
                "dose_rate",
                Names("Dose rate", "Мощность дозы", "Доза қуаты"),
                "uSv/h",
                0,
                1000,
                above(
                    "dose-rate",
                    1,
                    Priority.HIGH,
                    Names("Dose rate above 1 µSv/h", "Мощность дозы выше 1 мкЗв/ч", "Доза қуаты 1 мкЗв/сағ-тан жоғары"),
                    "A source in or near the portal, or a medical patient.",
                    Names(
                        "Keep people away; call the radiation officer.",
                        "Удалите людей; вызовите специалиста радиационного контроля.",
                        "Адамдарды алыстатыңыз; радиациялық бақылау маманын шақырыңыз.",
                    ),
                    deadband=0.5,
                    off_delay_s=15,
                ),
            ),
            number(
                "exposure_rate",
                Names("Exposure rate", "Мощность экспозиционной дозы", "Экспозициялық доза қуаты"),
                "uR/h",
                0,
                100_000,
            ),
            switch("occupied", Names("Vehicle in portal", "Транспорт в портале", "Порталда көлік бар")),
            number("speed", Names("Speed", "Скорость", "Жылдамдық"), "km/h", 0, 60),
            switch(
                "gamma_alarm",
                Names("Gamma alarm", "Тревога по гамме", "Гамма дабылы"),
                equals(
                    "gamma",
                    True,
                    Priority.HIGH,
                    Names("Gamma radiation above background", "Гамма-излучение выше фона", "Гамма-сәуле фоннан жоғары"),
                    "A source, or cargo that is naturally radioactive: fertiliser, tiles, granite.",
                    Names(
                        "Stop the vehicle in the lane; check papers; call the radiation officer.",
                        "Остановите транспорт на полосе; проверьте документы; "
                        "вызовите специалиста радиационного контроля.",
                        "Көлікті жолақта тоқтатыңыз; құжаттарды тексеріңіз; радиациялық бақылау маманын шақырыңыз.",
                    ),
                    off_delay_s=15,
                ),
            ),
            switch(
                "neutron_alarm",
                Names("Neutron alarm", "Тревога по нейтронам", "Нейтрон дабылы"),
                equals(
                    "neutron",
                    True,
                    Priority.CRITICAL,
                    Names(
                        "Neutron radiation in the portal", "Нейтронное излучение в портале", "Порталда нейтрон сәулесі"
                    ),
                    "Neutrons have no harmless cargo as their source.",
                    Names(
                        "Stop the vehicle; keep people 50 m away; call the radiation officer.",
                        "Остановите транспорт; удалите людей на 50 м; вызовите специалиста радиационного контроля.",
                        "Көлікті тоқтатыңыз; адамдарды 50 м алыстатыңыз; радиациялық бақылау маманын шақырыңыз.",
                    ),
                    off_delay_s=15,
                ),
            ),
        ),
    ),
)
