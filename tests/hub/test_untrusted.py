"""Whatever arrives, the pipeline's thread must not end: a message that ends it would come again and again."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.decisions.records import Changes
from hub.decisions.state import Effects
from hub.storage.operations import OperationsStore
from hub.storage.readings import ReadingsStore
from sensors.dialects import native
from sensors.model import Birth
from sensors.topics import Leaf, topic
from tests.hub.quiet_center import FENCE, FENCE_BIRTH, QuietCenter

_EXTREMES = st.sampled_from(
    [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), datetime.now(UTC)]
)
_VALUES = st.one_of(
    st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=300), st.none(), st.just("\x00")
)
_NAMES = st.sampled_from(["tension", "mode", "other", "Ж", ""])
_SAMPLES = st.fixed_dictionaries(
    {"at": _EXTREMES, "seq": st.integers(-1, 2**60), "values": st.dictionaries(_NAMES, _VALUES, max_size=4)}
)
_PAYLOADS = st.one_of(
    st.binary(max_size=80),
    _SAMPLES.map(msgspec.json.encode),
    st.lists(_SAMPLES, max_size=3).map(lambda each: msgspec.json.encode({"historical": False, "samples": each})),
    st.from_type(Birth).map(native.encode_birth),
    st.builds(lambda at: native.encode_event("e", "x", at), _EXTREMES),
    st.builds(lambda at, online: native.encode_state(online=online, since=at), _EXTREMES, st.booleans()),
)
_TOPICS = st.one_of(
    st.text(max_size=40),
    st.sampled_from([topic(FENCE, leaf) for leaf in Leaf]),
    st.sampled_from([f"shekara/v1/walls/main/{leaf}" for leaf in Leaf]),
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(messages=st.lists(st.tuples(_TOPICS, _PAYLOADS, st.booleans()), max_size=8))
def test_no_message_ends_the_pipeline_and_all_of_its_effects_can_be_stored(
    messages: list[tuple[str, bytes, bool]],
) -> None:
    center = QuietCenter()
    gathered: list[Effects] = [center.bear(FENCE, FENCE_BIRTH)]
    for name, payload, retained in messages:
        gathered.append(center.take(center.message(name, payload, retained=retained)))
        gathered.append(center.wait(61))
    for effects in gathered:
        msgspec.json.encode(effects.live)
        msgspec.json.encode(effects.readings)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=_PAYLOADS, leaf=st.sampled_from(list(Leaf)))
def test_whatever_was_taken_in_the_disk_takes_too(tmp_path: Path, payload: bytes, leaf: Leaf) -> None:
    center = QuietCenter()
    effects = center.hear(FENCE, leaf, payload)
    readings, operations = ReadingsStore(tmp_path), OperationsStore(tmp_path)
    try:
        readings.write(effects.readings)
        changes = effects.changes
        operations.commit(Changes(devices=changes.devices, alarms=changes.alarms, walls=changes.walls))
        operations.recall()
        readings.newest()
    finally:
        readings.close()
        operations.close()
