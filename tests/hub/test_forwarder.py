import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from hub.api.server import bind
from hub.config import InfluxSettings
from hub.storage.influx_answers import LONGEST_WAIT_S, Answer, BusyError, explain, read_retry_after_s
from hub.storage.influx_connection import check_url
from hub.storage.influx_writer import InfluxWriter
from sensors.clock import ManualClock
from sensors.errors import ConfigError, UnavailableError
from sensors.secrets import InfluxSecrets
from tests.hub.faulty_influx import Faulty, serving
from tests.hub.forwarding_bench import START, bench, measured
from tests.support.waiting import eventually


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    with serving() as server:
        yield server


def test_every_reading_arrives_and_the_counters_say_so(tmp_path: Path, faulty: Faulty) -> None:
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number) for number in range(120)])
        each.forwarder.start()
        eventually(lambda: each.left == 0)
        eventually(lambda: (each.health.forwarding.written_total, each.health.forwarding.pending) == (120, 0))
        assert len(faulty.points) == 120
        assert faulty.requests == [50, 50, 20]
        assert set(faulty.seen) == {"/api/v2/write shekara Token secret-token"}


def test_a_server_that_is_overloaded_is_asked_again_until_it_takes_all(tmp_path: Path, faulty: Faulty) -> None:
    far = {"Retry-After": f"Fri, 01 Jan {10**20} 00:00:00 GMT"}
    faulty.statuses = [(503, {}), (429, {"Retry-After": "1"}), (503, far), (500, {}), (204, {}), (502, {})]
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number) for number in range(100)])
        each.forwarder.start()
        eventually(lambda: each.left == 0, within_s=30)
        assert len(faulty.points) == 100
        assert each.letters.letters() == ()
        eventually(lambda: each.problems == ())


@pytest.mark.parametrize("status", [401, 403, 404, 405, 503])
def test_what_the_server_says_of_us_moves_no_cursor_and_buries_nothing(
    tmp_path: Path, faulty: Faulty, status: int
) -> None:
    faulty.statuses = [(status, {"Retry-After": "7"})]
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(1)])
        with pytest.raises(BusyError, match=str(status)) as caught:
            each.forwarder.run_once()
        assert caught.value.retry_after_s == (60 if status in (401, 403) else 7)
        assert "secret-token" not in caught.value.text
        assert (each.left, each.letters.letters(), each.health.forwarding.pending) == (1, (), 1)


def test_one_bad_line_is_found_and_kept_with_its_reason_and_the_rest_arrive(tmp_path: Path, faulty: Faulty) -> None:
    faulty.poison = "v=13.0,"
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number, float(number)) for number in range(50)])
        assert each.forwarder.run_once() == 50
        assert len(faulty.points) == 49
        (letter,) = each.letters.letters()
        assert ("v=13.0" in letter.line, letter.reason, letter.refusals) == (True, "unable to parse", 1)
        assert (each.left, each.health.forwarding.written_total) == (0, 49)
        assert len(faulty.requests) <= 15


def test_a_batch_of_bad_lines_only_does_not_hold_up_the_rest(tmp_path: Path, faulty: Faulty) -> None:
    faulty.poison = "metric=bad"
    with bench(tmp_path, faulty.url, batch_lines=4) as each:
        each.store.write([*(measured(number, metric="bad") for number in range(4)), measured(9)])
        assert [each.forwarder.run_once(), each.forwarder.run_once(), each.forwarder.run_once()] == [4, 1, 0]
        assert each.letters.tally() == (4, 0, 0)


def test_a_server_that_says_it_has_dropped_all_of_a_batch_is_not_asked_for_every_line(
    tmp_path: Path, faulty: Faulty
) -> None:
    faulty.poison, faulty.reason = "metric=bad", "partial write: points beyond retention policy dropped=25"
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number, metric="bad" if number >= 25 else "air") for number in range(50)])
        assert each.forwarder.run_once() == 50
        assert (len(faulty.points), each.letters.tally().kept) == (25, 25)
        assert faulty.requests == [50, 1, 25, 25]


