"""The shipped scenarios, rehearsed, heard and scored: what `make scenarios` and its test run."""

from pathlib import Path
from typing import NamedTuple

from simulators.chronicle import Chronicle
from simulators.messages import Message
from simulators.rehearsal import Rehearsal, hash_of
from simulators.scenario.form import Scenario
from simulators.scenario.reading import read_scenario
from simulators.scoring.score import Scored
from simulators.truth import Run, Truth
from tests.scenarios.playing import play


class Rehearsed(NamedTuple):
    """What a scenario makes: the messages of its posts, and what really happened."""

    scenario: Scenario
    run: Run
    messages: tuple[Message, ...]
    truth: tuple[Truth, ...]


def rehearse(name: str) -> Rehearsed:
    """One shipped scenario, from its start to its end."""
    scenario = read_scenario(name)
    rehearsal = Rehearsal(scenario)
    truth: list[Truth] = []
    chronicle = Chronicle(scenario, rehearsal.worlds, truth.append)
    rehearsal.on_step = chronicle.take
    messages = tuple(rehearsal.messages())
    chronicle.finish(rehearsal.until)
    run = Run(
        scenario=name,
        seed=scenario.seed,
        start=rehearsal.starts,
        until=rehearsal.until,
        speed=0.0,
        sha256=hash_of(messages).sha256,
    )
    return Rehearsed(scenario, run, messages, tuple(truth))


def play_shipped(name: str, folder: Path) -> Scored:
    """The score of one; its files are in the folder."""
    return play(*rehearse(name), folder)
