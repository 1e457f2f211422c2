"""`shekara simulate` as people start it."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from sensors.dialects.native import encode_command
from simulators.cameras.departures import read_departures
from simulators.truth import Expected, Happening, read_run, read_truth
from tests.support.waiting import eventually

pytestmark = pytest.mark.alone

_SCENARIO = """
title = { en = "One post" }
rtsp_port = 0
light = "day"
[[sites]]
id = "kordai"
names = { en = "Kordai", ru = "Кордай", kk = "Қордай" }
position = { latitude_deg = 43.0, longitude_deg = 74.7 }
[[sites.devices]]
id = "ground-1"
kind = "ground-sensor"
names = { en = "Ground 1" }
[[sites.devices]]
id = "fence-1"
kind = "fence"
period_s = 1
names = { en = "Fence 1" }
[[sites.cameras]]
id = "cam-1"
view = "perimeter"
names = { en = "Perimeter" }
covers = ["ground-1", "fence-1"]
[[steps]]
at_s = 0
site = "kordai"
id = "slow"
action = "link-latency"
latency_s = 0.05
duration_s = 600
"""
"""With a step for its link, so that all it says goes through the line."""


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hub.command", "simulate", *arguments]


@pytest.mark.slow
def test_it_runs_until_it_is_told_to_stop_and_then_leaves_nothing(tmp_path: Path, broker_port: int) -> None:
    scenario, log = tmp_path / "post.toml", tmp_path / "departures"
    scenario.write_text(_SCENARIO, "utf-8")
    heard: dict[str, list[bytes]] = {}

    def take(client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        del client, data
        heard.setdefault(message.topic, []).append(bytes(message.payload))

    listener = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="listener-of-the-command")
    listener.on_message = take
    listener.connect("127.0.0.1", broker_port)
    listener.subscribe("shekara/v1/kordai/#", qos=1)
    listener.loop_start()
    process = subprocess.Popen(
        _command(
            str(scenario), "--cache", str(tmp_path / "clips"), "--departures", str(log), "--run", str(tmp_path / "run")
        ),
        cwd=tmp_path,
        env={**os.environ, "SHEKARA_BROKER_PORT": str(broker_port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        ready = msgspec.json.decode(process.stdout.readline())
        assert (ready["cameras"], ready["devices"]) == (1, 4)
        eventually(lambda: heard.get("shekara/v1/kordai/cam-1/birth"))
        birth = msgspec.json.decode(heard["shekara/v1/kordai/cam-1/birth"][0])
        url = next(stream["url"] for stream in birth["streams"] if stream["role"] == "sub")
        port = urlsplit(url).port
        assert port not in (None, ready["rtsp_port"])  # that of the post's line
        with socket.create_connection(("127.0.0.1", port), timeout=60) as viewer:
            viewer.sendall(f"SETUP {url} RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;unicast\r\n\r\n".encode())
            session = viewer.recv(4096).split(b"Session: ")[1].split(b";")[0].decode()
            viewer.sendall(f"PLAY {url} RTSP/1.0\r\nCSeq: 2\r\nSession: {session}\r\n\r\n".encode())
            eventually(lambda: viewer.recv(65_536) and len(list(read_departures(log))) > 10)
        eventually(lambda: heard.get("shekara/v1/kordai/fence-1/data"))
        listener.publish("shekara/v1/kordai/gateway/cmd", encode_command("42", "intrusion"), qos=1)
        eventually(lambda: heard.get("shekara/v1/kordai/gateway/ack"), what="the answer")
        assert msgspec.json.decode(heard["shekara/v1/kordai/gateway/ack"][0]) == {
            "id": "42",
            "done": True,
            "text": "intrusion",
        }
        eventually(lambda: any(b'"climb":true' in one for one in heard["shekara/v1/kordai/fence-1/data"]))
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
        eventually(lambda: b'"online":false' in heard["shekara/v1/kordai/gateway/state"][-1])
        assert read_run(tmp_path / "run").until is not None
        truth = tuple(read_truth(tmp_path / "run"))
        assert [record.what for record in truth if isinstance(record, Happening)] == ["link-latency", "intrusion"]
        assert {record.device for record in truth if isinstance(record, Expected)} == {"ground-1", "fence-1"}
    finally:
        process.kill()
        process.communicate()
        listener.disconnect()
        listener.loop_stop()


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            _command("border", "--cache", str(tmp_path / "clips"), "--rtsp-port", str(port)),
            cwd=tmp_path,
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 7
    assert ended.stderr.decode().strip().count("\n") == 0
    assert f"RTSP 127.0.0.1:{port}: cannot listen" in ended.stderr.decode()


def test_a_bad_scenario_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("title = 3")
    ended = subprocess.run(_command("bad.toml"), cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.decode().startswith("shekara: bad.toml: Expected `object`, got `int` - at `$.title`")
