"""What Home Assistant discovery keeps over a restart: nothing that was acknowledged may depend on what comes next."""

import pytest

from sensors.dialects.dialect import Listen
from sensors.model import ReadingsSeen
from tests.sensors.home_assistant_desk import NOW, PORTAL, TEMPERATURE, Desk, alone, values

CONFIG = "homeassistant/sensor/portal/config"
HOT = b'{"temperature": 31}'


def test_after_a_restart_a_word_is_understood_before_its_config_is_said_again() -> None:
    desk = Desk()
    desk.config("sensor/portal", TEMPERATURE, retained=True)
    again = desk.begun_again()
    assert Listen("portal/state") in again.actions
    assert values(again.hear("portal/state", HOT)) == {"temperature": 31}
    again.wait(1)
    assert again.births[-1].retained, "what it is is a memory too"
    assert (again.key, again.birth) == (desk.key, desk.birth)
    assert again.hear(CONFIG, TEMPERATURE, retained=True) == []


def test_a_config_that_is_taken_back_is_not_remembered() -> None:
    desk = Desk()
    desk.config("sensor/portal", TEMPERATURE)
    assert len(desk.memos) == 1
    desk.config("sensor/portal", b"")
    assert desk.memos == {}


def test_a_config_that_was_refused_is_not_remembered_and_the_one_before_it_is() -> None:
    desk = Desk()
    desk.config("sensor/portal", TEMPERATURE)
    before = dict(desk.memos)
    desk.config("sensor/portal", b"{")
    desk.config("sensor/other", b"[]")
    assert desk.memos == before
    assert desk.rejected


def test_a_message_that_waits_for_its_config_survives_a_restart_with_its_own_time() -> None:
    desk = Desk()
    said_at = desk.now
    desk.hear("portal/state", HOT)
    assert len(desk.memos) == 1
    desk.wait(2)
    again = desk.begun_again()
    again.config("sensor/portal", TEMPERATURE, retained=True)
    (seen,) = [each for each in again.messages if isinstance(each, ReadingsSeen)]
    assert [(reading.value, reading.captured_at) for reading in seen.readings] == [(31, said_at)]
    third = again.begun_again()
    third.wait(1)
    (repeated,) = [each for each in third.messages if isinstance(each, ReadingsSeen)]
    assert repeated == seen, "what is taken in twice is the same reading, which the store keeps once"
    again.wait(20)
    assert not [name for name in again.memos if name.startswith("early")]


def test_a_message_that_nobody_explains_in_time_is_refused_and_not_remembered_after_a_restart_either() -> None:
    desk = Desk()
    desk.hear("portal/state", HOT)
    again = desk.begun_again()
    again.hear("portal/state", HOT)
    again.wait(1)
    again.wait(20)
    assert again.rejected == ["no config announces this topic"]
    assert again.memos == {}


def test_a_remembered_config_gives_way_to_one_that_is_said() -> None:
    """A device may be announced under another topic while the hub is away, and nobody says that the old one is gone."""
    desk = Desk()
    desk.config("sensor/before", alone(), retained=True)
    again = desk.begun_again()
    again.config("sensor/after", alone(state_topic="it/new"), retained=True)
    assert again.rejected == []
    assert values(again.hear("it/new", "7")) == {"it": "7"}
    confirmed = desk.begun_again()
    confirmed.config("sensor/before", alone(), retained=True)
    confirmed.config("sensor/after", alone(state_topic="it/new"), retained=True)
    assert len(confirmed.rejected) == 1


def test_devices_keep_their_keys_whatever_the_order_in_which_configs_are_said_again() -> None:
    desk = Desk()
    both = {**PORTAL, "identifiers": ["other", "portal-0451"]}
    desk.config("sensor/one", alone(), retained=True)
    desk.config("sensor/two", alone(device=both, unique_id="portal-0451_two", state_topic="it/two"), retained=True)
    again = desk.begun_again()
    again.config("sensor/two", alone(device=both, unique_id="portal-0451_two", state_topic="it/two"), retained=True)
    assert {birth.key for birth in again.births} == {desk.key}


@pytest.mark.parametrize(
    "memos",
    [
        {"config:elsewhere/sensor/portal/config": b"{}"},
        {"config:homeassistant/sensor/portal/config": b"{"},
        {"early:x": b"\xc1", "early:000000000001": b"\xc1"},
    ],
)
def test_a_memo_that_says_nothing_any_more_harms_nothing_and_is_forgotten(memos: dict[str, bytes]) -> None:
    desk = Desk(memos=dict(memos)).connect(NOW)
    desk.wait(20)
    assert desk.memos == {}
    assert desk.messages == []
