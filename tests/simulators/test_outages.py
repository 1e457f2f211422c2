"""When a post's link lets nothing through, held against the link itself."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from simulators.faults.link import Link
from simulators.outages import Outages
from simulators.scenario.gateway_actions import LinkCut
from simulators.scenario.link_actions import LinkBreak, LinkBrownOut, LinkHalfOpen, LinkLatency, LinkNarrow, LinkResume

_NOW = datetime(2026, 11, 29, 6, tzinfo=UTC)
_RUN_S = 120
_SITE = "kordai"
_Act = LinkCut | LinkBreak | LinkBrownOut | LinkHalfOpen | LinkLatency | LinkNarrow | LinkResume


def _after(seconds: float) -> datetime:
    return _NOW + timedelta(seconds=seconds)


def _spans(*acts: tuple[float, _Act]) -> list[tuple[str, float, float]]:
    """The outages of a run: of whom, since and until how many seconds after its start."""
    outages = Outages()
    for number, (at_s, act) in enumerate(acts, 1):
        outages.take(act, f"step-{number}", _after(at_s))
    found = outages.before(_after(_RUN_S))
    return [(each.of, (each.starts - _NOW).total_seconds(), (each.ends - _NOW).total_seconds()) for each in found]


def test_what_lets_nothing_through_is_an_outage_and_what_is_slow_is_none() -> None:
    assert _spans((10, LinkBreak(site=_SITE, duration_s=20)), (90, LinkHalfOpen(site=_SITE))) == [
        ("step-1", 10, 30), ("step-2", 90, 120),
    ]  # fmt: skip
    assert _spans((10, LinkCut(site=_SITE, duration_s=20))) == [("step-1", 10.5, 30.5)]
    assert not _spans((1, LinkLatency(site=_SITE, latency_s=30)), (1, LinkNarrow(site=_SITE, kbps=1)))


def test_a_link_that_is_mended_is_so_from_that_moment_but_a_cut_cable_takes_its_time() -> None:
    resume = (20, LinkResume(site=_SITE))
    assert _spans((10, LinkBreak(site=_SITE, duration_s=60)), resume) == [("step-1", 10, 20)]
    assert _spans((10, LinkCut(site=_SITE, duration_s=60)), resume) == [("step-1", 10.5, 70.5)]


def test_a_link_that_comes_and_goes_is_away_each_time() -> None:
    slow = LinkBrownOut(site=_SITE, every_s=20, down_s=5, duration_s=110)
    assert _spans((0, slow)) == [("step-1", at_s, at_s + 5) for at_s in (0, 20, 40, 60, 80, 100)]
    other = LinkBrownOut(site=_SITE, every_s=30, down_s=20, duration_s=40)
    assert _spans((0, slow), (42, other)) == [
        ("step-1", 0, 5), ("step-1", 20, 25), ("step-1", 40, 42), ("step-1", 82, 85), ("step-1", 100, 105),
        ("step-2", 42, 62), ("step-2", 72, 82),
    ]  # fmt: skip
    assert not _spans((0, LinkBrownOut(site=_SITE, every_s=2, down_s=0.5)))


_WHOLE = st.integers(1, 60).map(float)
_ACTS = st.one_of(
    st.builds(LinkBreak, site=st.just(_SITE), duration_s=_WHOLE),
    st.builds(LinkHalfOpen, site=st.just(_SITE), duration_s=_WHOLE),
    st.builds(LinkBrownOut, site=st.just(_SITE), every_s=_WHOLE, down_s=_WHOLE, duration_s=_WHOLE),
    st.builds(LinkLatency, site=st.just(_SITE)),
    st.builds(LinkResume, site=st.just(_SITE)),
)


@given(st.lists(st.tuples(st.integers(0, _RUN_S - 1), _ACTS), max_size=8))
def test_outages_are_when_the_link_passes_nothing(acts: list[tuple[int, _Act]]) -> None:
    """Faults that last whole seconds, looked at between them."""
    acts.sort(key=lambda each: each[0])
    found, link, waiting = _spans(*acts), Link(), [*acts]
    for second in range(_RUN_S):
        while waiting and waiting[0][0] == second:
            act = waiting.pop(0)[1]
            assert not isinstance(act, LinkCut)
            link.act(act, _after(second))
        now_s = second + 0.5
        assert any(starts <= now_s < ends for _, starts, ends in found) is not link.at(_after(now_s)).passes
