"""Whoever searches for cameras as others have written it (PyPI `wsdiscovery`), in a process of its own.

On loopback, by multicast: answers to what it asks of one address it does not read. Each line of its standard input is a
search: how many cameras to wait for. It answers with a line of JSON; what comes and goes by itself is a line too.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from tests.support.foreign_discovery import keep_to_loopback
from tests.support.waiting import eventually

_WITHIN_S = 10.0


class Searcher:
    """The process, and what it has said."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def search(self, cameras: int) -> list[dict[str, Any]]:
        """What answers: identity, addresses, scopes and types of each."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{cameras}\n")
        self._process.stdin.flush()
        return list(self.next("found")["found"])

    def next(self, what: str) -> dict[str, Any]:
        """The next line that tells of that; others before it are passed over."""
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            said: dict[str, Any] = json.loads(line)
            if what in said:
                return said
        raise AssertionError(what)


@contextmanager
def foreign_searcher() -> Iterator[Searcher]:
    """A searcher until the block ends."""
    command = [sys.executable, "-m", "tests.support.onvif_searcher"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        try:
            searcher = Searcher(process)
            searcher.next("ready")
            yield searcher
        finally:
            process.stdin.close()
            process.wait(60)


def main() -> None:
    """Search until standard input ends."""
    # See foreign_discovery.
    from wsdiscovery.discovery import ThreadedWSDiscovery  # type: ignore[import-untyped]  # noqa: PLC0415

    wanted = [keep_to_loopback()]
    discovery = ThreadedWSDiscovery()
    discovery.setRemoteServiceHelloCallback(lambda service: _say({"came": service.getEPR()}))
    discovery.setRemoteServiceByeCallback(lambda identity: _say({"went": identity}))
    discovery.start()
    _say({"ready": True})
    for line in sys.stdin:
        discovery.clearRemoteServices()
        discovery.searchServices(types=wanted, timeout=0)
        with suppress(AssertionError):  # who asked judges what did not come
            eventually(partial(_has_found, discovery, int(line)), within_s=_WITHIN_S)
        _say({"found": [_told(each) for each in list(discovery._remoteServices.values())]})
    discovery.stop()


def _has_found(discovery: Any, cameras: int) -> bool:
    return len(discovery._remoteServices) >= cameras


def _told(service: Any) -> dict[str, Any]:
    return {
        "identity": service.getEPR(),
        "addresses": service.getXAddrs(),
        "scopes": [str(scope) for scope in service.getScopes()],
        "types": [f"{name.getNamespace()} {name.getLocalname()}" for name in service.getTypes()],
    }


_SAYING = threading.Lock()


def _say(said: dict[str, Any]) -> None:
    with _SAYING:
        print(json.dumps(said), flush=True)  # noqa: T201 - this is how its parent learns it


if __name__ == "__main__":
    main()
