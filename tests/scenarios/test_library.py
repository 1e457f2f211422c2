"""Every shipped scenario, before the hub's own core and a wall's own eyes: what it expects comes, and nothing false."""

from pathlib import Path

import pytest

from sensors.model import Language
from simulators.scenario.library import scenario_names
from simulators.scenario.reading import read_scenario
from simulators.scoring.table import table_of
from simulators.truth import Excused, Expected, Happening, PictureFault
from tests.scenarios.library import play_shipped, rehearse

_WITHOUT_STEPS = {"border"}
_NOTHING_EXPECTED = {
    "blinded-by-day", "blinded-by-night", "blinded-in-the-weather", "border", "herd", "lying-sensors", "natural-cargo",
    "quiet-night",
}  # fmt: skip


@pytest.mark.parametrize("name", scenario_names())
def test_a_shipped_scenario_holds(name: str, tmp_path: Path) -> None:
    score = play_shipped(name, tmp_path).score
    assert score.holds, table_of(score, Language.EN)
    assert not score.total.standing, table_of(score, Language.EN)
    assert not score.wall.unwatched
    assert bool(score.total.expected) is (name not in _NOTHING_EXPECTED)


def test_the_library_has_fifteen_scenarios_and_more() -> None:
    assert len(scenario_names()) >= 15
    for name in set(scenario_names()) - _WITHOUT_STEPS - {"quiet-night"}:
        assert read_scenario(name).steps, name


def test_truth_says_who_noticed_and_which_pictures_lie() -> None:
    walk = rehearse("crossing-on-foot").truth
    (climber,) = [record for record in walk if isinstance(record, Happening)]
    assert (climber.id, climber.what) == ("climber", "enter")
    assert set(climber.sensors) == {"ground-1", "fence-1"}
    assert climber.cameras == ("cam-1",)
    assert {record.alarm for record in walk if isinstance(record, Expected)} == {
        "person.person-near",
        "climb.climbing",
    }
    blinded = rehearse("camera-tamper").truth
    faults = [record for record in blinded if isinstance(record, PictureFault)]
    assert [(fault.camera, fault.fault) for fault in faults] == [
        ("cam-1", "covered"), ("cam-2", "turned"), ("cam-1", "frozen"), ("cam-2", "killed"),
    ]  # fmt: skip
    assert all(fault.until > fault.at for fault in faults)


def test_truth_says_that_cameras_without_power_show_nothing() -> None:
    rehearsed = rehearse("worn-battery")
    faults = [record for record in rehearsed.truth if isinstance(record, PictureFault)]
    assert sorted(fault.camera for fault in faults) == [camera.id for camera in rehearsed.scenario.sites[0].cameras]
    for fault in faults:
        assert (fault.of, fault.fault) == ("failure", "killed")
        starts_s, ends_s = ((at - rehearsed.run.start).total_seconds() for at in (fault.at, fault.until))
        assert 60.0 < starts_s < 260.0
        assert ends_s == 420.0


@pytest.mark.parametrize(
    ("name", "outages"),
    [
        ("link-cut", [("link-cut", 60.5, 180.5)]),
        (
            "thin-link",
            [("link-half-open", 440.0, 530.0), ("link-brown-out", 600.0, 620.0), ("link-brown-out", 645.0, 665.0)],
        ),
    ],
)
def test_truth_says_that_nobody_sees_cameras_behind_a_dead_link(
    name: str, outages: list[tuple[str, float, float]]
) -> None:
    rehearsed = rehearse(name)
    unseen = [record for record in rehearsed.truth if isinstance(record, PictureFault)]
    assert {record.camera for record in unseen} == {"cam-1"}
    since = rehearsed.run.start
    assert outages == [
        (record.fault, (record.at - since).total_seconds(), (record.until - since).total_seconds()) for record in unseen
    ]


def test_an_expectation_replaces_what_would_follow_and_takes_away_what_must_not_come() -> None:
    cut = rehearse("link-cut").truth
    assert not [record for record in cut if isinstance(record, Expected) and record.of == "unseen"]
    worn = [record for record in rehearse("worn-battery").truth if isinstance(record, Expected | Excused)]
    assert {record.alarm for record in worn if isinstance(record, Excused)} == {
        "charge.charge-low",
        "liveness.offline",
    }
