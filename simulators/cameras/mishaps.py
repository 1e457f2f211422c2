"""What can happen to a stream's packets between the encoder and the network."""

from random import Random

from simulators.cameras.condition import Condition
from simulators.cameras.encoder import Packets
from simulators.cameras.units import RTP_HEAD, without_parameter_sets
from simulators.cameras.vocabulary import Codec, Fault

_SPOILING = frozenset({Fault.BARE, Fault.TRUNCATED, Fault.LOSSY, Fault.REORDERED})


class Mishaps:
    """Spoils the packets of one stream as its camera's condition says; the same seed spoils the same ones."""

    def __init__(self, condition: Condition, seed: int) -> None:
        self._condition = condition
        self._random = Random(seed)  # noqa: S311 - repeatable faults, not a secret
        self._held: bytes | None = None

    @property
    def happen(self) -> bool:
        """Whether packets can leave otherwise than as they are."""
        return self._condition.fault in _SPOILING or self._held is not None

    def encoded(self, packets: Packets, codec: Codec) -> Packets:
        """A frame's packets as a faulty encoder gives them; they are numbered afterwards."""
        fault = self._condition.fault
        if fault is Fault.BARE:
            return without_parameter_sets(packets, codec)
        if fault is Fault.TRUNCATED and self._happens():
            return (*packets[:-1], packets[-1][: RTP_HEAD + max(2, (len(packets[-1]) - RTP_HEAD) // 2)])
        return packets

    def sent(self, packets: Packets) -> Packets:
        """Numbered packets as a faulty link lets them through."""
        if self._condition.fault is not Fault.LOSSY:
            return packets
        return tuple(packet for packet in packets if not self._happens())

    def datagrams(self, packets: Packets) -> Packets:
        """The same for viewers by UDP, who may get one packet after the next."""
        if self._condition.fault is not Fault.REORDERED:
            late, self._held = self._held, None
            return packets if late is None else (late, *packets)
        order: list[bytes] = []
        for packet in packets:
            if self._held is not None:
                order += (packet, self._held)
                self._held = None
            elif self._happens():
                self._held = packet
            else:
                order.append(packet)
        return tuple(order)

    def _happens(self) -> bool:
        return self._random.random() < self._condition.amount
