"""Words that came before their config: each is stored once and takes no other's place, whenever the hub is killed."""

from collections import defaultdict
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.model import EventSeen, Message, ReadingsSeen
from tests.sensors.home_assistant_desk import NOW, PORTAL, PREFIX, Desk, alone, values

CONFIG = alone(unit_of_measurement="mm")
PLACE, TOPIC = f"{PREFIX}/sensor/it/config", "it/state"
STEPS = ("word", "word", "word", "config", "next batch", "settled", "killed", "config changed")


class History:
    """A hub that hears, is told, and is killed between two batches; and the store behind it, which keeps keys once."""

    def __init__(self) -> None:
        self.desk = Desk().connect(NOW)
        self.said = 0
        self.store: dict[tuple[str, object, int], object] = {}
        self.places: defaultdict[object, set[tuple[str, object, int]]] = defaultdict(set)

    def go(self, step: str) -> None:
        match step:
            case "word":
                self._store(self.desk.hear(TOPIC, str(self.said)))
                self.said += 1
            case "config":
                self._store(self.desk.hear(PLACE, CONFIG, retained=True))
            case "config changed":
                self._store(self.desk.hear(PLACE, CONFIG | {"name": f"No. {self.said}"}, retained=True))
            case "next batch":
                self.desk.now += timedelta(milliseconds=10)
            case "settled":
                self._store(self.desk.wait(1.25))
            case "killed":
                self.desk.now += timedelta(milliseconds=10)
                self.desk = self.desk.begun_again()

    def _store(self, messages: list[Message]) -> None:
        for seen in messages:
            for reading in seen.readings if isinstance(seen, ReadingsSeen) and not seen.snapshot else ():
                if reading.metric == "it":
                    place = (reading.metric, reading.captured_at, reading.sequence)
                    self.store.setdefault(place, reading.value)
                    self.places[reading.value].add(place)


@given(st.lists(st.sampled_from(STEPS), max_size=24))
def test_each_word_is_stored_once_and_none_in_the_place_of_another(steps: list[str]) -> None:
    history = History()
    for step in (*steps, "config", "settled", "settled"):
        history.go(step)
    assert sorted(history.store.values(), key=str) == sorted(range(history.said), key=str)
    assert all(len(places) == 1 for places in history.places.values())


def test_a_word_between_config_and_introduction_leaves_the_places_of_those_before() -> None:
    """The least that once went wrong: the first word was taken for the second, and thrown away."""
    history = History()
    for step in ("word", "config", "word", "next batch", "word", "settled"):
        history.go(step)
    assert sorted(history.store.values(), key=str) == [0, 1, 2]


def test_what_was_kept_changes_nothing_that_is_known_by_newer_words() -> None:
    desk = Desk().connect(NOW)
    desk.hear(TOPIC, "1")
    desk.hear(PLACE, CONFIG, retained=True)
    desk.wait(0.1)
    desk.hear(TOPIC, "2")
    (kept,) = [
        reading
        for seen in desk.wait(1.5)
        if isinstance(seen, ReadingsSeen) and not seen.snapshot
        for reading in seen.readings
        if reading.metric == "it"
    ]
    assert (kept.value, kept.captured_at, kept.historical) == (1, NOW, True)


def test_a_config_at_the_last_moment_is_introduced_before_what_was_kept_is_given_up() -> None:
    desk = Desk().connect(NOW)
    desk.hear(TOPIC, "1")
    desk.wait(14.9)
    desk.hear(PLACE, CONFIG, retained=True)
    said = desk.wait(0.2)
    assert values(said)["it"] == 1
    assert not desk.rejected
    assert not [name for name in desk.memos if name.startswith("early:")]
    assert not desk.dialect.claims("it/other")


@pytest.mark.parametrize("before", [True, False], ids=["before the config", "after it"])
def test_a_button_pressed_twice_in_one_moment_was_pressed_twice(*, before: bool) -> None:
    desk = Desk().connect(NOW)
    button = {
        "device": PORTAL,
        "unique_id": "portal-0451_bell",
        "state_topic": TOPIC,
        "event_types": ["pressed"],
    }
    announce = partial(desk.hear, f"{PREFIX}/event/bell/config", button)
    press = partial(desk.hear, TOPIC, {"event_type": "pressed"})
    for act in (press, press, announce) if before else (announce, press, press):
        act()
    desk.wait(1.25)
    events = [each for each in desk.messages if isinstance(each, EventSeen)]
    assert len({each.id for each in events}) == 2
