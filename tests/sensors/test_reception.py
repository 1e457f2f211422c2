"""Who may hold a connection to a server of ours, and for how long without asking."""

from datetime import UTC, datetime

from sensors.clock import ManualClock
from sensors.reception import MOST, MOST_EACH, REQUEST_WITHIN_S, Reception, origin_of


class Line:
    """A connection that is told to end."""

    def __init__(self) -> None:
        self.ended = 0

    def hang_up(self) -> None:
        self.ended += 1


def test_one_address_has_few_and_all_together_have_more_and_who_is_refused_is_counted() -> None:
    reception = Reception(ManualClock(datetime.now(UTC)))
    stranger = ["192.0.2.1"] * MOST_EACH
    assert reception.admits("192.0.2.1", stranger[1:])
    assert not reception.admits("192.0.2.1", stranger)
    assert reception.admits("192.0.2.2", stranger)
    crowd = [f"192.0.2.{number}" for number in range(MOST)]
    assert reception.admits("198.51.100.1", crowd[1:])
    assert not reception.admits("198.51.100.1", crowd)
    assert reception.refused_total == 2


def test_who_has_a_network_of_ipv6_is_one_however_many_addresses_that_is() -> None:
    reception = Reception(ManualClock(datetime.now(UTC)))
    stranger = [f"2001:db8:0:7::{number:x}" for number in range(1, MOST_EACH + 1)]
    assert reception.admits("2001:db8:0:7:ffff::", stranger[1:])
    assert not reception.admits("2001:db8:0:7:ffff::", stranger)
    assert reception.admits("2001:db8:0:8::1", stranger)
    assert reception.refused_total == 1


def test_addresses_of_ipv4_are_told_apart_in_whatever_form_a_socket_names_them() -> None:
    assert origin_of("::ffff:192.0.2.1") == origin_of("192.0.2.1") != origin_of("::ffff:192.0.2.2")
    assert origin_of("fe80::1%eth0") == origin_of("fe80::2%eth0")
    assert origin_of("") != origin_of("::1")


def test_saying_a_little_now_and_then_gives_nobody_more_time() -> None:
    clock = ManualClock(datetime.now(UTC))
    reception, slow, late, asked = Reception(clock), Line(), Line(), Line()
    reception.listen(slow)
    reception.listen(asked)
    clock.advance(REQUEST_WITHIN_S - 1)
    reception.listen(slow)
    reception.listen(late)
    reception.has_heard(asked)
    reception.look_round()
    assert (slow.ended, late.ended, asked.ended) == (0, 0, 0)
    clock.advance(1)
    reception.look_round()
    reception.look_round()
    assert (slow.ended, late.ended, asked.ended) == (1, 0, 0)
    reception.listen(asked)
    clock.advance(REQUEST_WITHIN_S)
    reception.look_round()
    assert (slow.ended, late.ended, asked.ended) == (1, 1, 1)
