"""The foreign edge node as a test holds it: `tests/peers/sparkplug_edge.py` in an environment of its own."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
PROGRAM = ROOT / "tests" / "peers" / "sparkplug_edge.py"


class SparkplugPeer:
    """Told what to do, and heard."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.events: list[dict[str, object]] = []
        self._reader = threading.Thread(target=self._read, name="sparkplug-peer", daemon=True)
        self._reader.start()

    def order(self, *words: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def count(self, event: str) -> int:
        return sum(each["event"] == event for each in list(self.events))

    def wait_for(self, event: str, times: int = 1) -> dict[str, object]:
        eventually(lambda: self.count(event) >= times, what=f"{times} × {event} in {self.events}")
        return [each for each in self.events if each["event"] == event][times - 1]

    def kill(self) -> None:
        """As if its power had gone."""
        self._process.kill()
        self._process.wait(60)

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(60)
        self._reader.join(60)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(json.loads(line))


@contextmanager
def sparkplug_peer(port: int, primary_host: str, log: Path) -> Iterator[SparkplugPeer]:
    """A foreign edge node that waits for its primary host, as long as the block lives."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            [str(PYTHON), str(PROGRAM), "127.0.0.1", str(port), primary_host],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        peer = SparkplugPeer(process)
        try:
            peer.wait_for("ready")
            yield peer
        finally:
            peer.end()
