"""What plays simulated posts in an exercise: no equipment of any post, and never of actual work."""

from sensors.catalog import SIMULATOR, EquipmentClass
from sensors.kinds.form import Kind, number, text
from sensors.model import Names

NO_SCENARIO = "none"

KINDS = (
    Kind(
        SIMULATOR,
        Names("Simulator", "Имитатор", "Имитатор"),
        EquipmentClass.COMMUNICATIONS,
        (
            text("scenario", Names("Scenario", "Сценарий", "Сценарий")),
            number("elapsed", Names("Since its start", "С начала", "Басталғаннан бері"), "s", 0, None),
            number("steps_done", Names("Steps done", "Выполнено шагов", "Орындалған қадамдар"), "{step}", 0, None),
            number("steps", Names("Steps", "Шагов всего", "Барлық қадамдар"), "{step}", 0, None),
            number("lasting", Names("Going on", "Действует", "Жүріп жатыр"), "{step}", 0, None),
        ),
    ),
)
