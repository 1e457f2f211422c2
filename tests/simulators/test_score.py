"""The score of a run as table, JSON and page, by the command that a person types."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from sensors.model import Language
from simulators.scoring.page import page_of
from simulators.scoring.score import Score, Scored, score_run, spread
from simulators.scoring.table import WIDTH, table_of
from simulators.truth import HEARD, TRUTH, RecordWriter, Run, write_run
from tests.support.played_run import RUN, START, eventful, expected, happening, raised


def scored() -> Scored:
    return score_run(RUN, *eventful())


def write(folder: Path) -> None:
    truth, heard = eventful()
    write_run(folder, RUN)
    for name, records in ((TRUTH, truth), (HEARD, heard)):
        with RecordWriter.open(folder / name) as writer:
            for record in records:
                writer.write(record)


def shekara(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub.command", *arguments], check=False, capture_output=True, text=True, timeout=60
    )


def test_each_thing_is_counted_where_it_belongs() -> None:
    total = scored().score.total
    assert (total.expected, total.detected, total.missed, total.late) == (4, 3, 1, 1)
    assert (total.standing, total.false, total.nuisance, total.explained) == (1, 1, 2, 1)
    assert {entry.alarm: entry.tally.detected for entry in scored().score.alarms} == {
        "climb.climbing": 1,
        "door.door-open": 0,
        "person.person-near": 2,
        "picture.not-live": 0,
    }


def test_the_walls_figures_add_up() -> None:
    wall = scored().score.wall
    assert (wall.faults, wall.unmarked, wall.faulty_s) == (2, 0, 70.0)
    assert wall.marked_s == pytest.approx(31.8 + 19.0)
    assert wall.honesty == pytest.approx(50.8 / 70.0, abs=1e-4)
    assert wall.overdue_s == pytest.approx(6.0)
    assert wall.within is not None
    assert (wall.within.p50_s, wall.within.max_s) == (8.2, 11.0)
    assert wall.wrongly_marked_s == 1.5


def test_percentiles_are_of_the_nearest_rank() -> None:
    times = spread(range(1, 101))
    assert times is not None
    assert (times.p50_s, times.p95_s, times.max_s) == (50, 95, 100)
    assert spread([]) is None


def test_everything_holds_only_where_nothing_is_missed_false_or_overdue() -> None:
    assert score_run(RUN, [expected(10, 5, 30)], [raised(11)]).score.holds
    assert not score_run(RUN, [expected(10, 5, 30)], []).score.holds
    assert not score_run(RUN, [], [raised(11)]).score.holds
    assert not scored().score.holds


def test_a_run_that_was_cut_off_ends_with_the_last_that_is_known() -> None:
    cut_off = Run(scenario="played", seed=7, start=START)
    score = score_run(cut_off, *eventful()).score
    assert score.ends == max(record.at for record in (*eventful()[0], *eventful()[1]))
    assert "cut off" in table_of(score, Language.EN)
    assert score_run(cut_off, (), ()).score.ends == START


@pytest.mark.parametrize("language", Language)
def test_the_table_fits_a_terminal_of_80_columns(language: Language) -> None:
    lines = table_of(scored().score, language).splitlines()
    assert max(len(line) for line in lines) <= WIDTH
    (row,) = [line for line in lines if line.startswith("person.person-near")]
    assert row.split()[1:] == ["2", "2", ".", ".", ".", "2", "1.0", "1.5", "1.5"]


@pytest.mark.parametrize("language", Language)
def test_the_page_is_whole_in_itself_and_well_formed(language: Language) -> None:
    page = page_of(scored(), language)
    assert not re.search(r"<script|https?://|url\(|@import|<link|<img", page)
    for drawing in re.findall(r"<svg.*?</svg>", page):
        # It is our own text, of our own making.
        assert _parsed(drawing)
    assert page.count("<svg") == 3


def test_names_of_strangers_stay_text() -> None:
    run = msgspec.structs.replace(RUN, scenario="<script>alert(1)</script>")
    page = page_of(score_run(run, *eventful()), Language.EN)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_command_prints_a_table_and_leaves_json_and_a_page(tmp_path: Path) -> None:
    write(tmp_path)
    done = shekara("score", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout == table_of(scored().score, Language.EN)
    assert msgspec.json.decode((tmp_path / "score.json").read_bytes(), type=Score) == scored().score
    assert (tmp_path / "score.html").read_text(encoding="utf-8") == page_of(scored(), Language.EN)


def test_the_command_prints_json_and_is_strict_when_asked(tmp_path: Path) -> None:
    write(tmp_path)
    done = shekara("score", str(tmp_path), "--json", "--strict", "--language", "kk")
    assert done.returncode == 1
    assert msgspec.json.decode(done.stdout, type=Score).total.false == 1
    assert '<html lang="kk">' in (tmp_path / "score.html").read_text(encoding="utf-8")


def test_what_is_missing_or_malformed_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    done = shekara("score", str(tmp_path))
    assert done.returncode == 2
    assert "run.json" in done.stderr
    write(tmp_path)
    with (tmp_path / HEARD).open("ab") as file:
        file.write(b"{}\n")
    done = shekara("score", str(tmp_path))
    assert done.returncode == 2
    assert f"{HEARD}:{len(eventful()[1]) + 1}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "score.json").exists()


def test_a_page_stays_small_however_much_there_is_to_draw() -> None:
    run = msgspec.structs.replace(RUN, until=START + timedelta(days=400))
    truth = [happening("herd-1", second, None, site=f"post-{second % 100}") for second in range(4000)]
    heard = [raised(second, second, device=f"ground-{second % 500}") for second in range(4000)]
    page = page_of(score_run(run, truth, heard), Language.EN)
    assert len(page) < 2_000_000
    assert page.count("<svg") == 24
    assert "and 77 more" in page


def _parsed(drawing: str) -> bool:
    import defusedxml.ElementTree  # noqa: PLC0415 - the tests' own use of it

    return defusedxml.ElementTree.fromstring(drawing).tag == "svg"