def test_a_server_that_refuses_everything_buries_nothing(tmp_path: Path, faulty: Faulty) -> None:
    faulty.poison = ""
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number) for number in range(4)])
        with pytest.raises(BusyError, match="refuses every line"):
            each.forwarder.run_once()
        assert (each.left, each.letters.letters(), faulty.requests) == (4, (), [4, 1])


def test_an_answer_that_is_lost_sends_the_same_points_again_and_none_twice(tmp_path: Path, faulty: Faulty) -> None:
    faulty.lose_answers = 2
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number) for number in range(40)])
        each.forwarder.start()
        eventually(lambda: each.left == 0)
        assert (faulty.requests, len(faulty.points)) == ([40, 40, 40], 40)


def test_a_forwarder_begun_again_goes_on_where_it_was(tmp_path: Path, faulty: Faulty) -> None:
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number) for number in range(60)])
        each.forwarder.run_once()
    with bench(tmp_path, faulty.url) as each:
        each.forwarder.run_once()
        assert (faulty.requests, len(faulty.points)) == ([50, 10], 60)


def test_it_stops_in_the_middle_of_an_outage(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        silent.close()
        with bench(tmp_path, url) as each:
            each.store.write([measured(1)])
            each.forwarder.start()
            eventually(lambda: any("does not answer" in problem for problem in each.problems))
            assert each.forwarder.stop(3)


@pytest.mark.parametrize("status", [400, 422])
def test_a_batch_that_is_taken_but_for_one_line_loses_that_line_only_and_has_no_point_twice(
    tmp_path: Path, faulty: Faulty, status: int
) -> None:
    faulty.poison, faulty.poison_status, faulty.takes_the_rest = "v=3.0,", status, True
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(number, float(number)) for number in range(20)])
        assert each.forwarder.run_once() == 20
        assert len(faulty.points) == 19
        assert each.letters.tally().kept == 1


def test_a_request_that_is_too_large_is_halved_and_stays_small(tmp_path: Path, faulty: Faulty) -> None:
    faulty.most_bytes = 600
    with bench(tmp_path, InfluxSettings(url=faulty.url, gzip=False), batch_lines=64) as each:
        each.store.write([measured(number) for number in range(128)])
        while each.forwarder.run_once():
            pass
        assert len(faulty.points) == 128
        assert each.letters.letters() == ()
        assert faulty.requests.count(64) == 1


def test_one_line_that_is_too_large_is_a_dead_letter(tmp_path: Path, faulty: Faulty) -> None:
    faulty.most_bytes = 200
    with bench(tmp_path, InfluxSettings(url=faulty.url, gzip=False)) as each:
        each.store.write([measured(1), measured(2, "x" * 250, "text"), measured(3)])
        assert each.forwarder.run_once() == 3
        assert len(faulty.points) == 2
        assert each.letters.tally().kept == 1


def test_an_old_server_is_found_by_its_missing_path_and_asked_only_once(tmp_path: Path, faulty: Faulty) -> None:
    faulty.is_old = True
    with bench(tmp_path, faulty.url, secrets=InfluxSecrets(user="hub", password="old-word")) as each:
        each.store.write([measured(number) for number in range(150)])
        while each.forwarder.run_once():
            pass
        assert (len(faulty.points), faulty.requests) == (150, [50, 50, 50])
        assert [seen.split()[0] for seen in faulty.seen] == ["/api/v2/write", "/write", "/write", "/write"]
        assert faulty.seen[0] == "/api/v2/write shekara Token hub:old-word"
        assert faulty.seen[1] == "/write shekara Basic aHViOm9sZC13b3Jk"


def test_a_server_that_comes_back_as_another_version_is_met_again(tmp_path: Path, faulty: Faulty) -> None:
    faulty.is_old = True
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(1)])
        assert each.forwarder.run_once() == 1
        faulty.statuses = [(503, {})]
        each.store.write([measured(2)])
        with pytest.raises(BusyError):
            each.forwarder.run_once()
        faulty.is_old = False
        assert each.forwarder.run_once() == 1
        assert faulty.seen[-1].startswith("/api/v2/write")


