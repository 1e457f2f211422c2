"""What a camera says besides its picture: the state of its lens and scene, and what it sees by itself.

Names follow ONVIF's event topics; the health of the decoded picture is in `sensors.catalog.CAMERA_HEALTH`.
"""

from sensors.catalog import CAMERA, CAMERA_HEALTH, EquipmentClass
from sensors.kinds.form import Kind, equals, switch, text
from sensors.model import Names, Priority

_LOOK = Names(
    "Look at the picture; look at neighbouring cameras.",
    "Посмотрите на изображение; проверьте соседние камеры.",
    "Бейнеге қараңыз; көрші камераларды тексеріңіз.",
)
_CALL = Names("Call the technician.", "Вызовите техника.", "Техникті шақырыңыз.")

KINDS = (
    Kind(
        CAMERA,
        Names("Camera", "Камера", "Камера"),
        EquipmentClass.SURVEILLANCE,
        (
            *CAMERA_HEALTH,
            switch("motion", Names("Motion", "Движение", "Қозғалыс")),
            switch("sound", Names("Sound", "Звук", "Дыбыс")),
            switch(
                "inside",
                Names("Object in the field", "Объект в зоне", "Аймақтағы нысан"),
                equals(
                    "intrusion",
                    True,
                    Priority.MEDIUM,
                    Names("Object in a watched field", "Объект в охраняемой зоне", "Күзетілетін аймақта нысан бар"),
                    "A person, a vehicle or an animal, as the camera's own rule sees it.",
                    _LOOK,
                    off_delay_s=10,
                ),
            ),
            switch(
                "tamper",
                Names("Tamper", "Вмешательство", "Араласу"),
                equals(
                    "tamper",
                    True,
                    Priority.HIGH,
                    Names("The camera is being tampered with", "Вмешательство в работу камеры", "Камераға араласу"),
                    "Covered, sprayed, turned or opened.",
                    _LOOK,
                    off_delay_s=10,
                ),
            ),
            switch(
                "scene_change",
                Names("Scene changed", "Сцена изменилась", "Көрініс өзгерді"),
                equals(
                    "scene-change",
                    True,
                    Priority.MEDIUM,
                    Names(
                        "The camera sees another scene", "Камера видит другую сцену", "Камера басқа көріністі көреді"
                    ),
                    "Turned, moved or covered.",
                    _LOOK,
                    off_delay_s=10,
                ),
            ),
            switch(
                "too_dark",
                Names("Too dark", "Слишком темно", "Тым қараңғы"),
                equals(
                    "too-dark",
                    True,
                    Priority.LOW,
                    Names("The picture is too dark", "Изображение слишком тёмное", "Бейне тым қараңғы"),
                    "Lights are out, or the lens is covered.",
                    _LOOK,
                    on_delay_s=60,
                    off_delay_s=30,
                ),
            ),
            switch("too_bright", Names("Too bright", "Слишком светло", "Тым жарық")),
            switch(
                "too_blurry",
                Names("Blurred", "Размыто", "Бұлыңғыр"),
                equals(
                    "too-blurry",
                    True,
                    Priority.LOW,
                    Names("The picture is blurred", "Изображение размыто", "Бейне бұлыңғыр"),
                    "Focus, dirt, fog or frost.",
                    _LOOK,
                    on_delay_s=60,
                    off_delay_s=30,
                ),
            ),
            switch(
                "signal_loss",
                Names("Signal lost", "Потеря сигнала", "Сигнал жоғалды"),
                equals(
                    "signal-loss",
                    True,
                    Priority.HIGH,
                    Names("The camera has no video signal", "Нет видеосигнала камеры", "Камераның бейнесигналы жоқ"),
                    "Cable, sensor or encoder.",
                    _CALL,
                    on_delay_s=3,
                    off_delay_s=3,
                ),
            ),
            text(
                "frigate_review_status",
                Names("Frigate's review", "Оценка Frigate", "Frigate бағасы"),
                equals(
                    "frigate-alert",
                    "alert",
                    Priority.MEDIUM,
                    Names("Frigate asks for attention", "Frigate требует внимания", "Frigate назар аударуды сұрайды"),
                    "Objects that Frigate's own settings call an alert: by default people and cars.",
                    _LOOK,
                    off_delay_s=10,
                ),
            ),
            switch("relay", Names("Relay", "Реле", "Реле")),
            switch("input", Names("Input", "Вход", "Кіріс")),
            switch(
                "failure",
                Names("Hardware failure", "Отказ оборудования", "Жабдық ақауы"),
                equals(
                    "failure",
                    True,
                    Priority.MEDIUM,
                    Names("The camera reports a failure", "Камера сообщает об отказе", "Камера ақау туралы хабарлайды"),
                    "Fan, storage, power or temperature inside the camera.",
                    _CALL,
                    on_delay_s=5,
                ),
            ),
        ),
    ),
)
