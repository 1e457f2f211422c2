"""A gateway as somebody else might write it from the wire specification: plain MQTT, plain JSON, a spool of its own.

It uses nothing of ours, so that what it proves does not rest on what it is to prove.
"""

import json
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.torture.ledger import Ledger

SITE = "torture"
_PREFIX = f"shekara/v1/{SITE}"
_GATEWAY = f"{_PREFIX}/gateway"
_BIRTH_OF_GATEWAY = {"kind": "gateway", "names": {"en": "Gateway"}, "receipts": True}
_BIRTH = {
    "kind": "counter",
    "names": {"en": "Counter"},
    "via": "gateway",
    "metrics": [{"name": "count", "type": "number"}],
}
_BACKLOG = 100
_LATE_S = 0.5
_AT_ONCE = 20
_WITHIN_S = 30.0


class Sample(NamedTuple):
    """One number of one device; its value is its sequence number."""

    device: str
    sequence: int


class Gateway:
    """Publishes numbered samples of some devices, on a thread of its own, as fast as `window` allows, some at a time.

    A sample is in flight until a receipt names it; after a reconnect, and when receipts are late, what is in flight is
    sent again as a backlog. One that trusts its broker forgets a sample as soon as that has confirmed it.
    """

    def __init__(self, port: int, ledger: Ledger, *, devices: int, window: int, trusting: bool = False) -> None:
        self._port = port
        self._ledger = ledger
        self._devices = tuple(f"counter-{number}" for number in range(devices))
        self._window = window
        self._trusting = trusting
        self._began_at = datetime.now(UTC)
        self._fresh = self._number()
        self._spool: dict[Sample, None] = {}
        self._in_packet: dict[int, tuple[Sample, ...]] = {}
        self._told_s = 0.0
        self._patience_s = _LATE_S
        self._measuring, self._resting, self._stopping = threading.Event(), threading.Event(), threading.Event()
        self._measuring.set()
        self._thread = threading.Thread(target=self._run, name="foreign-gateway")
        self.newest = Sample("", 0)
        self.sent_again_total = 0

    def start(self) -> None:
        """Begin to measure and to publish."""
        self._thread.start()

    def measure_no_more(self) -> None:
        """From now on only what is in the spool is published."""
        self._measuring.clear()
        assert self._resting.wait(_WITHIN_S)

    @property
    def spooled(self) -> int:
        """Samples that no receipt has named yet."""
        return len(self._spool)

    def end(self) -> None:
        """Leave."""
        self._stopping.set()
        self._thread.join(_WITHIN_S)

    def _number(self) -> Iterator[Sample]:
        sequence = 0
        while True:
            sequence += 1
            yield from (Sample(device, sequence) for device in self._devices)

    def _run(self) -> None:
        while not self._stopping.is_set():
            client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="foreign-gateway", reconnect_on_failure=False)
            client.max_inflight_messages_set(0)
            client.on_connect = self._connected
            client.on_publish = self._confirmed
            client.on_message = self._receipted
            client.will_set(f"{_GATEWAY}/state", self._state(online=False), qos=1, retain=True)
            try:
                client.connect("127.0.0.1", self._port, keepalive=10)
                self._talk(client)
            except OSError:
                self._stopping.wait(0.02)
            finally:
                client.disconnect()

    def _talk(self, client: mqtt.Client) -> None:
        """Until the connection ends, or is told to."""
        self._in_packet.clear()
        self._patience_s = _LATE_S
        while not self._stopping.is_set() and client.loop(0.01) == mqtt.MQTT_ERR_SUCCESS:
            self._ledger.flush()
            if client.is_connected():
                self._publish(client)
        self._ledger.flush()

    def _connected(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe(f"{_GATEWAY}/stored", qos=1)
        self._say(client, "gateway/birth", _BIRTH_OF_GATEWAY, retain=True)
        for device in self._devices:
            self._say(client, f"{device}/birth", _BIRTH, retain=True)
        client.publish(f"{_GATEWAY}/state", self._state(online=True), qos=1, retain=True)
        self._send_again(client)

    def _publish(self, client: mqtt.Client) -> None:
        if self._spool and time.monotonic() - self._told_s > self._patience_s:
            self._patience_s *= 2
            self._send_again(client)
        if not self._measuring.is_set():
            self._resting.set()
        else:
            for sample in islice(self._fresh, min(_AT_ONCE, max(0, self._window - len(self._spool)))):
                self._spool[sample] = None
                self.newest = sample
                number = self._say(client, f"{sample.device}/data", self._data(sample))
                self._in_packet[number] = (sample,)

    def _send_again(self, client: mqtt.Client) -> None:
        self._told_s = time.monotonic()
        for device in self._devices:
            waiting = [sample for sample in self._spool if sample.device == device]
            self.sent_again_total += len(waiting)
            for begin in range(0, len(waiting), _BACKLOG):
                part = tuple(waiting[begin : begin + _BACKLOG])
                backlog = {"historical": True, "samples": [self._data(sample) for sample in part]}
                self._in_packet[self._say(client, f"{device}/data", backlog)] = part

    def _say(self, client: mqtt.Client, leaf: str, payload: object, *, retain: bool = False) -> int:
        return client.publish(f"{_PREFIX}/{leaf}", json.dumps(payload), qos=1, retain=retain).mid

    def _data(self, sample: Sample) -> dict[str, object]:
        at = self._began_at + timedelta(milliseconds=sample.sequence)
        return {"at": at.isoformat(), "seq": sample.sequence, "values": {"count": sample.sequence}}

    def _state(self, *, online: bool) -> str:
        return json.dumps({"online": online, "since": self._began_at.isoformat()})

    def _confirmed(self, _client: mqtt.Client, _data: object, number: int, *_: Any) -> None:
        samples = self._in_packet.pop(number, ())
        self._ledger.confirmed(samples)
        if self._trusting:
            self._forget(samples)

    def _receipted(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._told_s, self._patience_s = time.monotonic(), _LATE_S
        receipt = json.loads(message.payload)
        assert "refused" not in receipt, receipt
        named = [
            Sample(device, number)
            for device, ranges in receipt["stored"].items()
            for first, last in ranges
            for number in range(first, last + 1)
        ]
        self._ledger.receipted(self._forget(named))

    def _forget(self, samples: Iterable[Sample]) -> list[Sample]:
        """Those of them that were still in the spool."""
        return [sample for sample in samples if self._spool.pop(sample, self) is None]
