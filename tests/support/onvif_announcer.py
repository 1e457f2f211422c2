"""A camera's WS-Discovery as others have written it (PyPI `wsdiscovery`), in a process of its own, on loopback alone.

Arguments: URLs of its device service. Its standard input ends it, properly; it prints its identity once it is there.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.foreign_discovery import keep_to_loopback
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
            process.wait(60)


def main() -> None:
    """Announce until standard input ends."""
    from wsdiscovery import Scope  # type: ignore[import-untyped]  # noqa: PLC0415 - see foreign_discovery
    from wsdiscovery.publishing import ThreadedWSPublishing  # type: ignore[import-untyped]  # noqa: PLC0415

    camera = keep_to_loopback()
    publishing = ThreadedWSPublishing()
    publishing.start()
    publishing.publishService(
        types=[camera],
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


if __name__ == "__main__":
    main()
