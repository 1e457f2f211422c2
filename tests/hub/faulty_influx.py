"""An InfluxDB of our own that misbehaves as told."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

NEVER = "\0"


class Faulty(ThreadingHTTPServer):
    """Lines with `poison` are refused with `poison_status`, statuses are played in order, bodies over `most_bytes` are
    too large. With `takes_the_rest` a refused batch is stored but for its bad lines. `is_old`: it knows `/write` only.
    `forgets`: it confirms and stores nothing. `tells`: its answer to every question.
    `stalled`: answers wait for it to be set; `drips`: they never end.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.statuses: list[tuple[int, dict[str, str]]] = []
        self.lose_answers = 0
        self.poison = NEVER
        self.poison_status = 400
        self.reason = "unable to parse"
        self.most_bytes = 1 << 30
        self.takes_the_rest = False
        self.is_old = False
        self.forgets = False
        self.tells: bytes | None = None
        self.drips = False
        self.stalled: threading.Event | None = None
        self.over = threading.Event()
        self.points: dict[tuple[str, str], str] = {}
        self.requests: list[int] = []
        self.seen: list[str] = []
        self.questions: list[list[str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def keep(self, lines: list[str]) -> None:
        """As InfluxDB does: a point is its series and time. Probes are no readings."""
        for line in lines:
            if line.startswith("shekara_probe,"):
                continue
            series, _, at = line.rpartition(" ")
            self.points[series.rpartition(" ")[0], at] = line


class _Answer(BaseHTTPRequestHandler):
    server: Faulty
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server, path = self.server, urlsplit(self.path).path
        body = self.rfile.read(int(self.headers["Content-Length"]))
        lines = (gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body).decode().split("\n")
        query = parse_qs(urlsplit(self.path).query)
        bucket = (query.get("bucket") or query.get("db") or [""])[0]
        server.seen.append(f"{path} {bucket} {self.headers['Authorization']}")
        if server.is_old and path != "/write":
            return self._say(404, b"404 page not found\n")
        server.requests.append(len(lines))
        if server.stalled is not None:
            server.stalled.wait()
        status, headers = server.statuses.pop(0) if server.statuses else (204, {})
        bad = [line for line in lines if server.poison in line]
        if status == 204 and len(body) > server.most_bytes:
            status = 413
        elif status == 204 and bad:
            status = server.poison_status
        if status == 204 or (bad and server.takes_the_rest):
            if not server.forgets:
                server.keep([line for line in lines if line not in bad])
            if server.lose_answers:
                server.lose_answers -= 1
                self.close_connection = True
                return None
        refusal = json.dumps({"code": "invalid", "message": server.reason}).encode()
        return self._say(status, refusal if status >= 400 else b"", headers)

    def do_GET(self) -> None:
        statements = parse_qs(urlsplit(self.path).query)["q"][0].split(";")
        self.server.questions.append(statements)
        if self.server.stalled is not None:
            self.server.stalled.wait()
        empty = {"results": [{"statement_id": number} for number in range(len(statements))]}
        self._say(200, json.dumps(empty).encode() if self.server.tells is None else self.server.tells)

    def _say(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if not self.server.drips else 1 << 20))
        self.end_headers()
        self.wfile.write(content)
        while self.server.drips and not self.server.over.wait(0.05):
            try:
                self.wfile.write(b".")
            except OSError:
                return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name for it
        del format, args


@contextmanager
def serving() -> Iterator[Faulty]:
    """A server on a free port until the context ends."""
    with Faulty() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="faulty-influx")
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            if server.stalled is not None:
                server.stalled.set()
            server.shutdown()
            thread.join()
