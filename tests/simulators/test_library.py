"""Every shipped scenario, rehearsed before a hub's own core: what is expected comes in time, and nothing false does."""

from collections.abc import Iterable
from typing import NamedTuple

import pytest

from simulators.chronicle import Chronicle
from simulators.rehearsal import Rehearsal
from simulators.scenario.library import scenario_names
from simulators.scenario.reading import read_scenario
from simulators.scoring.score import Score, score_run
from simulators.truth import Excused, Expected, Happening, PictureFault, Run, Truth
from tests.scenarios.fixed_hub import FixedHub
from tests.scenarios.message import Message

_WITHOUT_STEPS = {"border"}
_NOTHING_EXPECTED = {"herd", "lying-sensors", "natural-cargo", "quiet-night"}


class _Played(NamedTuple):
    score: Score
    truth: tuple[Truth, ...]


def _play(name: str) -> _Played:
    scenario = read_scenario(name)
    rehearsal = Rehearsal(scenario)
    truth: list[Truth] = []
    chronicle = Chronicle(scenario, rehearsal.worlds, truth.append)
    rehearsal.on_step = chronicle.take
    said: Iterable[Message] = (Message(*message) for message in rehearsal.messages())
    heard = tuple(FixedHub(rehearsal.starts).hear(said, rehearsal.until))
    chronicle.finish(rehearsal.until)
    run = Run(scenario=name, seed=scenario.seed, start=rehearsal.starts, until=rehearsal.until, speed=0.0)
    return _Played(score_run(run, truth, heard).score, tuple(truth))


@pytest.mark.parametrize("name", sorted(set(scenario_names()) - _WITHOUT_STEPS))
def test_a_shipped_scenario_is_detected_as_it_expects(name: str) -> None:
    played = _play(name)
    missed = [met for met in played.score.expectations if met.outcome != "detected"]
    false = [judged for judged in played.score.raised if judged.verdict not in ("answers", "again", "nuisance")]
    assert not missed
    assert not played.score.total.false, false
    assert bool(played.score.total.expected) is (name not in _NOTHING_EXPECTED)


def test_the_library_has_fifteen_scenarios_and_more() -> None:
    assert len(scenario_names()) >= 15
    for name in set(scenario_names()) - _WITHOUT_STEPS - {"quiet-night"}:
        assert read_scenario(name).steps, name


def test_truth_says_who_noticed_and_which_pictures_lie() -> None:
    walk = _play("crossing-on-foot").truth
    (climber,) = [record for record in walk if isinstance(record, Happening)]
    assert (climber.id, climber.what) == ("climber", "enter")
    assert set(climber.sensors) == {"ground-1", "fence-1"}
    assert climber.cameras == ("cam-1",)
    assert {record.alarm for record in walk if isinstance(record, Expected)} == {
        "person.person-near",
        "climb.climbing",
    }
    blinded = _play("camera-tamper").truth
    faults = [record for record in blinded if isinstance(record, PictureFault)]
    assert [(fault.camera, fault.fault) for fault in faults] == [
        ("cam-1", "covered"), ("cam-2", "turned"), ("cam-1", "frozen"), ("cam-2", "killed"),
    ]  # fmt: skip
    assert all(fault.until > fault.at for fault in faults)


def test_an_expectation_replaces_what_would_follow_and_takes_away_what_must_not_come() -> None:
    cut = _play("link-cut").truth
    assert not [record for record in cut if isinstance(record, Expected) and record.of == "unseen"]
    worn = [record for record in _play("worn-battery").truth if isinstance(record, Expected | Excused)]
    assert {record.alarm for record in worn if isinstance(record, Excused)} == {
        "charge.charge-low",
        "liveness.offline",
    }
