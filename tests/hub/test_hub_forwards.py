"""The hub as it is run, before a real InfluxDB that is away at first."""

from datetime import timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hub.storage.line_protocol import NUMBERS
from sensors.dialects import native
from tests.hub.quiet_center import FENCE, FENCE_BIRTH, START
from tests.support.influx_servers import Influxd
from tests.support.running_hub import running_hub
from tests.support.waiting import eventually


@pytest.mark.slow
def test_what_equipment_said_while_the_database_was_away_is_in_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    influxd = Influxd(tmp_path / "influxd")
    monkeypatch.setenv("SHEKARA_INFLUX_URL", influxd.url)
    monkeypatch.setenv("SHEKARA_INFLUX_CREATE_DATABASE", "true")
    try:
        with running_hub(tmp_path) as hub:
            client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="fence")
            client.connect("127.0.0.1", hub.broker_port)
            client.loop_start()
            topic = f"shekara/v1/{FENCE.site}/{FENCE.device}"
            client.publish(f"{topic}/birth", native.encode_birth(FENCE_BIRTH), qos=1, retain=True)
            for number in range(200):
                payload = native.encode_data(START + timedelta(seconds=number), number, {"tension": number / 4})
                client.publish(f"{topic}/data", payload, qos=1).wait_for_publish(60)
            client.disconnect()
            client.loop_stop()
            eventually(lambda: "forwarding waits" in hub.log)
            influxd.start()
            eventually(lambda: "forwarding goes on" in hub.log, within_s=60)
            question = f"SELECT v FROM {NUMBERS} WHERE device = '{FENCE.device}'"  # noqa: S608 - our own names
            eventually(lambda: [len(each["values"]) for each in influxd.query(question)] == [200], within_s=30)
            assert [value for _, value in influxd.query(question)[0]["values"]] == [n / 4 for n in range(200)]
    finally:
        influxd.stop()
