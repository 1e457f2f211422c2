"""An InfluxDB of our own that misbehaves as told."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Faulty(ThreadingHTTPServer):
    """An InfluxDB of ours that misbehaves as told: lines with `poison` are refused, statuses are played in order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.statuses: list[tuple[int, dict[str, str]]] = []
        self.lose_answers = 0
        self.poison = "\0"
        self.points: dict[tuple[str, str], str] = {}
        self.requests: list[int] = []
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: Faulty

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        lines = (gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body).decode().split("\n")
        query = parse_qs(urlsplit(self.path).query)
        self.server.seen.append(f"{urlsplit(self.path).path} {query['bucket'][0]} {self.headers['Authorization']}")
        self.server.requests.append(len(lines))
        status, headers = self.server.statuses.pop(0) if self.server.statuses else (204, {})
        if status == 204 and any(self.server.poison in line for line in lines):
            status = 400
        if status == 204:
            for line in lines:
                series, _, at = line.rpartition(" ")
                self.server.points[series.rpartition(" ")[0], at] = line
            if self.server.lose_answers:
                self.server.lose_answers -= 1
                self.close_connection = True
                return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        content = b'{"code":"invalid","message":"unable to parse"}' if status == 400 else b""
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name for it
        del format, args


@contextmanager
def serving() -> Iterator[Faulty]:
    """A server on a free port until the context ends."""
    with Faulty() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="faulty-influx")
        thread.start()
        yield server
        server.shutdown()
        thread.join()
