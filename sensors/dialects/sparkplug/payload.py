"""From the bytes of a message to its payload."""

import zlib

from google.protobuf.message import DecodeError

from sensors.dialects.native import MAX_PAYLOAD_BYTES
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload

MAX_METRICS_IN_MESSAGE = 8_192
"""More of them are no metrics: a birth of this size has no room for their names."""
_COMPRESSED = "SPBV1.0_COMPRESSED"
_ZLIB_OR_GZIP = 47


def unpack(raw: bytes) -> Payload | str:
    """The payload, or the reason why it is none. One that is packed into another is inflated to at most its limit."""
    try:
        payload = Payload.FromString(raw)
        if payload.uuid == _COMPRESSED:
            inflater = zlib.decompressobj(_ZLIB_OR_GZIP)
            inner = inflater.decompress(payload.body, MAX_PAYLOAD_BYTES)
            if not inflater.eof:
                return f"a compressed payload is cut off, or is over {MAX_PAYLOAD_BYTES} bytes"
            payload = Payload.FromString(inner)
    except (DecodeError, zlib.error) as error:
        return str(error)
    many = len(payload.metrics) > MAX_METRICS_IN_MESSAGE
    return f"over {MAX_METRICS_IN_MESSAGE} metrics in one message" if many else payload
