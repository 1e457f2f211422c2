"""The calling side of one SRT connection as a machine without I/O: datagrams and payloads go in, datagrams come out."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from videowall.outputs.targets.receiver import OutputError
from videowall.outputs.targets.srt.packets import (
    FLOW_PACKETS,
    SEQUENCES,
    VERSION,
    Block,
    Control,
    Handshake,
    Kind,
    decode_control,
    decode_handshake,
    decode_lost,
    distance,
    encode_control,
    encode_data,
    encode_handshake,
    encode_text,
)
from videowall.outputs.targets.srt.secrecy import ENCRYPTION_FIELD, Secrecy

SILENT_S: Final = 5.0
_MAGIC: Final = 0x4A17
_DATAGRAMS: Final = 2
_INDUCTION, _CONCLUSION, _REFUSED = 1, -1, 1000
_FLAGS: Final = 0x3F
"""Delivered in time both ways, maybe encrypted, late packets dropped, losses named again, resent ones told."""
_WITH_REQUEST, _WITH_KEY, _WITH_SETTINGS = 1, 2, 4
_RESENT_AT_ONCE: Final = 256
_AGAIN_US: Final = 10_000
_REASONS: Final = {
    1002: "it refuses us",
    1003: "it has no room",
    1010: "the passphrase is wrong",
    1011: "one side wants a passphrase and the other does not",
}


class _Sent(Struct):
    message: int
    at_us: int
    resent_us: int
    payload: bytes


class Caller:
    """Times are microseconds since the call began. What was sent is kept until acknowledged or too late."""

    def __init__(self, socket: int, sequence: int, latency_ms: int, stream: str, secrecy: Secrecy | None) -> None:
        self.resent_total = 0
        self.late_total = 0
        self.is_connected = False
        self._socket = socket
        self._sequence = sequence % SEQUENCES
        self._message = 1
        self._latency_ms = latency_ms
        self._stream = stream
        self._secrecy = secrecy
        self._peer = 0
        self._cookie = 0
        self._heard_us = 0
        self._sent: OrderedDict[int, _Sent] = OrderedDict()

    def knock(self, at_us: int) -> bytes:
        """The handshake that is due; to be repeated until `is_connected`."""
        if not self._cookie:
            greeting = Handshake(4, 0, _DATAGRAMS, self._sequence, _INDUCTION, self._socket, 0)
            return encode_control(Kind.HANDSHAKE, 0, at_us, 0, encode_handshake(greeting))
        latency = (self._latency_ms << 16 | self._latency_ms).to_bytes(4, "big")
        blocks = {int(Block.REQUEST): VERSION.to_bytes(4, "big") + _FLAGS.to_bytes(4, "big") + latency}
        extension, encryption = _WITH_REQUEST, 0
        if self._secrecy is not None:
            blocks[Block.KEY_REQUEST] = self._secrecy.message
            extension, encryption = extension | _WITH_KEY, ENCRYPTION_FIELD
        if self._stream:
            blocks[Block.STREAM] = encode_text(self._stream)
            extension |= _WITH_SETTINGS
        conclusion = Handshake(
            5, encryption, extension, self._sequence, _CONCLUSION, self._socket, self._cookie, blocks
        )
        return encode_control(Kind.HANDSHAKE, 0, at_us, 0, encode_handshake(conclusion))

    def receive(self, datagram: bytes, at_us: int) -> list[bytes]:
        """What is to be sent in answer.

        Raises:
            OutputError: the receiver refuses us, or has ended the connection.
        """
        control = decode_control(datagram)
        if control is None or not self._is_ours(control):
            return []
        self._heard_us = at_us
        if control.kind == Kind.HANDSHAKE:
            return self._greeted(control, at_us)
        if not self.is_connected:
            return []
        if control.kind == Kind.SHUTDOWN:
            raise OutputError("the receiver closed the connection")
        if control.kind == Kind.ACKNOWLEDGE and len(control.body) >= 4:
            return self._acknowledged(control, at_us)
        if control.kind == Kind.LOST:
            return self._send_again(decode_lost(control.body), at_us)
        return []

    def send(self, payload: bytes, at_us: int) -> bytes:
        """The data packet of a payload of at most `PAYLOAD_BYTES`.

        Raises:
            OutputError: the receiver has been silent for too long.
        """
        if at_us - self._heard_us > SILENT_S * 1_000_000:
            raise OutputError("the receiver is silent")
        sequence, message = self._sequence, self._message
        if self._secrecy is not None:
            payload = self._secrecy.encrypt(sequence, payload)
        self._sent[sequence] = _Sent(message, at_us, at_us, payload)
        self._forget_late(at_us)
        self._sequence = (sequence + 1) % SEQUENCES
        self._message += 1
        return self._encode(sequence, self._sent[sequence], resent=False)

    def farewell(self, at_us: int) -> bytes | None:
        """What ends the connection, if there is one."""
        return encode_control(Kind.SHUTDOWN, 0, at_us, self._peer) if self.is_connected else None

    def _is_ours(self, control: Control) -> bool:
        """Only who does not know our number yet may say 0: later it would let strangers in who forge an address."""
        if control.destination == 0:
            return control.kind == Kind.HANDSHAKE and not self.is_connected
        return control.destination == self._socket

    def _greeted(self, control: Control, at_us: int) -> list[bytes]:
        handshake = decode_handshake(control.body)
        if handshake is None or self.is_connected:
            return []
        if handshake.stage >= _REFUSED:
            reason = _REASONS.get(handshake.stage, f"it refuses us, reason {handshake.stage}")
            raise OutputError(f"no connection: {reason}", refused=True)
        if handshake.stage == _INDUCTION and not self._cookie:
            if handshake.version < 5 or handshake.extension != _MAGIC:
                raise OutputError("the receiver does not speak SRT 1.3 or newer")
            self._cookie = handshake.cookie or 1
            return [self.knock(at_us)]
        if handshake.stage != _CONCLUSION:
            return []
        key = handshake.blocks.get(Block.KEY_ANSWER)
        if self._secrecy is not None and key != self._secrecy.message:
            raise OutputError("no connection: the passphrase is wrong", refused=True)
        self._peer = handshake.socket
        self.is_connected = True
        return []

    def _acknowledged(self, control: Control, at_us: int) -> list[bytes]:
        upto = int.from_bytes(control.body[:4], "big") % SEQUENCES
        while self._sent and distance(next(iter(self._sent)), upto) > 0:
            self._sent.popitem(last=False)
        if not control.info:
            return []
        return [encode_control(Kind.ACKNOWLEDGED, control.info, at_us, self._peer)]

    def _send_again(self, ranges: list[tuple[int, int]], at_us: int) -> list[bytes]:
        packets: list[bytes] = []
        for sequence in self._kept_of(ranges):
            sent = self._sent[sequence]
            if at_us - sent.resent_us < _AGAIN_US:
                continue
            if len(packets) >= _RESENT_AT_ONCE:
                break
            sent.resent_us = at_us
            self.resent_total += 1
            packets.append(self._encode(sequence, sent, resent=True))
        return packets

    def _kept_of(self, ranges: list[tuple[int, int]]) -> Iterator[int]:
        """The numbers in some ranges that are kept: at most as many as are kept, for a true report names each once.

        What is kept follows one another without a gap, so a range of what is not costs nothing.
        """
        oldest, kept = next(iter(self._sent), 0), len(self._sent)
        left = kept
        for first, last in ranges:
            begin, end = max(0, distance(oldest, first)), min(kept, distance(oldest, last) + 1)
            for ahead in range(begin, min(end, begin + left)):
                left -= 1
                yield (oldest + ahead) % SEQUENCES

    def _forget_late(self, at_us: int) -> None:
        """Nobody plays any more what is older than the delay that was agreed, and as long again."""
        oldest_us = at_us - max(1_000_000, 2_000 * self._latency_ms)
        while self._sent:
            sent = next(iter(self._sent.values()))
            if sent.at_us >= oldest_us and len(self._sent) <= FLOW_PACKETS:
                return
            self._sent.popitem(last=False)
            self.late_total += 1

    def _encode(self, sequence: int, sent: _Sent, *, resent: bool) -> bytes:
        encrypted = self._secrecy is not None
        return encode_data(
            sequence, sent.message, sent.at_us, self._peer, sent.payload, encrypted=encrypted, resent=resent
        )
