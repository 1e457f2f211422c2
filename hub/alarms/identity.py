"""That an approved device is the one that was approved is a metric the hub finds, with a limit of its own."""

from sensors.model import Condition, Limit, Metric, MetricType, Names, Priority

KNOWN, IN_DOUBT = "known", "in-doubt"
IDENTITY = Metric(
    name="identity",
    type=MetricType.TEXT,
    names=Names(en="Identity", ru="Подлинность", kk="Түпнұсқалығы"),
    limits=(
        Limit(
            id="in-doubt",
            condition=Condition.EQUALS,
            bound=IN_DOUBT,
            priority=Priority.MEDIUM,
            message=Names(
                en="Another device speaks in this one's name",
                ru="От имени устройства говорит другое",
                kk="Құрылғы атынан басқасы сөйлеп тұр",
            ),
            cause="The device was exchanged, two have the same name, or somebody pretends to be it.",
            procedure=Names(
                en="Ask the post whether the device was exchanged; a technician accepts or refuses the change.",
                ru="Узнайте на посту, меняли ли устройство; техник принимает или отклоняет изменение.",
                kk="Бекеттен құрылғының ауыстырылғанын сұраңыз; техник өзгерісті қабылдайды не қабылдамайды.",
            ),
        ),
    ),
)
"""Its values are `KNOWN` and `IN_DOUBT`."""
