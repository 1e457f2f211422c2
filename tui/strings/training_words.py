"""The words of exercises and of the instructor's screen, in every language. The same keys in each."""

from typing import Final

ENGLISH: Final[dict[str, str]] = {
    "exercise.mark": "EXERCISE",
    "conflict.exercise-mixed": "exercise and actual mixed",
    "mixed.simulated": "it is simulated, and this hub is for actual work",
    "mixed.actual": "it does not say that it is simulated, and this hub is for exercises",
    "told.mixed": "{name} cannot be approved: {reason}",
}
RUSSIAN: Final[dict[str, str]] = {
    "exercise.mark": "УЧЕНИЕ",
    "conflict.exercise-mixed": "учение смешано с боевой работой",
    "mixed.simulated": "это имитатор, а хаб работает в боевом режиме",
    "mixed.actual": "устройство не назвало себя имитатором, а хаб предназначен для учений",
    "told.mixed": "{name}: одобрить нельзя, {reason}",
}
KAZAKH: Final[dict[str, str]] = {
    "exercise.mark": "ОҚУ-ЖАТТЫҒУ",
    "conflict.exercise-mixed": "жаттығу мен нақты жұмыс араласты",
    "mixed.simulated": "бұл имитатор, ал хаб нақты жұмыста",
    "mixed.actual": "құрылғы өзін имитатор деп атамады, ал хаб жаттығуға арналған",
    "told.mixed": "{name}: мақұлдауға болмайды, {reason}",
}
