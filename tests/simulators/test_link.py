"""What a link with faults does, in figures: without a socket, and with time as an argument."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.faults.link import Link, LinkState
from simulators.faults.passage import Lane, Passage
from simulators.scenario.link_actions import (
    Ending,
    LinkAction,
    LinkBreak,
    LinkBrownOut,
    LinkHalfOpen,
    LinkLatency,
    LinkLoss,
    LinkNarrow,
    LinkResume,
)

_NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def _after(seconds: float) -> datetime:
    return _NOW + timedelta(seconds=seconds)


def _link(*actions: LinkAction) -> Link:
    link = Link()
    for action in actions:
        link.act(action, _NOW)
    return link


def _passage(seed: int = 7) -> Passage:
    return Passage(Lane(), Random(seed))  # noqa: S311 - repeatable


def test_a_link_without_faults_passes_everything_at_once() -> None:
    state = _link().at(_NOW)
    assert state == LinkState()
    assert [_passage().due_s(at_s, 1_000_000, state) for at_s in (0.0, 5.5)] == [0.0, 5.5]


def test_a_fault_is_in_force_for_its_time_and_not_a_moment_longer() -> None:
    link = _link(LinkBreak(site="kordai", duration_s=30))
    assert link.at(_NOW).ending is Ending.RESET
    assert not link.at(_after(29.9)).passes
    assert link.at(_after(30)) == LinkState()


def test_sorts_of_faults_add_up_and_of_one_sort_the_newest_counts() -> None:
    link = _link(
        LinkLatency(site="kordai", latency_s=0.6),
        LinkLoss(site="kordai", share=0.02),
        LinkNarrow(site="kordai", kbps=128),
        LinkLatency(site="kordai", latency_s=0.3, jitter_s=0.1),
    )
    assert link.at(_NOW) == LinkState(latency_s=0.3, jitter_s=0.1, loss=0.02, bytes_s=16_000)
    link.act(LinkResume(site="kordai"), _after(5))
    assert link.at(_after(5)) == LinkState()


def test_a_brown_out_comes_and_goes() -> None:
    link = _link(LinkBrownOut(site="kordai", every_s=10, down_s=3, duration_s=25))
    down = [second for second in range(40) if link.at(_after(second)).stalled]
    assert down == [0, 1, 2, 10, 11, 12, 20, 21, 22]
    assert link.at(_NOW).ending is None
    assert _link(LinkBrownOut(site="kordai", breaks=True)).at(_NOW).ending is Ending.RESET


def test_what_comes_later_never_overtakes() -> None:
    state, passage = LinkState(latency_s=0.5, jitter_s=0.4, loss=0.1), _passage()
    dues = [passage.due_s(number * 0.01, 3_000, state) for number in range(200)]
    assert dues == sorted(dues)
    assert min(due - number * 0.01 for number, due in enumerate(dues)) >= 0.5


def test_connections_share_what_a_narrow_link_carries() -> None:
    state, lane = LinkState(bytes_s=1_000), Lane()
    first, second = (Passage(lane, Random(number)) for number in range(2))  # noqa: S311 - repeatable
    assert [first.due_s(0, 500, state), second.due_s(0, 500, state), first.due_s(5, 1_000, state)] == [0.5, 1.0, 6.0]


def test_pictures_get_what_a_narrow_link_has_left_and_never_hold_telemetry_up() -> None:
    state, pictures = LinkState(bytes_s=1_000), Lane()
    telemetry, streams = Passage(Lane(pictures), Random(1)), Passage(pictures, Random(2))  # noqa: S311 - repeatable
    assert streams.due_s(0, 5_000, state) == 5.0
    assert telemetry.due_s(0, 500, state) == 0.5
    assert streams.due_s(0, 1_000, state) == 6.5
    assert (telemetry.waits_s(6, state), streams.waits_s(6, state), streams.waits_s(6, LinkState())) == (-5.5, 0.5, 0.0)


def test_a_datagram_comes_in_time_or_never() -> None:
    passage = _passage()
    assert passage.datagram_due_s(0, 1_000, LinkState(latency_s=0.5)) == 0.5
    for dead in (LinkState(ending=Ending.FIN), LinkState(half_open=True), LinkState(stalled=True)):
        assert passage.datagram_due_s(1, 1_000, dead) is None
    came = [passage.datagram_due_s(number, 1_000, LinkState(loss=0.25)) for number in range(2, 2_002)]
    assert sum(due is None for due in came) / 2_000 == pytest.approx(0.25, rel=0.2)
    narrow, state = _passage(), LinkState(bytes_s=1_000)
    assert [narrow.datagram_due_s(0, 400, state) for _ in range(5)] == [0.4, 0.8, pytest.approx(1.2), None, None]
    assert narrow.datagram_due_s(1, 400, state) == pytest.approx(1.6)


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5])
def test_a_lost_segment_stands_still_until_it_is_sent_again(share: float) -> None:
    passage, state = _passage(), LinkState(loss=share)
    waits = [passage.due_s(at_s, 1_000, state) - at_s for at_s in (1_000.0 * number for number in range(2_000))]
    assert sum(wait > 0 for wait in waits) / 2_000 == pytest.approx(share, rel=0.25)
    assert min(wait for wait in waits if wait) == pytest.approx(0.2)


_FAULTS = st.one_of(
    st.builds(LinkBreak, site=st.just("kordai"), ending=st.sampled_from(Ending), duration_s=st.floats(0, 86_400)),
    st.builds(LinkHalfOpen, site=st.just("kordai")),
    st.builds(
        LinkBrownOut,
        site=st.just("kordai"),
        every_s=st.floats(0.5, 3600),
        down_s=st.floats(0.001, 3600),
        breaks=st.booleans(),
    ),
    st.builds(LinkLatency, site=st.just("kordai"), latency_s=st.floats(0, 30), jitter_s=st.floats(0, 30)),
    st.builds(LinkLoss, site=st.just("kordai"), share=st.floats(0.001, 0.9)),
    st.builds(LinkNarrow, site=st.just("kordai"), kbps=st.floats(1, 1_000_000)),
    st.builds(LinkResume, site=st.just("kordai")),
)


@given(
    st.lists(st.tuples(st.floats(0, 90_000), _FAULTS), max_size=20),
    st.lists(st.tuples(st.floats(0, 90_000), st.integers(1, 65_536)), max_size=20),
)
def test_no_faults_make_time_run_backwards(
    actions: list[tuple[float, LinkAction]], sizes: list[tuple[float, int]]
) -> None:
    link, passage, last_s = Link(), _passage(), 0.0
    for at_s, action in sorted(actions, key=lambda each: each[0]):
        link.act(action, _after(at_s))
    for at_s, size in sorted(sizes):
        due_s = passage.due_s(at_s, size, link.at(_after(at_s)))
        assert due_s >= max(at_s, last_s)
        last_s = due_s
