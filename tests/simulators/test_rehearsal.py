"""Same scenario, seed and clock: same bytes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from sensors.dialects.native import decode
from sensors.model import Rejected
from simulators.messages import Message
from simulators.rehearsal import Rehearsal, hash_of
from simulators.scenario.form import Scenario
from simulators.scenario.reading import parse_scenario
from simulators.truth import Happening, read_run, read_truth
from tests.scenarios.fixed_hub import FixedHub

_HEAD = """
title = { en = "One post" }
seed = 5
lasts_s = 60
[[sites]]
id = "kordai"
names = { en = "Kordai" }
position = { latitude_deg = 43.0, longitude_deg = 74.7 }
equipment = "outpost"
"""
_EVENTFUL = _HEAD + "".join(
    f'[[steps]]\nat_s = {at_s}\nsite = "kordai"\naction = "{action}"\n{rest}\n'
    for at_s, action, rest in (
        (2, "enter", 'kind = "herd"\npast = "ground-1"'),
        (3, "data-corrupt", "share = 0.3"),
        (3, "data-delay", "delay_s = 3\njitter_s = 4"),
        (5, "link-latency", "latency_s = 0.3\njitter_s = 0.2"),
        (20, "link-cut", "duration_s = 10"),
        (40, "weather", "gust_mps = 30\nhail = true\nover_s = 2"),
    )
)


def _scenario(text: str) -> Scenario:
    return parse_scenario(text.encode(), "s")


def _messages(text: str) -> list[Message]:
    return list(Rehearsal(_scenario(text)).messages())


def test_the_same_scenario_is_the_same_stream_and_another_seed_is_not() -> None:
    first, second = hash_of(_messages(_EVENTFUL)), hash_of(_messages(_EVENTFUL))
    assert first.sha256 == second.sha256
    assert first.messages > 100
    assert hash_of(_messages(_EVENTFUL.replace("seed = 5", "seed = 6"))).sha256 != first.sha256
    assert hash_of(_messages(_EVENTFUL.replace("at_s = 40", "at_s = 41"))).sha256 != first.sha256


def test_the_command_prints_the_hash_and_writes_the_run(tmp_path: Path) -> None:
    file = tmp_path / "post.toml"
    file.write_text(_EVENTFUL, "utf-8")
    said: list[dict[str, str | float]] = []
    for seed in ("1", "2"):
        arguments = ("simulate", str(file), "--fixed", "--run", str(tmp_path / "run"))
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-m", "hub.command", *arguments]
        done = subprocess.run(command, check=True, capture_output=True, env=environment, cwd=tmp_path, timeout=60)
        said.append(msgspec.json.decode(done.stdout))
    assert said[0] == said[1]
    assert said[0]["sha256"] == hash_of(_messages(_EVENTFUL)).sha256
    run = read_run(tmp_path / "run")
    assert (run.scenario, run.seed, run.speed, run.sha256) == ("post", 5, 0.0, said[0]["sha256"])
    assert run.until is not None
    assert sum(isinstance(record, Happening) for record in read_truth(tmp_path / "run")) == 6


def test_messages_come_in_order_of_time_and_are_understood() -> None:
    messages = _messages(_EVENTFUL)
    times = [message.at for message in messages]
    assert times == sorted(times)
    rejected = [
        message
        for message in messages
        if isinstance(
            decode(message.topic, message.payload, retained=message.retained, received_at=message.at), Rejected
        )
    ]
    assert 0 < len(rejected) < len(messages) / 4


def test_what_was_kept_while_the_cable_was_cut_comes_as_history() -> None:
    text = _HEAD + '[[steps]]\nat_s = 20\nsite = "kordai"\naction = "link-cut"\nduration_s = 10'
    starts = Rehearsal(_scenario(text)).starts
    fence = [
        ((message.at - starts).total_seconds(), b'"historical":true' in message.payload)
        for message in _messages(text)
        if message.topic.endswith("fence-1/data")
    ]
    assert not [at_s for at_s, _ in fence if 20.6 < at_s < 30.4]
    assert [historical for at_s, historical in fence if at_s < 20.4] == [False] * 21
    assert [historical for at_s, historical in fence if historical] == [True]
    wills = [message for message in _messages(text) if message.topic.endswith("gateway/state")]
    assert [b"false" in message.payload for message in wills] == [False, True, False]


def test_what_a_link_holds_up_when_it_breaks_comes_as_history_and_once() -> None:
    text = _HEAD + "".join(
        f'[[steps]]\nat_s = {at_s}\nsite = "kordai"\naction = "{action}"\n{rest}\n'
        for at_s, action, rest in (
            (20, "link-brown-out", "every_s = 3600\ndown_s = 20\nduration_s = 20"),
            (30, "link-break", "duration_s = 10"),
        )
    )
    starts = Rehearsal(_scenario(text)).starts
    fence = [
        ((message.at - starts).total_seconds(), message.payload)
        for message in _messages(text)
        if message.topic.endswith("fence-1/data")
    ]
    assert not [at_s for at_s, _ in fence if 20.0 <= at_s < 40.0]
    back = [payload for at_s, payload in fence if 40.0 <= at_s < 40.5]
    assert b'"historical":true' in back[0]
    assert back[0].count(b'"seq"') >= 19
    numbers = [int(number) for _, payload in fence for number in re.findall(rb'"seq":(\d+)', payload)]
    assert sorted(numbers) == list(range(min(numbers), max(numbers) + 1))


@pytest.mark.parametrize("half_open", [True, False])
def test_a_will_comes_at_once_when_the_line_breaks_and_late_when_it_only_falls_silent(half_open: bool) -> None:  # noqa: FBT001
    action = "link-half-open" if half_open else "link-break"
    text = _HEAD + f'[[steps]]\nat_s = 10\nsite = "kordai"\naction = "{action}"\nduration_s = 40'
    starts = Rehearsal(_scenario(text)).starts
    wills = [
        (message.at - starts).total_seconds()
        for message in _messages(text)
        if message.topic.endswith("gateway/state") and b"false" in message.payload
    ]
    assert wills == pytest.approx([40.0 if half_open else 10.0], abs=0.5)


def test_a_hub_hears_a_rehearsal_as_it_hears_a_post() -> None:
    rehearsal = Rehearsal(_scenario(_HEAD))
    hub = FixedHub(rehearsal.starts)
    assert not list(hub.hear(rehearsal.messages(), rehearsal.until))
    assert len(hub.state.registry.devices) == 10
