"""What a bad cable makes of a message: something that is surely no message any more."""

from random import Random


def garbled(payload: bytes, random: Random) -> bytes:
    """A message of ASCII text, cut off before its end or with the highest bit of one byte set."""
    place = random.randrange(len(payload))
    if random.random() < 0.5:
        return payload[:place]
    return payload[:place] + bytes([payload[place] | 0x80]) + payload[place + 1 :]
