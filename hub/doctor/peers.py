"""Short visits to the peers that the settings name, to see who answers there."""

import random
import socket
import time
from enum import StrEnum

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from hub.config import InfluxSettings
from sensors.errors import ShekaraError
from sensors.rtsp.authentication import Credentials
from sensors.secrets import InfluxSecrets

_WITHIN_S = 10.0


class Met(StrEnum):
    """Who answers at an address."""

    NOBODY = "nobody"
    OURS = "ours"
    REFUSES = "refuses"
    SOMEBODY = "somebody"


def meet_http(host: str, port: int, path: str) -> Met:
    """Who listens at a port of ours: nobody, one of our servers, or something else."""
    target = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    if port == 0 or not _is_taken(target, port):
        return Met.NOBODY
    bracketed = f"[{target}]" if ":" in target else target
    try:
        reply = httpx.get(f"http://{bracketed}:{port}{path}", timeout=_WITHIN_S, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL):
        return Met.SOMEBODY
    ours = reply.headers.get("x-frame-options") == "DENY" or "shekara" in reply.text.lower()
    return Met.OURS if ours else Met.SOMEBODY


def meet_broker(host: str, port: int, credentials: Credentials | None) -> Met:
    """Whether an MQTT broker answers there, and accepts us. MQTT 3.1.1, which every broker speaks."""
    if not _is_taken(host, port):
        return Met.NOBODY
    answers: list[ReasonCode] = []

    def on_connect(
        client: mqtt.Client, userdata: object, flags: object, reason: ReasonCode, properties: Properties | None
    ) -> None:
        del client, userdata, flags, properties
        answers.append(reason)

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"doctor-{random.SystemRandom().getrandbits(40):x}")
    client.connect_timeout = _WITHIN_S
    client.on_connect = on_connect
    if credentials is not None:
        client.username_pw_set(credentials.user, credentials.password)
    try:
        client.connect(host, port)
        deadline = time.monotonic() + _WITHIN_S
        while not answers and time.monotonic() < deadline:
            if client.loop(timeout=0.2) != mqtt.MQTT_ERR_SUCCESS:
                break
        client.disconnect()
    except (OSError, ValueError):
        return Met.SOMEBODY
    if not answers:
        return Met.SOMEBODY
    return Met.REFUSES if answers[0].is_failure else Met.OURS


def meet_influx(settings: InfluxSettings, secrets: InfluxSecrets) -> ShekaraError | None:
    """Why the server does not take a point of ours; None when it does."""
    # Its client takes half a second to load: only settings that name a server pay for that.
    from hub.storage.influx_writer import InfluxWriter  # noqa: PLC0415 - see above

    try:
        writer = InfluxWriter(settings, secrets)
    except ShekaraError as error:
        return error
    try:
        writer.write([f"shekara_probe,hub=doctor v=1.0 {time.time_ns()}"])
    except ShekaraError as error:
        return error
    finally:
        writer.close()
    return None


def _is_taken(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_WITHIN_S):
            return True
    except OSError:
        return False
