import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.model import DeviceId, DeviceKey, SiteId
from sensors.topics import Leaf, Topic, device_filter, parse_topic, topic, wall_key

IDS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True)


@given(IDS, IDS, st.sampled_from(Leaf))
def test_a_topic_comes_back_as_it_was_built(site: str, device: str, leaf: Leaf) -> None:
    key = DeviceKey(SiteId(site), DeviceId(device))
    parsed = parse_topic(topic(key, leaf))
    assert parsed == Topic(key, leaf)
    assert str(parsed) == topic(key, leaf)
    assert topic(key, leaf).startswith(device_filter(key).removesuffix("#"))


@given(st.text(max_size=80))
def test_any_other_text_is_refused_with_a_reason_or_says_exactly_itself(text: str) -> None:
    parsed = parse_topic(text)
    assert str(parsed) == text if isinstance(parsed, Topic) else parsed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "shekara/v1/kordai/fence-1",
        "shekara/v1/kordai/fence-1/data/more",
        "shekara/v2/kordai/fence-1/data",
        "shekara/v1/Kordai/fence-1/data",
        "shekara/v1/kordai/-fence/data",
        "shekara/v1/kordai/fence\n/data",
        "shekara/v1/kordai//data",
        "shekara/v1/+/fence-1/data",
        "shekara/v1/kordai/#/data",
        "shekara/v1/../fence-1/data",
        f"shekara/v1/{'k' * 64}/fence-1/data",
        "shekara/v1/kordai/fence-1/DATA",
        "/shekara/v1/kordai/fence-1/data",
    ],
)
def test_what_is_no_topic_is_refused(text: str) -> None:
    assert isinstance(parse_topic(text), str)


def test_walls_are_devices_of_their_own_site() -> None:
    assert topic(wall_key("main"), Leaf.PLAN) == "shekara/v1/walls/main/plan"
