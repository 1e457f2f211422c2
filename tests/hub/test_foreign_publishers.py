"""`shekara hub` as users run it, and equipment that has never heard of Shekara on its broker."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.brokers import free_port
from tests.support.mosquitto import running_mosquitto
from tests.support.n42_documents import occupancy
from tests.support.waiting import eventually

_PLACES = "[onvif_events]\nplaces = 'posts/kordai=kordai'\n[hub]\nmdns = false\napprove_all = true\n"


def stored(directory: Path) -> set[tuple[str, str]]:
    """Which metric of which device is on the disk."""
    database = directory / "data" / "readings.sqlite"
    if not database.exists():
        return set()
    connection = sqlite3.connect(database)
    try:
        return {
            (str(device), str(metric)) for device, metric in connection.execute("SELECT device, metric FROM series")
        }
    except sqlite3.OperationalError:
        return set()
    finally:
        connection.close()


def logged(directory: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(directory / "data" / "operations.sqlite")
    try:
        return [(str(kind), str(text)) for kind, text in connection.execute("SELECT kind, text FROM log")]
    finally:
        connection.close()


@pytest.mark.slow
def test_cameras_and_portals_are_heard_from_a_real_broker_to_the_disk(tmp_path: Path) -> None:
    (tmp_path / "shekara.toml").write_text(_PLACES)
    with running_mosquitto(tmp_path) as port:
        extra = {"SHEKARA_HUB_PORT": str(free_port()), "SHEKARA_BROKER_URL": f"mqtt://127.0.0.1:{port}"}
        with (tmp_path / "hub.log").open("wb") as log:
            hub = subprocess.Popen(
                (sys.executable, "-m", "hub.command", "hub"),
                cwd=tmp_path,
                env={**os.environ, **extra},
                stdout=log,
                stderr=log,
            )
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        try:
            eventually(
                lambda: "broker connected" in (tmp_path / "hub.log").read_text() or hub.poll() is not None,
                within_s=40,
                what="the hub's connection",
            )
            assert hub.poll() is None, (tmp_path / "hub.log").read_text()
            client.connect("127.0.0.1", port)
            client.loop_start()
            now = datetime.now(UTC)
            said = {
                "UtcTime": now.isoformat(),
                "PropertyOperation": "Changed",
                "Source": {"SimpleItem": [{"Name": "Rule", "Value": "lid"}]},
                "Data": {"SimpleItem": [{"Name": "IsTamper", "Value": "true"}]},
            }
            topic = "posts/kordai/gate/onvif-ej/RuleEngine/TamperDetector/Tamper/&lid"
            client.publish(topic, json.dumps(said), qos=1)
            client.publish("n42/kordai/portal-1", occupancy(alarm="Neutron", started_at=now), qos=1)

            def arrived() -> bool:
                metrics = {metric for _, metric in stored(tmp_path)}
                return {"tamper--lid", "gamma", "neutron_alarm"} <= metrics

            eventually(arrived, what="readings on the disk")
        finally:
            client.loop_stop()
            hub.send_signal(signal.SIGTERM)
            assert hub.wait(60) == 0
    kinds = [kind for kind, _ in logged(tmp_path)]
    texts = " ".join(text for _, text in logged(tmp_path))
    assert kinds.count("alarm-raised") == 2
    assert "radiation-alarm: neutron" in texts
