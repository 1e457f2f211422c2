"""Which scenarios an instructor is offered: those that running posts can play, each with a line of what happens."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from sensors.commands import SCENARIO, SCENARIO_START
from sensors.errors import ConfigError, LimitError
from sensors.model import Argument, Choice, Command, Language, MetricType, Names
from simulators.scenario.actions import Action
from simulators.scenario.acts import tag_of
from simulators.scenario.checking import check_action, check_expectation
from simulators.scenario.form import Scenario, Site
from simulators.scenario.library import scenario_names
from simulators.scenario.nature_actions import Enter
from simulators.scenario.reading import read_scenario
from simulators.training.forms import RELIEF
from simulators.training.words import ABOUT, ARGUMENTS, EXPECTED, NAMES
from simulators.world.places import places_of

MAX_SCENARIOS = 64
_MAX_NAME, _MAX_LINE = 64, 200


def read_library(folder: Path | None = None) -> dict[str, Scenario]:
    """The scenario files of a folder by name, or without one the shipped ones.

    Raises:
        ConfigError: there are none, or one of them is malformed.
        LimitError: there are too many.
    """
    if folder is None:
        return {name: read_scenario(name) for name in scenario_names()}
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise ConfigError("has no scenario, *.toml", subject=str(folder), mend="Name another folder")
    if len(files) > MAX_SCENARIOS:
        raise LimitError(f"more than {MAX_SCENARIOS} scenarios", subject=str(folder), mend="Divide them among folders")
    return {file.stem[:_MAX_NAME]: read_scenario(str(file)) for file in files}


def playable(scenarios: Mapping[str, Scenario], sites: Iterable[Site]) -> dict[str, Scenario]:
    """Those that have steps, where these posts can do every step and can raise every alarm that is expected.

    Where somebody comes on a path, what it has at that post and is there too must stand where it says.
    """
    by_id = {site.id: site for site in sites}
    return {name: scenario for name, scenario in scenarios.items() if scenario.steps and _fits(scenario, by_id)}


def commands_for(scenarios: Mapping[str, Scenario]) -> tuple[Command, ...]:
    """What a simulator can be told: to start one of these, and to end it; nothing where there are none."""
    if not scenarios:
        return ()
    choices = tuple(Choice(name, scenario.title, _about(scenario)) for name, scenario in scenarios.items())
    argument = Argument(SCENARIO, MetricType.TEXT, ARGUMENTS[SCENARIO], choices=choices, required=True)
    names, about, expects = NAMES[SCENARIO_START], ABOUT[SCENARIO_START], EXPECTED[SCENARIO_START]
    return Command(SCENARIO_START, names, about, (argument,), lasting=True, expects=expects), RELIEF


def _fits(scenario: Scenario, sites: Mapping[str, Site]) -> bool:
    own = {site.id: site for site in scenario.sites}
    steps = {step.id: step for step in scenario.steps if step.id is not None}
    try:
        for step in scenario.steps:
            check_action(step, sites.get(step.site), step.site)
            if isinstance(step, Enter) and step.path is not None and not _lies_alike(own[step.site], sites[step.site]):
                return False
        for one in scenario.expect:
            of = steps.get(one.of)
            check_expectation(one, of, None if of is None else sites.get(of.site), one.of)
    except ConfigError:
        return False
    return True


def _lies_alike(site: Site, running: Site) -> bool:
    there, kinds = places_of(running), {device.id: device.kind for device in running.devices}
    places = places_of(site)
    both = [device for device in site.devices if device.id in kinds]
    alike = (kinds[each.id] == each.kind and there[each.id] == places[each.id] for each in both)
    return bool(both) and all(alike)


def _about(scenario: Scenario) -> Names:
    """What its author says of it, or what its steps are called."""
    return scenario.about if scenario.about != Names() else _told_steps(scenario.steps)


def _told_steps(steps: Iterable[Action]) -> Names:
    tags = dict.fromkeys(tag_of(step) for step in sorted(steps, key=lambda step: step.at_s))

    def line(language: Language) -> str:
        names = [NAMES.get(tag, Names(en=tag)).in_language(language) for tag in tags]
        return ", ".join(names)[:_MAX_LINE]

    return Names(line(Language.EN), line(Language.RU), line(Language.KK))
