"""The generated configuration is one that mosquitto takes, and that does what its comments say."""

import os
import subprocess
import threading
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hub.brokers.mosquitto import ACCESS, CONFIGURATION, PASSWORDS, Place, write_access_list, write_configuration
from hub.commands.mosquitto import write_files
from sensors.broker_settings import BrokerSettings
from sensors.errors import ConfigError
from sensors.rtsp.authentication import Credentials
from tests.support.brokers import free_port
from tests.support.forked import run_shekara
from tests.support.mosquitto import Mosquitto, program
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
HUB = Credentials("hub", "right")


def test_the_committed_example_is_what_the_command_prints() -> None:
    settings = BrokerSettings(url="mqtt://broker.example:1883")
    mend = "write it anew: see docs/broker.md"
    assert (ROOT / "deploy" / CONFIGURATION).read_text("utf-8") == write_configuration(settings, HUB, Place()), mend
    assert (ROOT / "deploy" / ACCESS).read_text("utf-8") == write_access_list(HUB), mend


def test_every_line_has_its_reason_above_it() -> None:
    text = write_configuration(BrokerSettings(url="mqtt://broker.example:1883"), HUB, Place())
    for block in text.split("\n\n"):
        *reasons, line = block.rstrip("\n").split("\n")
        assert (line.startswith("#"), all(reason.startswith("# ") for reason in reasons)) == (
            False,
            True,
        ) or not reasons


def test_a_broker_open_to_the_network_is_refused_and_so_is_a_user_who_would_be_another_line() -> None:
    with pytest.raises(ConfigError, match="anybody"):
        write_configuration(BrokerSettings(url="mqtt://broker.example"), None, Place())
    for user in ("", "hub\ntopic readwrite #", "hub:x", "hub kordai"):
        with pytest.raises(ConfigError, match="mqtt"):
            write_configuration(BrokerSettings(), Credentials(user, "right"), Place())


def test_mosquitto_takes_it_and_keeps_what_waits_although_it_is_killed(tmp_path: Path) -> None:
    port = free_port()
    settings = BrokerSettings(url=f"mqtt://127.0.0.1:{port}")
    broker = Mosquitto(tmp_path, write_configuration(settings, None, Place(tmp_path, tmp_path)), port)
    broker.start()
    try:
        Guest(port, session="hub", topic="#").leave()
        speaker = Guest(port)
        confirmed = [speaker.say(f"shekara/v1/kordai/fence-1/{number}") for number in range(1_500)]
        for each in confirmed:
            each.wait_for_publish(60)
        speaker.leave()
        broker.kill()
        broker.start()
        back = Guest(port, session="hub", topic="#")
        eventually(lambda: len(back.heard) >= 1_400, what="what was queued")
        back.leave()
    finally:
        broker.stop()


def test_a_post_speaks_for_its_own_site_only_and_never_as_the_centre(tmp_path: Path) -> None:
    port = free_port()
    place = Place(tmp_path / "made", tmp_path)
    text = write_configuration(BrokerSettings(url=f"mqtt://127.0.0.1:{port}"), HUB, place)
    assert write_files(text, HUB, place) == [CONFIGURATION, ACCESS, PASSWORDS]
    make_user = program("mosquitto_passwd")
    subprocess.run([make_user, "-b", place.folder / PASSWORDS, "kordai", "post"], check=True, stderr=subprocess.DEVNULL)
    write_files(text, HUB, place)
    assert {line.partition(":")[0] for line in (place.folder / PASSWORDS).read_text().splitlines()} == {"hub", "kordai"}
    assert {file.stat().st_mode & 0o777 for file in place.folder.iterdir()} == {0o600}
    broker = Mosquitto(tmp_path, text, port)
    broker.start()
    try:
        assert not Guest(port, credentials=Credentials("hub", "wrong")).welcome
        assert not Guest(port).welcome
        hub = Guest(port, credentials=HUB, topic="shekara/v1/#")
        post = Guest(port, credentials=Credentials("kordai", "post"), topic="shekara/v1/kordai/+/stored")
        for topic in (
            "sypatai-batyr/fence-1/data",
            "kordai/gateway/cmd",
            "kordai/gateway/stored",
            "kordai/fence-1/data",
        ):
            post.say(f"shekara/v1/{topic}").wait_for_publish(60)
        hub.say("shekara/v1/kordai/gateway/stored").wait_for_publish(60)
        eventually(lambda: len(hub.heard) >= 2)
        assert hub.heard == ["shekara/v1/kordai/fence-1/data", "shekara/v1/kordai/gateway/stored"]
        eventually(lambda: post.heard == ["shekara/v1/kordai/gateway/stored"])
        hub.leave()
        post.leave()
    finally:
        broker.stop()


def test_the_command_prints_it_or_writes_it(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "SHEKARA_BROKER_URL": "mqtt://broker.example:1883"}
        secret = {"SHEKARA_SECRET_MQTT_USER": "hub", "SHEKARA_SECRET_MQTT_PASSWORD": "right"}
        return run_shekara(tmp_path, "mosquitto-config", *arguments, environ=environ | secret)

    printed = run()
    assert printed.stdout == (ROOT / "deploy" / CONFIGURATION).read_text("utf-8")
    written = run("--folder", "made")
    assert [Path(line).name for line in written.stdout.splitlines()] == [CONFIGURATION, ACCESS, PASSWORDS]
    assert "right" not in (tmp_path / "made" / PASSWORDS).read_text()
    (tmp_path / "file").write_text("")
    refused = run("--folder", "file/made")
    assert (refused.returncode, "file/made" in refused.stderr) == (2, True), refused


class Guest:
    """Somebody at the broker."""

    def __init__(
        self, port: int, *, session: str = "", topic: str = "", credentials: Credentials | None = None
    ) -> None:
        self.heard: list[str] = []
        self._ready = threading.Event()
        self._client = client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=session, clean_session=not session)
        if credentials is not None:
            client.username_pw_set(credentials.user, credentials.password)
        client.on_message = lambda _client, _data, message: self.heard.append(message.topic)
        client.on_subscribe = lambda *_: self._ready.set()
        client.on_connect = self._connected
        self.welcome = False
        self._topic = topic
        client.connect("127.0.0.1", port)
        client.loop_start()
        assert self._ready.wait(60)
        if not self.welcome:
            self.leave()

    def _connected(self, client: mqtt.Client, _: object, __: object, reason: object, ___: object) -> None:
        self.welcome = reason == "Success"
        if self.welcome and self._topic:
            client.subscribe(self._topic, 1)
        else:
            self._ready.set()

    def say(self, topic: str) -> mqtt.MQTTMessageInfo:
        return self._client.publish(topic, b"x", qos=1)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