def test_a_missing_bucket_is_no_old_server(tmp_path: Path, faulty: Faulty) -> None:
    faulty.statuses = [(404, {})]
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(1)])
        with pytest.raises(BusyError, match="bucket"):
            each.forwarder.run_once()
        assert len(faulty.seen) == 1


def test_a_wrong_token_is_said_and_not_hammered(tmp_path: Path, faulty: Faulty) -> None:
    faulty.statuses = [(401, {})] * 50
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(1)])
        each.forwarder.start()
        eventually(lambda: any("token" in problem for problem in each.problems))
        assert not any("secret-token" in problem for problem in each.problems)
        # The next try is a minute away: neither the first wait nor the jitter may be shorter.
        assert each.forwarder.stop(3)
        assert faulty.requests == [1]


def test_a_server_that_never_answers_is_given_up_in_time(tmp_path: Path, faulty: Faulty) -> None:
    faulty.stalled = threading.Event()
    with bench(tmp_path, InfluxSettings(url=faulty.url, timeout_s=0.2)) as each:
        each.store.write([measured(1)])
        with pytest.raises(BusyError, match="does not answer: ReadTimeout"):
            each.forwarder.run_once()
    faulty.stalled.set()
    with bench(tmp_path, faulty.url) as each:
        assert each.forwarder.run_once() == 1


def test_an_answer_that_drips_for_ever_is_given_up_in_time(tmp_path: Path, faulty: Faulty) -> None:
    faulty.drips = True
    faulty.statuses = [(500, {})]
    with bench(tmp_path, InfluxSettings(url=faulty.url, timeout_s=0.3)) as each:
        each.store.write([measured(1)])
        with pytest.raises(BusyError, match="does not answer"):
            each.forwarder.run_once()
        assert each.left == 1


def test_a_connection_that_the_server_has_left_meanwhile_is_no_trouble(tmp_path: Path, faulty: Faulty) -> None:
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(1)])
        each.forwarder.run_once()
        faulty.statuses = [(204, {"Connection": "close"})]
        for number in (2, 3):
            each.store.write([measured(number)])
            assert each.forwarder.run_once() == 1
        assert len(faulty.points) == 3


def test_a_dead_letter_file_that_cannot_be_written_holds_up_bad_lines_until_it_can(
    tmp_path: Path, faulty: Faulty
) -> None:
    faulty.poison = "metric=bad"
    with bench(tmp_path, faulty.url) as each:
        (tmp_path / "dead_letters.sqlite").mkdir()
        each.store.write([measured(1)])
        assert each.forwarder.run_once() == 1
        assert any("dead_letters" in problem for problem in each.problems)
        each.store.write([measured(2, metric="bad"), measured(3)])
        with pytest.raises(UnavailableError, match="dead_letters"):
            each.forwarder.run_once()
        assert each.left == 2
        (tmp_path / "dead_letters.sqlite").rmdir()
        assert each.forwarder.run_once() == 2
        assert (each.letters.tally().kept, len(faulty.points)) == (1, 2)


def test_a_dead_letter_file_that_is_none_stops_only_what_needs_it(tmp_path: Path, faulty: Faulty) -> None:
    (tmp_path / "dead_letters.sqlite").write_bytes(b"not a database, but long enough to look" * 100)
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(1)])
        assert each.forwarder.run_once() == 1
        faulty.poison = "metric=bad"
        each.store.write([measured(2, metric="bad")])
        with pytest.raises(ConfigError, match="dead_letters"):
            each.forwarder.run_once()


