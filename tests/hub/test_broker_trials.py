"""The doctor tries real brokers out: one that is configured well, and others in each way that is known to hurt."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from hub.brokers.mosquitto import ACCESS, write_configuration
from hub.brokers.mosquitto import Place as Files
from hub.commands.mosquitto import write_files
from hub.doctor.examination import examine
from hub.doctor.finding import Finding, Level
from hub.doctor.guest import Place
from hub.doctor.trials import PREFIX, WAITING, Trials, try_out
from sensors.broker_settings import BrokerSettings
from sensors.rtsp.authentication import Credentials
from sensors.secrets import Secrets
from sensors.settings import Settings
from tests.support.brokers import free_port, running_broker
from tests.support.mosquitto import Mosquitto, running_mosquitto
from tests.support.waiting import eventually

PLAIN = "allow_anonymous true"
HUB = Credentials("hub", "right")


def by_part(found: tuple[Finding, ...]) -> dict[str, Finding]:
    return {finding.part: finding for finding in found}


def ill(found: tuple[Finding, ...]) -> dict[str, Level]:
    return {finding.part: finding.level for finding in found if finding.level is not Level.OK}


def test_the_generated_configuration_passes_every_trial_and_is_left_as_it_was(tmp_path: Path) -> None:
    port = free_port()
    files = Files(tmp_path / "made", tmp_path)
    settings = BrokerSettings(url=f"mqtt://127.0.0.1:{port}")
    text = write_configuration(settings, HUB, files)
    write_files(text, HUB, files)
    access = files.folder / ACCESS
    access.write_text(access.read_text().replace("topic readwrite #", "topic readwrite #\ntopic read $SYS/#"))
    broker = Mosquitto(tmp_path, f"{text}sys_interval 1\n", port)
    broker.start()
    try:
        named = {"url": settings.url, "store": str(files.store)}
        found = examine(Settings("none", {"broker": named, "hub": {"port": 0}}, {}, Secrets(mqtt=HUB)))
        mine = [finding for finding in found if finding.part.startswith("broker")]
        assert [finding.level for finding in mine] == [Level.OK] * 10, mine
        assert "writes down" in by_part(found)["broker store"].text
        assert what_is_left(port) == []
    finally:
        broker.stop()


def what_is_left(port: int) -> list[str]:
    """Retained messages of the doctor's; its sessions are gone when the broker counts no client but this one."""
    kept: list[str] = []
    clients: list[int] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(HUB.user, HUB.password)
    client.on_message = lambda _client, _data, message: (
        clients.append(int(message.payload)) if message.topic.startswith("$SYS") else kept.append(message.topic)
    )
    client.on_connect = lambda client, *_: client.subscribe(
        [(f"{PREFIX}/#", 1), ("$SYS/broker/clients/disconnected", 1)]
    )
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        eventually(lambda: clients and clients[-1] == 0, within_s=25, what="no sleeping session")
    finally:
        client.disconnect()
        client.loop_stop()
    return kept


def test_a_mosquitto_with_its_defaults_is_told_that_it_drops_what_it_has_confirmed(tmp_path: Path) -> None:
    port = free_port()
    broker = Mosquitto(tmp_path, f"listener {port} 127.0.0.1\n{PLAIN}", port)
    broker.start()
    try:
        found = try_out("127.0.0.1", port, None)
        older = Trials(Place("127.0.0.1", port, None, MQTTProtocolVersion.MQTTv311), "older")
        in_flight = by_part(tuple(older.keeps_what_waits()))["broker in flight"]
    finally:
        broker.stop()
    assert ill(found) == {"broker queue": Level.FAIL}
    queue = by_part(found)["broker queue"]
    assert (f"1000 of {WAITING}" in queue.text, "max_queued_messages" in queue.mend) == (True, True)
    assert (in_flight.level, "only 20 " in in_flight.text) == (Level.WARN, True)


@pytest.mark.slow
def test_each_bad_setting_is_named_with_its_mend(tmp_path: Path) -> None:
    settings = {
        "retain_available false": ("broker retained", "retained"),
        "max_packet_size 2000": ("broker message size", "hangs up"),
        "message_size_limit 2000": ("broker message size", "262144"),
    }

    def try_with(line: str) -> tuple[Finding, ...]:
        with running_mosquitto(tmp_path, line) as port:
            return try_out("127.0.0.1", port, None)

    # Side by side: a trial mostly waits for what does not come.
    with ThreadPoolExecutor(len(settings)) as pool:
        for (part, word), found in zip(settings.values(), pool.map(try_with, settings), strict=True):
            assert ill(found) == {part: Level.FAIL}
            assert (word in by_part(found)[part].text, bool(by_part(found)[part].mend)) == (True, True)


@pytest.mark.parametrize(
    "lines", ["persistence true\nautosave_interval 1800", "persistence false"], ids=["each half hour", "never"]
)
def test_a_mosquitto_that_writes_nothing_down_is_told_what_a_kill_would_lose(tmp_path: Path, lines: str) -> None:
    with running_mosquitto(tmp_path, f"{lines}\npersistence_location {tmp_path}/") as port:
        found = try_out("127.0.0.1", port, None, tmp_path)
    assert ill(found) == {"broker store": Level.WARN}
    assert ("killed, it loses them" in by_part(found)["broker store"].text) is True
    assert "autosave_on_changes true" in by_part(found)["broker store"].mend


def test_a_store_that_cannot_be_looked_into_is_not_believed(tmp_path: Path) -> None:
    trials = Trials(Place("127.0.0.1", free_port(), None), "none")
    (finding,) = trials.writes_down(tmp_path / "elsewhere")
    assert (finding.level, "No such file" in finding.text) == (Level.WARN, True)


def test_an_access_list_that_keeps_the_hub_out_is_named(tmp_path: Path) -> None:
    access = tmp_path / "acl"
    access.write_text(f"topic readwrite {PREFIX}/#\n")
    with running_mosquitto(tmp_path, f"acl_file {access}") as port:
        found = try_out("127.0.0.1", port, None)
    assert ill(found) == {"broker access": Level.FAIL}
    assert "access list" in by_part(found)["broker access"].mend


@pytest.mark.slow
def test_a_broker_without_version_5_is_tried_out_in_the_older_one(tmp_path: Path) -> None:
    with running_broker(tmp_path) as port:
        found = try_out("127.0.0.1", port, None)
    assert ill(found) == {"broker version": Level.WARN, "broker shared subscriptions": Level.WARN}


def test_a_broker_that_is_gone_in_the_middle_is_a_finding() -> None:
    found = try_out("127.0.0.1", free_port(), None)
    assert {finding.level for finding in found} == {Level.WARN, Level.FAIL}
    assert all(finding.mend for finding in found)
