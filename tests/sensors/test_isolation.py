"""What an isolated block lets through, and what it keeps."""

import pytest

from sensors.isolation import Isolation


def fail(isolation: Isolation, error: BaseException | None) -> tuple[bool, bool, int, int]:
    """Whether it failed and whether for the first time; how often in all and in a row."""
    with isolation:
        if error is not None:
            raise error
    first, last = isolation.first_failure, isolation.failure
    return last is error is not None, first is error is not None, isolation.failures_total, isolation.failures_in_row


def test_a_failure_is_kept_counted_and_worth_its_trace_once() -> None:
    isolation = Isolation()
    assert fail(isolation, None) == (False, False, 0, 0)
    assert fail(isolation, OverflowError("of a number")) == (True, True, 1, 1)
    assert fail(isolation, RuntimeError("of a library")) == (True, False, 2, 2)
    assert fail(isolation, None) == (False, False, 2, 0)


def test_an_interrupt_passes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        fail(Isolation(), KeyboardInterrupt())
