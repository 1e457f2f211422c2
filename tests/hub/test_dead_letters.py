"""The dead letters on the disk, and `shekara dead-letters` beside a forwarder that runs."""

import os
import sqlite3
import subprocess
from datetime import timedelta
from pathlib import Path

from hub.storage.dead_letters import FILE_NAME, DeadLetters, Refused, Tally
from sensors.clock import ManualClock
from tests.hub.faulty_influx import NEVER, serving
from tests.hub.forwarding_bench import START, bench, measured
from tests.support.forked import run_shekara
from tests.support.waiting import eventually


def command(
    folder: Path, *arguments: str, given: str = "", url: str = "http://127.0.0.1:1"
) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "SHEKARA_HUB_DATA_DIR": str(folder), "SHEKARA_INFLUX_URL": url}
    return run_shekara(folder, "dead-letters", *arguments, environ=environ, given=given)


def refused(*numbers: int) -> list[Refused]:
    return [Refused(f"line {number}", "because") for number in numbers]


def test_a_line_is_kept_once_with_its_newest_reason(tmp_path: Path) -> None:
    clock = ManualClock(START)
    letters = DeadLetters(tmp_path, clock)
    letters.add(refused(1, 2))
    letters.replay()
    clock.advance(60)
    letters.add([Refused("line 1", "for another reason")])
    first, second = DeadLetters(tmp_path, clock).letters()
    assert (first.reason, first.refused_at, first.refusals, first.queued) == (
        "for another reason",
        START + timedelta(seconds=60),
        2,
        False,
    )
    assert (second.line, second.refused_at, second.queued) == ("line 2", START, True)
    assert letters.letters(queued=True) == (second,)
    assert letters.letters(after=first.id) == (second,)


def test_the_oldest_give_way_beyond_the_bound_and_are_counted(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path, ManualClock(START), most=3)
    letters.add(refused(1, 2))
    letters.add(refused(3, 4, 5))
    assert [each.line for each in letters.letters()] == ["line 3", "line 4", "line 5"]
    assert letters.tally() == Tally(kept=3, queued=0, given_way_total=2)


def test_no_file_is_made_by_looking(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path, ManualClock(START))
    assert (letters.letters(), letters.letter(1), letters.tally(), letters.replay(), letters.drop([1])) == (
        (),
        None,
        Tally(),
        0,
        0,
    )
    assert list(tmp_path.iterdir()) == []


def test_letters_of_an_earlier_hub_are_taken_over(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        database.executescript(
            "CREATE TABLE dead_letters (reading_id INTEGER PRIMARY KEY, at REAL NOT NULL, line TEXT NOT NULL,"
            " reason TEXT NOT NULL) STRICT; PRAGMA user_version=1;"
        )
        database.execute("INSERT INTO dead_letters VALUES (7, ?, 'line 7', 'because')", (START.timestamp(),))
    database.close()
    (letter,) = DeadLetters(tmp_path, ManualClock(START)).letters()
    assert (letter.line, letter.reason, letter.refused_at) == ("line 7", "because", START)


def test_the_command_lists_shows_replays_and_drops_beside_a_running_forwarder(tmp_path: Path) -> None:
    with serving() as faulty, bench(tmp_path, faulty.url) as each:
        faulty.poison = "metric=bad"
        each.store.write([measured(number, metric="bad") for number in range(3)])
        each.forwarder.start()
        eventually(lambda: each.letters.tally().kept == 3)
        listed = command(tmp_path, "list", url=faulty.url)
        assert (listed.returncode, listed.stderr) == (0, "")
        rows = [line.split("\t") for line in listed.stdout.splitlines()]
        assert [row[2:] for row in rows[:-1]] == [["1x", "kept", "unable to parse"]] * 3
        assert rows[-1] == ["3 dead letters, 0 of them in line"]
        first, second, _ = (row[0] for row in rows[:3])
        shown = command(tmp_path, "show", first).stdout
        assert ("reason   unable to parse" in shown, "line     reading,device=weather-1" in shown) == (True, True)
        assert command(tmp_path, "drop", second, "--yes").stdout == "1 dropped\n"
        faulty.poison = NEVER
        replayed = command(tmp_path, "replay", "--all", url=faulty.url)
        assert "2 in line, sent again by the hub: within seconds when it runs" in replayed.stdout
        eventually(lambda: each.letters.tally().kept == 0)
        assert len(faulty.points) == 2


def test_what_the_command_cannot_do_is_said_in_one_line(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path, ManualClock(START))
    letters.add(refused(*range(1, 4)))
    absent = command(tmp_path, "show", "99")
    assert (absent.returncode, absent.stderr.count("\n")) == (5, 1)
    for arguments in (("replay",), ("drop",), ("replay", "1", "--all")):
        unclear = command(tmp_path, *arguments)
        assert (unclear.returncode, "--all" in unclear.stderr) == (2, True)
    unsure = command(tmp_path, "drop", "--all")
    assert (unsure.returncode, "--yes" in unsure.stderr) == (2, True)
    assert "until [influx] url names a server" in command(tmp_path, "replay", "1", url="").stdout
    assert command(tmp_path, "list", "--limit", "2").stdout.splitlines()[-1] == (
        "3 dead letters, 1 of them in line, the oldest 2 are shown"
    )
