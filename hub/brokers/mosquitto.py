"""The configuration of a mosquitto that loses nothing it need not lose, made from our settings. Each line says why.

Figures about mosquitto are of version 2.0, from its manual page and measured against 2.0.11.
"""

import base64
import hashlib
import secrets
from pathlib import Path
from typing import NamedTuple

from hub.ingest.connection import MAX_PACKET_BYTES, RECEIVE_MAXIMUM, SESSION_EXPIRY_S
from sensors.broker_settings import BrokerSettings
from sensors.dialects.native import MAX_PAYLOAD_BYTES
from sensors.errors import ConfigError
from sensors.rtsp.authentication import Credentials
from sensors.topics import EVERYTHING, PREFIX, Leaf

CONFIGURATION, PASSWORDS, ACCESS = "mosquitto.conf", "mosquitto.passwd", "mosquitto.acl"
DEFAULT_FOLDER = Path("/etc/mosquitto/shekara")
DEFAULT_STORE = Path("/var/lib/mosquitto")
MAX_QUEUED_MESSAGES = 1_000_000
MAX_QUEUED_BYTES = 1 << 30
SAVED_AFTER_CHANGES = 100
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_HASH_ROUNDS = 20_000
_FROM_CENTRE = (Leaf.COMMAND, Leaf.PLAN, Leaf.BOARD, Leaf.STORED)


class _Line(NamedTuple):
    text: str
    why: str


class Place(NamedTuple):
    """Where mosquitto will find its files, and where it keeps what it has to remember."""

    folder: Path = DEFAULT_FOLDER
    store: Path = DEFAULT_STORE


def write_configuration(broker: BrokerSettings, credentials: Credentials | None, place: Place) -> str:
    """mosquitto.conf.

    Raises:
        ConfigError: `[broker]` names no address, the broker would be open to the network, or the user's name would not
            be one in mosquitto's files.
    """
    if credentials is not None and not _is_plain(credentials.user):
        raise ConfigError(
            "mosquitto cannot know a user of this name",
            subject="[mqtt] user",
            mend="Use letters, digits, dots, - and _",
        )
    host, port = broker.address
    near = host in _LOOPBACK
    if credentials is None and not near:
        raise ConfigError(
            "would let anybody on the network in",
            subject=f"a broker at {host}",
            mend="Set [mqtt] user and password in the secrets file",
        )
    listener = f"listener {port} {host}" if near else f"listener {port}"
    lines = [_Line(listener, "from [broker]"), *_entrance(credentials, place), *_memory(place), *_flow()]
    head = "# mosquitto for Shekara, made by `shekara mosquitto-config`: make it anew rather than change it.\n"
    return head + "".join(f"\n# {line.why}\n{line.text}\n" for line in lines)


def write_access_list(credentials: Credentials) -> str:
    """mosquitto.acl: the hub's user may do all; each other user is a post, called like its site, and keeps to it."""
    own = f"{PREFIX}/%u"
    return "\n".join(
        (
            "# The hub, the walls and the simulators, which sign in with [mqtt] of the secrets file.",
            f"user {credentials.user}",
            "topic readwrite #",
            "",
            "# A post's gateway, whose user is called like its site, speaks for that site.",
            *(f"pattern write {own}/+/{leaf}" for leaf in Leaf if leaf not in _FROM_CENTRE),
            "# And hears what the centre says to it; no post can speak as the centre, or for another.",
            *(f"pattern read {own}/+/{leaf}" for leaf in (Leaf.COMMAND, Leaf.STORED)),
            "",
        )
    )


def write_password_line(credentials: Credentials) -> str:
    """One line of mosquitto.passwd: PBKDF2 with SHA-512, as mosquitto_passwd makes it, with more rounds."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", credentials.password.encode(), salt, _HASH_ROUNDS)
    return f"{credentials.user}:$7${_HASH_ROUNDS}${_text(salt)}${_text(digest)}\n"


def _entrance(credentials: Credentials | None, place: Place) -> list[_Line]:
    if credentials is None:
        return [_Line("allow_anonymous true", "no [mqtt] secrets are set, and only this machine can reach it")]
    return [
        _Line("allow_anonymous false", "[mqtt] secrets are set: everybody signs in"),
        _Line(
            f"password_file {place.folder / PASSWORDS}",
            f"add each post:  mosquitto_passwd {place.folder / PASSWORDS} SITE",
        ),
        _Line(f"acl_file {place.folder / ACCESS}", "no post speaks for another, or as the centre"),
    ]


def _memory(place: Place) -> list[_Line]:
    days = 2 * SESSION_EXPIRY_S // 86_400
    return [
        _Line(
            f"max_queued_messages {MAX_QUEUED_MESSAGES}",
            "while the hub is away; the default of 1000 drops the rest, and has confirmed it",
        ),
        _Line(f"max_queued_bytes {MAX_QUEUED_BYTES}", "the same by size, so that a long absence cannot fill memory"),
        _Line(f"persistent_client_expiration {days}d", "the hub's session is kept longer than the hub asks for"),
        _Line("persistence true", "sessions, queues and retained births survive a restart"),
        _Line(f"persistence_location {place.store}/", "on a disk that does not forget"),
        _Line("autosave_on_changes true", "written after so many changes, not after so many seconds"),
        _Line(
            f"autosave_interval {SAVED_AFTER_CHANGES}",
            "a kill loses at most about so many messages, which gateways with receipts send again; the default is"
            "\n# half an hour. 1 loses none and takes some hundred messages a second: it writes all of it each time",
        ),
    ]


def _flow() -> list[_Line]:
    return [
        _Line(
            f"max_inflight_messages {RECEIVE_MAXIMUM}",
            "delivered before the first is acknowledged, to a client that speaks MQTT 3.1.1; the default of 20 would be"
            "\n# its speed limit. The hub speaks MQTT 5 and asks for as many itself",
        ),
        _Line("max_inflight_bytes 0", "the number of messages limits, not their size"),
        _Line(
            f"max_packet_size {MAX_PACKET_BYTES}",
            f"who sends more is cut off; payloads over {MAX_PAYLOAD_BYTES} bytes are shown at the hub as rejected",
        ),
        _Line(
            "message_size_limit 0",
            "not by this: a message that is too large would be dropped after it was confirmed (MQTT 3.1.1)",
        ),
        _Line(
            "upgrade_outgoing_qos false", f"the hub subscribes to {EVERYTHING} with QoS 1; what is sent as 0 stays 0"
        ),
        _Line("set_tcp_nodelay true", "an acknowledgement does not wait for more of them"),
        _Line("retain_available true", "births, states and plans are retained"),
    ]


def _is_plain(user: str) -> bool:
    return bool(user) and all(letter.isalnum() or letter in "._-" for letter in user)


def _text(binary: bytes) -> str:
    return base64.b64encode(binary).decode()
