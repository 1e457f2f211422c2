"""Writes to an InfluxDB, one confirmed request at a time, and says plainly what the server made of it.

influxdb-client's own write call, synchronous: its batching mode loses data. `/api/v2/write` is what InfluxDB 1.8, 2, 3
Core and VictoriaMetrics take; a server that has no such path is InfluxDB 1.6 or 1.7 and is written to at `/write`.
"""

import gzip
from collections.abc import Callable, Sequence

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService
from urllib3.exceptions import HTTPError

from hub.config import InfluxSettings
from hub.storage.influx_answers import Answer, BusyError, explain
from hub.storage.influx_connection import InfluxConnection
from hub.storage.influxql import create_database
from sensors.secrets import InfluxSecrets

_GZIP_LEVEL = 1
"""Lines of one series differ in a few digits: the fastest level finds that already, five times as fast as the usual."""


class InfluxWriter:
    """One server, one bucket."""

    def __init__(self, settings: InfluxSettings, secrets: InfluxSecrets) -> None:
        self._settings = settings
        self._connection = InfluxConnection(settings, secrets)
        self._client = InfluxDBClient(self._connection.url, token=self._connection.token, org=settings.org)
        # The library reads answers of any size for any time; this pool does not.
        self._client.api_client.rest_client.pool_manager = self._connection.pool  # type: ignore[assignment] # a guess of the checker's
        self._service = WriteService(self._client.api_client)  # type: ignore[no-untyped-call] # the library's own gap
        self._is_old = False

    def write(self, lines: Sequence[str]) -> None:
        """Write lines; on return the server has confirmed them.

        Raises:
            TooLargeError: fewer at a time might pass.
            WireError: the server refuses what these lines say, or some of them.
            BusyError: it does not answer, is overloaded, or refuses us altogether.
        """
        body = "\n".join(lines).encode()
        if self._settings.gzip:
            body = gzip.compress(body, _GZIP_LEVEL, mtime=0)
        try:
            self._write(body)
        except BusyError:
            # It may come back as another version.
            self._is_old = False
            raise

    def close(self) -> None:
        """Let its connections go."""
        self._client.close()  # type: ignore[no-untyped-call] # the library's own gap
        self._connection.close()

    def _write(self, body: bytes) -> None:
        answer = self._post_anew(self._post_old if self._is_old else self._post, body)
        if not self._is_old and answer.knows_no_such_path:
            answer = self._post_anew(self._post_old, body)
            self._is_old = answer.is_good
        if not answer.is_good:
            raise explain(answer, self._connection.url)

    def _post_anew(self, post: Callable[[bytes], Answer], body: bytes) -> Answer:
        """Post, and once more when that takes a database that may be made."""
        answer = post(body)
        if self._settings.create_database and answer.status == 404 and "database not found" in answer.text:
            self._create_database()
            return post(body)
        return answer

    def _post(self, body: bytes) -> Answer:
        encoding = "gzip" if self._settings.gzip else "identity"
        try:
            self._service.post_write(  # type: ignore[no-untyped-call] # same
                self._settings.org, self._settings.bucket, body, precision="ns", content_encoding=encoding
            )
        except ApiException as error:
            return Answer(error.status or 0, str(error.body or error.reason or ""), error.headers or {})
        except (HTTPError, OSError) as error:
            return Answer(0, type(error).__name__, {})
        return Answer(204, "", {})

    def _post_old(self, body: bytes) -> Answer:
        return self._connection.request("POST", "/write", {"db": self._settings.bucket, "precision": "ns"}, body)

    def _create_database(self) -> None:
        statement = create_database(self._settings.bucket, self._settings.retention_days)
        answer = self._connection.request("POST", "/query", {"q": statement})
        if not answer.is_good:
            raise BusyError(f"makes no database: {answer.reason}", subject=self._connection.url, mend="Make it by hand")
