"""That a device is there is a metric of every device, found by the hub, with a limit of its own."""

from sensors.model import Condition, Limit, Metric, MetricType, Names, Priority

LIVENESS = Metric(
    name="liveness",
    type=MetricType.TEXT,
    names=Names(en="Connection", ru="Связь", kk="Байланыс"),
    limits=(
        Limit(
            id="offline",
            condition=Condition.DIFFERS,
            bound="online",
            priority=Priority.MEDIUM,
            message=Names(
                en="The device is not answering",
                ru="Устройство не отвечает",
                kk="Құрылғы жауап бермейді",
            ),
            on_delay_s=3.0,
            off_delay_s=3.0,
            cause="Power, link or the device itself has failed; or it says nothing although it should.",
            procedure=Names(
                en="Call the post; send a technician if it does not come back.",
                ru="Позвоните на пост; направьте техника, если связь не восстановится.",
                kk="Бекетке қоңырау шалыңыз; байланыс қалпына келмесе, техник жіберіңіз.",
            ),
        ),
    ),
)
"""Values are those of `hub.protocol.Liveness`."""
