"""Which alarm answers which expectation: the rules of docs/scoring.md, one by one, and what always holds."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scoring.matching import RECOVERY_S, Matching, Outcome, Verdict, due, match
from simulators.truth import Ended, Excused, Expected, Heard, Raised, Truth
from tests.support.played_run import at, ended, excused, expected, fault, raised


def outcomes(matching: Matching) -> list[Outcome]:
    return [met.outcome for met in matching.met]


def verdicts(matching: Matching) -> list[Verdict]:
    return [judged.verdict for judged in matching.judged]


def test_an_alarm_in_time_answers_its_expectation() -> None:
    matching = match([expected(10, 5, 30)], [raised(12.5)])
    assert outcomes(matching) == [Outcome.DETECTED]
    assert matching.met[0].latency_s == 2.5
    assert [(judged.verdict, judged.of) for judged in matching.judged] == [(Verdict.DETECTED, "intrusion-1")]


@pytest.mark.parametrize("seconds", [10.0, 15.0])
def test_the_first_and_the_last_moment_are_in_time(seconds: float) -> None:
    assert outcomes(match([expected(10, 5, 30)], [raised(seconds)])) == [Outcome.DETECTED]


def test_an_alarm_before_its_time_is_false() -> None:
    matching = match([expected(10, 5, 30)], [raised(9.9)])
    assert (outcomes(matching), verdicts(matching)) == ([Outcome.MISSED], [Verdict.FALSE])


def test_an_alarm_after_its_time_is_late_while_its_cause_lasts_and_false_afterwards() -> None:
    assert verdicts(match([expected(10, 5, 30)], [raised(16)])) == [Verdict.LATE]
    assert outcomes(match([expected(10, 5, 30)], [raised(16)])) == [Outcome.MISSED]
    assert verdicts(match([expected(10, 5, 30)], [raised(30.1)])) == [Verdict.FALSE]


@pytest.mark.parametrize(
    "other", [raised(12, device="ground-2"), raised(12, alarm="person.other"), raised(12, device="fence-1")]
)
def test_another_alarm_or_another_device_answers_nothing(other: Raised) -> None:
    matching = match([expected(10, 5, 30)], [other])
    assert (outcomes(matching), verdicts(matching)) == ([Outcome.MISSED], [Verdict.FALSE])


def test_what_comes_again_while_its_cause_lasts_is_not_false() -> None:
    matching = match([expected(10, 5, 30)], [raised(11, 1), raised(13, 2), raised(29, 3), raised(31, 4)])
    assert verdicts(matching) == [Verdict.DETECTED, Verdict.REPEATED, Verdict.REPEATED, Verdict.FALSE]


def test_only_the_first_late_alarm_is_late() -> None:
    matching = match([expected(10, 5, 30)], [raised(17, 1), raised(20, 2)])
    assert verdicts(matching) == [Verdict.LATE, Verdict.REPEATED]


def test_one_alarm_answers_one_expectation() -> None:
    matching = match([expected(10, 5, 11, "a-1"), expected(10, 8, 12, "a-2")], [raised(12), ended(12.5)])
    assert sorted(outcomes(matching)) == [Outcome.DETECTED, Outcome.MISSED]
    assert matching.judged[0].of == "a-1"


def test_an_alarm_that_a_happening_may_raise_is_a_nuisance_and_says_why() -> None:
    matching = match([excused(10, 30)], [raised(20)])
    assert [(judged.verdict, judged.of, judged.reason) for judged in matching.judged] == [
        (Verdict.NUISANCE, "herd-1", "animals pass")
    ]


def test_an_expected_alarm_is_no_nuisance_though_it_were_excused() -> None:
    assert verdicts(match([excused(0, 60), expected(10, 5, 30)], [raised(11)])) == [Verdict.DETECTED]


def test_alarms_of_a_camera_with_a_faulty_picture_are_explained() -> None:
    not_live = {"device": "gate", "alarm": "picture.not-live"}
    heard = [raised(second, number, **not_live) for number, second in enumerate((9, 15, 39.9, 70.1), 1)]
    matching = match([fault(10, 10 + RECOVERY_S - 10)], heard)
    assert verdicts(matching) == [Verdict.FALSE, Verdict.EXPLAINED, Verdict.EXPLAINED, Verdict.FALSE]


def test_what_stands_already_cannot_be_raised() -> None:
    truth = [expected(10, 5, 30, "a-1"), expected(20, 5, 40, "a-2")]
    matching = match(truth, [raised(11), ended(45)])
    assert outcomes(matching) == [Outcome.DETECTED, Outcome.STANDING]
    assert outcomes(match(truth, [raised(11)])) == [Outcome.DETECTED, Outcome.STANDING]


def test_what_ended_before_its_time_was_missed() -> None:
    truth = [expected(10, 5, 30, "a-1"), expected(20, 5, 40, "a-2")]
    assert outcomes(match(truth, [raised(11), ended(22)])) == [Outcome.DETECTED, Outcome.MISSED]


def test_a_false_alarm_that_stands_hides_no_miss() -> None:
    assert outcomes(match([expected(20, 5, 40)], [raised(11)])) == [Outcome.MISSED]


_SECONDS = st.integers(0, 40).map(float)
_EXPECTED = st.builds(
    lambda since, within, lasts, number: expected(since, within, since + lasts, f"a-{number}"),
    _SECONDS,
    st.integers(0, 12).map(float),
    st.integers(0, 20).map(float),
    st.integers(1, 99),
)
_EXCUSED = st.builds(lambda since, lasts: excused(since, since + lasts), _SECONDS, st.integers(0, 10).map(float))
_TRUTH = st.tuples(st.lists(_EXPECTED, max_size=6), st.lists(_EXCUSED, max_size=2)).map(lambda both: both[0] + both[1])


@st.composite
def _heard(draw: st.DrawFn) -> list[Heard]:
    records: list[Heard] = []
    for number, second in enumerate(draw(st.lists(_SECONDS, max_size=6)), 1):
        records.append(raised(second, number))
        lasts = draw(st.none() | st.integers(0, 20))
        if lasts is not None:
            records.append(ended(second + lasts, number))
    return records


@given(truth=_TRUTH, heard=_heard())
def test_every_expectation_and_every_alarm_is_judged_once(truth: list[Truth], heard: list[Heard]) -> None:
    matching = match(truth, heard)
    assert sorted(map(repr, (met.expected for met in matching.met))) == sorted(
        repr(record) for record in truth if isinstance(record, Expected)
    )
    assert sorted(judged.raised.occurrence for judged in matching.judged) == sorted(
        record.occurrence for record in heard if isinstance(record, Raised)
    )


@given(truth=_TRUTH, heard=_heard())
def test_answers_are_in_time_and_no_alarm_answers_twice(truth: list[Truth], heard: list[Heard]) -> None:
    matching = match(truth, heard)
    times = {judged.raised.occurrence: judged.raised.at for judged in matching.judged}
    answered = [met for met in matching.met if met.outcome is Outcome.DETECTED]
    assert all(met.expected.at <= times[met.occurrence] <= due(met.expected) for met in answered)
    assert len({met.occurrence for met in answered}) == len(answered)
    assert {met.occurrence for met in answered} == {
        judged.raised.occurrence for judged in matching.judged if judged.verdict is Verdict.DETECTED
    }


@given(truth=_TRUTH, heard=_heard())
def test_no_other_matching_answers_more(truth: list[Truth], heard: list[Heard]) -> None:
    expectations = [record for record in truth if isinstance(record, Expected)]
    alarms = [record for record in heard if isinstance(record, Raised)]
    answered = sum(outcome is Outcome.DETECTED for outcome in outcomes(match(truth, heard)))
    assert answered == _most_answers(expectations, alarms)


@given(truth=_TRUTH, heard=_heard(), chance=st.randoms(use_true_random=False))
def test_the_order_of_records_means_nothing(truth: list[Truth], heard: list[Heard], chance: object) -> None:
    shuffled_truth, shuffled_heard = list(truth), list(heard)
    chance.shuffle(shuffled_truth)  # type: ignore[attr-defined]  # a random.Random
    chance.shuffle(shuffled_heard)  # type: ignore[attr-defined]  # the same
    first, second = match(truth, heard), match(shuffled_truth, shuffled_heard)
    assert sorted(outcomes(first)) == sorted(outcomes(second))
    assert verdicts(first) == verdicts(second)


@given(truth=_TRUTH, heard=_heard())
def test_nothing_false_lies_where_something_was_expected_or_excused(truth: list[Truth], heard: list[Heard]) -> None:
    for judged in match(truth, heard).judged:
        explained = any(
            record.at <= judged.raised.at <= max(record.until, due(record) if isinstance(record, Expected) else at(0))
            for record in truth
            if isinstance(record, Expected | Excused)
        )
        assert (judged.verdict is Verdict.FALSE) is not explained


@given(heard=_heard())
def test_a_run_without_truth_has_false_alarms_only(heard: list[Heard]) -> None:
    assert set(verdicts(match([], heard))) <= {Verdict.FALSE}
    assert all(
        judged.ended_at is None or isinstance(judged.ended_at, type(at(0))) for judged in match([], heard).judged
    )
    assert len([record for record in heard if isinstance(record, Ended)]) == sum(
        judged.ended_at is not None for judged in match([], heard).judged
    )


def _most_answers(expectations: Sequence[Expected], alarms: Sequence[Raised]) -> int:
    """By trying augmenting paths: the textbook's way, which knows nothing of times."""
    answered: dict[int, int] = {}

    def place(number: int, tried: set[int]) -> bool:
        for candidate, expectation in enumerate(expectations):
            if candidate in tried or not expectation.at <= alarms[number].at <= due(expectation):
                continue
            tried.add(candidate)
            if candidate not in answered or place(answered[candidate], tried):
                answered[candidate] = number
                return True
        return False

    return sum(place(number, set()) for number in range(len(alarms)))
