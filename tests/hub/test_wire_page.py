"""The written specification is decoded by what decodes the wire."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, get_args, get_origin, get_type_hints

import msgspec
import pytest

from hub.decisions.checking import MAX_AHEAD, find_lie
from hub.decisions.pictures import MAX_OBSERVERS, PICTURE_HOLDS_S
from hub.decisions.reception import MAX_EVENTS_PER_MINUTE
from sensors.catalog import CAMERA_HEALTH, PictureState
from sensors.dialects import native
from sensors.model import Argument, Birth, BirthSeen, Command, Limit, Metric, ReadingsSeen, Rejected, Stream
from sensors.receipts import MAX_RANGES, Receipt, decode_receipt
from sensors.topics import Leaf, Topic, parse_topic
from videowall.board import Board, decode_board
from videowall.plan import Plan, decode_plan

PAGE = (Path(__file__).parents[2] / "docs" / "wire-native-v1.md").read_text("utf-8")
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
EXAMPLES = [
    (topic, "refused" in note, re.sub(r"^ {3}", "", text, flags=re.MULTILINE).encode())
    for topic, note, text in re.findall(r"`(shekara/v1/[a-z0-9/-]+)`([^\n]*)\n\n *```json\n(.*?)```", PAGE, re.DOTALL)
]


def test_every_example_has_its_topic_and_every_leaf_its_example() -> None:
    assert len(EXAMPLES) == PAGE.count("```json")
    leaves = {parsed.leaf for topic, _, _ in EXAMPLES if isinstance(parsed := parse_topic(topic), Topic)}
    assert leaves == set(Leaf)


@pytest.mark.parametrize(("topic", "refused", "payload"), EXAMPLES)
def test_every_example_is_taken_or_refused_as_the_page_says(topic: str, payload: bytes, *, refused: bool) -> None:
    parsed = parse_topic(topic)
    assert isinstance(parsed, Topic)
    if parsed.leaf is Leaf.PLAN:
        assert isinstance(decode_plan(payload), Plan)
    elif parsed.leaf is Leaf.BOARD:
        assert isinstance(decode_board(payload), Board)
    elif parsed.leaf is Leaf.COMMAND:
        assert isinstance(native.decode_command(payload), native.CommandPayload)
    elif parsed.leaf is Leaf.STORED:
        assert isinstance(decode_receipt(payload), Receipt)
    else:
        seen = native.decode(topic, payload, retained=False, received_at=NOW)
        lie = find_lie(seen.key, seen.birth) if isinstance(seen, BirthSeen) and seen.birth is not None else None
        assert (isinstance(seen, Rejected) or lie is not None) == refused, (seen, lie)


def test_the_will_of_the_walk_through_is_a_state() -> None:
    (will,) = re.findall(r'`(\{"online":false[^`]*)`', PAGE)
    seen = native.decode("shekara/v1/kordai/door-1/state", will.encode(), retained=True, received_at=NOW)
    assert not isinstance(seen, Rejected)


def test_the_camera_example_has_every_metric_of_a_picture() -> None:
    examples = [native.decode(topic, text, retained=False, received_at=NOW) for topic, _, text in EXAMPLES]
    pictures = [seen for seen in examples if isinstance(seen, ReadingsSeen) and seen.key.device == "cam-1"]
    assert {reading.metric for seen in pictures for reading in seen.readings} == {each.name for each in CAMERA_HEALTH}
    for state in PictureState:
        assert f"`{state}`" in PAGE
    for layout in ("1x1", "8x8", "1+5", "1+7", "1+12", "2+8", "free"):
        assert f"`{layout}`" in PAGE


def longest(type_: type[msgspec.Struct], field: str) -> int:
    """The bound that a type declares for a field."""
    hint = get_type_hints(type_, include_extras=True)[field]
    assert get_origin(hint) is Annotated
    return next(meta.max_length for meta in get_args(hint) if isinstance(meta, msgspec.Meta) and meta.max_length)


def test_the_bounds_are_those_of_the_types() -> None:
    bounds = dict(re.findall(r"^\| ([^|]+) \| (\d+)[^|]*\|$", PAGE.partition("## 8. Bounds")[2], re.MULTILINE))
    assert {name: int(number) for name, number in bounds.items()} == {
        "payload": native.MAX_PAYLOAD_BYTES,
        "samples in a backlog": native.MAX_SAMPLES,
        "values in a sample": native.MAX_VALUES,
        "metrics in a birth": longest(Birth, "metrics"),
        "limits of a metric": longest(Metric, "limits"),
        "streams of a camera": longest(Birth, "streams"),
        "ids in `covers`": longest(Birth, "covers"),
        "`presets` of a camera": longest(Birth, "presets"),
        "a name in one language, and other single lines": longest(Birth, "maker"),
        "a text (`text`, `cause`)": longest(Limit, "cause"),
        "a URL": longest(Stream, "url"),
        "a unit": longest(Metric, "unit"),
        "an event or command id": longest(native.EventPayload, "id"),
        "arguments of a command": longest(native.CommandPayload, "arguments"),
        "commands in a birth": longest(Birth, "commands"),
        "choices of an argument": longest(Argument, "choices"),
    }
    assert longest(Command, "arguments") == longest(native.CommandPayload, "arguments")
    assert f"At most {MAX_EVENTS_PER_MINUTE} a minute" in PAGE
    assert f"most {MAX_RANGES} ranges" in PAGE
    assert f"At most {MAX_OBSERVERS} observers" in PAGE
    assert f"said {PICTURE_HOLDS_S:.0f} s ago" in PAGE
    assert f"for the first {PICTURE_HOLDS_S:.0f} s" in PAGE
    assert f"{MAX_AHEAD.total_seconds():.0f} s in the future" in PAGE
