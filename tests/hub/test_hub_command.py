"""`shekara hub` and `shekara broker` as users run them: what they refuse, and how they end."""

import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from sensors.dialects import native
from sensors.rtsp.authentication import Credentials
from tests.hub.quiet_center import FENCE_BIRTH, START
from tests.support.brokers import free_port, running_broker
from tests.support.forked import run_shekara
from tests.support.running_hub import environ, running_hub
from tests.support.waiting import eventually


def run(directory: Path, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """A command that is expected to end by itself."""
    return run_shekara(directory, *arguments, environ=environ(**extra))


@contextmanager
def taken_port() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield str(listener.getsockname()[1])


def _stored_in(folder: Path) -> list[tuple[float]]:
    with closing(sqlite3.connect(folder / "data" / "readings.sqlite")) as connection:
        return connection.execute("SELECT value FROM readings").fetchall()


def test_a_port_in_use_is_named_with_the_mend(tmp_path: Path) -> None:
    with taken_port() as port:
        api = run(tmp_path, "hub", SHEKARA_HUB_PORT=port)
        mqtt_of_hub = run(tmp_path, "hub", SHEKARA_HUB_PORT="0", SHEKARA_BROKER_PORT=port)
        alone = run(tmp_path, "broker", SHEKARA_BROKER_PORT=port)
    for ended in (api, mqtt_of_hub, alone):
        assert ended.returncode == 7
        assert f"127.0.0.1:{port}" in ended.stderr
        assert "Traceback" not in ended.stderr
    assert "[hub] port" in api.stderr
    assert "[broker]" in mqtt_of_hub.stderr


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[hub\n", "shekara.toml"),
        ("[hub]\nprot = 1\n", "unknown key prot"),
        ("[hub]\nlanguage = 'latin'\n", "[hub]"),
        ("[broker]\nurl = 'http://x'\n", "[broker] url"),
        ("[broker]\nhost = '0.0.0.0'\n", "anybody on the network"),
        ("[storage]\nbatch_messages = 0\n", "[storage]"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "shekara.toml").write_text(text)
    ended = run(tmp_path, "hub", SHEKARA_HUB_PORT="0", SHEKARA_BROKER_PORT=str(free_port()))
    assert ended.returncode == 2
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run(tmp_path, "hub", SHEKARA_HUB_DATA_DIR="file/data")
    assert (ended.returncode, "file/data" in ended.stderr) == (2, True)


@pytest.mark.slow
def test_a_hub_ends_at_once_leaves_no_process_and_says_in_its_log_that_it_ended(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub:
        second = run(tmp_path, "hub", SHEKARA_HUB_PORT="0", SHEKARA_BROKER_PORT=str(free_port()))
        assert (second.returncode, "another hub" in second.stderr) == (7, True)
        children = hub.children()
        assert len(children) == 1
        assert hub.end() == 0
        assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
        assert [kind for kind, _ in hub.entries()] == ["hub-started", "hub-stopped"]
        assert "ERROR" not in hub.log.upper()


@pytest.mark.slow
def test_a_hub_goes_on_when_an_address_it_searches_from_is_gone(tmp_path: Path) -> None:
    """A cable is pulled: that ends the search for cameras, and not the watch."""
    search = {"SHEKARA_DISCOVERY_ONVIF": "true", "SHEKARA_DISCOVERY_INTERFACES": "192.0.2.99"}
    with running_hub(tmp_path, **search) as hub:
        eventually(lambda: "not an address of this machine: 192.0.2.99" in hub.log, what="the hub saying so")
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", hub.broker_port)
        client.loop_start()
        client.publish("shekara/v1/kordai/fence-1/data", native.encode_data(START, 1, {"tension": 5.0}), qos=1)
        eventually(lambda: _stored_in(tmp_path) == [(5.0,)], what="the reading")
        client.disconnect()
        client.loop_stop()
        assert hub.end() == 0


@pytest.mark.slow
def test_the_embedded_broker_is_begun_again_when_it_dies_and_ends_when_the_hub_is_killed(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub:
        (child,) = hub.children()
        child.kill()
        eventually(lambda: hub.log.count("broker connected") >= 2, within_s=40, what="the hub's second connection")
        (second,) = hub.children()
        hub.process.kill()
        hub.process.wait(60)
        eventually(lambda: _has_ended(second))


def _has_ended(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@pytest.mark.slow
def test_bad_input_over_the_embedded_broker_is_counted_and_logged_and_nothing_else_stops(tmp_path: Path) -> None:
    with running_hub(tmp_path) as hub:
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", hub.broker_port)
        client.loop_start()
        good = native.encode_data(START, 1, {"tension": 5.0})
        for name, payload in (
            ("kordai/fence-1/birth", native.encode_birth(FENCE_BIRTH)),
            ("kordai/fence-1/data", b"{malformed"),
            ("kordai/fence-1/data", b"x" * 10_000_000),
            ("kordai/fence-1/data", native.encode_data(START, 2, {"tension": "a lie"})),
            ("KORDAI/fence-1/data", good),
            ("kordai/fence-1/data", good),
        ):
            client.publish(f"shekara/v1/{name}", payload, qos=1).wait_for_publish(60)
        client.disconnect()
        client.loop_stop()
        eventually(lambda: sum(kind == "rejected" for kind, _ in hub.entries()) >= 2)
        eventually(lambda: _stored_in(tmp_path) == [(5.0,)])
        assert hub.end() == 0


def test_the_embedded_broker_lets_in_only_who_knows_the_password(tmp_path: Path) -> None:
    known = Credentials("hub", "correct-horse")
    with running_broker(tmp_path, known) as port:
        assert _connects(port, known)
        assert not _connects(port, Credentials("hub", "wrong"))
        assert not _connects(port, None)
        with socket.create_connection(("127.0.0.1", port)) as stranger:
            stranger.sendall(b"\x30\xff\xff\xff\x7f")
            stranger.settimeout(20)
            assert stranger.recv(1) == b""
        assert _connects(port, known)


def _connects(port: int, credentials: Credentials | None) -> bool:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    if credentials is not None:
        client.username_pw_set(credentials.user, credentials.password)
    answers: list[bool] = []
    client.on_connect = lambda _, __, ___, reason, ____: answers.append(not reason.is_failure)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        eventually(lambda: answers)
    finally:
        client.disconnect()
        client.loop_stop()
    return answers[0]
