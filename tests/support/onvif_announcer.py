"""A camera's WS-Discovery as others have written it (PyPI `wsdiscovery`), in a process of its own, on loopback alone.

Arguments: URLs of its device service. Its standard input ends it, properly; it prints its identity once it is there.
"""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

from tests.support.multicast import alone_on_the_air


@contextmanager
def announced_camera(*urls: str) -> Iterator[str]:
    """A camera that is announced until the block ends; its identity."""
    command = [sys.executable, "-m", "tests.support.onvif_announcer", *urls]
    with (
        alone_on_the_air(),
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(20)


def main() -> None:
    """Announce until standard input ends."""
    # Not above: the test process itself does without its threads. It has no types.
    from wsdiscovery import QName, Scope, threaded  # type: ignore[import-untyped]  # noqa: PLC0415
    from wsdiscovery.publishing import ThreadedWSPublishing  # type: ignore[import-untyped]  # noqa: PLC0415

    loopback = ip_address("127.0.0.1")
    threaded._getNetworkAddrs = lambda version: [loopback] if version == socket.AF_INET else []
    threaded.NetworkingThreadIPv6.start = _refuse
    publishing = ThreadedWSPublishing()
    publishing.start()
    publishing.publishService(
        types=[QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")],
        scopes=[
            Scope("onvif://www.onvif.org/name/Gate%20North"),
            Scope("onvif://www.onvif.org/hardware/X-7"),
            Scope("onvif://www.onvif.org/MAC/00:40:8C:01:02:03"),
        ],
        xAddrs=sys.argv[1:],
    )
    (identity,) = publishing._localServices
    print(identity, flush=True)  # noqa: T201 - this is how its parent learns it
    sys.stdin.read()
    publishing.stop()


def _refuse(_: object) -> None:
    message = "loopback alone"
    raise OSError(message)


if __name__ == "__main__":
    main()
