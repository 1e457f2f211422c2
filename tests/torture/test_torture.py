"""Nothing that was promised is lost or doubled, whoever is killed; and the harness would see it if it were."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.torture.balance import Balance, strike
from tests.torture.campaign import Outcome, Victim, torture

KILLS = 50
SEEDS = (2026, 2027)
"""One campaign each: side by side, because a campaign mostly waits for what it has killed."""


@pytest.mark.slow
def test_fifty_kills_of_hub_and_broker_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(len(SEEDS)) as pool:
        outcomes = list(pool.map(lambda seed: _campaign(tmp_path / str(seed), seed), SEEDS))
    assert sum(outcome.kills.total() for outcome in outcomes) == KILLS
    for outcome in outcomes:
        assert (outcome.lost, outcome.twice) == (frozenset(), frozenset())
        assert set(outcome.kills) == set(Victim)
        assert outcome.acknowledged == outcome.receipted == outcome.stored > 10 * outcome.kills.total()


def _campaign(folder: Path, seed: int) -> Outcome:
    folder.mkdir()
    return torture(folder, KILLS // len(SEEDS), seed)


@pytest.mark.slow
def test_a_gateway_that_trusts_its_broker_loses_samples_and_the_harness_names_them(tmp_path: Path) -> None:
    outcome = torture(tmp_path, 10, seed=7, trusting=True)
    assert outcome.lost
    assert outcome.twice == frozenset()


def test_a_balance_names_what_is_missing_and_what_is_there_twice() -> None:
    one, two, three = (("counter-0", number) for number in (1, 2, 3))
    assert strike(frozenset({one, two}), Counter({one: 2, three: 1})) == Balance(frozenset({two}), frozenset({one}))