def test_replayed_letters_go_out_again_and_leave_the_list_when_they_are_confirmed(
    tmp_path: Path, faulty: Faulty
) -> None:
    faulty.poison = "metric=bad"
    with bench(tmp_path, faulty.url) as each:
        each.store.write([*(measured(number, metric="bad") for number in range(4)), measured(9)])
        each.forwarder.run_once()
        first, *_ = each.letters.letters()
        assert each.letters.replay([first.id]) == 1
        assert each.forwarder.run_once() == 1
        again = each.letters.letter(first.id)
        assert again is not None
        assert (again.refusals, again.queued) == (2, False)
        faulty.poison = "\0"
        faulty.lose_answers = 1
        assert each.letters.replay() == 4
        with pytest.raises(BusyError):
            each.forwarder.run_once()
        assert each.letters.tally() == (4, 4, 0)
        assert each.forwarder.run_once() == 4
        assert each.letters.letters() == ()
        assert sum("metric=bad" in line for line in faulty.points.values()) == 4
        assert each.health.forwarding.written_total == 5


def test_letters_are_counted_in_the_status_and_their_growth_is_a_problem(tmp_path: Path, faulty: Faulty) -> None:
    faulty.poison = "metric=bad"
    with bench(tmp_path, faulty.url) as each:
        each.store.write([measured(1, metric="bad")])
        each.forwarder.start()
        eventually(lambda: each.health.status(START).dead_letters == 1)
        eventually(lambda: any("dead-letters" in problem for problem in each.problems))
        each.letters.drop()
        eventually(lambda: each.health.status(START).dead_letters == 0)
        eventually(lambda: each.problems == ())


def test_points_that_are_confirmed_and_not_kept_are_found_out(tmp_path: Path, faulty: Faulty) -> None:
    faulty.forgets = True
    clock = ManualClock(START)
    with bench(tmp_path, faulty.url, clock=clock) as each:
        each.store.write([measured(number) for number in range(40)])
        assert each.forwarder.run_once() == 40
        for _ in range(2):
            clock.advance(30)
            each.forwarder.run_once()
        assert (each.health.status(START).influx_missing_total, faulty.points) == (8, {})
        assert any("does not have" in problem for problem in each.problems)


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("7", 7.0),
        ("999999", LONGEST_WAIT_S),
        ("-3", 0.0),
        ("soon", 0.0),
        ("", 0.0),
        (format_datetime(datetime(2026, 11, 1, 0, 0, 30, tzinfo=UTC), usegmt=True), 30.0),
        (format_datetime(datetime(2026, 10, 1, tzinfo=UTC), usegmt=True), 0.0),
        ("Sun, 01 Nov 2026 00:00:30 -0000", 30.0),
        (f"Sun, 01 Nov {10**20} 00:00:30 GMT", 0.0),
        (f"Sun, 01 Nov 2026 00:00:30 +{10**20}", 0.0),
    ],
)
def test_the_servers_wish_is_granted_up_to_a_bound(text: str, wait_s: float) -> None:
    assert read_retry_after_s({"Retry-After": text}, datetime(2026, 11, 1, tzinfo=UTC)) == wait_s


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps({"error": "partial write: dropped=1"}), "partial write: dropped=1"),
        (json.dumps({"code": "invalid", "message": "no\x1b[31m way"}), "no?[31m way"),
        ("[1]", "[1]"),
        ('{"error": [1]}', '{"error": [1]}'),
        ("[" * 9000, "[" * 300),
        ("<html>\n" + "x" * 9000, "<html> " + "x" * 293),
    ],
)
def test_a_reason_is_one_bounded_printable_line(text: str, reason: str) -> None:
    assert explain(Answer(400, text, {}), "http://server").what == reason


@pytest.mark.parametrize(
    "url", ["localhost:8086", "ftp://server", "http://", "http://a:b@server", "http://server:x", "http://server/?p=1"]
)
def test_an_address_that_is_none_or_holds_a_password_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="secrets file") as caught:
        check_url(url)
    assert "a:b" not in caught.value.text
    with pytest.raises(ConfigError):
        InfluxWriter(InfluxSettings(url=url), InfluxSecrets())
